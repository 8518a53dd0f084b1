"""The history as lines under days, newest first, each only as sure as it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from markupsafe import Markup

from schemas.scan import Confidence, Location, Scan
from schemas.shipment import EntryKind, HistoryEntry
from tracking.web.wording import cause, event
from tracking.words.catalog import Words
from tracking.words.dates import Calendar, middle_of

RECENT = 6  # lines shown at once; older ones open on demand


@dataclass(frozen=True, slots=True)
class Line:
    day: date
    iso: str
    time: Markup | None
    about: Markup | None  # the time in words where it is not exact
    text: Markup
    place: Markup | None
    cause: Markup | None
    description: Markup | None
    code: Markup | None  # the carrier's own word, where there is no other
    taken_back: bool


@dataclass(frozen=True, slots=True)
class Day:
    heading: Markup
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Timeline:
    recent: Sequence[Day]
    older: Sequence[Day]
    older_count: int
    has_about: bool


def timeline(history: Sequence[HistoryEntry], words: Words, calendar: Calendar) -> Timeline:
    abroad = len({e.scan.location.country for e in history if e.scan.location}) > 1
    lines = _without_echoes(line_of(entry, words, calendar, abroad=abroad) for entry in history)
    # One hidden line would cost a tap and save nothing.
    shown = RECENT if len(lines) > RECENT + 1 else len(lines)
    return Timeline(
        recent=_by_day(lines[:shown], calendar),
        older=_by_day(lines[shown:], calendar),
        older_count=len(lines) - shown,
        has_about=any(line.about for line in lines),
    )


def _without_echoes(lines: Iterable[Line]) -> list[Line]:
    """The same event told twice, by two ways, is one line."""
    return [line for line, _ in groupby(lines)]


def _by_day(lines: Sequence[Line], calendar: Calendar) -> list[Day]:
    return [
        Day(calendar.heading(day), list(of_day))
        for day, of_day in groupby(lines, key=lambda line: line.day)
    ]


def line_of(entry: HistoryEntry, words: Words, calendar: Calendar, *, abroad: bool) -> Line:
    scan, moment = entry.scan, _moment(entry)
    is_day = entry.confidence is Confidence.DATE_ONLY
    return Line(
        day=calendar.day_of(moment),
        iso=_iso(entry, calendar),
        time=None if is_day else calendar.time(entry.at),
        about=_about(entry, words, calendar),
        text=_text(entry, words),
        place=_place(scan.location, words, abroad=abroad) if scan.location else None,
        cause=cause(words, scan.reason),
        description=_in_bdi(scan.description) if scan.description and scan.status else None,
        code=_code(scan, words),
        taken_back=entry.kind is EntryKind.RETRACTED,
    )


def _moment(entry: HistoryEntry) -> datetime:
    if entry.confidence is Confidence.DATE_ONLY:
        return middle_of(entry.scan.time)
    return entry.at


def _iso(entry: HistoryEntry, calendar: Calendar) -> str:
    local = calendar.local(_moment(entry))
    if entry.confidence is Confidence.DATE_ONLY:
        return local.date().isoformat()
    return local.isoformat(timespec="minutes")


def _about(entry: HistoryEntry, words: Words, calendar: Calendar) -> Markup | None:
    if entry.confidence not in {Confidence.ASSUMED_ZONE, Confidence.CLAMPED}:
        return None
    return words.pgettext("time of day", "about %(time)s", time=calendar.time(entry.at))


def _text(entry: HistoryEntry, words: Words) -> Markup:
    scan = entry.scan
    if scan.retracts is not None:
        return words.gettext("The carrier took back an earlier report")
    if scan.status is not None:
        return event(words, scan.status, scan.handover)
    if scan.description:
        return _in_bdi(scan.description)
    if scan.recognised:
        return words.gettext("The carrier sent a note")
    return words.gettext("The carrier reported an event that we do not know yet")


def _code(scan: Scan, words: Words) -> Markup | None:
    """For whoever asks the carrier about a line that says little."""
    if scan.code is None or scan.status or scan.retracts or scan.description:
        return None
    return words.gettext("Code of the carrier: %(code)s", code=scan.code)


def _place(location: Location, words: Words, *, abroad: bool) -> Markup | None:
    """Name, address and town, as far as they may be shown; the country when there are several."""
    parts = _distinct(location.name, location.address, location.city)
    if location.country and (abroad or not parts):
        parts.append(words.locale.territories.get(location.country, location.country))
    return Markup(", ").join(_in_bdi(part) for part in parts) or None


def _distinct(*parts: str | None) -> list[str]:
    kept: list[str] = []
    for part in parts:
        if part and not any(part.casefold() in before.casefold() for before in kept):
            kept.append(part)
    return kept


def _in_bdi(text: str) -> Markup:
    return Markup("<bdi>{}</bdi>").format(text)
