"""The shopper's pages as HTML: pure functions of what may be seen, the language and `now`."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import segno
from markupsafe import Markup

from schemas.case import Topic
from schemas.scan import Location
from schemas.status import Status
from schemas.survey import Packaging
from tracking.web.advice import Helper
from tracking.web.answer import read_answer
from tracking.web.ask_page import shown_cases, standings
from tracking.web.bonus import bonus_card
from tracking.web.expectation import COMING
from tracking.web.frame import frame, safe_address, template
from tracking.web.help import help_answers
from tracking.web.progress import progress
from tracking.web.timeline import timeline
from tracking.web.tried import paused_said, wrong_said
from tracking.web.view import ParcelView, UnlockState
from tracking.web.wording import status_word
from tracking.words.catalog import N_, Words, words_of
from tracking.words.dates import Calendar

_STALE: Final = timedelta(minutes=2)  # an older view is a kept copy and says so


class MessageKind(StrEnum):
    """Why there is no parcel to show. One answer for unknown and forbidden."""

    NOT_FOUND = "not_found"
    EXPIRED = "expired"
    UNAVAILABLE = "unavailable"
    TOO_MANY = "too_many"
    NOT_READ = "not_read"
    NO_STOP = "no_stop"


_MESSAGES: Final = {
    MessageKind.NOT_FOUND: (
        N_("There is no parcel here"),
        N_("Check that the link is complete. You find it in the message from the shop."),
    ),
    MessageKind.EXPIRED: (
        N_("This link has expired"),
        N_("The parcel arrived long ago. If you have a question about it, ask the shop."),
    ),
    MessageKind.UNAVAILABLE: (
        N_("Tracking is not available right now"),
        N_("Nothing is lost. Please try again in a minute."),
    ),
    MessageKind.TOO_MANY: (
        N_("Too many requests"),
        N_("Please wait a minute and try again."),
    ),
    MessageKind.NOT_READ: (
        N_("That did not work"),
        N_("Nothing was changed. Go back, load the page again and try once more."),
    ),
    MessageKind.NO_STOP: (
        N_("This link is not complete"),
        N_(
            "Nothing was changed. Open the link in the message itself, or answer a text message"
            " with STOP."
        ),
    ),
}
PACKAGING: Final = {
    Packaging.RIGHT: N_("Just right"),
    Packaging.TOO_BIG: N_("Too big a box"),
    Packaging.DAMAGED: N_("Damaged"),
}
_RETRY: Final = frozenset({MessageKind.UNAVAILABLE, MessageKind.TOO_MANY})

_tracking_page = template("tracking.html")
_message_page = template("message.html")


def render_tracking_page(view: ParcelView, language: str, *, now: datetime) -> str:
    words = words_of(language)
    calendar = Calendar(words, view.zone, now)
    answer = read_answer(view, words, calendar)
    carrier, shop = safe_address(view.carrier_page), safe_address(view.merchant_help)
    return _tracking_page.render(
        **frame(words, view.path),
        view=view,
        state=view.state,
        answer=answer,
        status=status_word(words, view.state.status, view.state.handover),
        steps=progress(view, words),
        pickup=_pickup(view, calendar),
        unlock=_unlock(view, words, calendar),
        bonus=bonus_card(view, calendar),
        survey=view.survey,
        packagings=[(each.value, words.gettext(text)) for each, text in PACKAGING.items()],
        timeline=timeline(view.history, words, calendar),
        zone=calendar.place(entry.at for entry in view.history),
        carrier_page=carrier,
        merchant_help=shop,
        ask=_ask(answer.advice.ask if answer.advice else None, carrier, shop, view),
        ask_about=_ask_about(view.state.status).value,
        helped=help_answers(view, view.own_help, words, calendar),
        asked=standings(shown_cases(view, view.cases), calendar),
        news=_news(view.state.last_scan_at, calendar),
        as_of=calendar.on(view.as_of),
        stale=now - view.as_of > _STALE,
        is_over=view.state.is_over,
    )


def render_message_page(kind: str, language: str, *, path: str | None = None) -> str:
    """A page without a parcel. `path` is where the language links and "try again" lead."""
    words, kind = words_of(language), MessageKind(kind)
    title, text = _MESSAGES[kind]
    return _message_page.render(
        **frame(words, path),
        title=words.gettext(title),
        text=words.gettext(text),
        retry=kind in _RETRY,
    )


def _news(last: datetime | None, calendar: Calendar) -> Markup | None:
    """When the carrier last said something; the script turns it into "3 minutes ago"."""
    if last is None:
        return None
    iso = calendar.local(last).isoformat(timespec="seconds")
    return Markup('<time datetime="{}" data-ago>{}</time>').format(iso, calendar.on(last))


def _ask(
    helper: Helper | None, carrier: str | None, shop: str | None, view: ParcelView
) -> str | None:
    """Whom the advice sends the shopper to, where there is an address, or a form of ours."""
    if helper is Helper.CARRIER and carrier:
        return "carrier"
    if helper and shop:
        return "shop"
    return "us" if helper and view.can_ask else None


def _ask_about(status: Status) -> Topic:
    """What the advice to ask is about."""
    if status is Status.DELIVERED:
        return Topic.NOT_RECEIVED
    return Topic.WHERE_IS_IT if status in {*COMING, Status.EXPIRED} else Topic.OTHER


def _pickup(view: ParcelView, calendar: Calendar) -> dict[str, Any] | None:
    """Where, how long still, and with which code it can be collected."""
    state = view.state
    if state.status is not Status.READY_FOR_PICKUP:
        return None
    unlocked = view.unlock is UnlockState.UNLOCKED
    code, qr = (state.pickup_code, state.pickup_qr) if unlocked else (None, None)
    secret = qr or code
    return {
        "place": state.pickup_place,
        "map": _map(state.pickup_place),
        "left": _left(state.pickup_until, calendar),
        "code": _grouped(code) if code else None,
        "qr": _qr(secret) if secret else None,
    }


def _left(until: datetime | None, calendar: Calendar) -> Markup | None:
    if until is None or until <= calendar.now:
        return None
    words, days = calendar.words, calendar.days_until(until)
    if days == 0:
        return words.gettext("Today is the last day")
    return words.ngettext("%(n)d day left", "%(n)d days left", days)


def _map(place: Location | None) -> str | None:
    if place is None or place.lat is None or place.lon is None:
        return None
    at = f"{place.lat:.5f}/{place.lon:.5f}"
    return f"https://www.openstreetmap.org/?mlat={place.lat:.5f}&mlon={place.lon:.5f}#map=18/{at}"


def _grouped(code: str) -> list[str]:
    """Digits in threes are easier to read and type; other codes stay as they are."""
    if not code.isdigit() or len(code) < 6 or len(code) % 3:
        return [code]
    return [code[i : i + 3] for i in range(0, len(code), 3)]


def _qr(text: str) -> Markup:
    """Black on white also in the dark: scanners do not read the inverse."""
    code = segno.make(text, error="m", micro=False, boost_error=False)
    drawing = code.svg_inline(
        omitsize=True, border=4, svgclass=None, lineclass=None, dark="#000", light="#fff"
    )
    return Markup(drawing)  # noqa: S704 - segno's own drawing; the text is in its modules only


def _unlock(view: ParcelView, words: Words, calendar: Calendar) -> dict[str, Any] | None:
    """The second factor: what is asked, and what became of the last answer."""
    if view.unlock in {UnlockState.IMPOSSIBLE, UnlockState.UNLOCKED}:
        return None
    for_code = view.state.status is Status.READY_FOR_PICKUP and view.has_pickup_code
    return {
        "for_code": for_code,
        "for_bonus": view.bonus is not None and view.bonus.until > calendar.now and not for_code,
        "answered": view.unlock is not UnlockState.LOCKED,
        "wrong": wrong_said(view, words),
        "paused": paused_said(view, words, calendar),
    }
