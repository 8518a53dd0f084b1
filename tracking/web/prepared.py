"""Answers that staff choose and change before they send them, in the shopper's language.

Names in braces are filled in with what is known of the parcel; one that is not stays as it is, and
nothing is sent with it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from schemas.case import TextKind, Topic
from schemas.contact import Person
from tracking.store.cases import SupportText
from tracking.web.help import QUESTION
from tracking.web.view import ParcelView
from tracking.web.wording import status_word
from tracking.words.catalog import N_, Words
from tracking.words.dates import Calendar

PREPARED: Final[Mapping[Topic, str]] = {
    Topic.WHERE_IS_IT: N_(
        "Hello, {carrier} has your parcel {number}. The latest news of it: {status}. We ask the"
        " carrier and write again as soon as we know more."
    ),
    Topic.CHANGE_OF_ADDRESS: N_(
        "Hello, your parcel {number} is under way, so only {carrier} can still change the address"
        " or the day. Please ask there with the parcel number. If it comes back to us, tell us"
        " here where to send it."
    ),
    Topic.NOT_RECEIVED: N_(
        "Hello, {carrier} reports that your parcel {number} was delivered. We ask for the proof of"
        " delivery and write again when we have it. Please look meanwhile where couriers leave"
        " parcels, and ask next door."
    ),
    Topic.DAMAGED: N_(
        "Hello, we are sorry. Please answer what is damaged, and keep all of the packaging of the"
        " parcel {number} until this is settled."
    ),
    Topic.PACKAGING_RETURN: N_(
        "Hello, how to give the packaging of your parcel {number} back is printed on it. If nothing"
        " is printed there, put it where paper and plastic are collected."
    ),
    Topic.PICKUP: N_(
        "Hello, your parcel {number} waits {until}: {place}. Its code is on the page of the parcel"
        " once you have confirmed there that it is you."
    ),
    Topic.BONUS: N_(
        "Hello, the code of your bonus is on the page of the parcel {number} once you have"
        " confirmed there that it is you. Enter it at your next order."
    ),
    Topic.FEEDBACK: N_(
        "Hello, thank you for telling us how your parcel {number} was delivered. We pass it on to"
        " {carrier}."
    ),
    Topic.OTHER: N_("Hello, thank you for your question about the parcel {number}."),
}
NAMES: Final = ("number", "order", "carrier", "status", "place", "until", "name", "shop")
"""What may stand in braces."""
_BLANK: Final = re.compile(r"\{(" + "|".join(NAMES) + r")\}")


class Prepared(NamedTuple):
    """`key` names it in an address; `title` is what staff choose by; `text` is filled in."""

    key: str
    title: str
    text: str


def prepared(
    topic: Topic,
    own: Sequence[SupportText],
    values: Mapping[str, str],
    shopper: Words,
    titles: Words,
) -> list[Prepared]:
    """Those about the topic first, ours or the shop's in its place, then all others.

    `shopper` and `titles` are words of the page, in the languages of who is answered and of who
    answers.
    """
    topics = [topic, *(each for each in Topic if each is not topic)]
    told = [each for each in own if each.kind is TextKind.PREPARED]
    return [
        Prepared(key, title, filled(text, values))
        for each in topics
        for key, title, text in _about(each, told, shopper, titles)
    ]


def _about(
    topic: Topic, told: Sequence[SupportText], shopper: Words, titles: Words
) -> Iterator[tuple[str, str, str]]:
    of_topic = [each for each in told if each.topic is topic]
    if all(each.place for each in of_topic):
        title = titles.gettext(QUESTION[topic]).unescape()
        yield f"{topic}.0", title, shopper.gettext(PREPARED[topic]).unescape()
    for each in of_topic:
        yield f"{topic}.{each.place}", each.title, each.text


def filled(text: str, values: Mapping[str, str]) -> str:
    """With what is known; the rest is for whoever sends it."""
    return _BLANK.sub(lambda found: values.get(found[1]) or found[0], text)


def blanks(text: str) -> list[str]:
    """What is still to be filled in."""
    return [found[0] for found in _BLANK.finditer(text)]


def values_of(
    view: ParcelView, order: str | None, person: Person | None, calendar: Calendar
) -> dict[str, str]:
    """What is known of the parcel, in the shopper's language; nothing that opens a door."""
    state, words = view.state, calendar.words
    until = state.pickup_until
    known = {
        "number": view.tracking_number,
        "order": order,
        "carrier": view.carrier_name,
        "status": status_word(words, state.status, state.handover).unescape(),
        "place": state.pickup_place.name if state.pickup_place else None,
        "until": calendar.until(until).striptags() if until and until > calendar.now else None,
        "name": person.name if person else None,
        "shop": view.merchant_name,
    }
    return {name: value for name, value in known.items() if value}
