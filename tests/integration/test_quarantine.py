"""What could not be applied is kept, counted, and applied once it can be."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from schemas.shipment import shipment_id
from schemas.status import Handover, Status
from tracking.backlog import Backlog
from tracking.carriers.base import Meaning
from tracking.decode import MAX_BODY, Decoder, Envelope
from tracking.ingest import Batch, ingest
from tracking.prefix import uuid_range
from tracking.retry import retry_quarantine
from tracking.sealing import Sealer
from tracking.store.code_map import map_code
from tracking.store.parked import Parked, ParkedMessage
from tracking.store.pool import connection, open_pool
from tracking.store.quarantine import (
    QuarantineEntry,
    find_quarantined,
    list_quarantine,
    open_quarantine,
    resolve_quarantined,
)
from tracking.store.shipments import Shipments

SEALER = Sealer(["a key of the tests"])
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=4)
    yield pool
    await pool.close()


def event(code: str | None = None, hours: int = 0, **fields: object) -> bytes:
    at = NOW - timedelta(hours=48 - hours)
    told = {"carrier": "omniva", "tracking_number": "CE1", "occurred_at": at.isoformat()}
    return json.dumps(told | {"code": code} | fields).encode()


async def arrive(
    pool: asyncpg.Pool, body: bytes, source: str = "carrier.omniva", *, native: bool = False
) -> None:
    decoded = Decoder(SEALER).decode(body, Envelope(source, native, NOW, None))
    batch = Batch(
        decoded.scans,
        [decoded.raw] if decoded.raw else [],
        [decoded.quarantined] if decoded.quarantined else [],
    )
    await ingest(pool, batch, SEALER, now=NOW)


async def entries(pool: asyncpg.Pool) -> list[QuarantineEntry]:
    async with connection(pool) as conn:
        return await list_quarantine(conn, 10)


async def status(pool: asyncpg.Pool) -> Status:
    found = await Shipments(pool).find(shipment_id("omniva", "CE1"))
    assert found is not None
    return found.state.status


async def test_a_code_mapped_later_is_folded_again_in_its_place(pool):
    await arrive(pool, event(status="accepted", hours=1))
    await arrive(pool, event("PACKET_EVENT_NEW", hours=2))
    await arrive(pool, event("PACKET_EVENT_NEW", hours=3))
    assert await status(pool) is Status.ACCEPTED
    [entry] = await entries(pool)
    assert (entry.why, entry.code, entry.count) == ("unknown_code", "PACKET_EVENT_NEW", 2)

    assert (await retry_quarantine(pool, SEALER, now=NOW)).waiting == 1
    meaning = Meaning(Status.READY_FOR_PICKUP, handover=Handover.LOCKER)
    async with connection(pool) as conn:
        await map_code(conn, "omniva", "PACKET_EVENT_NEW", meaning, NOW)
    done = await retry_quarantine(pool, SEALER, now=NOW)
    assert (done.resolved, done.waiting, done.shipments) == (1, 0, 1)
    assert await status(pool) is Status.READY_FOR_PICKUP
    assert await entries(pool) == []
    assert (await retry_quarantine(pool, SEALER, now=NOW)).resolved == 0

    await arrive(pool, event("PACKET_EVENT_NEW", hours=2))
    assert len(await Shipments(pool).history(shipment_id("omniva", "CE1"))) == 3
    assert await entries(pool) == []


async def test_a_code_may_be_mapped_to_the_retraction_of_a_delivery(pool):
    await arrive(pool, event(status="out_for_delivery", hours=1))
    await arrive(pool, event(status="delivered", hours=2))
    await arrive(pool, event("TAKEN_BACK", hours=3))
    assert await status(pool) is Status.DELIVERED
    async with connection(pool) as conn:
        await map_code(conn, "omniva", "TAKEN_BACK", Meaning(retracts_delivery=True), NOW)
    await retry_quarantine(pool, SEALER, now=NOW)
    assert await status(pool) is Status.OUT_FOR_DELIVERY
    told = await pool.fetch("SELECT fact_type FROM outbox WHERE fact_type IS NOT NULL ORDER BY id")
    assert told[-1]["fact_type"] == "shipment.delivery_retracted"


async def test_what_came_while_it_was_retried_keeps_the_entry_open(pool):
    await arrive(pool, event("PACKET_EVENT_NEW", hours=2))
    [before] = await entries(pool)
    await arrive(pool, event("PACKET_EVENT_NEW", hours=3))
    async with connection(pool) as conn:
        assert not await resolve_quarantined(conn, before, NOW)
        [now] = await list_quarantine(conn, 10)
        assert await resolve_quarantined(conn, now, NOW)
    assert await entries(pool) == []


@pytest.mark.parametrize(
    ("body", "why", "names"),
    [
        (b"\xff\xfe nonsense", "malformed", "JSON"),
        (b'{"carrier": "omniva"', "malformed", "JSON"),
        (event("A\x00B"), "malformed", "code"),
        (event("X", occurred_at="yesterday"), "malformed", "occurred_at"),
        (event("X", colour="red"), "malformed", "colour"),
        (event("X", carrier="venipak"), "malformed", "carrier"),
        (b"[" * 100_000, "malformed", "JSON"),
        (b" " * (MAX_BODY + 1), "too_large", "send fewer"),
    ],
)
async def test_bad_input_is_kept_with_a_reason_that_names_the_field(pool, body, why, names):
    await arrive(pool, body)
    await arrive(pool, body)
    [entry] = await entries(pool)
    assert (entry.why, entry.count, entry.size) == (why, 2, len(body))
    assert names in entry.detail
    assert await pool.fetchval("SELECT count(*) FROM shipment") == 0
    async with connection(pool) as conn:
        [kept] = await find_quarantined(conn, uuid_range(str(entry.quarantine_id)), SEALER)
    assert kept.body == (None if why == "too_large" else body)


async def test_what_is_kept_is_sealed(pool):
    await arrive(pool, event("X", occurred_at="yesterday", description="for Jānis Bērziņš"))
    row = await pool.fetchrow("SELECT q::text AS text, sealed FROM quarantine q")
    assert "Jānis" not in row["text"]
    assert "Jānis".encode() not in row["sealed"]
    async with connection(pool) as conn:
        [entry] = await open_quarantine(conn, UUID(int=0), 10, SEALER)
    assert json.loads(entry.body or b"")["description"] == "for Jānis Bērziņš"


async def test_the_good_events_of_a_bad_batch_are_applied(pool):
    good, bad = json.loads(event(status="accepted")), json.loads(event("X", occurred_at="never"))
    await arrive(pool, json.dumps([good, bad]).encode())
    assert await status(pool) is Status.ACCEPTED
    [entry] = await entries(pool)
    assert "item 1" in entry.detail
    assert "occurred_at" in entry.detail


@pytest.mark.parametrize(
    ("bad", "names"),
    [
        ({"description": "a\0b"}, "item 1: description: holds a NUL"),
        ({"description": "\ud800"}, "item 1: description: holds a NUL or half a surrogate pair"),
        ({"a\0b": 1}, "item 1: ab: is no field here"),
        ({"carrier": "venipak"}, "item 1: carrier: differs from the routing key"),
        ({"retracts": "e-7"}, "item 1: status: does not go with 'retracts'"),
    ],
)
@pytest.mark.parametrize("form", ["[%s]", "%s\n%s\n%s"])
async def test_a_bad_event_costs_only_itself_by_this_way_too(pool, bad, names, form):
    told = [event(status="accepted"), event(status="held", **bad), event("X", hours=2)]
    texts = tuple(each.decode() for each in told)
    body = form % (",".join(texts) if form == "[%s]" else texts)
    await arrive(pool, body.encode())
    assert len(await Shipments(pool).history(shipment_id("omniva", "CE1"))) == 2
    malformed = [each.detail for each in await entries(pool) if each.why == "malformed"]
    assert [each[: len(names)] for each in malformed] == [names]


async def test_native_payloads_are_kept_as_received_beside_their_scans(pool):
    body = json.dumps(
        {"events": [{"packetCode": "CE1", "eventCode": "PACKET_EVENT_STORING",
                     "eventDate": "2026-11-19T09:12:40+02:00", "eventSource": "parcel machine"}]}
    ).encode()  # fmt: skip
    await arrive(pool, body, native=True)
    assert await status(pool) is Status.READY_FOR_PICKUP
    raw = await pool.fetchrow("SELECT digest, sealed FROM raw_payload")
    assert SEALER.open(raw["sealed"], f"raw:{raw['digest'].hex()}") == body
    assert await pool.fetchval("SELECT raw_digest FROM scan") == raw["digest"]


async def test_an_entry_whose_key_is_gone_holds_up_no_other(pool):
    await arrive(pool, b"sealed with the old key")
    other = Sealer(["another key of the tests"])
    async with connection(pool) as conn:
        (entry,) = await open_quarantine(conn, UUID(int=0), 10, other)
        assert (entry.body, entry.key_gone) == (None, True)
        ids = uuid_range(str(entry.quarantine_id)[:8])
        assert await find_quarantined(conn, ids, other) == [entry]
    done = await retry_quarantine(pool, other, now=NOW)
    assert (done.resolved, done.waiting) == (0, 1)
    async with connection(pool) as conn:
        assert await resolve_quarantined(conn, entry, NOW)
    assert await entries(pool) == []


async def test_a_parked_message_whose_key_is_gone_is_listed_with_the_others(pool):
    kept = ParkedMessage(
        UUID(int=1), "klat.q", "klat.x", "carrier.omniva", {}, b"{}", "KeyError", 5, NOW
    )
    await Parked(pool, Sealer(["a key that is gone"])).park_message(kept)
    await Parked(pool, SEALER).park_message(replace(kept, parked_id=UUID(int=2)))
    listed = await Parked(pool, SEALER).list_parked(10)
    assert [each.body for each in listed] == [None, b"{}"]


async def test_what_waits_is_measured(pool):
    registry = CollectorRegistry()
    backlog = Backlog(pool, SEALER, registry)
    await arrive(pool, b"not JSON")
    await backlog.measure()
    read = registry.get_sample_value
    assert read("klat_quarantine_entries", {"reason": "malformed"}) == 1
    assert read("klat_quarantine_entries", {"reason": "unknown_code"}) == 0
    assert read("klat_parked_messages") == 0
