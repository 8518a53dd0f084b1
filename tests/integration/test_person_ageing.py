"""People are forgotten 90 days after their parcel's end, parcels that are nobody's altogether."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from consuming import SEALER
from people import PHONE, said_of_people
from person_world import PersonWorld, head

from schemas.retention import ages, kept_for
from schemas.status import Status
from tracking.person.ageing import START, Step, forget_people
from tracking.person.erase import erase, plan
from tracking.person.who import whom_of
from tracking.retention import NOT_FORGOTTEN, prune
from tracking.search.find import search
from tracking.search.terms import Kind
from tracking.store.pool import open_pool
from tracking.store.shipments import Shipments

THEN = datetime(2026, 1, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=4)
    yield pool
    await pool.close()


@pytest.fixture
async def world(pool) -> PersonWorld:
    return await PersonWorld.open(pool, THEN)


async def aged(world: PersonWorld, days: float, *changed: str) -> dict[str, int]:
    kept = ages(map(kept_for, changed))
    return await prune(world.pool, THEN + timedelta(days=days), kept=kept)


async def people(world: PersonWorld) -> list[str]:
    rows = await world.pool.fetch(
        "SELECT body::text AS said FROM scan UNION ALL SELECT state::text FROM shipment"
    )
    sealed = await world.pool.fetchval("SELECT count(*) FROM registration WHERE contact <> ''")
    return [what for row in rows for what in said_of_people(row["said"])] + ["sealed"] * sealed


@pytest.mark.parametrize(
    ("days", "changed", "is_kept"),
    [
        (89, (), True),
        (91, (), False),
        (91, ("contacts=120d",), True),
        (31, ("contacts=30d",), False),
    ],
)
async def test_contacts_and_what_couriers_wrote_go_when_the_end_is_old(
    world, days, changed, is_kept
):
    await world.register("CE1")
    await world.delivered("CE1")
    assert len(await people(world)) > 3
    done = await aged(world, days, *changed)
    assert done["contacts"] == (0 if is_kept else 1)
    assert bool(await people(world)) is is_kept
    assert (await Shipments(world.pool).find(head("CE1"))).state.status is Status.DELIVERED
    assert (await aged(world, days, *changed))["contacts"] == 0, "once is enough"
    found = await search(world.pool, SEALER, "berzins")
    assert bool(found.hits) is is_kept


@pytest.mark.parametrize(
    ("status", "days", "is_kept"),
    [(Status.IN_TRANSIT, 179, True), (Status.IN_TRANSIT, 181, False), (Status.RETURNED, 91, False)],
)
async def test_what_never_ended_is_given_up_after_90_days_of_silence(world, status, days, is_kept):
    await world.register("CE1")
    await world.scanned(world.scan("CE1", status))
    await aged(world, days)
    assert bool(await people(world)) is is_kept


async def test_a_parcel_that_is_promised_for_later_keeps_whom_it_is_for(world):
    by = (THEN + timedelta(days=300)).isoformat()
    await world.register("CE1", promise={"by": by})
    await aged(world, 250)
    assert await people(world) == ["sealed"]


@pytest.mark.parametrize(("days", "left"), [(179, 1), (181, 0)])
async def test_what_no_shop_registered_is_forgotten_altogether(world, days, left):
    await world.delivered("CE1")
    done = await aged(world, days)
    assert done["unclaimed"] == 1 - left
    for table in ("shipment", "deadline"):
        assert await world.pool.fetchval(f"SELECT count(*) FROM {table}") <= left
    assert bool(await world.pool.fetchval("SELECT count(*) FROM scan")) == bool(left)
    await world.scanned(world.scan("CE1", Status.ACCEPTED))
    assert (await Shipments(world.pool).find(head("CE1"))).version == 1 + left


async def test_of_a_number_that_names_two_parcels_the_old_one_is_only_forgotten_by_name(world):
    await world.delivered("CE1")
    world.now = THEN + timedelta(days=100)
    await world.scanned(world.scan("CE1", Status.ACCEPTED))
    await aged(world, 190)
    assert await world.pool.fetchval("SELECT count(*) FROM shipment") == 2
    assert await people(world) == []


async def test_much_is_done_in_steps(world, monkeypatch):
    monkeypatch.setattr("tracking.retention._PAUSE", 0)
    for number in range(5):
        await world.register(f"CE{number}")
        await world.delivered(f"CE{number}")
    done = await prune(world.pool, THEN + timedelta(days=91), at_once=2)
    assert (done["contacts"], await people(world)) == (5, [])


async def test_a_run_looks_at_each_parcel_once_also_at_those_that_are_not_ended(world):
    for number in range(5):
        await world.scanned(world.scan(f"CE{number}", Status.IN_TRANSIT))
    await world.register("CE5")
    await world.delivered("CE5")
    now = THEN + timedelta(days=91)
    steps, behind = [], START
    while behind is not None:
        step = await forget_people(world.pool, now - timedelta(days=90), now, behind, 2)
        steps.append(step)
        behind = step.behind
    seen = [each.behind for each in steps[:-1]]
    assert (seen, len(set(seen)), steps[-1]) == (sorted(seen), 3, Step(0, None))
    assert sum(each.done for each in steps) == 1


async def test_who_was_named_anew_by_a_release_that_does_not_know_the_mark_is_forgotten(world):
    await world.register("CE1")
    await world.delivered("CE1")
    await erased(world)
    world.now = THEN + timedelta(days=1)
    await world.register("CE1", service="express")
    await world.pool.execute("UPDATE shipment SET erased_at = $1", THEN)
    assert await people(world) == ["sealed"]
    assert ((await aged(world, 90))["contacts"], await people(world)) == (0, ["sealed"])
    assert ((await aged(world, 92))["contacts"], await people(world)) == (1, [])
    assert (await aged(world, 92))["contacts"] == 0


UNREADABLE = {
    "a scan": 'UPDATE scan SET body = \'{"status": "beamed_up"}\' WHERE shipment_id = $1',
    "the state": 'UPDATE shipment SET state = \'{"status": "beamed_up"}\' WHERE shipment_id = $1',
    "the status": "UPDATE shipment SET status = 'beamed_up', changed_at = changed_at - interval "
    "'1 year' WHERE shipment_id = $1",
}

ROW = "SELECT state, status, changed_at FROM shipment WHERE shipment_id = $1"
PUT_BACK = "UPDATE shipment SET state = $2, status = $3, changed_at = $4 WHERE shipment_id = $1"
SCANS = "SELECT shipment_id, scan_key, body FROM scan WHERE shipment_id = $1"
SCANS_BACK = "UPDATE scan SET body = $3 WHERE shipment_id = $1 AND scan_key = $2"


@pytest.mark.parametrize("what", UNREADABLE)
async def test_one_that_cannot_be_read_costs_only_itself(world, monkeypatch, caplog, what):
    """The oldest of five; the next day it is tried again."""
    monkeypatch.setattr("tracking.retention._PAUSE", 0)
    for number in range(5):
        await world.register(f"CE{number}")
        await world.delivered(f"CE{number}")
        world.now += timedelta(seconds=1)
    before = NOT_FORGOTTEN._value.get()
    kept = await world.pool.fetchrow(ROW, head("CE0"))
    bodies = await world.pool.fetch(SCANS, head("CE0"))
    await world.pool.execute(UNREADABLE[what], head("CE0"))
    assert (await aged(world, 91))["contacts"] == 4
    assert await world.pool.fetch("SELECT shipment_id FROM shipment WHERE erased_at IS NULL") == [
        (head("CE0"),)
    ]
    (told,) = [each.msg for each in caplog.records if each.levelname == "ERROR"]
    assert (told["event"], told["shipment_id"]) == ("parcel.not_forgotten", str(head("CE0")))
    assert (told["error"] in {"ValidationError", "ValueError"}, set(told)) == (
        True, {"event", "shipment_id", "error", "level", "timestamp"},
    )  # fmt: skip
    assert NOT_FORGOTTEN._value.get() == before + 1, "two walks came to it"

    await world.pool.execute(PUT_BACK, head("CE0"), *kept)
    await world.pool.executemany(SCANS_BACK, bodies)
    assert ((await aged(world, 92))["contacts"], await people(world)) == (1, [])


async def test_of_those_that_nobody_registered_one_costs_only_itself_too(world, caplog):
    """It is erased and not deleted, as its number named another parcel."""
    for number in ("CE1", "CE2", "CE3"):
        await world.delivered(number)
    world.now = THEN + timedelta(days=100)
    await world.scanned(world.scan("CE1", Status.ACCEPTED))
    await world.pool.execute(UNREADABLE["a scan"], head("CE1"))
    assert (await aged(world, 190))["unclaimed"] == 2
    assert await world.pool.fetchval("SELECT count(*) FROM shipment") == 2
    told = [each.msg["event"] for each in caplog.records if each.levelname == "ERROR"]
    assert told == ["parcel.not_forgotten"]


async def erased(world: PersonWorld) -> None:
    planned = await plan(world.pool, SEALER, whom_of(SEALER, Kind.PHONE, PHONE), now=THEN)
    await erase(world.pool, SEALER, planned, by="operator", now=THEN)


async def test_the_buyer_of_a_parcel_whose_recipient_was_erased_is_forgotten_in_time(world):
    buyer = {"name": "Zane Kalniņa", "phone": "+37120000002", "language": "lv"}
    await world.register("CE1", buyer=buyer)
    await world.delivered("CE1")
    await erased(world)
    assert await people(world) == ["sealed"]
    await aged(world, 91)
    assert await people(world) == []


CASE = """
INSERT INTO support_case (shipment_id, case_id, merchant_id, topic, opened_by, state, language,
    opened_at, asked_at, changed_at)
