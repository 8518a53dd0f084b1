"""Reading a carrier's time: with an offset, without one, a day only, or twice in one night."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from schemas.base import iso_time
from schemas.scan import Confidence, ScanTime
from tracking.carriers.base import Malformed

_DAY_LENGTH = len("2026-11-20")


@cache
def zone_of(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def read_time(raw: str, zone: str, *, field: str = "time", pattern: str | None = None) -> ScanTime:
    """Read ISO 8601 (also `+0200`, a blank for the T, a second 60) or a strptime `pattern`.

    With an offset: that instant, EXACT. Without: local time in `zone`, ASSUMED_ZONE; both passes
    of a repeated hour are given. A date alone: DATE_ONLY, and so is local midnight to the second,
    which systems without a time of day write for it. Raises Malformed.
    """
    cleaned = raw.strip()
    try:
        if pattern is None and is_day(cleaned):
            return _day(cleaned, date.fromisoformat(cleaned), zone)
        moment = _parse(cleaned, pattern)
        if moment.tzinfo is not None:
            return _aware(cleaned, moment)
        if moment.time() == time():
            return _day(cleaned, moment.date(), zone)
        return local_time(cleaned, moment, zone)
    except (ValueError, OverflowError):
        raise Malformed(field, f"not a time in {pattern or 'ISO 8601'}") from None


def is_day(text: str) -> bool:
    """Whether a time in ISO 8601 names a day only."""
    return len(text.strip()) <= _DAY_LENGTH


def _parse(cleaned: str, pattern: str | None) -> datetime:
    if pattern is not None:
        return datetime.strptime(cleaned, pattern)  # noqa: DTZ007 - the caller attaches the zone
    # ShipX writes a blank before the offset: 2020-03-20 15:08:42 +0100
    if " " in cleaned:
        day, _, rest = cleaned.partition(" ")
        cleaned = f"{day}T{rest.replace(' ', '')}"
    return iso_time(cleaned)


def _aware(raw: str, moment: datetime) -> ScanTime:
    return ScanTime(raw=raw, at=moment.astimezone(UTC))


def local_time(raw: str, moment: datetime, zone: str) -> ScanTime:
    """A naive local time; in the repeated hour `alternative` is the second pass."""
    local = moment.replace(tzinfo=zone_of(zone))
    first = local.replace(fold=0).astimezone(UTC)
    second = local.replace(fold=1).astimezone(UTC)
    return ScanTime(
        raw=raw,
        at=first,
        alternative=second if second > first else None,
        confidence=Confidence.ASSUMED_ZONE,
    )


def read_day(raw: str, zone: str, *, field: str = "time", pattern: str = "%Y-%m-%d") -> ScanTime:
    """A day without a time: from local midnight to the next one."""
    try:
        day = datetime.strptime(raw.strip(), pattern).date()  # noqa: DTZ007 - a day has no zone
        return _day(raw.strip(), day, zone)
    except (ValueError, OverflowError):
        raise Malformed(field, f"not a date in {pattern}") from None


def _day(raw: str, day: date, zone: str) -> ScanTime:
    starts, ends = day_bounds(day, zone)
    return ScanTime(raw=raw, at=starts, alternative=ends, confidence=Confidence.DATE_ONLY)


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """The instants (UTC) at which a local day begins and ends."""
    place = zone_of(zone)
    starts = datetime.combine(day, time(), place).astimezone(UTC)
    ends = datetime.combine(day + timedelta(days=1), time(), place).astimezone(UTC)
    return starts, ends
