"""When a parcel is expected: a carrier's estimate as a window, and the event that carries it."""

import re
from datetime import date, datetime
from typing import Any

from schemas.scan import Window
from schemas.status import TERMINAL
from tracking.carriers.base import Malformed, Parsed, text
from tracking.carriers.times import day_bounds, read_time

# A date, or a date at midnight: how carriers write a day of which they do not know the hour.
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?\s*(?:Z|[+-]\d{2}:?\d{2})?)?")


def window(starts: Any, ends: Any, zone: str) -> Window | None:
    """An estimate from two texts, of which one may say nothing; None where it cannot be read.

    Days without hours run from midnight to midnight in `zone`, whatever offset is written.
    """
    said = [given for given in (text(starts), text(ends)) if given is not None]
    try:
        days = [day for day in map(_day, said) if day is not None]
        if days and len(days) == len(said):
            return days_window(min(days), max(days), zone).or_none()
        return _hours(starts, ends, zone).or_none() if said else None
    except (Malformed, ValueError, OverflowError):
        return None


def _day(said: str) -> date | None:
    found = _DAY.fullmatch(said)
    return date.fromisoformat(found[1]) if found else None


def days_window(first: date, last: date, zone: str) -> Window:
    starts, ends = day_bounds(first, zone)[0], day_bounds(last, zone)[1]
    return Window(starts=starts, ends=ends, day_only=True)


def _hours(starts: Any, ends: Any, zone: str) -> Window:
    return Window(starts=_instant(starts, zone), ends=_instant(ends, zone))


def _instant(value: Any, zone: str) -> datetime | None:
    said = text(value)
    return None if said is None else read_time(said, zone).at


def estimated(parsed: Parsed, estimate: Window | None) -> Parsed:
    """The same, with the estimate on the newest event; not once the story has ended.

    One event carries it: on all of them, every new estimate would make every event a new one.
    """
    newest = max((scan.time.at for scan in parsed.scans), default=None)
    if estimate is None or any(scan.status in TERMINAL for scan in parsed.scans):
        return parsed
    scans = [
        scan.model_copy(update={"estimate": estimate}) if scan.time.at == newest else scan
        for scan in parsed.scans
    ]
    return Parsed(scans, parsed.problems)
