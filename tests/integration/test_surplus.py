"""More different scans of one number than any parcel can have: the first stand, none is lost."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from schemas.scan import LAST_DELIVERY, Scan, ScanTime
from schemas.status import Status
from tracking import surplus as rules
from tracking.carriers.base import Meaning
from tracking.incoming import Incoming, incoming
from tracking.ingest import Batch, ingest
from tracking.numbers import by_number, lock_numbers
from tracking.sealing import Sealer
from tracking.store.code_map import map_code
from tracking.store.pool import open_pool, transaction
from tracking.store.quarantine import Quarantined
from tracking.surplus import CAP, RESERVE, set_aside_surplus, surplus

SEALER = Sealer(["a key of the tests"])
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=2)
    yield pool
    await pool.close()


def told(
    n: int, status: Status | None = Status.IN_TRANSIT, *, number: str = "CE1", **fields: object
) -> Incoming:
    at = NOW - timedelta(minutes=n + 1)
    time = ScanTime(raw=at.isoformat(), at=at)
    scan = Scan(carrier="omniva", tracking_number=number, time=time, status=status, **fields)
    return incoming(scan, NOW + timedelta(seconds=n), SEALER)


ENDS = [
    pytest.param({"status": Status.DELIVERED}, id="delivered"),
    pytest.param({"status": Status.RETURNED}, id="returned"),
    pytest.param({"status": None, "retracts": LAST_DELIVERY}, id="a retraction"),
]


@pytest.mark.parametrize(
    ("standing", "coming", "refused"),
    [(0, 0, 0), (0, CAP, 0), (0, CAP + 1, 1), (CAP - 1, 2, 1), (CAP, 3, 3), (CAP + RESERVE, 1, 1)],
)
def test_there_is_room_for_so_many(standing, coming, refused):
    new = [told(n) for n in range(coming)]
    assert surplus(standing, reversed(new), {}) == new[coming - refused :], "the last received"


@pytest.mark.parametrize("fields", ENDS)
def test_what_ends_a_story_has_room_of_its_own(fields):
    news = told(1, **fields)
    assert surplus(CAP, [told(0), news], {}) == [told(0)]
    assert surplus(CAP + RESERVE, [news], {}) == [news]


@pytest.mark.parametrize(
    ("meaning", "refused"),
    [
        (Meaning(Status.DELIVERED), []),
        (Meaning(retracts_delivery=True), []),
        (Meaning(Status.HELD), ["THE_END"]),
        (None, ["THE_END"]),
    ],
)
async def test_so_has_what_the_operator_says_ends_it(pool, monkeypatch, meaning, refused):
    monkeypatch.setattr(rules, "CAP", 60)
    monkeypatch.setattr(rules, "_SUSPECT", 1)
    if meaning:
        async with transaction(pool) as conn:
            await map_code(conn, "omniva", "THE_END", meaning, NOW)
    await ingest(pool, Batch([told(n) for n in range(60)]), SEALER, now=NOW)
    end = told(-1, None, code="THE_END", recognised=False)
    found, _ = await set_aside(pool, [end, told(70)])
    assert [json.loads(each.body or b"").get("code") for each in found] == [*refused, None]


def test_nobody_who_was_not_counted_is_over_the_cap():
    """The most that can come in batches none of which is looked at."""
    most, versions = 0, 0
    while (coming := rules._SUSPECT - 1 - versions) > 0:
        most, versions = most + coming, versions + 1
    assert most <= CAP


async def set_aside(pool: asyncpg.Pool, scans: list[Incoming]) -> tuple[list[Quarantined], int]:
    """What is quarantined, and how many scans are left to be kept."""
    numbers = by_number(scans)
    async with transaction(pool) as conn:
        await lock_numbers(conn, numbers)
        refused = await set_aside_surplus(conn, numbers, NOW)
    return refused, sum(len(number.scans) for number in numbers.values())


async def test_what_comes_beyond_the_cap_is_quarantined_with_its_bytes(pool, monkeypatch):
    monkeypatch.setattr(rules, "CAP", 60)
    monkeypatch.setattr(rules, "RESERVE", 5)
    monkeypatch.setattr(rules, "_SUSPECT", 1)
    await ingest(pool, Batch([told(n) for n in range(58)]), SEALER, now=NOW)
    coming = [told(n) for n in range(50, 70)]  # eight of them are known
    refused, left = await set_aside(pool, [*coming, told(99, Status.DELIVERED)])
    assert (len(refused), left) == (10, 11)
    assert {(each.why, each.carrier) for each in refused} == {("too_many_scans", "omniva")}
    assert "tracking_number: has 60 different events already" in refused[0].detail
    kept = {json.loads(each.body or b"")["time"]["at"] for each in refused}
    lost = {told(n).received.scan.time.at.isoformat() for n in range(60, 70)}
    assert {at.replace("Z", "+00:00") for at in kept} == lost


async def test_an_endless_loop_of_a_courier_ends_and_the_delivery_is_still_told(pool):
    for start in range(0, CAP + 100, 100):
        loop = Batch([told(n) for n in range(start, start + 100)])
        await ingest(pool, loop, SEALER, now=NOW)
    applied = await ingest(pool, Batch([told(-2, Status.DELIVERED)]), SEALER, now=NOW)
    assert (applied.new, applied.quarantined) == (1, 0)
    assert await pool.fetchval("SELECT count(*) FROM scan") == CAP + 1
    assert await pool.fetchval("SELECT status FROM shipment") == "delivered"
    entry = await pool.fetchrow("SELECT count, tracking_number FROM quarantine")
    assert tuple(entry) == (100, "CE1")
    again = Batch([told(n) for n in range(2000, 2050)])
    assert (await ingest(pool, again, SEALER, now=NOW)).quarantined == 50
    assert await pool.fetchval("SELECT array_agg(count) FROM quarantine") == [150]
    next_year = NOW + timedelta(days=365)
    assert (await ingest(pool, again, SEALER, now=next_year)).new == 50


async def test_the_rooms_of_two_numbers_in_a_batch_are_their_own(pool, monkeypatch):
    """With the same event ids."""
    monkeypatch.setattr(rules, "CAP", 60)
    monkeypatch.setattr(rules, "_SUSPECT", 1)
    await ingest(pool, Batch([told(n, event_id=str(n)) for n in range(60)]), SEALER, now=NOW)
    first = [told(n, event_id=str(n)) for n in range(58, 63)]  # two of them are known
    second = [told(n, number="CE2", event_id=str(n)) for n in range(58, 63)]
    refused, left = await set_aside(pool, [*first, *second])
    assert [each.tracking_number for each in refused] == ["CE1"] * 3
    assert left == 2 + 5


async def test_of_two_contents_under_one_event_id_the_delivery_finds_its_room(pool):
    await ingest(pool, Batch([told(n) for n in range(CAP)]), SEALER, now=NOW)
    one, other = told(-3, event_id="77"), told(-2, Status.DELIVERED, event_id="77")
    loop = [told(n) for n in range(2000, 2050)]
    applied = await ingest(pool, Batch([one, other, *loop]), SEALER, now=NOW)
    assert (applied.new, applied.quarantined) == (1, 51)
    assert await pool.fetchval("SELECT status FROM shipment") == "delivered"


@pytest.mark.parametrize("size", [1, 10], ids=["one by one", "in batches"])
async def test_one_event_id_for_everything_does_not_pass_the_cap(pool, monkeypatch, size):
    """Told more than 60 days apart, as if the number named another parcel each time."""
    monkeypatch.setattr(rules, "CAP", 60)
    monkeypatch.setattr(rules, "_SUSPECT", 1)
    loop = [told(n * 24 * 60 * 61, event_id="1") for n in range(80)]
    for start in range(0, len(loop), size):
        await ingest(pool, Batch(loop[start : start + size]), SEALER, now=NOW)
    assert await pool.fetchval("SELECT count(*) FROM scan") == 60
    entry = await pool.fetchrow("SELECT reason, count FROM quarantine")
    assert tuple(entry) == ("too_many_scans", 20)
    assert await set_aside(pool, loop[:60]) == ([], 1), "repeats need no room"


async def test_a_repeat_under_an_event_id_of_its_own_needs_room(pool, monkeypatch):
    """What it says stands already, but without the id: it will be a scan beside it."""
    monkeypatch.setattr(rules, "CAP", 60)
    monkeypatch.setattr(rules, "_SUSPECT", 1)
    await ingest(pool, Batch([told(n) for n in range(60)]), SEALER, now=NOW)
    refused, left = await set_aside(pool, [told(n, event_id=str(n)) for n in range(5)])
    assert (len(refused), left) == (5, 0)


async def test_the_same_thing_twice_in_a_batch_takes_one_room(pool, monkeypatch):
    monkeypatch.setattr(rules, "CAP", 60)
    monkeypatch.setattr(rules, "_SUSPECT", 1)
    await ingest(pool, Batch([told(n) for n in range(57)]), SEALER, now=NOW)
    rivals = [told(60, event_id="7"), *[told(61, event_id="7")] * 9]
    refused, _ = await set_aside(pool, [*rivals, told(62), told(63)])
    assert len(refused) == 1


async def test_repeats_are_never_too_many(pool, monkeypatch):
    monkeypatch.setattr(rules, "CAP", 60)
    monkeypatch.setattr(rules, "_SUSPECT", 1)
    everything = [told(n) for n in range(60)]
    await ingest(pool, Batch(everything), SEALER, now=NOW)
    assert await set_aside(pool, everything * 2) == ([], 60)


async def test_numbers_that_cannot_be_over_it_are_not_counted(pool, monkeypatch):
    async def count_scans(*_: object) -> dict[UUID, int]:
        raise AssertionError

    monkeypatch.setattr(rules, "count_scans", count_scans)
    for n in range(20):
        scans = [told(n)]
        assert await set_aside(pool, scans) == ([], 1)
        await ingest(pool, Batch(scans), SEALER, now=NOW)
