"""`klat quarantine` and `klat parked` as an operator types it: what it prints, refuses and does."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import aiormq
import asyncpg
import command
import pytest
from cryptography.fernet import Fernet

from consumers.topology import declare, topology
from schemas.shipment import shipment_id
from schemas.status import Status
from tracking.decode import Decoder, Envelope
from tracking.ingest import Batch, ingest
from tracking.sealing import Sealer
from tracking.store.parked import Parked, ParkedMessage
from tracking.store.pool import connection, open_pool
from tracking.store.quarantine import list_quarantine
from tracking.store.shipments import Shipments

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
KEY = Fernet.generate_key().decode()
POSTI = {
    "status": {"main": "DELIVERED"},
    "events": [{"timestamp": "2026-11-19T10:00:00+02:00", "eventDescription": "Delivered"}],
}
Klat = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=2)
    yield pool
    await pool.close()


@pytest.fixture
def klat(database_url: str) -> Klat:
    """Runs `klat quarantine …` or `klat parked …`; its exit code, and what it said."""
    env = {"KLAT_DATABASE_URL": database_url, "KLAT_SECRET_KEYS": KEY}

    async def run(*words: str) -> tuple[int, str]:
        arguments = words if words[0] == "parked" else ("quarantine", *words)
        code, printed, complaint = await command.klat(*arguments, env=env)
        return code, printed + complaint

    return run


async def arrive(pool: asyncpg.Pool, told: object, source: str, *, native: bool = False) -> None:
    body = json.dumps(told).encode()
    decoded = Decoder(Sealer([KEY])).decode(body, Envelope(source, native, NOW, None))
    bad = [decoded.quarantined] if decoded.quarantined else []
    await ingest(pool, Batch(decoded.scans, (), bad), Sealer([KEY]), now=NOW)


def event(code: str) -> dict[str, str]:
    return {
        "carrier": "omniva",
        "tracking_number": "CE1",
        "occurred_at": "2026-11-20T08:00:00Z",
        "code": code,
    }


async def only_id(pool: asyncpg.Pool) -> str:
    async with connection(pool) as conn:
        [entry] = await list_quarantine(conn, 10)
    return str(entry.quarantine_id)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--reason", "recipient_absent"), "reason: recipient_absent cannot be said of in_transit"),
        (("--handover", "locker"), "handover: locker cannot be said of in_transit"),
    ],
)
async def test_what_cannot_be_is_refused_naming_the_field(pool, klat, option, said):
    await arrive(pool, event("ROBOT"), "carrier.omniva")
    code, printed = await klat("map", "omniva", "ROBOT", "--status", "in_transit", *option)
    assert (code, said in printed) == (1, True), printed
    assert await pool.fetchval("SELECT count(*) FROM code_map") == 0


async def test_a_typo_is_seen_mended_and_taken_back(pool, klat):
    await arrive(pool, event("ROBOT"), "carrier.omniva")
    code, said = await klat("map", "omniva", "ROBTO", "--status", "held")
    assert code == 0
    assert "no event has come with this code yet; did you mean ROBOT?" in said
    assert "ROBTO" in (await klat("maps"))[1]
    assert (await klat("unmap", "omniva", "ROBTO"))[0] == 0
    assert await klat("maps") == (0, "nothing is mapped\n")

    code, said = await klat("map", "omniva", "ROBOT", "--status", "held", "--reason", "weather")
    assert (code, said.splitlines()[0]) == (0, "mapped: omniva ROBOT means held, weather")
    assert "1 events came with it" in said
    assert "1 resolved" in (await klat("retry"))[1]
    await klat("map", "omniva", "ROBOT", "--informational")
    assert "1 shipments changed" in (await klat("retry"))[1]
    assert "informational" in (await klat("maps"))[1]
    code, said = await klat("unmap", "omniva", "ROBOT")
    assert "1 events came with it; `klat quarantine retry` takes its meaning back" in said
    assert "ROBOT" in (await klat("list"))[1]


REFUSED = {
    ("map", "omniva", "X"): "exactly one of --status",
    ("map", "omniva", "X", "--status", "held", "--informational"): "exactly one of",
    ("map", "omniva", "X", "--informational", "--reason", "weather"): "--reason: says more of a",
    ("map", "omniva", "X", "--retracts-delivery", "--handover", "locker"): "--handover: says more",
    ("map", "omniva", "STORING", "--status", "held"): "code: this release reads 'STORING'",
    ("map", "omnivva", "X", "--status", "held"): "did you mean omniva?",
    ("unmap", "omniva", "X"): "code: 'X' of omniva is not mapped",
    ("show", "abc"): "Nothing in quarantine has this id",
    ("show", "xyz"): "Not an id",
    ("retry", "--tracking-number", "JJFI1"): "--tracking-number: says whose payload one entry is",
    ("retry", "abc", "--tracking-number", "!"): "--tracking-number: not a tracking number",
}


@pytest.mark.parametrize("words", REFUSED)
async def test_what_cannot_be_done_is_refused_by_its_field(klat, words):
    code, said = await klat(*words)
    assert code == 1
    assert REFUSED[words] in said


async def test_an_unknown_status_is_refused_with_those_that_there_are(klat):
    code, said = await klat("map", "omniva", "X", "--status", "lost in space")
    assert code == 2
    assert "--status" in said
    assert "out_for_delivery" in said


async def test_a_payload_that_does_not_name_its_parcel_is_applied_to_the_one_that_is_named(
    pool, klat
):
    await arrive(pool, POSTI, "carrier.posti", native=True)
    begins = (await only_id(pool))[:6]
    code, said = await klat("retry", begins)
    assert (code, "0 resolved, 1 still waiting" in said) == (0, True)
    assert "it cannot be applied: " in said
    assert "is missing or empty" in said
    code, said = await klat("retry", begins, "--tracking-number", "jjfi1")
    assert (code, "1 resolved, 0 still waiting" in said) == (0, True)
    found = await Shipments(pool).find(shipment_id("posti", "JJFI1"))
    assert found is not None
    assert found.state.status is Status.DELIVERED
    assert await klat("list") == (0, "quarantine is empty\n")


async def test_only_such_a_payload_takes_a_number(pool, klat):
    await arrive(pool, {"nonsense": 1}, "carrier.omniva")
    code, said = await klat("retry", await only_id(pool), "--tracking-number", "CE1")
    assert (code, "only for a payload in a carrier's own format" in said) == (1, True)


async def test_an_entry_is_shown_and_dismissed_by_how_its_id_begins(pool, klat):
    await arrive(pool, {"nonsense": 1}, "carrier.omniva")
    await arrive(pool, {"nonsense": 2}, "carrier.omniva")
    await pool.execute(
        """
        UPDATE quarantine SET quarantine_id =
            overlay(quarantine_id::text PLACING 'abcd' FROM 1 FOR 4)::uuid
        """
    )
    ids = [str(row[0]) for row in await pool.fetch("SELECT quarantine_id FROM quarantine")]
    assert "More than one id begins like this" in (await klat("show", "abcd"))[1]
    code, said = await klat("show", ids[0][:13])
    assert (code, ids[0] in said, '{"nonsense": ' in said) == (0, True, True)
    assert await klat("dismiss", ids[0][:13]) == (0, "dismissed\n")
    assert await only_id(pool) == ids[1]


def parked(number: int, headers: dict[str, str], body: bytes = b"{}") -> ParkedMessage:
    about = ("klat.carrier_events.v1", "courier.events", "carrier.omniva", headers, body)
    return ParkedMessage(UUID(int=number << 120), *about, "KeyError", 5, NOW)


async def test_a_parked_message_is_shown_by_how_its_id_begins(pool, klat):
    store = Parked(pool, Sealer([KEY]))
    await store.park_message(parked(0x12, {"x-format": "native"}, b'{"barcode": "CE1"}'))
    await store.park_message(parked(0x13, {}))
    code, said = await klat("parked", "show", "12")
    assert (code, '{"barcode": "CE1"}' in said, "x-format: native" in said) == (0, True, True)
    assert "More than one id begins like this" in (await klat("parked", "show", "1"))[1]
    assert "Nothing is parked under this id" in (await klat("parked", "show", "9"))[1]
    await store.mark_replayed(UUID(int=0x13 << 120), NOW)
    assert (await klat("parked", "show", "1"))[0] == 0


async def test_one_message_is_replayed_and_the_others_wait(pool, klat, amqp_url, monkeypatch):
    monkeypatch.setenv("KLAT_AMQP_URL", amqp_url)
    connection = await aiormq.connect(amqp_url)
    channel = await connection.channel()
    await declare(channel, topology())
    store = Parked(pool, Sealer([KEY]))
    for number in (0x12, 0x13):
        await store.park_message(parked(number, {}, f"[{number}]".encode()))
    code, said = await klat("parked", "replay", "13")
    assert (code, "1 replayed" in said) == (0, True)
    assert [each.parked_id.int >> 120 for each in await store.list_parked(9)] == [0x12]
    message = await channel.basic_get("klat.carrier_events.v1")
    assert message.body == b"[19]"
    assert (await klat("parked", "replay", "13"))[0] == 1
    await connection.close()
