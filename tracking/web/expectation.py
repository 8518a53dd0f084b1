"""When a parcel is expected, and what is to be said plainly when that did not come true."""

from datetime import datetime, timedelta
from typing import Final

from markupsafe import Markup

from schemas.scan import Window
from schemas.status import Status
from tracking.web.view import ParcelView
from tracking.words.catalog import Words
from tracking.words.dates import Calendar, closes, first_day, last_day

COMING: Final = frozenset(
    {
        Status.PENDING,
        Status.INFO_RECEIVED,
        Status.ACCEPTED,
        Status.IN_TRANSIT,
        Status.OUT_FOR_DELIVERY,
    }
)
_HINDERED: Final = frozenset({Status.ATTEMPT_FAILED, Status.HELD})
# Until these are over, a time that passed means that the parcel is late.
_AWAITED: Final = COMING | _HINDERED | {Status.EXCEPTION}
_A_MOMENT: Final = timedelta(minutes=1)  # a shorter window names an instant


class Expectation:
    """The estimate and the promise of one view, as far as they still hold."""

    def __init__(self, view: ParcelView, words: Words, calendar: Calendar) -> None:
        self.view = view
        self.words = words
        self.calendar = calendar
        awaited = view.state.status in _AWAITED
        self.promise = view.promise if awaited else None
        self.stated = view.state.estimate if awaited else None
        self.estimate = self._ahead(self.stated) or self._ahead(self._by_others())
        self.late = self._late()

    def _by_others(self) -> Window | None:
        """What is known of other parcels, while nothing stops this one."""
        return self.view.expected if self.view.state.status in COMING else None

    def _ahead(self, window: Window | None) -> Window | None:
        return window if window is not None and self._is_ahead(window) else None

    def _is_ahead(self, window: Window) -> bool:
        """A time in the past is never shown as an estimate."""
        over = closes(window, self.calendar) or window.starts
        return over is not None and over > self.calendar.now

    def arrival(self) -> Markup | None:
        """A whole sentence: when it comes, as far as the carrier says."""
        window, words, calendar = self.estimate, self.words, self.calendar
        if window is None:
            return None
        first, last = first_day(window, calendar), last_day(window, calendar)
        if window.starts is None and window.ends:
            by = calendar.by(window.ends, day_only=window.day_only)
            return words.gettext("Arriving %(by)s", by=by)
        if first != last:
            return words.gettext("Expected %(days)s", days=calendar.days(first, last))
        if window is self.view.expected:  # nobody has said that it does
            return words.gettext("Expected %(days)s", days=calendar.on_day(first))
        return words.gettext("Arriving %(when)s", when=self._when(window))

    def _when(self, window: Window) -> Markup:
        """A window within one day."""
        calendar, starts, ends = self.calendar, window.starts, window.ends
        if window.day_only or starts is None:
            return calendar.on_day(first_day(window, calendar))
        if ends is None or ends - starts < _A_MOMENT:
            return calendar.on(starts, about=True)
        return calendar.between(starts, ends)

    def new_since(self, moment: datetime | None) -> bool:
        """Whether the carrier gave this estimate after `moment`: an older one may be void."""
        return moment is not None and any(
            entry.scan.estimate == self.estimate and entry.at >= moment
            for entry in self.view.history
        )

    def promised(self) -> Markup | None:
        """A whole sentence: by when the shop promised it, as long as that may come true.

        Not where the estimate ends with the promise, nor where `late` speaks of it. Of a parcel
        that was lost or damaged the promise is no news that helps.
        """
        limit = self._limit(self.promise)
        if limit is None or self.late or self._limit(self._shown()) == limit:
            return None
        if self.view.state.status not in COMING | _HINDERED:
            return None
        return self.words.gettext("The shop promised to deliver it %(when)s.", when=self._slot())

    def _shown(self) -> Window | None:
        """The estimate as far as the page says it: before a hindrance was overcome, it does not."""
        state = self.view.state
        told = state.status in COMING or self.new_since(state.since)
        return self.estimate if told else None

    def _slot(self) -> Markup:
        """The hours promised where they are hours of one day, else the limit alone."""
        calendar, promise = self.calendar, self.promise
        assert promise is not None
        starts, ends = promise.starts, promise.ends
        if starts and ends and calendar.is_within_a_day(starts, ends):
            return calendar.between(starts, ends)
        return self._by(promise)

    def _late(self) -> list[Markup]:
        promised = self._limit(self.promise)
        if promised and promised < self.calendar.now:
            return [self._broken(), *self._no_new_time()]
        if promised and self._comes_after(promised):
            return [self._at_risk()]
        stated = self._limit(self.stated)
        if stated and stated < self.calendar.now:
            return [self._missed(), *self._no_new_time()]
        return []

    def _comes_after(self, promised: datetime) -> bool:
        """Whether the estimate breaks the promise. One that only reaches beyond it (a day, for a
        promise of that day) may still keep it.
        """
        expected = self._limit(self.estimate)
        starts = self.estimate.starts if self.estimate else None
        return bool(expected and expected > promised and (starts is None or starts >= promised))

    def _limit(self, window: Window | None) -> datetime | None:
        return closes(window, self.calendar) if window else None

    def _broken(self) -> Markup:
        by = self._by(self.promise)
        return self.words.gettext(
            "It was promised %(by)s and has not arrived. We are sorry.", by=by
        )

    def _at_risk(self) -> Markup:
        by = self._by(self.promise)
        return self.words.gettext(
            "This is later than promised: it was promised %(by)s. We are sorry.", by=by
        )

    def _missed(self) -> Markup:
        by = self._by(self.stated)
        return self.words.gettext(
            "The carrier expected to deliver it %(by)s, but it has not arrived.", by=by
        )

    def _no_new_time(self) -> list[Markup]:
        if self.estimate:
            return []
        return [self.words.gettext("The carrier has not given a new time.")]

    def _by(self, window: Window | None) -> Markup:
        over = self._limit(window)
        assert window is not None
        assert over is not None
        return self.calendar.by(over, day_only=window.day_only)
