"""Whether a carrier has fallen silent, held against what was usual at this hour of the week. Pure.

A carrier that posts every half hour is not silent after twenty minutes, nor is one on Sunday night
that sends nothing on Sunday nights. What counts is the longest silence in the same hours of the
last weeks.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

SLOT: Final = timedelta(minutes=15)
LEARNED_FROM: Final = timedelta(days=28, hours=2)  # four weeks, and the hour before
_FEWEST: Final = 8  # quarters of an hour with something in them, to know what is usual
_TIMES: Final = 3.0  # the usual longest silence, before anybody is alarmed
_SHORTEST: Final = timedelta(minutes=10)
_WEEK: Final = 7 * 24


class Heard(NamedTuple):
    """In a quarter of an hour: so many events, after so long a silence at the most."""

    slot: datetime
    events: int
    longest_gap: timedelta


class Pulse(NamedTuple):
    """`usual`: the mean time between events at this hour; None where too little is known."""

    silent_for: timedelta
    usual: timedelta | None
    is_silent: bool


def slot_of(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=at.minute // 15 * 15, second=0, microsecond=0)


def hours_around(now: datetime) -> list[int]:
    """The hour of the week, and those before and after it, counted from Monday 0:00 UTC."""
    at = now.astimezone(UTC)
    hour = at.weekday() * 24 + at.hour
    return [(hour + step) % _WEEK for step in (-1, 0, 1)]


def pulse(heard: Sequence[Heard], last_at: datetime, now: datetime) -> Pulse:
    """`heard` in these hours of the weeks before; what came today counts for no usage."""
    silent_for = max(timedelta(0), now - last_at)
    before = [each for each in heard if each.slot < now - timedelta(days=1)]
    if len(before) < _FEWEST:
        return Pulse(silent_for, None, is_silent=False)
    weeks = max(1, len({each.slot.date() for each in before}))
    usual = weeks * 3 * timedelta(hours=1) / max(1, sum(each.events for each in before))
    gaps = sorted(each.longest_gap for each in before)
    longest = gaps[min(len(gaps) - 1, int(0.9 * len(gaps)))]
    limit = max(_SHORTEST, _TIMES * max(longest, usual))
    return Pulse(silent_for, usual, is_silent=silent_for > limit)
