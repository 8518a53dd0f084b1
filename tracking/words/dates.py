"""Instants as words: "today at 14:03", "until Friday, 21 November, 18:00".

Only the language, the zone and `now` decide; the server's locale and zone never do. Phrases are
whole adverbials with their preposition, because languages put it in different places.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_timezone_location
from markupsafe import Markup, escape

from schemas.scan import Confidence, ScanTime, Window
from tracking.words.catalog import N_, Words
from tracking.words.inflection import DATE, HEADING, ON, SPAN, UNTIL, Inflected, whole

_TICK = timedelta(microseconds=1)
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_HALF_A_DAY = timedelta(hours=12)
_FAR = timedelta(days=180)  # from there on a day needs its year
_ABOUT = frozenset({Confidence.ASSUMED_ZONE, Confidence.CLAMPED})
_MIDNIGHT = frozenset({"00:00", "23:59"})

# What is said of a limit: (days from today, or None when it is far off; whether it has an hour).
_UNTIL: dict[tuple[int | None, bool], str] = {
    (-1, True): N_("until %(time)s yesterday"),
    (0, True): N_("until %(time)s today"),
    (1, True): N_("until %(time)s tomorrow"),
    (None, True): N_("until %(day)s, %(time)s"),
    (-1, False): N_("until the end of yesterday"),
    (0, False): N_("until the end of today"),
    (1, False): N_("until the end of tomorrow"),
    (None, False): N_("until the end of %(day)s"),
}
_BY: dict[tuple[int | None, bool], str] = {
    (-1, True): N_("by %(time)s yesterday"),
    (0, True): N_("by %(time)s today"),
    (1, True): N_("by %(time)s tomorrow"),
    (None, True): N_("by %(day)s, %(time)s"),
    (-1, False): N_("by the end of yesterday"),
    (0, False): N_("by the end of today"),
    (1, False): N_("by the end of tomorrow"),
    (None, False): N_("by the end of %(day)s"),
}
_FIGURES = {"en": "%-d %B %Y", "lt": "%Y-%m-%d"}  # as people write them
_TO = Markup("\u2060–\u2060")  # what it joins stays on one line
_TODAY = {-1: N_("yesterday"), 0: N_("today"), 1: N_("tomorrow")}


class Calendar:
    """Says instants in one language and one zone, seen from `now`."""

    def __init__(self, words: Words, zone: str, now: datetime) -> None:
        self.words = words
        self.zone = ZoneInfo(zone)
        self.now = now
        self.today = self.day_of(now)

    def local(self, instant: datetime) -> datetime:
        return _counted(instant).astimezone(self.zone)

    def day_of(self, instant: datetime) -> date:
        return self.local(instant).date()

    def time(self, instant: datetime) -> Markup:
        return Markup(f"{self.local(instant):%H:%M}")  # noqa: S704 - digits and a colon

    def stated(self, instant: datetime, confidence: Confidence) -> Markup:
        """When it happened, as surely as it is known."""
        if confidence is Confidence.DATE_ONLY:
            return self.on_day(self.day_of(instant))
        return self.on(instant, about=confidence in _ABOUT)

    def on_day(self, day: date) -> Markup:
        near = _TODAY.get((day - self.today).days)
        return self.words.gettext(near) if near else self._inflected(ON, day)

    def on(self, instant: datetime, *, about: bool = False) -> Markup:
        words, day = self.words, self.on_day(self.day_of(instant))
        if about:
            return words.gettext("%(day)s at about %(time)s", day=day, time=self.time(instant))
        return words.gettext("%(day)s at %(time)s", day=day, time=self.time(instant))

    def between(self, starts: datetime, ends: datetime) -> Markup:
        """Hours of one day."""
        words, clocks = self.words, (self.time(starts), self.time(ends))
        hours = words.pgettext("hours", "%(hours)s", hours=_TO.join(clocks))
        day = self.on_day(self.day_of(starts))
        return words.pgettext("window", "%(day)s, %(hours)s", day=day, hours=whole(hours))

    def is_within_a_day(self, starts: datetime, ends: datetime) -> bool:
        """Whether both are hours of one day; midnight is none, it stands for the day itself."""
        clocks = {self.time(starts), self.time(ends)}
        return self.day_of(starts) == self.day_of(ends) and not clocks & _MIDNIGHT

    def until(self, instant: datetime) -> Markup:
        return self._limit(_UNTIL, instant, day_only=False)

    def by(self, instant: datetime, *, day_only: bool = False) -> Markup:
        return self._limit(_BY, instant, day_only=day_only)

    def days_until(self, limit: datetime) -> int:
        return (self._last(limit)[0] - self.today).days

    def last_date(self, limit: datetime) -> str:
        """The last day of a limit that is months away, in figures, with its year."""
        return self._figures(self._last(limit, day_only=True)[0])

    def _figures(self, day: date) -> str:
        return f"{day:{_FIGURES.get(self.words.language, '%d.%m.%Y')}}"

    def _limit(
        self, texts: dict[tuple[int | None, bool], str], instant: datetime, *, day_only: bool
    ) -> Markup:
        day, clock = self._last(instant, day_only=day_only)
        ahead = (day - self.today).days
        near = ahead if ahead in _TODAY else None
        text = texts[near, clock is not None]
        return self.words.gettext(text, day=self._inflected(UNTIL, day), time=clock or "")

    def _inflected(self, case: dict[str, Inflected], day: date) -> Markup:
        if abs(day - self.today) > _FAR:
            return escape(self._figures(day))
        return case[self.words.language].day(day, self.words.locale)

    def _last(self, instant: datetime, *, day_only: bool = False) -> tuple[date, Markup | None]:
        """The last day and its last minute; a limit at midnight is the end of the day before."""
        day, clock = self.day_of(_counted(instant) - _TICK), self.time(instant)
        return (day, None) if day_only or clock in _MIDNIGHT else (day, clock)

    def days(self, first: date, last: date) -> Markup:
        """Several days as a name: "20–23 November"."""
        locale, (left, right), date = self.words.locale, SPAN[self.words.language], self._date
        if first.month != last.month:
            return Markup("{} {}").format(whole(date(first) + " –"), whole(date(last)))
        ends = format_date(first, left, locale), format_date(last, right, locale)
        return whole(_TO.join(escape(end) for end in ends))

    def _date(self, day: date) -> Markup:
        return escape(format_date(day, DATE[self.words.language], self.words.locale))

    def heading(self, day: date) -> Markup:
        """A day over a list: "Today", "Friday, 21 November"."""
        if abs((day - self.today).days) <= 1:
            return Markup("{}").format(_capital(self.on_day(day)))
        this_year = day.year == self.today.year
        pattern = HEADING[self.words.language] if this_year else "long"
        return Markup("{}").format(_capital(format_date(day, pattern, self.words.locale)))

    def place(self, instants: Iterable[datetime]) -> Markup:
        """The zone, named once for all times shown: "Riga, UTC+2"."""
        city = get_timezone_location(self.zone, locale=self.words.locale, return_city=True)
        offsets = sorted({_offset(self.local(instant)) for instant in (self.now, *instants)})
        return Markup("{}, {}").format(city, " / ".join(offsets))


def first_day(window: Window, calendar: Calendar) -> date:
    opens = window.starts or window.ends
    assert opens is not None
    if window.day_only:
        opens = opens + _HALF_A_DAY if window.starts else opens - _HALF_A_DAY
    return calendar.day_of(opens)


def last_day(window: Window, calendar: Calendar) -> date:
    """The last day on which it may come. Days run from midnight to midnight of the carrier's zone,
    so their middle tells which day is meant; a window that ends at midnight ends the day before.
    """
    if window.ends is None or window.starts == window.ends:
        return first_day(window, calendar)
    return calendar.day_of(window.ends - (_HALF_A_DAY if window.day_only else _TICK))


def closes(window: Window, calendar: Calendar) -> datetime | None:
    """When the window is over; None when it has no end."""
    if window.ends is None and not window.day_only:
        return None
    if window.ends is not None and not window.day_only:
        return window.ends
    after = last_day(window, calendar) + timedelta(days=1)
    return datetime.combine(after, time(), calendar.zone).astimezone(UTC)


def _counted(instant: datetime) -> datetime:
    """Within years that every zone and every span of days can be reckoned in."""
    return min(max(instant, _EARLIEST), _LATEST)


def middle_of(time: ScanTime) -> datetime:
    """Midday of a day without a time: the carrier's midnight may be another day here."""
    return time.at + (time.alternative - time.at) / 2 if time.alternative else time.at


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _offset(moment: datetime) -> str:
    offset = moment.utcoffset() or timedelta()
    sign, minutes = ("−" if offset < timedelta() else "+"), abs(offset) // timedelta(minutes=1)
    hours, rest = divmod(minutes, 60)
    return f"UTC{sign}{hours}:{rest:02}" if rest else f"UTC{sign}{hours}"