VALUES ($1, $1, $2, 'damaged', 'shopper', $3, 'lv', $4, $4, $4)
"""


@pytest.mark.parametrize(
    ("state", "days", "is_kept"),
    [
        ("open", 0, True),
        ("answered", 0, False),
        ("solved", 0, False),
        ("answered", 2, True),
        ("solved", 2, True),
    ],
)
async def test_whoever_waits_for_an_answer_or_had_one_lately_is_kept(world, state, days, is_kept):
    """91 days after the end; the case was last written in so many days after the end."""
    key = await world.register("CE1")
    await world.delivered("CE1")
    at = THEN + timedelta(days=days)
    await world.pool.execute(CASE, key, world.merchant_id, state, at)
    await aged(world, 91)
    assert bool(await people(world)) is is_kept
    assert await world.pool.fetchval("SELECT state FROM support_case") == state


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("contacts", "is not a class of data and days"),
        ("contact=90d", "knows no 'contact'"),
        ("contacts=0d", "from 1d to 3650d"),
        ("contacts=4000d", "from 1d to 3650d"),
        ("contacts=3h", "is not a class of data and days"),
    ],
)
def test_an_age_that_nobody_can_mean_says_what_is_wrong(text, fault):
    with pytest.raises(ValueError, match=fault):
        kept_for(text)
