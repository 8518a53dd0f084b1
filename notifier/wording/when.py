"""When it comes and how long it waits, as whole sentences."""

from datetime import datetime, timedelta
from typing import Final

from markupsafe import Markup

from notifier.values import Values
from schemas.notice import Occasion
from schemas.scan import Window
from tracking.words.catalog import Words
from tracking.words.dates import Calendar, closes, first_day, last_day

_A_MOMENT: Final = timedelta(minutes=1)  # a shorter window names an instant
_COMES: Final = frozenset(
    {
        Occasion.REGISTERED,
        Occasion.ACCEPTED,
        Occasion.OUT_FOR_DELIVERY,
        Occasion.DELIVERY_TIME_CHANGED,
        Occasion.ARRIVING_NEXT,
        Occasion.ATTEMPT_FAILED,
        Occasion.HELD,
        Occasion.DELAYED,
        Occasion.DELIVERY_RETRACTED,
    }
)


def arrives(values: Values, words: Words, calendar: Calendar) -> Markup | None:
    """A sentence without its stop; None when nothing is known, and of a time that is past."""
    window = values.window
    if window is None or values.occasion not in _COMES or not _is_ahead(window, calendar):
        return None
    first, last = first_day(window, calendar), last_day(window, calendar)
    if window.starts is None and window.ends:
        by = calendar.by(window.ends, day_only=window.day_only)
        return words.gettext("It arrives %(by)s", by=by)
    if first != last:
        return words.gettext("Expected: %(days)s", days=calendar.days(first, last))
    return words.gettext("It arrives %(when)s", when=_within_a_day(window, calendar))


def until_date(until: datetime, words: Words, calendar: Calendar) -> Markup:
    """For a limit that is months away: the last day in figures, with its year."""
    return words.gettext("until %(date)s", date=calendar.last_date(until))


def stopped(sentence: Markup) -> Markup:
    """With its full stop, unless it ends with one, as "27 d." does."""
    return sentence if sentence.striptags().endswith(".") else sentence + "."


def _is_ahead(window: Window, calendar: Calendar) -> bool:
    over = closes(window, calendar) or window.starts
    return over is not None and over > calendar.now


def _within_a_day(window: Window, calendar: Calendar) -> Markup:
    starts, ends = window.starts, window.ends
    if window.day_only or starts is None:
        return calendar.on_day(first_day(window, calendar))
    if ends is None or ends - starts < _A_MOMENT:
        return calendar.on(starts, about=True)
    return calendar.between(starts, ends)


def days_left(days: int, words: Words) -> Markup | None:
    """Not of the last day: the news says that already."""
    if days < 1:
        return None
    return words.ngettext("%(n)d day left to collect it.", "%(n)d days left to collect it.", days)
