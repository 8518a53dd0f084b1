"""The answer to "where is it, when does it come": one big sentence and what belongs to it."""

from dataclasses import dataclass, field
from typing import Final, assert_never

from markupsafe import Markup

from schemas.scan import Confidence, Location
from schemas.shipment import EntryKind
from schemas.status import Reason, Status
from tracking.web import advice
from tracking.web.advice import Advice
from tracking.web.expectation import COMING, Expectation
from tracking.web.mood import ICON, MOOD, Mood
from tracking.web.view import ParcelView, UnlockState
from tracking.web.wording import (
    COLLECTED_FROM,
    CUSTOMS,
    EXPLAINED,
    UNCLEAR,
    WAITING,
    WENT_WRONG,
    cause,
    handed,
    status_word,
)
from tracking.words.catalog import N_, Words
from tracking.words.dates import Calendar, middle_of


@dataclass(frozen=True, slots=True)
class Answer:
    headline: Markup
    mood: Mood
    icon: str
    details: list[Markup] = field(default_factory=list)
    late: list[Markup] = field(default_factory=list)
    advice: Advice | None = None


# The code of a locker, for each way in which it may be seen here.
_CODE: Final[dict[UnlockState, Advice]] = {
    UnlockState.UNLOCKED: advice.OPEN_WITH_CODE,
    UnlockState.LOCKED: advice.UNLOCK_CODE,
    UnlockState.WRONG: advice.UNLOCK_CODE,
    UnlockState.PAUSED: advice.CODE_LATER,
    UnlockState.IMPOSSIBLE: advice.OPEN_WITH_SENT_CODE,
}


