"""How much one provider is given: so many a second, so many at a time, none while it is in trouble.

Of one process: several share neither rate nor breaker.
"""

import asyncio
from datetime import datetime
from typing import Final, NamedTuple

import structlog
from prometheus_client import CollectorRegistry, Gauge

from notifier.breaker import Breaker, Position
from notifier.bucket import TokenBucket
from notifier.channels.base import Handed
from schemas.notice import Channel
from tracking.settings import Settings

log = structlog.get_logger()

_PLACE_LIMIT: Final = 180.0  # seconds; with a provider's own limits, less than HAND_LIMIT
_LOOK_AGAIN: Final = 0.05  # seconds; while the probe is under way


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


class Room(NamedTuple):
    """How many notices may be claimed, whether as the probe of a provider that was in trouble."""

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
        self._places = asyncio.Semaphore(pace.places)
        self._probing = False
        metrics.open.labels(channel).set(0)

    def room(self, most: int, now: datetime) -> Room:
        """For a turn, which gives it `back` when it is over."""
        match self._breaker.position(now):
            case Position.OPEN:
                return Room(0)
            case Position.HALF_OPEN:
                return self._room_for_probe(now)
            case Position.CLOSED:
                return Room(self._bucket.take(most, now))

    def _room_for_probe(self, now: datetime) -> Room:
        if self._probing or not self._bucket.take(1, now):
            return Room(0)
        self._probing = True
        return Room(1, is_probe=True)

    def back(self, room: Room, unsent: int) -> None:
        """The turn is over, and so many of its room were not sent."""
        self._bucket.give_back(unsent)
        if room.is_probe:
            self._probing = False

    async def enter(self) -> bool:
        """Wait for one of the places, which is to be left; False: none came free in time."""
        try:
            async with asyncio.timeout(_PLACE_LIMIT):
                return await self._places.acquire()
        except TimeoutError:
            return False

    def leave(self) -> None:
        self._places.release()

    def is_passable(self, room: Room, now: datetime) -> bool:
        """Whether one that was let in may still go: the provider may have failed meanwhile."""
        return room.is_probe or self._breaker.position(now) is Position.CLOSED

    def wait(self, now: datetime) -> float:
        """Seconds until there is room again."""
        if self._breaker.until is not None and now < self._breaker.until:
            return (self._breaker.until - now).total_seconds()
        if self._probing:
            return _LOOK_AGAIN
        return self._bucket.wait(now).total_seconds()

    def note(self, handed: Handed, now: datetime) -> None:
        """What the provider answered, or did not."""
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
