"""What is asked and answered beside an erasure goes with it, or is not written."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import asyncpg
import pytest
from consuming import SEALER
from people import NAME, PHONE
from person_world import PersonWorld

from schemas.case import CaseState, Topic
from schemas.notice import Addressee
from schemas.staff import StaffRole
from schemas.status import Status
from tracking.cases import Question, Reply, ask, ask_within, hand_over, move, reply
from tracking.domain.cases import Case, reopened, solved
from tracking.errors import PeopleErased
from tracking.person.erase import erase, plan
from tracking.person.parcels import Part, erase_parcels
from tracking.person.who import whom_of
from tracking.search.terms import Kind
from tracking.store.cases import cases_of
from tracking.store.pool import connection, open_pool, transaction
from tracking.store.staff import Staff
from tracking.threads import threads_of

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
NUMBER = "CE1"
STAFF = Staff(
    uuid4(), "a@example.org", "A", StaffRole.SUPPORT, None, "", None, None, 0, None, NOW
)  # fmt: skip
Meanwhile = Callable[..., Awaitable[None]]


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=8)
    yield pool
    await pool.close()


@pytest.fixture
async def world(pool) -> PersonWorld:
    """A delivered parcel about which somebody has asked."""
    world = await PersonWorld.open(pool, NOW)
    key = await world.register(NUMBER)
    await world.delivered(NUMBER)
    await asks(world, key, nothing)
    return world


async def nothing(*_: object) -> None:
    """Nobody notes it."""


def question(text: str = f"Said {NAME}") -> Question:
    return Question(Topic.DAMAGED, text, "lv", None, uuid4())


async def asks(world: PersonWorld, key: UUID, meanwhile: Meanwhile) -> Case:
    return await ask(world.pool, SEALER, key, question(), now=LATER, noting=meanwhile)


async def answers(world: PersonWorld, key: UUID, meanwhile: Meanwhile) -> Case:
    (thread,) = await threads_of(world.pool, SEALER, key)
    told = Reply(thread.case.case_id, f"Dear {NAME}", uuid4(), thread.sign)
    return await reply(world.pool, SEALER, key, told, STAFF, now=LATER, noting=meanwhile)


async def hands_over(world: PersonWorld, key: UUID, meanwhile: Meanwhile) -> Case:
    case_id, word = (await the_case(world, key)).case_id, f"{NAME} is angry"
    return await hand_over(
        world.pool, SEALER, key, case_id, uuid4(), word, uuid4(), STAFF,
        now=LATER, noting=meanwhile,
    )  # fmt: skip


async def opens_again(world: PersonWorld, key: UUID, meanwhile: Meanwhile) -> Case:
    case = await the_case(world, key)
    make = partial(reopened, now=LATER)
    return await move(world.pool, key, case.case_id, make, seen=await sign(world, key),
                      noting=meanwhile)  # fmt: skip


WRITING = (asks, answers, hands_over)


async def the_case(world: PersonWorld, key: UUID) -> Case:
    async with connection(world.pool) as conn:
        (case,) = await cases_of(conn, key)
    return case


async def sign(world: PersonWorld, key: UUID) -> str:
    return (await threads_of(world.pool, SEALER, key))[0].sign


async def registered(world: PersonWorld) -> UUID:
    return await world.pool.fetchval("SELECT shipment_id FROM registration")


async def erased(world: PersonWorld) -> None:
    whom = whom_of(SEALER, Kind.PHONE, PHONE)
    planned = await plan(world.pool, SEALER, whom, now=NOW)
    await erase(world.pool, SEALER, planned, by="operator", now=NOW)


async def written(world: PersonWorld) -> int:
    return await world.pool.fetchval("SELECT count(*) FROM case_message")


async def one_waits(world: PersonWorld, other: asyncio.Task) -> None:
    """Until a connection waits for another's lock, or nothing is left that could."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(10):
        while not other.done() and not await world.pool.fetchval(waiting):  # noqa: ASYNC110 - a server away
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("writing", [*WRITING, opens_again])
async def test_of_an_erased_parcel_nothing_is_written(world, writing):
    key = await registered(world)
    await erased(world)
    with pytest.raises(PeopleErased):
        await writing(world, key, nothing)
    assert (await written(world), (await the_case(world, key)).state) == (0, CaseState.SOLVED)


@pytest.mark.parametrize("writing", WRITING)
async def test_what_comes_while_an_erasure_is_open_is_not_written(world, writing):
    key = await registered(world)
    async with transaction(world.pool) as conn:
        part = Part(key, frozenset(Addressee))
        await erase_parcels(conn, [key], lambda *_: part, NOW)
        late = asyncio.create_task(writing(world, key, nothing))
        await one_waits(world, late)
        assert not late.done()
    with pytest.raises(PeopleErased):
        await late
    assert (await written(world), (await the_case(world, key)).state) == (0, CaseState.SOLVED)


@pytest.mark.parametrize("writing", WRITING)
async def test_what_is_written_before_an_erasure_commits_goes_with_it(world, writing):
    key, erasing = await registered(world), []

    async def meanwhile(*_: object) -> None:
        erasing.append(asyncio.create_task(erased(world)))
        await one_waits(world, erasing[0])

    await writing(world, key, meanwhile)
    await erasing[0]
    assert (await written(world), (await the_case(world, key)).state == CaseState.OPEN) == (
        0,
        False,
    )


async def test_a_case_that_was_left_open_on_an_erased_parcel_can_be_closed(world):
    """As earlier releases may have left some: nobody else would take it out of the list."""
    key = await registered(world)
    case = await the_case(world, key)
    await world.pool.execute("UPDATE shipment SET erased_at = now()")

    def make(one: Case) -> Case:
        return solved(one, STAFF.staff_id, LATER)

    seen = await sign(world, key)
    await move(world.pool, key, case.case_id, make, seen=seen, noting=nothing)
    assert (await the_case(world, key)).state is CaseState.SOLVED


async def test_whoever_holds_the_parcel_otherwise_is_in_nobodys_way(world):
    """No two wait for each other: none of these is tried again."""
    key = await registered(world)

    async def asked() -> None:
        async with transaction(world.pool) as conn:
            await ask_within(conn, world.pool, SEALER, key, question(), LATER)

    async def erasing() -> None:
        part = Part(key, frozenset(Addressee))
        async with transaction(world.pool) as conn:
            await erase_parcels(conn, [key], lambda *_: part, NOW)

    scans = [world.scan(NUMBER, Status.DELIVERED, 3 + n, signed_by=NAME) for n in range(3)]
    done = await asyncio.gather(
        *(asked() for _ in range(4)),
        *(world.scanned(each) for each in scans),
        world.register(NUMBER),
        erasing(),
        *(asked() for _ in range(4)),
        return_exceptions=True,
    )
    faults = [each for each in done if isinstance(each, BaseException)]
    assert [each for each in faults if not isinstance(each, PeopleErased)] == []
    assert await written(world) == 0
