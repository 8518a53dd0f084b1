"""A token bucket: so many a second, in small bursts. The clock is handed in."""

import math
from datetime import datetime, timedelta
from typing import Final

_BURST: Final = 0.2  # seconds' worth: in any one second at most a fifth more than the rate leaves

_ROUNDING: Final = 1e-6  # of instants, which are whole microseconds


class TokenBucket:
    """Starts full. `rate` is tokens a second, above 0."""

    def __init__(self, rate: float) -> None:
        if not rate > 0:
            raise ValueError("the rate must be above 0")
        self._rate, self._size = rate, max(1.0, rate * _BURST)
        self._tokens = self._size
        self._at: datetime | None = None

    def count(self, now: datetime) -> int:
        """How many may go now: whole tokens, which stay."""
        self._fill(now)
        return max(math.floor(self._tokens + _ROUNDING), 0)

    def take(self, most: int, now: datetime) -> int:
        """How many may go now, up to `most`; their tokens are taken."""
        taken = max(min(most, self.count(now)), 0)
        self._tokens -= taken
        return taken

    def give_back(self, count: int) -> None:
        """Of those taken, so many did not go."""
        self._tokens = min(self._tokens + count, self._size)

    def wait(self, now: datetime) -> timedelta:
        """Until there is one again; where there is none, until it is half full, for fuller turns.

        What flows into a full one is lost, so whoever waits has the other half to be late in.
        """
        if self.count(now):
            return timedelta(0)
        return timedelta(seconds=(max(1.0, self._size / 2) - self._tokens) / self._rate)

    def _fill(self, now: datetime) -> None:
        """A clock that was put back fills nothing and takes nothing away."""
        passed = (now - self._at).total_seconds() if self._at else 0.0
        self._tokens = min(self._tokens + max(passed, 0.0) * self._rate, self._size)
        self._at = now
