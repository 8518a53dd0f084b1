"""Messages of 100 events: Klāt's ingest beside a bare asyncpg loop that writes the same rows.

The loop has no broker, decodes nothing and decides nothing: its rows are made beforehand.
"""

import json
import time
import uuid
from datetime import UTC, datetime

import asyncpg
from bench_ingest import klat, measured
from stack import Stack
from workload import events

from tracking.decode import Decoder, Envelope
from tracking.incoming import Incoming
from tracking.sealing import Sealer
from tracking.sql import SQL

COUNT = 60_000
IN_A_MESSAGE = 100
AT_ONCE = 2_300  # events a transaction: what Klāt takes of these messages
NOW = datetime(2026, 11, 20, tzinfo=UTC)


async def bare_loop(stack: Stack, bodies: list[bytes]) -> float:
    """Events per second of the same inserts and updates, nothing else."""
    decoder = Decoder(Sealer(["benchmark"]))
    about = Envelope("carrier.omniva", native=False, received_at=NOW, tracking_number=None)
    scans = [scan for body in bodies for scan in decoder.decode(body, about).scans]
    batches = [scans[start : start + AT_ONCE] for start in range(0, len(scans), AT_ONCE)]
    known: set[uuid.UUID] = set()
    prepared = [_columns(batch, known) for batch in batches]
    conn = await asyncpg.connect(await stack.database())
    started = time.perf_counter()
    for scan_columns, new, changed, outbox in prepared:
        async with conn.transaction():
            await conn.fetch(SQL["lock_shipments"], new[0] + changed[0])
            await conn.fetch(SQL["insert_scans"], *scan_columns)
            if new[0]:
                await conn.execute(SQL["insert_shipments"], *new, NOW)
            if changed[0]:
                await conn.execute(SQL["update_shipments"], *changed, NOW)
            await conn.execute(SQL["insert_outbox"], *outbox, NOW)
    seconds = time.perf_counter() - started
    await conn.close()
    return len(scans) / seconds


def _columns(batch: list[Incoming], known: set[uuid.UUID]) -> tuple[list, list, list, list]:
    ids = [uuid.uuid5(uuid.NAMESPACE_URL, each.received.scan.tracking_number) for each in batch]
    bodies = [each.received.scan.model_dump_json(exclude_defaults=True) for each in batch]
    scans = [
        ids,
        [each.received.key for each in batch],
        [each.digest for each in batch],
        [each.received.received_at for each in batch],
        [1] * len(batch),
        bodies,
        [None] * len(batch),
    ]
    last = dict(zip(ids, batch, strict=True))
    new = [key for key in last if key not in known]
    old = [key for key in last if key in known]
    known.update(new)
    version = len(known)
    return scans, _inserted(new, last), _updated(old, last, version), _outbox(last, version)


STATE = json.dumps({"status": "in_transit", "stages": {"in_transit": NOW.isoformat()}}) + " " * 300


def _inserted(ids: list[uuid.UUID], last: dict[uuid.UUID, Incoming]) -> list:
    scans = [last[key].received.scan for key in ids]
    return [
        ids,
        [scan.carrier for scan in scans],
        [scan.tracking_number for scan in scans],
        [1] * len(ids),
        [1] * len(ids),
        [scan.status for scan in scans],
        [STATE] * len(ids),
        [scan.time.at for scan in scans],
        [True] * len(ids),
    ]


def _updated(ids: list[uuid.UUID], last: dict[uuid.UUID, Incoming], version: int) -> list:
    scans = [last[key].received.scan for key in ids]
    return [
        ids,
        [version] * len(ids),
        [scan.status for scan in scans],
        [STATE] * len(ids),
        [scan.time.at for scan in scans],
        [True] * len(ids),
    ]


_SERIAL = iter(range(1, 1_000_000))


def _outbox(last: dict[uuid.UUID, Incoming], version: int) -> list:
    serial = next(_SERIAL)
    fact = "f" * 700  # as long as a real one
    return [
        list(last),
        [serial] * len(last),
        ["shipment.in_transit"] * len(last),
        [fact] * len(last),
    ]


async def hundred_events_a_message(
    stack: Stack, count: int = COUNT
) -> list[tuple[str, float, float]]:
    """Rows: name, events per second, ratio to the bare loop."""
    told = events(count)
    bodies = [
        b"[" + b",".join(told[start : start + IN_A_MESSAGE]) + b"]"
        for start in range(0, count, IN_A_MESSAGE)
    ]
    bare = await bare_loop(stack, bodies)
    ours = await measured(stack, bodies, klat, count) * IN_A_MESSAGE
    return [
        ("the same rows by a bare asyncpg loop", bare, 1.0),
        ("klat ingest, 100 events a message", ours, ours / bare),
    ]
