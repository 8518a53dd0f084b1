"""Quiet hours: what may wait until the morning of the recipient does."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Quiet:
    """From evening to morning, local times of the recipient. Equal times: never quiet."""

    starts: time = time(21)
    ends: time = time(8)

    def holds(self, local: time) -> bool:
        if self.starts <= self.ends:
            return self.starts <= local < self.ends
        return local >= self.starts or local < self.ends


_IN_TIME = timedelta(minutes=30)


def before_night(instant: datetime, zone: str, quiet: Quiet) -> datetime:
    """The instant itself, or half an hour before the quiet hours in which it lies; UTC."""
    local = instant.astimezone(ZoneInfo(zone))
    if not quiet.holds(local.time()):
        return instant
    day = local.date() - timedelta(days=local.time() < quiet.starts)
    return datetime.combine(day, quiet.starts, ZoneInfo(zone)).astimezone(UTC) - _IN_TIME


def awake(instant: datetime, zone: str, quiet: Quiet) -> datetime:
    """The instant itself, or the end of the quiet hours in which it lies; UTC.

    A night in which the clocks change ends at its local time like any other.
    """
    local = instant.astimezone(ZoneInfo(zone))
    if not quiet.holds(local.time()):
        return instant
    day = local.date() + timedelta(days=local.time() >= quiet.ends)
    return datetime.combine(day, quiet.ends, ZoneInfo(zone)).astimezone(UTC)
