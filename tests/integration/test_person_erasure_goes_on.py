"""An erasure that is cut off by time, or killed, goes on where it was and ends the same."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from consuming import SEALER
from people import PHONE
from person_world import PersonWorld, head
from test_person_shops import Kept

from tracking.person import progress
from tracking.person import sweep as sweeping
from tracking.person.about import Place, Work
from tracking.person.check import check
from tracking.person.erase import erase, plan
from tracking.person.progress import HOLDS, Done, goes_on
from tracking.person.traces import Traces
from tracking.person.who import find_person, whom_of
from tracking.search.terms import Kind
from tracking.store.erasures import finish_erasure
from tracking.store.pool import connection, open_pool

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NUMBERS = ("CE100000001EE", "CE100000002EE", "CE100000003EE")
PERSON = whom_of(SEALER, Kind.PHONE, PHONE)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=4)
    yield pool
    await pool.close()


@pytest.fixture
async def world(pool, monkeypatch) -> PersonWorld:
    """One row at a time, and one parcel: each step is one that it may be cut off behind."""
    monkeypatch.setattr(progress, "AT_ONCE", 1)
    monkeypatch.setattr(sweeping, "_AT_ONCE", 1)
    world, kept = await PersonWorld.open(pool, NOW), Kept(pool)
    for number in NUMBERS:
        await world.register(number)
        await world.delivered(number)
        await kept.answered(world.merchant_id, f"it is {number}")
    await kept.quarantined(f"{NUMBERS[0]} {PHONE}")
    await kept.parked(f"{NUMBERS[0]} {PHONE}")
    await kept.searched(PHONE, None)
    return world


async def pressed(world: PersonWorld, last: UUID | None = None, *, now: datetime = NOW) -> Done:
    """Once, with time for one step."""
    planned = await plan(world.pool, SEALER, PERSON, now=now)
    return await erase(
        world.pool, SEALER, planned, by="a", now=now, last=last, is_time=lambda: False
    )


async def named(world: PersonWorld) -> set[UUID]:
    async with connection(world.pool) as conn:
        found = await find_person(conn, SEALER, PERSON)
    return {share.parcel.shipment_id for share in found.shares}


async def is_gone(world: PersonWorld, done: Done) -> bool:
    looks = await check(world.pool, SEALER, done.work)
    return not any(look.found or look.elsewhere for look in looks.values())


def noting_pages(monkeypatch) -> list[list[str]]:
    """The keys of the answers that are read, page by page."""
    pages, real = [], sweeping.kept_calls

    async def read(*arguments):
        rows = await real(*arguments)
        pages.append([row.key for row in rows])
        return rows

    monkeypatch.setattr(sweeping, "kept_calls", read)
    return pages


async def test_every_press_comes_further_and_reads_no_row_twice(world, monkeypatch):
    pages = noting_pages(monkeypatch)
    first = head(NUMBERS[0])
    presses, done = 1, await pressed(world, first)
    while not done.is_all:
        assert first in await named(world), "by this parcel they are found when it is pressed again"
        assert presses < 12
        presses, done = presses + 1, await pressed(world, first)
    read = [key for page in pages for key in page]
    assert (len(read), len(set(read))) == (3, 3)
    assert done.rows["kept_answers"] == 3
    assert (await named(world), await is_gone(world, done)) == (set(), True)
    async with connection(world.pool) as conn:
        await finish_erasure(conn, done.erasure_id, NOW, None)
    row = await world.pool.fetchrow("SELECT * FROM erasure")
    assert (row["work"], row["done_at"]) == (None, NOW)


@pytest.mark.parametrize("dies", range(1, 11))
@pytest.mark.parametrize("after", [True, False])
async def test_killed_beside_any_note_of_how_far_it_is_it_ends_the_same(
    world, monkeypatch, dies, after
):
    """Before it is written, or after."""
    monkeypatch.setattr(progress, "_SAVED_EVERY", 0.0)
    calls, real = 0, progress.count_erased

    async def dying(*arguments):
        nonlocal calls
        calls += 1
        if after or calls != dies:
            await real(*arguments)
        if calls == dies:
            raise ZeroDivisionError

    planned = await plan(world.pool, SEALER, PERSON, now=NOW)
    with monkeypatch.context() as killed:
        killed.setattr(progress, "count_erased", dying)
        with pytest.raises(ZeroDivisionError):
            await erase(world.pool, SEALER, planned, by="a", now=NOW)
    planned = await plan(world.pool, SEALER, PERSON, now=NOW)
    done = await erase(world.pool, SEALER, planned, by="a", now=NOW)
    assert (done.is_all, len(done.work.parcels)) == (True, len(NUMBERS))
    assert (await named(world), await is_gone(world, done)) == (set(), True)
    assert await world.pool.fetchval("SELECT count(*) FROM erasure") == 1


@pytest.mark.parametrize("what", ["another parcel", "an hour"])
async def test_it_begins_anew_where_what_was_read_may_speak_of_them_by_now(
    world, monkeypatch, what
):
    for _ in range(5):
        await pressed(world)
    left = await world.pool.fetchval("SELECT count(*) FROM idempotency")
    assert left == 0
    pages = noting_pages(monkeypatch)
    key = await Kept(world.pool).answered(UUID(int=0), f"{NUMBERS[1]} CE100000009EE")
    now = NOW
    if what == "an hour":
        now += HOLDS
    else:
        await world.register("CE100000009EE")
    done = await pressed(world, now=now)
    while not done.is_all:
        done = await pressed(world, now=now)
    assert key in {each for page in pages for each in page}
    assert await is_gone(world, done)


BEFORE = Work(
    parcels=(UUID(int=1), UUID(int=2)),
    numbers=("CE1", "CE2"),
    traces=Traces(phones=("+37120000001",), names=(("anna", "ozola"),)),
    place=Place(since=NOW, quarantine=UUID(int=7)),
)


@pytest.mark.parametrize(
    ("found", "goes"),
    [
        ({}, True),
        ({"parcels": (UUID(int=2),), "traces": Traces()}, True),
        ({"shared": Traces(phones=("+37120000001",))}, True),
        ({"parcels": (UUID(int=3),)}, False),
        ({"numbers": ("CE3",)}, False),
        ({"heads": (UUID(int=3),)}, False),
        ({"traces": Traces(emails=("a@example.org",))}, False),
        ({"traces": Traces(names=(("anna", "liepa"),))}, False),
    ],
)
def test_the_place_holds_while_nothing_else_is_looked_for(found, goes):
    now = NOW + HOLDS - timedelta(seconds=1)
    work = goes_on(BEFORE, BEFORE.model_copy(update={**found, "place": Place()}), now)
    assert work.place == (BEFORE.place if goes else Place(since=now))
    assert set(work.parcels) >= set(BEFORE.parcels)
    assert goes_on(BEFORE, BEFORE, NOW + HOLDS).place == Place(since=NOW + HOLDS)


def test_what_a_release_before_kept_has_no_place_and_begins_anew():
    kept = Work.kept(BEFORE.model_dump_json(exclude={"place"}))
    assert goes_on(kept, kept, NOW).place == Place(since=NOW)
