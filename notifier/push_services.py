"""Which push services are in trouble: a breaker for each host, as anybody may name one.

Pure: what happened, and `now`. What one of them does, asks for or refuses holds for itself only. A
refusal of our key counts so, too: whoever keeps a push service of his own can say it as well.
"""

from collections import OrderedDict
from datetime import datetime
from typing import Final

from notifier.breaker import Breaker, Position
from notifier.channels.base import Handed

MOST: Final = 256  # in trouble and remembered; the one that failed longest ago is forgotten first
PROBE_LIMIT: Final = 5.0  # seconds; whoever comes while one is probed asks again then

_KNOWN: Final = ("googleapis.com", "mozilla.com", "apple.com", "windows.com")


class PushServices:
    """Only those that failed last are kept; all others are closed breakers."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._breakers: OrderedDict[str, Breaker] = OrderedDict()
        self._probed: set[str] = set()

    def __len__(self) -> int:
        return len(self._breakers)

    def wait(self, host: str, now: datetime) -> float | None:
        """Seconds for which it is left alone; None: it may be asked, and `note` has to follow."""
        breaker = self._breakers.get(host, Breaker())
        if breaker.until is not None and breaker.position(now) is Position.OPEN:
            return (breaker.until - now).total_seconds()
        if breaker.position(now) is Position.CLOSED:
            return None
        if host in self._probed:
            return PROBE_LIMIT
        self._probed.add(host)
        return None

    def note(self, host: str, handed: Handed, now: datetime) -> float | None:
        """What it answered, or did not; for how many seconds it is left alone from now on."""
        self._probed.discard(host)
        before = self._breakers.pop(host, Breaker())
        after = before.after(handed, now)
        if after != Breaker():
            self._breakers[host] = after
            if len(self._breakers) > self._most:
                self._probed.discard(self._breakers.popitem(last=False)[0])
        if after.until is None or after.pauses == before.pauses:
            return None
        return (after.until - now).total_seconds()


def told_of(host: str) -> str:
    """A name for logs: of the browsers' makers. What a visitor wrote stands in none."""
    return next((each for each in _KNOWN if host.endswith(f".{each}")), "other")
