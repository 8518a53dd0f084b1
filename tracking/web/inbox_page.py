"""The demo's inbox as HTML: a phone, a mailbox, and what still waits. Pure."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from markupsafe import Markup

from schemas.notice import Channel
from tracking.carriers.klat import HOME_ZONE
from tracking.inbox import Contents, Received
from tracking.store.inbox import WaitingNotice
from tracking.web.frame import frame, template
from tracking.web.notice_words import ABOUT, BY
from tracking.words.catalog import Words, words_of
from tracking.words.dates import Calendar

PATH: Final = "/demo/inbox"
_LINK: Final = re.compile(r"(https?://[!#-;=?-~]+)")  # ASCII without blanks, quotes and brackets

_page = template("inbox.html")


class Wish(NamedTuple):
    """Of one parcel only; with one mail open."""

    parcel: UUID | None = None
    mail: UUID | None = None

    def query(self, mail: UUID | None = None) -> str:
        """The same wish with another mail open, or with none."""
        asked = {"parcel": self.parcel, "mail": mail}
        return "".join(f"&{urlencode({name: value})}" for name, value in asked.items() if value)


def render_inbox(contents: Contents, wish: Wish, language: str, *, now: datetime) -> str:
    words = words_of(language)
    calendar = Calendar(words, HOME_ZONE, now)
    by = {
        channel: [each for each in contents.received if each.message.channel is channel]
        for channel in Channel
    }
    return _page.render(
        **frame(words, PATH, wish.query(wish.mail)),
        talks=_talks(by[Channel.SMS], calendar),
        cards=[_card(each, calendar) for each in by[Channel.PUSH]],
        mails=[_mail(each, wish, calendar) for each in by[Channel.EMAIL]],
        waiting=[_waits(each, calendar) for each in contents.waiting],
        parcels={str(key): number for key, number in contents.parcels.items()},
        parcel=str(wish.parcel or ""),
        zone=calendar.place([]),
        as_of=calendar.on(now),
    )


def linked(text: str) -> Markup:
    """Text in which addresses can be tapped, as on a telephone."""
    return Markup("").join(
        Markup('<a href="{0}" target="_blank" rel="noreferrer">{0}</a>').format(part)
        if index % 2
        else part
        for index, part in enumerate(_LINK.split(text))
    )


def _talks(received: Sequence[Received], calendar: Calendar) -> list[dict[str, Any]]:
    """One for each sender and telephone, as they stand on it; the latest comes last."""
    talks: dict[tuple[str, str], list[Received]] = {}
    for each in received:  # the newest first
        talks.setdefault((each.message.sender, each.message.to), []).append(each)
    return [
        {"sender": sender, "to": to, "days": list(_days(said[::-1], calendar))}
        for (sender, to), said in reversed(talks.items())
    ]


def _days(said: Sequence[Received], calendar: Calendar) -> Iterator[dict[str, Any]]:
    days: dict[date, list[dict[str, Any]]] = {}
    for each in said:
        bubbles = days.setdefault(calendar.day_of(each.at), [])
        bubbles.append({**_common(each, calendar), "text": linked(each.message.text)})
    for day, bubbles in days.items():
        yield {"heading": calendar.heading(day), "bubbles": bubbles}


def _common(each: Received, calendar: Calendar) -> dict[str, Any]:
    return {
        "id": each.message.notice_id,
        "language": each.message.language,
        "iso": calendar.local(each.at).isoformat(timespec="seconds"),
        "time": calendar.time(each.at),
        "when": calendar.on(each.at),
        "number": each.tracking_number,
    }


def _card(each: Received, calendar: Calendar) -> dict[str, Any]:
    message = each.message
    url = message.url if message.url and _LINK.fullmatch(message.url) else None
    return {
        **_common(each, calendar),
        "title": message.title,
        "text": message.text,
        "url": url,
    }


def _mail(each: Received, wish: Wish, calendar: Calendar) -> dict[str, Any]:
    message = each.message
    is_open = message.notice_id == wish.mail
    return {
        **_common(each, calendar),
        "sender": message.sender,
        "to": message.to,
        "subject": message.title,
        "text": linked(message.text),
        "is_open": is_open,
        "leads": wish.query(None if is_open else message.notice_id),
    }


def _waits(each: WaitingNotice, calendar: Calendar) -> dict[str, Any]:
    words: Words = calendar.words
    return {
        "what": words.gettext(ABOUT[each.occasion]),
        "by": words.gettext(BY[each.channel]),
        "when": calendar.on(each.due_at),
        "iso": calendar.local(each.due_at).isoformat(timespec="seconds"),
        "number": each.tracking_number,
    }
