"""How much one provider is given: so many a second, so many at a time, none while it is in trouble.

Of one process: several share neither rate nor breaker.
"""

from datetime import datetime
from typing import Final, NamedTuple

import structlog
from prometheus_client import CollectorRegistry, Gauge

from notifier.breaker import Breaker, Position, is_fault
from notifier.bucket import TokenBucket
from notifier.channels.base import Handed
from schemas.notice import Channel
from tracking.settings import Settings

log = structlog.get_logger()

_AHEAD: Final = 20  # claimed and worded while all places are taken; never more than places
_UNTIL_WOKEN: Final = 60.0  # seconds; whoever leaves a place wakes who waits for one


class Pace(NamedTuple):
    """Messages a second, and how many at a time."""

    rate: float = 1000.0
    places: int = 20


def pace_of(settings: Settings, channel: Channel) -> Pace:
    match channel:
        case Channel.SMS:
            return Pace(settings.sms_rate, settings.sms_concurrency)
        case Channel.EMAIL:
            return Pace(settings.mail_rate, settings.mail_concurrency)
        case Channel.PUSH:
            return Pace()


class Entered(NamedTuple):
    """How many may go now, each of which has a place; whether as the probe after trouble."""

    size: int
    is_probe: bool = False


class GateMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.open = Gauge(
            "klat_provider_open",
            "1 while a provider is left alone because it failed several times in a row",
            ["channel"],
            registry=registry,
        )


class Gate:
    def __init__(self, channel: Channel, pace: Pace, metrics: GateMetrics) -> None:
        self._channel, self._metrics = channel, metrics
        self._bucket, self._breaker = TokenBucket(pace.rate), Breaker()
        self._places, self._taken = pace.places, 0
        self._probing = False
        metrics.open.labels(channel).set(0)

    def room(self, ready: int, now: datetime) -> int:
        """How many more may be claimed by who has so many `ready`: no more than may go at once."""
        ahead = min(_AHEAD, self._places)
        match self._breaker.position(now):
            case Position.OPEN:
                return 0
            case Position.HALF_OPEN:
                most = 0 if self._probing else min(1, self._free)
            case Position.CLOSED:
                most = self._free + ahead
        return max(0, min(most, self._bucket.count(now)) - ready)

    def enter(self, most: int, now: datetime) -> Entered:
        """Take places, and of the rate. Each of them is given `back` unused, or left."""
        match self._breaker.position(now):
            case Position.OPEN:
                return Entered(0)
            case Position.HALF_OPEN:
                size = 0 if self._probing else self._take(min(most, 1), now)
                self._probing = self._probing or size > 0
                return Entered(size, is_probe=True)
            case Position.CLOSED:
                return Entered(self._take(most, now))

    def _take(self, most: int, now: datetime) -> int:
        size = self._bucket.take(min(most, self._free), now)
        self._taken += size
        return size

    @property
    def _free(self) -> int:
        return self._places - self._taken

    def back(self, entered: Entered, unsent: int) -> None:
        """So many of those that entered have not been sent."""
        self._bucket.give_back(unsent)
        self._leave(entered, unsent)

    def leave(self, entered: Entered) -> None:
        """One of them was sent, however that ended."""
        self._leave(entered, 1)

    def _leave(self, entered: Entered, many: int) -> None:
        self._taken -= many
        if entered.is_probe and many:
            self._probing = False

    def is_open(self, now: datetime) -> bool:
        return self._breaker.position(now) is Position.OPEN

    def is_passable(self, entered: Entered, now: datetime) -> bool:
        """Whether one that was let in may still go: the provider may have failed meanwhile."""
        return entered.is_probe or self._breaker.position(now) is Position.CLOSED

    def wait(self, now: datetime) -> float:
        """Seconds until there is room again, if nobody leaves before."""
        if self._breaker.until is not None and now < self._breaker.until:
            return (self._breaker.until - now).total_seconds()
        if self._probing or self._free < 1:
            return _UNTIL_WOKEN
        return self._bucket.wait(now).total_seconds()

    def note(self, handed: Handed, entered: Entered, now: datetime) -> None:
        """What the provider answered, or did not. Push services have a breaker each, elsewhere.

        Once it is in trouble, only the probe says that it still is: those that were under way may
        fail long after.
        """
        is_late = not entered.is_probe and self._breaker.position(now) is not Position.CLOSED
        if self._channel is Channel.PUSH or (is_late and is_fault(handed)):
            return
        before, self._breaker = self._breaker, self._breaker.after(handed, now)
        is_open = self._breaker.until is not None
        self._metrics.open.labels(self._channel).set(is_open)
        if is_open and self._breaker.pauses != before.pauses:
            log.error(
                "provider.opened",
                channel=self._channel,
                reason=handed.code,
                seconds=(self._breaker.until - now).total_seconds() if self._breaker.until else 0,
                pauses=self._breaker.pauses,
            )
        elif before.until is not None and not is_open:
            log.info("provider.closed", channel=self._channel)
