"""The help of a parcel's page: questions that fit where it stands, each with a short true answer.

What a shop says takes the place of ours. It is plain text: an https address in it is a link,
anything else stays what it is.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from markupsafe import Markup, escape

from schemas.case import TextKind, Topic
from schemas.shipment import ShipmentState
from schemas.status import Handover, Status
from tracking.domain.help import questions
from tracking.store.cases import SupportText
from tracking.web.frame import safe_address
from tracking.web.view import ParcelView, UnlockState
from tracking.web.wording import handed, status_word
from tracking.words.catalog import N_, Words
from tracking.words.dates import Calendar
from tracking.words.inflection import whole
from tracking.words.money import money_text

QUESTION: Final[Mapping[Topic, str]] = {
    Topic.WHERE_IS_IT: N_("Where is my parcel?"),
    Topic.CHANGE_OF_ADDRESS: N_("Can it come to another address or on another day?"),
    Topic.NOT_RECEIVED: N_("It says delivered, but I do not have it"),
    Topic.DAMAGED: N_("The parcel or what is in it is damaged"),
    Topic.PACKAGING_RETURN: N_("How do I give the packaging back?"),
    Topic.PICKUP: N_("How do I collect it?"),
    Topic.BONUS: N_("How do I use the bonus?"),
    Topic.FEEDBACK: N_("About the delivery"),
    Topic.OTHER: N_("Something else"),
}
_NOT_YET: Final = frozenset({Status.PENDING, Status.INFO_RECEIVED})
_BACK: Final = frozenset({Status.RETURNING, Status.RETURNED})
_FIND: Final[Mapping[Handover, str]] = {
    Handover.RECIPIENT: N_("Ask those who live or work with you first."),
    Handover.NEIGHBOUR: N_("Ask next door first."),
    Handover.SAFE_PLACE: N_("Look at the door, in the shed and behind what stands there."),
    Handover.MAILBOX: N_("Look into the mailbox first."),
    Handover.LOCKER: N_("Ask whoever knows the code: it opens the door once."),
    Handover.PICKUP_POINT: N_("Ask whoever may have collected it for you."),
    Handover.SENDER: N_("The sender has it back."),
}
_ADDRESS: Final = re.compile(r"https://[^\s<>\"']{3,300}")
_AFTER: Final = ".,;:!?)]}"


class HelpAnswer(NamedTuple):
    """`name` is the id of its place on the page; `link` leads to the carrier."""

    name: str
    topic: Topic
    question: Markup
    lines: Sequence[Markup]
    link: str | None = None


def help_answers(
    view: ParcelView, own: Sequence[SupportText], words: Words, calendar: Calendar
) -> list[HelpAnswer]:
    """The likeliest first; what a shop adds stands behind ours about the same."""
    told = [each for each in own if each.kind is TextKind.HELP]
    teller, found = _Teller(view, words, calendar), []
    topics = questions(view.state.status, has_bonus=_has_bonus(view, calendar))
    for topic in topics:
        instead = [each for each in told if each.topic is topic and each.place == 0]
        found += [_of_shop(each) for each in instead] or [teller.answer(topic)]
        found += [_of_shop(each) for each in told if each.topic is topic and each.place > 0]
    found += [_of_shop(each) for each in told if each.topic is Topic.OTHER]
    return found


def _has_bonus(view: ParcelView, calendar: Calendar) -> bool:
    return view.bonus is not None and view.bonus.until > calendar.now


def _of_shop(text: SupportText) -> HelpAnswer:
    name = f"help-{text.topic}-{text.place}"
    return HelpAnswer(name, text.topic, escape(text.title), linked(text.text))


def linked(text: str) -> list[Markup]:
    """Its lines; what is an https address leads there."""
    return [Markup("").join(_pieces(line)) for line in text.splitlines() if line]


def _pieces(line: str) -> Iterator[Markup]:
    at = 0
    for found in _ADDRESS.finditer(line):
        address = found[0].rstrip(_AFTER)
        yield escape(line[at : found.start()])
        yield Markup('<a href="{0}" rel="noreferrer nofollow">{0}</a>').format(address)
        at = found.start() + len(address)
    yield escape(line[at:])


class _Teller:
    """Ours, from the state of the parcel."""

    def __init__(self, view: ParcelView, words: Words, calendar: Calendar) -> None:
        self.view, self.words, self.calendar = view, words, calendar
        self.state: ShipmentState = view.state

    def answer(self, topic: Topic) -> HelpAnswer:
        is_carriers = topic is Topic.CHANGE_OF_ADDRESS and self._may_redirect()
        return HelpAnswer(
            f"help-{topic}",
            topic,
            self.words.gettext(QUESTION[topic]),
            list(self._lines(topic)),
            safe_address(self.view.carrier_page) if is_carriers else None,
        )

    def _lines(self, topic: Topic) -> Iterator[Markup]:
        match topic:
            case Topic.WHERE_IS_IT:
                yield from self._where()
            case Topic.CHANGE_OF_ADDRESS:
                yield from self._elsewhere()
            case Topic.NOT_RECEIVED:
                yield from self._missing()
            case Topic.DAMAGED:
                yield self.words.gettext(
                    "Keep all of the packaging, and take photographs of it and of the damage: the"
                    " carrier asks for them."
                )
                yield from self._to_the_shop()
            case Topic.PACKAGING_RETURN:
                yield self.words.gettext(
                    "Packaging that can be used again says on itself how to give it back. The rest"
                    " goes where paper and plastic are collected."
                )
            case Topic.PICKUP:
                yield from self._collect()
            case Topic.BONUS:
                yield from self._bonus()
            case Topic.FEEDBACK | Topic.OTHER:
                return  # nobody can know the answer

    def _where(self) -> Iterator[Markup]:
        at, words = self.state.last_scan_at, self.words
        if at is None:
            yield words.gettext("The carrier has not reported anything yet.")
        else:
            yield words.gettext(
                "The last that %(carrier)s reported came %(when)s: %(status)s.",
                carrier=self.view.carrier_name,
                when=self.calendar.on(at),
                status=status_word(words, self.state.status, self.state.handover),
            )
        yield words.gettext("What the carrier reports is shown at once.")

    def _may_redirect(self) -> bool:
        return self.state.status not in _NOT_YET | _BACK

    def _elsewhere(self) -> Iterator[Markup]:
        if self._may_redirect():
            yield self.words.gettext(
                "Once it is under way only the carrier can change that. Ask %(carrier)s with the"
                " parcel number.",
                carrier=self.view.carrier_name,
            )
            return
        is_back = self.state.status in _BACK
        yield self.words.gettext(
            N_("It goes back to the sender. The shop can say whether it sends it again.")
            if is_back
            else N_("The carrier does not have it yet, so the shop may still change the address.")
        )
        yield from self._to_the_shop()

    def _to_the_shop(self) -> Iterator[Markup]:
        """Below the answer stands the way to write, where there is one."""
        if not self.view.can_ask:
            yield self.words.gettext("Tell the shop.")

    def _missing(self) -> Iterator[Markup]:
        state, words = self.state, self.words
        if state.status is not Status.DELIVERED:
            yield words.gettext("The carrier has not reported that it was delivered.")
            return
        how = handed(words, state.handover) if state.handover else words.gettext("Delivered")
        when = self.calendar.on(state.since) if state.since else ""
        if when:
            yield words.gettext("The carrier reported %(when)s: %(how)s.", when=when, how=how)
        if state.signed_by:
            yield words.gettext("Who signed: %(name)s.", name=state.signed_by)
        if state.handover:
            yield words.gettext(_FIND[state.handover])
        yield words.gettext("If you do not find it, the shop can ask the carrier.")
        yield from self._to_the_shop()

    def _collect(self) -> Iterator[Markup]:
        until, words = self.state.pickup_until, self.words
        place = self.state.pickup_place.name if self.state.pickup_place else None
        if place:
            yield words.gettext("Where: %(place)s.", place=place)
        if until and until > self.calendar.now:
            yield words.gettext("It waits %(until)s.", until=self.calendar.until(until))
        if self.view.unlock is UnlockState.UNLOCKED and self.state.pickup_code:
            yield words.gettext(
                "The code is on the page of the parcel. Somebody else may collect it with it."
            )
        elif self.view.has_pickup_code and self.view.unlock is not UnlockState.IMPOSSIBLE:
            yield words.gettext(
                "The code is on the page of the parcel once you have confirmed that it is you."
            )
        else:
            yield words.gettext("The code, where one is needed, came by message.")

    def _bonus(self) -> Iterator[Markup]:
        bonus = self.view.bonus
        if bonus is None:
            return
        yield self.words.gettext(
            "%(amount)s are taken off when you enter the code at your next order from this shop,"
            " until %(date)s.",
            amount=money_text(bonus.amount, self.words),
            date=whole(self.calendar.last_date(bonus.until)),
        )
