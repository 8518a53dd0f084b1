"""What is done with is deleted when it is old enough; what waits is kept, however old."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from schemas.retention import DataClass, ages
from tracking import retention
from tracking.errors import StatementTooSlow, StoreBusy, StoreUnavailable
from tracking.person.ageing import Step
from tracking.retention import OF_PARCELS, RULES, NotAllDone, Rule, keep_pruned, prune
from tracking.store.pool import open_pool

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
KEPT = {
    "raw_payloads": 90,  # days
    "resolved_quarantine": 30,
    "replayed_messages": 30,
    "facts": 30,
    "webhook_deliveries": 30,
}
OF_OTHERS = {
    "notice_texts": 90,
    "notices": 730,
    "links": 200,
    "push_subscriptions": 90,
    "sms_quotas": 2,
    "staff_sessions": 1,
    "login_tries": 1,
    "audit": 730,
    "case_texts": 90,
    "cases": 730,
    "contacts": 90,
    "unclaimed": 180,
    "raw_parcels": 90,
}
RAW = "INSERT INTO raw_payload VALUES ($1, 'omniva', $2, 's')"
ENTRY = """
INSERT INTO quarantine (quarantine_id, fingerprint, source, reason, detail, size, first_at, last_at,
                        resolved_at)
VALUES (gen_random_uuid(), $1, 's', 'malformed', 'd', 1, $3, $3, $2)
"""
MESSAGE = """
INSERT INTO parked_message VALUES (gen_random_uuid(), 'q', 'x', 'k', '{}', $1, 'E', 5, $3, $2)
"""
FACT = "INSERT INTO merchant_fact VALUES ($1, $2, $3, 't', '{}', $4)"
DELIVERY = """
INSERT INTO webhook_delivery (merchant_id, webhook_id, delivery_id, type, state, due_at, created_at)
VALUES ($1, $1, gen_random_uuid(), 't', $2, $3, $3)
"""
SHOP = UUID(int=7)
LONG_AGO = NOW - timedelta(days=5000)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=3)
    yield pool
    await pool.close()


async def fill(pool: asyncpg.Pool, at: datetime | None, name: bytes) -> None:
    await pool.execute(ENTRY, name, at, LONG_AGO)
    await pool.execute(MESSAGE, name, at, LONG_AGO)
    if at is not None:
        await pool.execute(RAW, name, at)
        position = await pool.fetchval("SELECT count(*) FROM merchant_fact")
        await pool.execute(FACT, SHOP, position, str(position), at)
        await pool.execute(DELIVERY, SHOP, ("waiting", "delivered")[position % 2], at)


async def left(pool: asyncpg.Pool) -> tuple[int, ...]:
    tables = ("raw_payload", "quarantine", "parked_message", "merchant_fact", "webhook_delivery")
    return tuple([await pool.fetchval(f"SELECT count(*) FROM {name}") for name in tables])


@pytest.mark.parametrize(
    ("days", "kept"),
    [
        (29.9, (1, 1, 1, 1, 1)),
        (30.1, (1, 0, 0, 0, 0)),
        (89.9, (1, 0, 0, 0, 0)),
        (90.1, (0, 0, 0, 0, 0)),
    ],
)
async def test_each_kind_is_deleted_at_its_age(pool, days, kept):
    await fill(pool, NOW - timedelta(days=days), b"1")
    await prune(pool, NOW)
    assert await left(pool) == kept


def test_the_ages_are_those_that_are_promised():
    assert {kind: age.days for kind, age in ages(()).items()} == KEPT | OF_OTHERS
    assert {*(rule.kind for rule in RULES), *(kind for kind, _ in OF_PARCELS)} == set(DataClass)


async def test_what_waits_is_kept_however_old(pool):
    await fill(pool, None, b"1")
    assert await prune(pool, NOW) == dict.fromkeys(KEPT | OF_OTHERS, 0)
    assert await left(pool) == (0, 1, 1, 0, 0)


async def test_much_is_deleted_in_steps(pool, monkeypatch):
    monkeypatch.setattr(retention, "_PAUSE", 0)
    for number in range(7):
        await fill(pool, LONG_AGO, bytes([number]))
    done = await prune(pool, NOW, at_once=3)
    assert done == dict.fromkeys(KEPT, 7) | dict.fromkeys(OF_OTHERS, 0)
    assert await left(pool) == (0, 0, 0, 0, 0)


async def test_two_at_once_share_the_work_and_what_is_held_is_left(pool):
    for number in range(20):
        await fill(pool, LONG_AGO, bytes([number]))
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("SELECT FROM raw_payload WHERE digest = $1 FOR UPDATE", bytes([0]))
        one, other = await asyncio.gather(prune(pool, NOW), prune(pool, NOW))
    assert {kind: one[kind] + other[kind] for kind in KEPT} == KEPT | dict(
        zip(KEPT, (19, 20, 20, 20, 20), strict=True)
    )
    assert await left(pool) == (1, 0, 0, 0, 0)


@pytest.mark.parametrize(
    "error", [StoreBusy, StatementTooSlow, asyncpg.CheckViolationError, ValueError, KeyError]
)
async def test_a_rule_that_fails_keeps_no_other_from_its_work(pool, monkeypatch, caplog, error):
    await fill(pool, LONG_AGO, b"1")

    async def fails(*_: object) -> int:
        raise error("said of Jānis")

    async def walked(*_: object) -> Step:
        asked.append(1)
        return Step(0, None)

    asked: list[int] = []
    monkeypatch.setattr(retention, "RULES", (Rule(DataClass.AUDIT, fails), *RULES))
    walks = ((DataClass.CONTACTS, fails), (DataClass.UNCLAIMED, walked))
    monkeypatch.setattr(retention, "OF_PARCELS", walks)
    with pytest.raises(NotAllDone):
        await prune(pool, NOW)
    assert (await left(pool), asked) == ((0, 0, 0, 0, 0), [1])
    told = [each.msg for each in caplog.records if each.levelname == "ERROR"]
    assert [(each["event"], each["rule"], each["error"]) for each in told] == [
        ("retention.rule_failed", "fails", error.__name__)
    ] * 2
    assert "Jānis" not in str(told)


@pytest.mark.parametrize("error", [StoreUnavailable, asyncpg.LockNotAvailableError])
async def test_it_is_done_again_and_what_fails_ends_nothing(pool, monkeypatch, caplog, error):
    monkeypatch.setattr(retention, "_FIRST", 0)
    monkeypatch.setattr(retention, "_AGAIN", 0)
    monkeypatch.setattr(retention, "EVERY", 0.01)
    real, calls = retention.prune, []

    async def sometimes(pool: asyncpg.Pool, now: datetime, **kept: Any) -> dict[str, int]:
        calls.append(now)
        if len(calls) == 1:
            raise error
        return await real(pool, now, **kept)

    monkeypatch.setattr(retention, "prune", sometimes)
    running = asyncio.create_task(keep_pruned(pool))
    async with asyncio.timeout(10):
        while len(calls) < 3:  # noqa: ASYNC110 - a server away
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [(each.levelname, each.msg["event"]) for each in caplog.records[:2]] == [
        ("ERROR", "retention.failed"),
        ("INFO", "retention.done"),
    ]
