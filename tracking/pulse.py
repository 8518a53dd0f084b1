"""Carriers that fall silent: heard where events are applied, watched by the clock."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg
import structlog
from prometheus_client import CollectorRegistry, Gauge

from tracking.domain.pulse import LEARNED_FROM, Pulse, hours_around, pulse, slot_of
from tracking.errors import KlatError
from tracking.incoming import Incoming
from tracking.store.pulse import CarrierPulses, Hearing

log = structlog.get_logger()

_NOTE_EVERY: Final = 10.0  # seconds
_LOOK_EVERY: Final = 60.0
_KEPT: Final = timedelta(days=35)


class Listening:
    """Counts in memory what is applied, and notes it now and then: what a killed process had not
    noted is missed, which alarms nobody.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._store = CarrierPulses(pool)
        self._heard: dict[tuple[str, datetime], Hearing] = {}

    def note(self, scans: Iterable[Incoming]) -> None:
        for each in scans:
            carrier, at = each.received.scan.carrier, each.received.received_at
            key = carrier, slot_of(at)
            known = self._heard.get(key) or Hearing(*key, 0, at, at)
            self._heard[key] = known._replace(
                events=known.events + 1,
                first_at=min(known.first_at, at),
                last_at=max(known.last_at, at),
            )

    async def keep_noting(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(_NOTE_EVERY)
            try:
                await self.flush()
            except KlatError as error:
                log.warning("carriers.not_noted", error=type(error).__name__)

    async def flush(self) -> None:
        """Raises StoreUnavailable; what was heard is kept for the next time then."""
        heard = list(self._heard.values())
        await self._store.note_heard(heard)
        for each in heard:  # what came meanwhile stays
            key = each.carrier, each.slot
            more = self._heard.pop(key)
            if more.events > each.events:
                self._heard[key] = more._replace(events=more.events - each.events)


class Silence:
    """Says when a carrier that is usually heard at this hour is not, and when it is again."""

    def __init__(self, pool: asyncpg.Pool, registry: CollectorRegistry) -> None:
        self._store = CarrierPulses(pool)
        self._silent: set[str] = set()
        self._for = Gauge(
            "klat_carrier_silent_seconds",
            "Since when a carrier sent nothing",
            ["carrier"],
            registry=registry,
        )
        self._usual = Gauge(
            "klat_carrier_usual_gap_seconds",
            "Usual time between a carrier's events at this hour of the week",
            ["carrier"],
            registry=registry,
        )
        self._is_silent = Gauge(
            "klat_carrier_is_silent",
            "Whether that is unusual for this hour",
            ["carrier"],
            registry=registry,
        )

    async def keep_watching(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look(datetime.now(UTC))
            except KlatError as error:
                log.warning("carriers.not_watched", error=type(error).__name__)
            await asyncio.sleep(_LOOK_EVERY)

    async def look(self, now: datetime) -> None:
        """Raises StoreUnavailable."""
        known = await self._store.heard_around(now - LEARNED_FROM, hours_around(now))
        for carrier, heard in known.items():
            self._tell(carrier, pulse(heard.heard, heard.last_at, now))
        await self._store.prune_heard(now - _KEPT)

    def _tell(self, carrier: str, found: Pulse) -> None:
        self._for.labels(carrier).set(found.silent_for.total_seconds())
        self._is_silent.labels(carrier).set(found.is_silent)
        if found.usual is not None:
            self._usual.labels(carrier).set(found.usual.total_seconds())
        if found.is_silent and carrier not in self._silent:
            self._silent.add(carrier)
            log.warning("carrier.silent", carrier=carrier, **_minutes(found))
        elif not found.is_silent and carrier in self._silent:
            self._silent.discard(carrier)
            log.info("carrier.heard_again", carrier=carrier)


def _minutes(found: Pulse) -> dict[str, float]:
    usual = found.usual or timedelta(0)
    return {
        "minutes": round(found.silent_for / timedelta(minutes=1)),
        "usual_minutes": round(usual / timedelta(minutes=1), 1),
    }
