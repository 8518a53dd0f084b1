"""Reading through what no parcel leads to: little at once, and others have their turn."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from uuid import UUID, uuid4

import asyncpg
import pytest
from consuming import SEALER

from tracking.person import sweep as sweeping
from tracking.person.about import Place, Work
from tracking.person.sweep import sweep
from tracking.store.pool import open_pool

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NUMBER = "CE123456789EE"
WORK = Work(numbers=(NUMBER,))
LONG = 600 * 1024
MOST = 2 * 1024 * 1024


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=4)
    yield pool
    await pool.close()


async def quarantined(pool: asyncpg.Pool, body: bytes | None) -> None:
    key, finger = uuid4(), uuid4().bytes
    sealed = body and SEALER.seal(body, f"quarantine:{finger.hex()}")
    await pool.execute(
        "INSERT INTO quarantine (quarantine_id, fingerprint, source, reason, detail, size, sealed,"
        " first_at, last_at) VALUES ($1, $2, 's', 'malformed', 'd', 1, $3, $4, $4)",
        key, finger, sealed, NOW,
    )  # fmt: skip


async def parked(pool: asyncpg.Pool, body: bytes) -> None:
    key = uuid4()
    await pool.execute(
        "INSERT INTO parked_message VALUES ($1, 'q', 'x', 'k', '{}', $2, 'E', 5, $3)",
        key, SEALER.seal(body, f"parked:{key}"), NOW,
    )  # fmt: skip


async def answered(pool: asyncpg.Pool, shop: UUID, said: str, key: str = "") -> None:
    key = key or f"call-{uuid4()}"
    body = SEALER.seal_text(json.dumps(said), f"idempotency:{shop}:{key}")
    await pool.execute(
        "INSERT INTO idempotency VALUES ($1, $2, 'h', 200, $3, $4)", shop, key, body, NOW
    )


async def swept(pool: asyncpg.Pool, place: Place | None = None) -> dict[str, int]:
    found: dict[str, int] = {}
    async for page in sweep(pool, SEALER, WORK, place or Place()):
        for kind, many in page.rows.items():
            found[kind] = found.get(kind, 0) + many
    return found


async def test_a_page_of_long_bodies_is_a_few_rows_and_none_is_left_out(pool, monkeypatch):
    """Also among those whose bytes were not kept."""
    for n in range(6):
        await quarantined(pool, f"{n} {NUMBER} ".encode().ljust(LONG))
        await quarantined(pool, None)
        await parked(pool, f"{n} {NUMBER} ".encode().ljust(LONG))
    sizes = []
    for name in ("kept_quarantine", "kept_parked"):
        monkeypatch.setattr(sweeping, name, noting_sizes(getattr(sweeping, name), sizes))
    assert await swept(pool) == {"quarantine": 6, "parked_messages": 6}
    assert max(sizes) <= MOST
    left = "SELECT count(*) FILTER (WHERE sealed IS NOT NULL) FROM quarantine"
    assert (await pool.fetchval(left), await pool.fetchval("SELECT count(*) FROM quarantine")) == (
        0,
        6,
    )


def noting_sizes(real, sizes: list[int]):
    async def read(*arguments):
        rows = await real(*arguments)
        sizes.append(sum(len(row.sealed or b"") for row in rows))
        return rows

    return read


async def test_one_body_longer_than_a_page_is_a_page_of_its_own(pool):
    await quarantined(pool, NUMBER.encode().ljust(MOST))
    await quarantined(pool, NUMBER.encode().ljust(MOST))
    assert await swept(pool) == {"quarantine": 2}


async def test_between_two_rows_the_others_of_this_process_have_a_turn(pool, monkeypatch):
    shop = uuid4()
    for _ in range(5):
        await quarantined(pool, f"{NUMBER}".encode())
        await parked(pool, f"{NUMBER}".encode())
        await answered(pool, shop, NUMBER)
    turns, opened = count(), []
    now = 0

    async def others() -> None:
        nonlocal now
        while True:
            now = next(turns)
            await asyncio.sleep(0)

    for name in ("open", "open_text"):
        real = getattr(SEALER, name)

        def noting(*arguments, real=real):
            opened.append(now)
            return real(*arguments)

        monkeypatch.setattr(SEALER, name, noting)
    beside = asyncio.create_task(others())
    await swept(pool)
    beside.cancel()
    with suppress(asyncio.CancelledError):
        await beside
    assert len(set(opened)) >= 15


async def test_it_goes_on_behind_the_place_where_it_was(pool, monkeypatch):
    """Nothing before it is read again, in none of the collections."""
    monkeypatch.setattr(sweeping, "_AT_ONCE", 2)
    shop = uuid4()
    for _ in range(5):
        await quarantined(pool, b"of nobody")
        await parked(pool, b"of nobody")
        await answered(pool, shop, "of nobody")
    places = [page.place async for page in sweep(pool, SEALER, WORK, Place())]
    assert len(places) == 9
    for done, place in enumerate(places, start=1):
        kept = Place.kept(place.model_dump_json())
        assert len([each async for each in sweep(pool, SEALER, WORK, kept)]) == 9 - done
