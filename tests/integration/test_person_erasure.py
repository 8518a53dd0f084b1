"""A person is taken out of everything that is kept, and does not come back with the next event."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from consuming import SEALER
from people import EMAIL, NAME, PHONE, said_of_people
from person_world import DOOR, NATIVE, OTHER, RECIPIENT, PersonWorld, head

from schemas.case import CaseState
from schemas.notice import Addressee
from schemas.shipment import EntryKind, HistoryEntry, ShipmentState
from schemas.status import Status
from schemas.survey import SurveyAnswer
from tracking.by_hand import taken_back
from tracking.carriers import CARRIERS
from tracking.carriers.klat import scan_of
from tracking.incoming import incoming
from tracking.ingest import Batch, ingest
from tracking.person import progress as steps
from tracking.person.check import Look, check
from tracking.person.erase import NobodyFound, erase, plan, work_of
from tracking.person.parcels import Part, erase_parcels
from tracking.person.who import find_person, whom_of, whom_of_parcel
from tracking.search.find import search
from tracking.search.terms import Kind
from tracking.store.cases import cases_of
from tracking.store.erasures import finish_erasure
from tracking.store.pool import connection, open_pool, transaction
from tracking.store.shipments import Shipments, scans_of
from tracking.store.staff import NoteRow, StaffStore
from tracking.surveys import take_answer

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NUMBER, DHL = "CE123456789EE", "00340434161094042557"
PERSON = whom_of(SEALER, Kind.PHONE, PHONE)
PEOPLE = frozenset(Addressee)
PERSONAL = {
    *("audit", "bonus", "case_message", "compensation", "compensation_move", "idempotency"),
    *("inbox_message", "notice", "parked_message", "push_subscription", "quarantine"),
    *("raw_payload", "registration", "scan", "shipment", "staff_note", "survey"),
}


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=4)
    yield pool
    await pool.close()


@pytest.fixture
async def world(pool) -> PersonWorld:
    """One parcel with everything, one with a native payload, and one of somebody else."""
    world = await PersonWorld.open(pool, NOW)
    key = await world.register(NUMBER)
    await world.delivered(NUMBER)
    await world.everywhere(NUMBER, key)
    await world.register(DHL, carrier="dhl")
    assert (await world.native()).new == 1
    others = {"name": OTHER, "phone": "+37120000002", "postcode": "LV-1010", "country": "LV"}
    await world.register("CE2", recipient=others)
    await world.delivered("CE2", OTHER, others["phone"])
    return world


async def erased(world: PersonWorld, whom=PERSON, only=None):
    planned = await plan(world.pool, SEALER, whom, only=only, now=NOW)
    done = await erase(world.pool, SEALER, planned, by="operator", now=NOW)
    async with connection(world.pool) as conn:
        await finish_erasure(conn, done.erasure_id, NOW, None)
    return done


async def looks(world: PersonWorld, work) -> dict[str, Look]:
    return dict(await check(world.pool, SEALER, work))


async def test_everything_that_names_them_is_gone_and_the_check_would_have_seen_it(world):
    planned = await plan(world.pool, SEALER, PERSON, now=NOW)
    work = work_of(planned.shares)
    before = await looks(world, work)
    assert {name for name, look in before.items() if look.found or look.elsewhere} == PERSONAL

    done = await erase(world.pool, SEALER, planned, by="operator", now=NOW)
    after = await looks(world, done.work)
    left = {name: look for name, look in after.items() if look.found or look.unread}
    assert left == {}
    assert {name for name, look in after.items() if look.elsewhere} == set()
    assert {"contacts", "scans", "raw_payloads", "notices", "quarantine"} <= set(done.rows)
    assert all(done.rows.values())


async def test_what_happened_stays_and_so_do_sums_and_marks(world):
    before = await Shipments(world.pool).history(head(NUMBER))
    await erased(world)
    shipment = await Shipments(world.pool).find(head(NUMBER))
    after = await Shipments(world.pool).history(head(NUMBER))
    assert [(each.at, each.scan.status) for each in after] == [
        (each.at, each.scan.status) for each in before
    ]
    assert {each.scan.location.city for each in after} == {"Rīga"}
    assert {each.scan.location.address for each in after} == {None}
    assert (shipment.state.status, shipment.state.signed_by) == (Status.DELIVERED, None)
    assert await world.pool.fetchval("SELECT sum(cents) FROM compensation") == 300
    assert await world.pool.fetchval("SELECT recommend FROM survey") == 3
    assert await world.pool.fetchval("SELECT count(*) FROM audit") == 2


async def test_what_a_lead_took_back_by_its_key_stays_taken_back(world):
    """Scans without an id get another key, as theirs was made of words."""

    async def waited() -> HistoryEntry:
        history = await Shipments(world.pool).history(head(NUMBER))
        return next(each for each in history if each.scan.status is Status.READY_FOR_PICKUP)

    event = taken_back("omniva", NUMBER, (before := await waited()).key, NOW, uuid4())
    batch = [incoming(scan_of(event, CARRIERS.get), NOW, SEALER)]
    await ingest(world.pool, Batch(scans=batch), SEALER, now=NOW)
    assert (before.kind, (await waited()).kind) == (EntryKind.STATUS, EntryKind.RETRACTED)
    await erased(world)
    after = await waited()
    assert (after.key != before.key, after.kind) == (True, EntryKind.RETRACTED)
    stages = (await Shipments(world.pool).find(head(NUMBER))).state.stages
    assert Status.READY_FOR_PICKUP not in stages


async def test_the_state_is_still_what_the_fold_makes_of_the_scans(world):
    """So a later event of any kind follows, whether or not the whole set is read."""
    await erased(world)
    shipment = await Shipments(world.pool).find(head(NUMBER))
    async with connection(world.pool) as conn:
        stored = await scans_of(conn, [head(NUMBER)])
    from tracking.domain.shipment import fold  # noqa: PLC0415 - beside its only use

    assert shipment.state == fold([each.received for each in stored]).state


async def test_a_case_that_waits_for_an_answer_is_solved_as_nobody_can_read_it(world):
    ids = {state: uuid4() for state in ("open", "answered")}
    for state, case_id in ids.items():
        await world.pool.execute(
            "INSERT INTO support_case (shipment_id, case_id, merchant_id, topic, opened_by, state,"
            " language, opened_at, asked_at, changed_at)"
            " VALUES ($1, $2, $3, 'damaged', 'shopper', $4, 'lv', $5, $5, $5)",
            head(NUMBER), case_id, world.merchant_id, state, NOW - timedelta(days=1),
        )  # fmt: skip
    await erased(world)
    cases = {case.case_id: case for case in await cases_of(world.pool, head(NUMBER))}
    of_shopper, told = cases[ids["open"]], cases[ids["answered"]]
    assert (of_shopper.state, of_shopper.solved_at) == (CaseState.SOLVED, NOW)
    assert (of_shopper.changed_at, told.state) == (NOW, CaseState.ANSWERED)


async def test_somebody_else_is_left_alone(world):
    before = await world.pool.fetch("SELECT * FROM registration WHERE contact IS NOT NULL")
    await erased(world)
    after = await world.pool.fetch("SELECT * FROM registration WHERE contact IS NOT NULL")
    assert [row for row in before if row["shipment_id"] == head("CE2")] == after
    state = await world.pool.fetchval(
        "SELECT state::text FROM shipment WHERE tracking_number = 'CE2'"
    )
    assert ShipmentState.kept(state).signed_by == OTHER
    assert [hit.parcel.tracking_number for hit in (await search(world.pool, SEALER, OTHER)).hits]


async def test_they_are_found_no_more_and_erasing_twice_finds_nobody(world):
    await erased(world)
    for typed in (PHONE, EMAIL, NAME):
        assert (await search(world.pool, SEALER, typed)).hits == []
    with pytest.raises(NobodyFound):
        await plan(world.pool, SEALER, PERSON, now=NOW)


async def named(world: PersonWorld) -> list[str]:
    """Whatever the scans, states, payloads and outbox say of people."""
    rows = await world.pool.fetch(
        "SELECT body::text AS said FROM scan WHERE shipment_id = ANY($1)"
        " UNION ALL SELECT told::text FROM unrecognised_scan WHERE shipment_id = ANY($1)"
        " UNION ALL SELECT state::text FROM shipment WHERE shipment_id = ANY($1)"
        " UNION ALL SELECT fact FROM outbox WHERE shipment_id = ANY($1) AND fact IS NOT NULL",
        [head(NUMBER), head(DHL, "dhl")],
    )
    return [what for row in rows for what in said_of_people(row["said"] or "")]


async def test_a_later_event_says_what_happened_and_brings_nobody_back(world):
    await erased(world)
    assert await named(world) == []
    late = world.scan(
        NUMBER, Status.IN_TRANSIT, 1.5, location=DOOR, signed_by=NAME, description=f"for {PHONE}"
    )
    unknown = world.scan(NUMBER, Status.HELD, 3, description=NAME).model_copy(
        update={"status": None, "recognised": False, "code": "ZZ9"}
    )
    assert (await world.scanned(late, unknown)).new == 2
    assert await named(world) == []
    body = await world.pool.fetchval("SELECT sealed FROM quarantine WHERE code = 'ZZ9'")
    finger = await world.pool.fetchval("SELECT fingerprint FROM quarantine WHERE code = 'ZZ9'")
    assert not said_of_people(SEALER.open(body, f"quarantine:{finger.hex()}").decode())


async def test_the_same_event_told_again_is_known_and_its_payload_not_kept(world):
    """Of what goes by its contents the key is another one since, and so is that of the repeat."""
    await erased(world)
    before = await world.pool.fetch("SELECT scan_key, digest FROM scan ORDER BY scan_key")
    again = world.scan(NUMBER, Status.DELIVERED, 2, event_id="e9", location=DOOR, signed_by=NAME,
                       description=f"Left with {PHONE}")  # fmt: skip
    applied = await world.scanned(again)
    native = await world.native()
    assert (applied.new, applied.quarantined, native.new) == (0, 0, 0)
    assert await world.pool.fetch("SELECT scan_key, digest FROM scan ORDER BY scan_key") == before
    assert await world.pool.fetchval("SELECT count(*) FROM raw_payload") == 0


async def test_a_payload_that_told_nothing_new_goes_too(world):
    """Carriers repeat the whole life in every push: no scan leads to such a payload."""
    pushed = json.loads(json.dumps(NATIVE))
    pushed["shipments"][0]["details"] = {"product": {"productName": NAME}}
    assert (await world.native(pushed)).new == 0
    assert await world.pool.fetchval("SELECT count(*) FROM raw_payload") == 2
    done = await erased(world)
    assert done.rows["raw_payloads"] == 2
    assert await world.pool.fetchval("SELECT count(*) FROM raw_payload") == 0


async def test_the_shop_that_registers_anew_in_other_words_brings_them_back(world):
    await erased(world)
    await world.register(NUMBER)  # its nightly run: the same as before
    assert await contact_of(world) is None
    await world.register(NUMBER, order="2002")
    assert await contact_of(world) is not None
    await world.scanned(world.scan(NUMBER, Status.DELIVERED, 4, signed_by=NAME))
    assert await named(world) != []


async def contact_of(world: PersonWorld) -> str | None:
    return await world.pool.fetchval(
        "SELECT contact FROM registration WHERE shipment_id = $1", head(NUMBER)
    )


async def test_a_number_that_is_used_again_names_its_next_recipient(world):
    await erased(world)
    world.now = NOW + timedelta(days=100)
    await world.scanned(world.scan(NUMBER, Status.ACCEPTED, 0, description=f"From {OTHER}"))
    said = await world.pool.fetch(
        "SELECT body::text AS said FROM scan WHERE shipment_id <> ALL($1)", [head("CE2")]
    )
    assert any(OTHER in row["said"] for row in said)


async def test_of_two_who_share_a_phone_only_the_one_who_is_meant_goes(world):
    await world.register("CE3", recipient={"name": OTHER, "phone": PHONE})
    planned = await plan(world.pool, SEALER, PERSON, now=NOW)
    assert planned.names == sorted([NAME, OTHER])
    only = whom_of(SEALER, Kind.PHONE, PHONE, name="BERZINS, janis")
    planned = await plan(world.pool, SEALER, only, now=NOW)
    assert (len(planned.shares), planned.names) == (2, [NAME])
    await erased(world, only)
    async with connection(world.pool) as conn:
        found = await find_person(conn, SEALER, PERSON)
    assert [share.parcel.tracking_number for share in found.shares] == ["CE3"]


async def test_a_buyer_goes_and_what_the_recipient_was_sent_stays(world):
    buyer = {"name": "Anna Liepa", "email": "anna.liepa@example.org"}
    key = await world.register("CE4", recipient=RECIPIENT, buyer=buyer)
    await world.delivered("CE4")
    done = await erased(world, whom_of(SEALER, Kind.EMAIL, "Anna.Liepa@Example.org"))
    assert done.rows["contacts"] == 1
    found = await search(world.pool, SEALER, NAME)
    assert "CE4" in {hit.parcel.tracking_number for hit in found.hits}
    assert (await search(world.pool, SEALER, "liepa")).hits == []
    assert (await Shipments(world.pool).find(key)).state.signed_by == NAME
    after = await looks(world, done.work)
    assert {name for name, look in after.items() if look.found or look.elsewhere} == set()


async def test_one_shop_alone(world):
    other = await PersonWorld.open(world.pool, NOW, "Another")
    await other.register("CE5")
    whom = whom_of(SEALER, Kind.EMAIL, EMAIL, shop=other.merchant_id)
    done = await erased(other, whom)
    assert len(done.work.parcels) == 1
    assert await contact_of(world) is not None


async def test_one_parcel_alone_with_everybody_it_concerns(world):
    await erased(world, whom_of_parcel(SEALER, head(NUMBER)), [head(NUMBER)])
    assert await contact_of(world) is None
    async with connection(world.pool) as conn:
        found = await find_person(conn, SEALER, PERSON)
    assert [share.parcel.tracking_number for share in found.shares] == [DHL]


@pytest.mark.parametrize("dies", range(1, 7))
async def test_cut_off_anywhere_and_asked_again_it_ends_the_same(world, monkeypatch, dies):
    """One row at a time, and one parcel."""
    monkeypatch.setattr(steps, "AT_ONCE", 1)
    monkeypatch.setattr("tracking.person.sweep._AT_ONCE", 1)
    calls = 0
    real = steps.count_erased

    async def dying(*arguments):
        nonlocal calls
        calls += 1
        await real(*arguments)
        if calls == dies:
            raise ZeroDivisionError

    monkeypatch.setattr(steps, "count_erased", dying)
    with pytest.raises(ZeroDivisionError):
        await erased(world)
    assert await world.pool.fetchval("SELECT work FROM erasure") is not None
    done = await erased(world)
    after = await looks(world, done.work)
    assert {name for name, look in after.items() if look.found or look.elsewhere} == set()
    assert await world.pool.fetchval("SELECT count(*) FROM erasure") == 1
    assert len(done.work.parcels) == 2, "what was to be done is not forgotten"


async def test_beside_an_event_in_either_order_nobody_is_named(world):
    """Both take the lock of the parcel: whoever is second sees what the first has done."""
    scans = [
        world.scan(NUMBER, Status.DELIVERED, 3 + n, signed_by=NAME, description=PHONE)
        for n in range(8)
    ]
    await asyncio.gather(erased(world), *(world.scanned(each) for each in scans))
    assert await named(world) == []
    assert await world.pool.fetchval("SELECT count(*) FROM scan WHERE shipment_id = $1",
                                     head(NUMBER)) == 10  # fmt: skip


async def writing_survey(world: PersonWorld, meanwhile) -> bool:
    async def turn_to(*_: object) -> None:
        await meanwhile()

    answer = SurveyAnswer(recommend=0, word=f"Said {NAME}")
    return await take_answer(world.pool, SEALER, head("CE3"), answer, now=NOW, turn_to=turn_to)


async def writing_note(world: PersonWorld, meanwhile) -> bool:
    async def noting(_: asyncpg.Connection) -> None:
        await meanwhile()

    row = NoteRow(uuid4(), NOW, "a@example.org", "sealed")
    return await StaffStore(world.pool).insert_note(head("CE3"), row, noting)


WORDS = {
    writing_survey: "SELECT count(word) FROM survey WHERE shipment_id = $1",
    writing_note: "SELECT count(text) FROM staff_note WHERE shipment_id = $1",
}


async def one_waits(world: PersonWorld, other: asyncio.Task) -> None:
    """Until a connection waits for another's lock, or nothing is left that could."""
    async with asyncio.timeout(10):
        while not other.done() and not await world.pool.fetchval(WAITING):  # noqa: ASYNC110 - a server away
            await asyncio.sleep(0.02)


WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest.mark.parametrize("writing", WORDS)
async def test_words_that_are_written_before_an_erasure_commits_go_with_it(world, writing):
    await world.register("CE3")
    erasing: list[asyncio.Task] = []

    async def meanwhile() -> None:
        erasing.append(asyncio.create_task(erased(world)))
        await one_waits(world, erasing[0])

    assert await writing(world, meanwhile)
    await erasing[0]
    assert await world.pool.fetchval(WORDS[writing], head("CE3")) == 0


@pytest.mark.parametrize("writing", WORDS)
async def test_words_that_come_while_an_erasure_is_open_are_not_written(world, writing):
    key = await world.register("CE3")

    async def never() -> None:
        raise AssertionError

    async with transaction(world.pool) as conn:
        await erase_parcels(conn, [key], lambda parcel, _: Part(parcel.shipment_id, PEOPLE), NOW)
        late = asyncio.create_task(writing(world, never))
        await one_waits(world, late)
    assert await late is False
    assert await world.pool.fetchval(WORDS[writing], head("CE3")) == 0
