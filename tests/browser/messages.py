"""An inbox with everything in it, and a site that serves it and the samples with real headers."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from aiohttp import web
from parcels import NOW
from site_of_parcels import static

from notifier.preview import preview
from schemas.inbox import InboxMessage
from schemas.notice import Channel, Occasion
from tracking.inbox import Contents, Received
from tracking.store.inbox import WaitingNotice
from tracking.web.inbox_page import Wish, render_inbox
from tracking.web.mail import mail_response
from tracking.web.samples_page import Asked, render_samples
from tracking.web.security import FRAMING
from tracking.words.language import SUPPORTED

PARCELS = {UUID(int=1): "CE858542651EE", UUID(int=2): "V000858542650"}
SHOP, PHONE = "Dzintara Kafija", "+37120000001"
_STORY = (  # occasion, parcel, by what, minutes ago; the newest first
    (Occasion.DELIVERED, 1, (Channel.EMAIL,), 3),
    (Occasion.READY_FOR_PICKUP, 1, (Channel.SMS, Channel.EMAIL), 34),
    (Occasion.OUT_FOR_DELIVERY, 2, (Channel.SMS, Channel.EMAIL, Channel.PUSH), 51),
    (Occasion.ATTEMPT_FAILED, 2, (Channel.SMS, Channel.EMAIL), 60 * 22),
    (Occasion.REGISTERED, 1, (Channel.EMAIL,), 60 * 47),
)


def received(
    occasion: Occasion, parcel: int, channel: Channel, minutes: int, language: str, **changed: str
) -> Received:
    found = preview(occasion, language, NOW)
    said = {
        Channel.SMS: {"text": found.sms.text},
        Channel.EMAIL: {
            "text": found.email.text,
            "title": found.email.subject,
            "html": found.email.html,
            "sender": f"{SHOP} <parcels@shop.example>",
            "to": "Jānis Paraugs <demo-lv@example.com>",
        },
        Channel.PUSH: {
            "text": found.push.body,
            "title": found.push.title,
            "url": "https://t.example/t/x",
        },
    }[channel]
    key = UUID(int=parcel)
    message = InboxMessage(
        notice_id=uuid5(key, f"{occasion} {channel} {minutes} {language}"),
        channel=channel,
        occasion=occasion,
        language=language,
        **{"sender": SHOP, "to": PHONE, **said, **changed},
    )
    return Received(message, NOW - timedelta(minutes=minutes), key, PARCELS[key])


def contents(language: str) -> Contents:
    story = [
        received(occasion, parcel, channel, minutes, language)
        for occasion, parcel, channels, minutes in _STORY
        for channel in channels
    ]
    key = UUID(int=1)
    waiting = [
        WaitingNotice(key, Occasion.PICKUP_HALF_TIME, Channel.EMAIL, at(30), PARCELS[key]),
        WaitingNotice(key, Occasion.PICKUP_LAST_DAY, Channel.SMS, at(72), PARCELS[key]),
    ]
    return Contents(story, waiting, PARCELS)


def at(hours: int) -> datetime:
    return NOW + timedelta(hours=hours)


@dataclass
class Office:
    """`inbox` None: the one with everything in it. `asked` are the paths that were."""

    url: str = ""
    inbox: Contents | None = None
    asked: list[str] = field(default_factory=list)

    def of(self, language: str) -> Contents:
        return self.inbox or contents(language)

    async def page(self, request: web.Request) -> web.Response:
        language = request.query.get("lang", "en")
        mail = request.query.get("mail")
        wish = Wish(None, UUID(mail) if mail else None)
        return _framing(render_inbox(self.of(language), wish, language, now=NOW))

    async def mail(self, request: web.Request) -> web.Response:
        wanted = UUID(request.match_info["notice_id"])
        languages = [self.of(language).received for language in SUPPORTED]
        return mail_response(_html(languages, wanted))

    async def samples(self, request: web.Request) -> web.Response:
        asked = _asked(request)
        found = {code: preview(asked.occasion, code, NOW) for code in SUPPORTED}
        return _framing(render_samples(found, asked))

    async def sample_mail(self, request: web.Request) -> web.Response:
        asked = _asked(request)
        html = preview(asked.occasion, asked.language, NOW).email.html
        return mail_response(html, "dark" if request.query["scheme"] == "dark" else "light")


def _html(inboxes: Sequence[Sequence[Received]], wanted: UUID) -> str:
    return next(
        each.message.html or ""
        for inbox in inboxes
        for each in inbox
        if each.message.notice_id == wanted
    )


def _asked(request: web.Request) -> Asked:
    query = request.query
    occasion = Occasion(query.get("occasion", "ready_for_pickup"))
    price = query.get("price")
    language = query.get("language", "en")
    return Asked(occasion, language, price=Decimal(price) if price else None)


def _framing(text: str) -> web.Response:
    headers = {"Content-Security-Policy": FRAMING}
    return web.Response(text=text, content_type="text/html", headers=headers)


@asynccontextmanager
async def open_office() -> AsyncIterator[Office]:
    office = Office()

    @web.middleware
    async def noted(request, handler):
        office.asked.append(request.path)
        return await handler(request)

    app = web.Application(middlewares=[noted])
    app.add_routes(
        [
            web.get("/demo/inbox", office.page),
            web.get("/demo/inbox/{notice_id}/mail", office.mail),
            web.get("/support/notices", office.samples),
            web.get("/support/notices/mail", office.sample_mail),
            web.get("/static/{file}", static),
        ]
    )
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    office.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield office
    await runner.cleanup()