class Reader:
    """Reads one view in one language."""

    def __init__(self, view: ParcelView, words: Words, calendar: Calendar) -> None:
        self.view = view
        self.state = view.state
        self.words = words
        self.calendar = calendar
        self.expected = Expectation(view, words, calendar)

    def answer(self) -> Answer:
        status, late = self.state.status, self.expected.late
        mood = MOOD.get(status, Mood.ATTENTION if late else Mood.CALM)
        return Answer(
            headline=self._headline(),
            mood=Mood.ATTENTION if self._pickup_is_over() else mood,
            icon="clock" if late and status in COMING else ICON[status],
            details=[line for line in self._details() if line],
            late=late,
            advice=self._advice(),
        )

    def _headline(self) -> Markup:
        words, state = self.words, self.state
        if self._is_unclear():
            return self._coming(words.gettext("We cannot tell yet where it is"))
        match state.status:
            case Status.PENDING:
                return self._coming(words.gettext("Waiting for the carrier's first scan"))
            case Status.INFO_RECEIVED:
                return self._coming(words.gettext("The carrier does not have it yet"))
            case Status.ACCEPTED:
                return self._coming(words.gettext("The carrier has the parcel"))
            case Status.IN_TRANSIT:
                return self._coming(words.gettext("On its way to you"))
            case Status.OUT_FOR_DELIVERY:
                return self._coming(words.gettext("Out for delivery"))
            case Status.READY_FOR_PICKUP:
                return self._waiting()
            case Status.DELIVERED:
                return self._delivered()
            case Status.ATTEMPT_FAILED:
                return words.gettext("The courier could not deliver it")
            case Status.HELD:
                return self._held()
            case Status.RETURNING:
                return words.gettext("On its way back to the sender")
            case Status.RETURNED:
                return words.gettext("Back with the sender")
            case Status.EXCEPTION:
                wrong = WENT_WRONG.get(state.reason) if state.reason else None
                return words.gettext(wrong or N_("Something went wrong on the way"))
            case Status.CANCELLED:
                return words.gettext("This shipment was cancelled")
            case Status.EXPIRED:
                return words.gettext("No news from the carrier for a long time")
        assert_never(state.status)

    def _is_unclear(self) -> bool:
        """Whether the carrier said something that cannot be read as "not yet" either.

        Before the first scan that we understand: a code that nobody mapped may be that scan.
        """
        kinds = {entry.kind for entry in self.view.history}
        if self.state.status is Status.PENDING:
            return bool(kinds - {EntryKind.STATUS})
        return self.state.status is Status.INFO_RECEIVED and EntryKind.UNRECOGNISED in kinds

    def _coming(self, otherwise: Markup) -> Markup:
        arrival = self.expected.arrival()
        if arrival is None and self.expected.late:
            return self.words.gettext("The parcel is late")
        return arrival or otherwise

    def _waiting(self) -> Markup:
        if self._pickup_is_over():
            return self.words.gettext("The time to collect it has passed")
        place, until = _place_name(self.state.pickup_place), self.state.pickup_until
        handover = self.state.handover if self.state.handover in COLLECTED_FROM else None
        return self.words.gettext(
            WAITING[handover, place is not None, until is not None],
            place=place or "",
            until=_part(self.calendar.until(until)) if until else "",
        )

    def _delivered(self) -> Markup:
        words, since = self.words, self._since()
        if since is None:
            return status_word(words, Status.DELIVERED, self.state.handover)
        if self.state.handover in COLLECTED_FROM:
            return words.gettext("Collected %(when)s", when=since)
        return words.gettext("Delivered %(when)s", when=since)

    def _held(self) -> Markup:
        if self.state.reason in CUSTOMS:
            return self.words.gettext("Held at customs")
        if self.state.reason is Reason.PICKUP_MISSED:
            return self.words.gettext("It was not collected in time")
        return self.words.gettext("The carrier is holding it")

    def _details(self) -> list[Markup | None]:
        state, why = self.state, cause(self.words, self.state.reason)
        match state.status:
            case Status.DELIVERED:
                hands = handed(self.words, state.handover) if state.handover else None
                return [hands, self._signed()]
            case Status.READY_FOR_PICKUP:
                return [self._pickup_over(), why]
            case Status.RETURNED:
                return [self._given_back(), why]
            case Status.ATTEMPT_FAILED:
                return [why, self._attempts(), self._next_try(), self.expected.promised()]
            case Status.HELD | Status.EXCEPTION:
                why = None if self._headline_says_why() else why
                return [why, self._next_try(), self.expected.promised()]
            case _:
                explained = UNCLEAR if self._is_unclear() else EXPLAINED.get(state.status)
                explanation = self.words.gettext(explained) if explained else None
                return [self.expected.promised(), explanation, why]

    def _headline_says_why(self) -> bool:
        reason = self.state.reason
        if self.state.status is Status.HELD:
            return reason is Reason.PICKUP_MISSED
        return reason in WENT_WRONG

    def _attempts(self) -> Markup | None:
        n = self.state.attempts
        if n < 2:
            return None
        return self.words.ngettext(
            "%(n)d delivery attempt so far.", "%(n)d delivery attempts so far.", n
        )

    def _next_try(self) -> Markup | None:
        """When the carrier means to come after all, if it said so after it failed."""
        return self.expected.arrival() if self.expected.new_since(self.state.since) else None

    def _signed(self) -> Markup | None:
        name = self.state.signed_by
        return self.words.gettext("Received by %(name)s", name=name) if name else None

    def _given_back(self) -> Markup | None:
        since = self._since()
        return self.words.gettext("Given back %(when)s.", when=since) if since else None

    def _pickup_over(self) -> Markup | None:
        until = self.state.pickup_until
        if until is None or not self._pickup_is_over():
            return None
        return self.words.gettext("It was kept %(until)s.", until=self.calendar.until(until))

    def _pickup_is_over(self) -> bool:
        until = self.state.pickup_until
        waits = self.state.status is Status.READY_FOR_PICKUP
        return waits and until is not None and until < self.calendar.now

    def _since(self) -> Markup | None:
        """When the present status began, as surely as that is known."""
        since = self.state.since
        if since is None:
            return None
        if self.state.since_confidence is Confidence.DATE_ONLY:
            times = {entry.key: entry.scan.time for entry in self.view.history}
            decided_by = times.get(self.state.decided_by or "")
            since = middle_of(decided_by) if decided_by else since
        return self.calendar.stated(since, self.state.since_confidence)

    def _advice(self) -> Advice:
        state, expected = self.state, self.expected
        if self._pickup_is_over():
            return advice.TOO_LATE
        if expected.late and state.status in COMING and expected.estimate is None:
            return advice.ASK_IF_LATE
        if state.status is Status.OUT_FOR_DELIVERY and self.view.to_collect:
            return advice.COLLECT_LATER
        if self._is_unclear():
            return advice.NOTHING
        usual = advice.usual(state.status, state.reason, state.handover)
        if usual is advice.OPEN_WITH_SENT_CODE and self.view.has_pickup_code:
            return _CODE[self.view.unlock]
        return usual


def read_answer(view: ParcelView, words: Words, calendar: Calendar) -> Answer:
    return Reader(view, words, calendar).answer()


def _place_name(place: Location | None) -> str | None:
    return (place.name or place.city) if place else None


def _part(phrase: Markup) -> Markup:
    """A part of the headline that stands on its own line."""
    return Markup('<span class="part">{}</span>').format(phrase)
