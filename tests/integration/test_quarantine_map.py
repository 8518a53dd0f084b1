"""What the operator says a code means can be changed and taken back; the past follows.

However it was come to: the state is the fold of the same scans with the map that is valid now.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import permutations

import asyncpg
import pytest

from schemas.shipment import shipment_id
from schemas.status import Handover, Reason, Status
from tracking.carriers import CARRIERS
from tracking.carriers.base import Meaning
from tracking.decode import Decoder, Envelope
from tracking.ingest import Batch, ingest
from tracking.keys import Role
from tracking.mapping import CannotMap, map_meaning, near, unmap
from tracking.retry import Retried, retry_quarantine
from tracking.sealing import Sealer
from tracking.store.code_map import hold_code_map, list_code_map
from tracking.store.keys import Keys
from tracking.store.pool import connection, open_pool, transaction
from tracking.store.quarantine import QuarantineEntry, list_quarantine
from tracking.store.shipments import Shipments

SEALER = Sealer(["a key of the tests"])
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ROBOT = "HANDED_TO_ROBOT"
OUT, HELD = Meaning(Status.OUT_FOR_DELIVERY), Meaning(Status.HELD, Reason.SECURITY)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=4)
    yield pool
    await pool.close()


def _envelope(carrier: str, received: datetime, *, native: bool = False) -> Envelope:
    return Envelope(f"carrier.{carrier}", native, received, None)


async def arrive(
    pool: asyncpg.Pool,
    code: str | None,
    hours: int = 0,
    *,
    received: datetime = NOW,
    carrier: str = "omniva",
    **fields: object,
) -> None:
    at = NOW - timedelta(hours=48 - hours)
    told = {"carrier": carrier, "tracking_number": "CE1", "occurred_at": at.isoformat()}
    body = json.dumps(told | ({"code": code} if code else {}) | fields).encode()
    decoded = Decoder(SEALER).decode(body, _envelope(carrier, received))
    assert decoded.quarantined is None
    await ingest(pool, Batch(decoded.scans), SEALER, now=received)


async def says(pool: asyncpg.Pool, meaning: Meaning, code: str = ROBOT) -> None:
    await map_meaning(pool, "omniva", code, meaning, NOW)


async def retry(pool: asyncpg.Pool) -> Retried:
    return await retry_quarantine(pool, SEALER, now=NOW)


async def status(pool: asyncpg.Pool, carrier: str = "omniva") -> Status:
    found = await Shipments(pool).find(shipment_id(carrier, "CE1"))
    assert found is not None
    return found.state.status


async def entries(pool: asyncpg.Pool) -> list[QuarantineEntry]:
    async with connection(pool) as conn:
        return await list_quarantine(conn, 10)


async def test_the_last_word_counts_for_what_the_first_one_was_applied_to(pool):
    await arrive(pool, None, 1, status="accepted")
    await arrive(pool, ROBOT, 2)
    await says(pool, Meaning(Status.DELIVERED))
    assert await retry(pool) == Retried(resolved=1, shipments=1)
    assert await status(pool) is Status.DELIVERED
    await says(pool, OUT)
    assert await retry(pool) == Retried(shipments=1)
    assert await status(pool) is Status.OUT_FOR_DELIVERY
    assert await retry(pool) == Retried()
    told = await pool.fetch("SELECT fact_type FROM outbox WHERE fact_type IS NOT NULL ORDER BY id")
    assert told[-1]["fact_type"] == "shipment.delivery_retracted"


async def test_and_for_what_came_when_it_was_mapped_already(pool):
    await arrive(pool, ROBOT, 1)
    await says(pool, OUT)
    await retry(pool)
    await arrive(pool, ROBOT, 2)
    assert (await status(pool), await entries(pool)) == (Status.OUT_FOR_DELIVERY, [])
    await says(pool, HELD)
    await retry(pool)
    held = await Shipments(pool).history(shipment_id("omniva", "CE1"))
    assert [entry.scan.status for entry in held] == [Status.HELD, Status.HELD]
    assert [entry.scan.reason for entry in held] == [Reason.SECURITY, Reason.SECURITY]


async def test_a_former_meaning_leaves_nothing_behind(pool):
    """Not its reason, not its hand, not its retraction: the scan is as it was told."""
    await arrive(pool, None, 1, status="delivered")
    await arrive(pool, ROBOT, 2, reason="weather")
    await says(pool, Meaning(retracts_delivery=True))
    await retry(pool)
    assert await status(pool) is Status.PENDING
    await says(pool, Meaning(Status.RETURNED, Reason.OVERSIZED, Handover.SENDER))
    await retry(pool)
    assert await status(pool) is Status.RETURNED
    await unmap(pool, SEALER, "omniva", ROBOT, NOW)
    await retry(pool)
    assert await status(pool) is Status.DELIVERED
    scan = (await Shipments(pool).history(shipment_id("omniva", "CE1")))[0].scan
    assert (scan.status, scan.reason, scan.handover, scan.retracts, scan.recognised) == (
        *(None, Reason.WEATHER, None, None, False),
    )


async def test_what_was_unmapped_waits_again_and_can_be_mapped_again(pool):
    for hours in (1, 2, 3):
        await arrive(pool, ROBOT, hours)
    await says(pool, OUT)
    await retry(pool)
    assert await entries(pool) == []
    assert await unmap(pool, SEALER, "omniva", ROBOT, NOW) == 3
    [entry] = await entries(pool)
    assert (entry.why, entry.code, entry.count) == ("unknown_code", ROBOT, 3)
    assert await retry(pool) == Retried(waiting=1, shipments=1)
    assert await status(pool) is Status.PENDING
    await says(pool, HELD)
    assert await retry(pool) == Retried(resolved=1, shipments=1)
    assert await status(pool) is Status.HELD


UNMAPPED = [
    pytest.param(["map", "come", "unmap"], 5, id="never retried"),
    pytest.param(["map", "retry", "come", "unmap"], 5, id="mapped by mistake"),
    pytest.param(["map", "retry", "unmap", "map", "unmap"], 3, id="twice without a retry"),
    pytest.param(["map", "retry", "unmap", "come", "map", "unmap"], 5, id="more in between"),
    pytest.param(["map", "retry", "unmap", "retry", "map", "unmap"], 3, id="twice"),
]


@pytest.mark.parametrize(("steps", "waiting"), UNMAPPED)
async def test_each_event_of_an_unmapped_code_waits_once(pool, steps, waiting):
    for hours in (1, 2, 3):
        await arrive(pool, ROBOT, hours)
    for step in steps:
        match step:
            case "map":
                await says(pool, OUT)
            case "unmap":
                await unmap(pool, SEALER, "omniva", ROBOT, NOW)
            case "come":
                await arrive(pool, ROBOT, 4)
                await arrive(pool, ROBOT, 5)
            case "retry":
                await retry(pool)
    assert [entry.count for entry in await entries(pool)] == [waiting]


async def test_what_is_not_mapped_cannot_be_unmapped(pool):
    with pytest.raises(CannotMap, match=r"^code: 'NEVER' of omniva is not mapped"):
        await unmap(pool, SEALER, "omniva", "NEVER", NOW)
    await says(pool, OUT, "AHEAD")
    assert await unmap(pool, SEALER, "omniva", "AHEAD", NOW) == 0
    async with connection(pool) as conn:
        assert await list_code_map(conn) == {}
    assert await entries(pool) == []


STEPS = {"scan": None, "first": OUT, "second": HELD, "retry": None}


@pytest.mark.parametrize("order", list(permutations(STEPS)))
async def test_in_any_order_with_a_last_retry_the_valid_map_decides(pool, order):
    await arrive(pool, ROBOT, 1)
    for step in order:
        if meaning := STEPS[step]:
            await says(pool, meaning)
        elif step == "scan":
            await arrive(pool, ROBOT, 2)
        else:
            await retry(pool)
    await retry(pool)
    last = max(order.index("first"), order.index("second"))
    assert await status(pool) is STEPS[order[last]].status


async def test_who_maps_waits_for_those_who_read_by_the_map(pool):
    """Or else what they keep by the former meaning would come after the retry, and stay."""
    await arrive(pool, ROBOT, 1)
    await says(pool, OUT)
    async with transaction(pool) as conn:
        await hold_code_map(conn)
        mapping = asyncio.create_task(says(pool, HELD))
        await asyncio.sleep(0.2)
        assert not mapping.done()
    await mapping


async def test_a_batch_that_is_being_applied_is_read_again_after_the_retry(pool):
    """It reads the map, and is held up before it commits while the operator maps and retries."""
    await arrive(pool, ROBOT, 1)
    await says(pool, OUT)
    await retry(pool)
    blocker = await pool.acquire()
    held = blocker.transaction()
    await held.start()
    await blocker.execute("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE")
    batch = asyncio.create_task(arrive(pool, ROBOT, 2))
    await asyncio.sleep(0.2)
    operator = asyncio.create_task(_map_and_retry(pool))
    await asyncio.sleep(0.2)
    assert not batch.done()
    assert not operator.done()
    await held.rollback()
    await pool.release(blocker)
    await asyncio.gather(batch, operator)
    scans = await Shipments(pool).history(shipment_id("omniva", "CE1"))
    assert [entry.scan.status for entry in scans] == [Status.HELD, Status.HELD]


async def _map_and_retry(pool: asyncpg.Pool) -> None:
    await says(pool, HELD)
    await retry(pool)


async def test_many_batches_and_operators_at_once_end_in_the_last_word(pool):
    words = [Meaning(status) for status in (Status.HELD, Status.IN_TRANSIT, Status.EXCEPTION)]
    await asyncio.gather(
        *(arrive(pool, ROBOT, hours) for hours in range(12)),
        *(says(pool, word) for word in words),
        *(retry(pool) for _ in range(3)),
    )
    await says(pool, OUT)
    await retry(pool)
    scans = await Shipments(pool).history(shipment_id("omniva", "CE1"))
    assert {entry.scan.status for entry in scans} == {Status.OUT_FOR_DELIVERY}
    assert len(scans) == 12
    assert await entries(pool) == []


@pytest.mark.parametrize("first_code", [ROBOT, None])
async def test_an_earlier_receipt_of_the_same_event_id_is_read_by_the_map_too(pool, first_code):
    """Of two contents the one received first stands, also where it comes later."""
    await says(pool, OUT)
    await arrive(pool, ROBOT, 1, event_id="e", description="later")
    early = NOW - timedelta(hours=1)
    fields = {} if first_code else {"status": "held"}
    await arrive(pool, first_code, 1, event_id="e", received=early, **fields)
    assert await status(pool) is (Status.OUT_FOR_DELIVERY if first_code else Status.HELD)
    await says(pool, Meaning(Status.DELIVERED))
    await retry(pool)
    assert await status(pool) is (Status.DELIVERED if first_code else Status.HELD)
    history = await Shipments(pool).history(shipment_id("omniva", "CE1"))
    assert [entry.scan.description for entry in history] == [None]


async def test_scans_that_were_kept_before_the_map_could_change_are_read(pool):
    """Rows of an older version, which kept no word of what was told."""
    await arrive(pool, ROBOT, 1)
    await pool.execute("UPDATE unrecognised_scan SET told = NULL, digest = NULL")
    await says(pool, OUT)
    await retry(pool)
    assert await status(pool) is Status.OUT_FOR_DELIVERY
    await says(pool, HELD)
    await retry(pool)
    assert await status(pool) is Status.HELD


async def test_a_row_of_an_older_version_about_a_code_that_its_scan_lost_holds_nobody_up(pool):
    """An earlier receipt under the same event id may have told another code meanwhile."""
    await arrive(pool, ROBOT, 1)
    await pool.execute(
        "UPDATE unrecognised_scan SET told = NULL, digest = NULL, code = 'ANOTHER_WORD'"
    )
    await says(pool, OUT, "ANOTHER_WORD")
    async with asyncio.timeout(20):
        await retry(pool)
    assert await status(pool) is Status.PENDING


async def test_what_the_release_has_learnt_wins_over_the_map(pool, monkeypatch):
    """As it does for what comes from then on; the map of the code is idle."""
    await arrive(pool, ROBOT, 1)
    await says(pool, OUT)
    await retry(pool)
    codes = {**CARRIERS["omniva"].codes, ROBOT: Meaning(Status.IN_TRANSIT)}
    learnt = type(CARRIERS["omniva"])(
        **{name: getattr(CARRIERS["omniva"], name) for name in CARRIERS["omniva"].__slots__}
        | {"codes": codes}
    )
    monkeypatch.setattr("tracking.reread.CARRIERS", {**CARRIERS, "omniva": learnt})
    assert await retry(pool) == Retried(shipments=1)
    assert await status(pool) is Status.IN_TRANSIT
    assert await pool.fetchval("SELECT count(*) FROM unrecognised_scan") == 0


@pytest.mark.parametrize(
    ("carrier", "code", "names"),
    [
        ("omnivva", "NEW", r"^carrier: nobody knows 'omnivva'.*; did you mean omniva\?"),
        ("klat", "NEW", r"^carrier: nobody knows 'klat'"),
        ("Omniva", "NEW", r"^carrier: no event can carry 'Omniva'; did you mean omniva\?"),
        ("omniva", "A\nB", r"^code: no event can carry"),
        ("omniva", "", r"^code: no event can carry"),
        ("omniva", "x" * 121, r"^code: no event can carry"),
        (
            "omniva",
            "STORING",
            r"^code: this release reads 'STORING' of omniva itself, as ready_for",
        ),
        ("omniva", "PACKET_EVENT_STORING", r"^code: this release reads"),
        ("omniva", "DELIVERY_CALL", r"^code: .* as informational"),
        ("omniva", "Stored", r"^code: this release reads 'Stored' of omniva itself"),
    ],
)
async def test_a_mapping_that_could_do_nothing_is_refused(pool, carrier, code, names):
    with pytest.raises(CannotMap, match=names):
        await map_meaning(pool, carrier, code, OUT, NOW)
    async with connection(pool) as conn:
        assert await list_code_map(conn) == {}


async def test_who_has_a_key_or_has_told_something_is_a_carrier(pool):
    await Keys(pool).create(Role.COURIER, "a", now=NOW, carrier="riga-lockers")
    await map_meaning(pool, "riga-lockers", "NEW", OUT, NOW)
    with pytest.raises(CannotMap, match="did you mean riga-lockers"):
        await map_meaning(pool, "riga-locker", "NEW", OUT, NOW)
    await arrive(pool, ROBOT, 1, carrier="by-amqp")
    await map_meaning(pool, "by-amqp", ROBOT, OUT, NOW)
    await retry(pool)
    assert await status(pool, "by-amqp") is Status.OUT_FOR_DELIVERY


async def test_a_code_that_never_came_is_mapped_and_the_like_of_it_named(pool):
    await arrive(pool, ROBOT, 1)
    assert (await map_meaning(pool, "omniva", "HANDED_TO_ROBT", OUT, NOW)).near == (ROBOT,)
    for slip in ("Handed_to_Robot", "HANDED_TO_ROBOT ", "HANDED_TO ROBOT"):
        done = await map_meaning(pool, "omniva", slip, OUT, NOW)
        assert (done.seen, done.near) == (0, (ROBOT,))
    done = await map_meaning(pool, "omniva", ROBOT, OUT, NOW)
    assert (done.seen, done.near) == (1, ())


def test_words_in_another_case_come_alone():
    known = {"STORED", "stored", "STORES", "IN TRANSIT"}
    assert near("Stored", known) == ("STORED", "stored")
    assert near("intransit", known) == ("IN TRANSIT",)
    assert near("restored", known) == ("STORED", "stored", "STORES")


@pytest.mark.parametrize(
    ("word", "found"),
    [("omnvia", ("omniva",)), ("DPD", ("dpd",)), ("dbd", ("dpd",)), ("zzz", ()), ("", ())],
)
def test_near_words(word, found):
    assert near(word, {"omniva", "dpd", "dhl"}) == found


async def test_a_word_of_lockers_that_a_carrier_says_in_its_own_format_can_be_mapped(pool):
    """Read natively it means what that carrier means by it, which the release does not know."""
    event = {"packetCode": "CE1", "eventCode": "FULL", "eventDate": "2026-11-19T09:12:40+02:00"}
    body = json.dumps({"events": [event]}).encode()
    decoded = Decoder(SEALER).decode(body, _envelope("omniva", NOW, native=True))
    await ingest(pool, Batch(decoded.scans, [decoded.raw]), SEALER, now=NOW)
    assert await retry(pool) == Retried(waiting=1)
    assert await status(pool) is Status.PENDING
    await says(pool, HELD, "FULL")
    assert await retry(pool) == Retried(resolved=1, shipments=1)
    assert await status(pool) is Status.HELD
