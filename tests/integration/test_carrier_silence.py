"""Carriers are heard where events are applied, and missed by the clock."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from consuming import SEALER
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from schemas.scan import Scan, ScanTime
from schemas.status import Status
from tracking import pulse as module
from tracking.errors import StoreUnavailable
from tracking.incoming import Incoming, incoming
from tracking.pulse import Listening, Silence
from tracking.store.pool import open_pool

NOW = datetime(2026, 11, 20, 10, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=4)
    yield pool
    await pool.close()


def scan(at: datetime, carrier: str = "omniva") -> Incoming:
    time = ScanTime(raw=at.isoformat(), at=at)
    told = Scan(carrier=carrier, tracking_number="CE1", time=time, status=Status.IN_TRANSIT)
    return incoming(told, at, SEALER)


async def heard_for_weeks(pool: asyncpg.Pool) -> None:
    """Every two minutes, at these hours of four weeks, by two processes."""
    both = Listening(pool), Listening(pool)
    for week in range(4, 0, -1):
        for minute in range(-90, 90, 2):
            both[minute % 4 // 2].note([scan(NOW - week * timedelta(days=7) + minute * MINUTE)])
        for each in both:
            await each.flush()


async def test_a_carrier_that_falls_silent_is_told_of_once_and_when_it_is_back(pool):
    await heard_for_weeks(pool)
    listening, registry = Listening(pool), CollectorRegistry()
    silence = Silence(pool, registry)
    listening.note([scan(NOW - 40 * MINUTE)])
    await listening.flush()
    with capture_logs() as logs:
        await silence.look(NOW)
        await silence.look(NOW + MINUTE)
        listening.note([scan(NOW + 2 * MINUTE)])
        await listening.flush()
        await silence.look(NOW + 2 * MINUTE)
    assert [(each["event"], each.get("minutes")) for each in logs] == [
        ("carrier.silent", 40),
        ("carrier.heard_again", None),
    ]
    assert logs[0]["usual_minutes"] == pytest.approx(2, abs=0.2)
    assert registry.get_sample_value("klat_carrier_is_silent", {"carrier": "omniva"}) == 0


async def test_what_could_not_be_noted_is_noted_the_next_time(pool, monkeypatch):
    listening = Listening(pool)
    listening.note([scan(NOW), scan(NOW + MINUTE), scan(NOW, "dpd")])

    async def away(*_: object) -> None:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(listening._store, "note_heard", away)
        with pytest.raises(StoreUnavailable):
            await listening.flush()
    await listening.flush()
    await listening.flush()
    rows = await pool.fetch("SELECT carrier, events FROM carrier_heard ORDER BY carrier")
    assert [tuple(row) for row in rows] == [("dpd", 1), ("omniva", 2)]


async def test_old_quarters_are_forgotten(pool):
    await heard_for_weeks(pool)
    await Silence(pool, CollectorRegistry()).look(NOW + module._KEPT)
    assert await pool.fetchval("SELECT count(*) FROM carrier_heard") == 0
