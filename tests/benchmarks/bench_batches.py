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
    for scan_columns, changes in prepared:
        async with conn.transaction():
            await conn.fetch(SQL["lock_shipments"], changes[0])
            await conn.fetch(SQL["insert_scans"], *scan_columns)
            await conn.execute(SQL["write_changes"], *changes, NOW)
    seconds = time.perf_counter() - started
    await conn.close()
    return len(scans) / seconds


def _columns(batch: list[Incoming], known: set[uuid.UUID]) -> tuple[list, list]:
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
    changes = _changes(last, known)
    known.update(last)
    return scans, changes


STATE = json.dumps({"status": "in_transit", "stages": {"in_transit": NOW.isoformat()}}) + " " * 300
FACT = "f" * 700  # as long as a real one
_VERSION = iter(range(1, 1_000_000))


def _changes(last: dict[uuid.UUID, Incoming], known: set[uuid.UUID]) -> list:
    scans = [each.received.scan for each in last.values()]
    return [
        list(last),
        [key not in known for key in last],
        [scan.carrier for scan in scans],
        [scan.tracking_number for scan in scans],
        [1] * len(scans),
        [next(_VERSION)] * len(scans),
        [scan.status for scan in scans],
        [STATE] * len(scans),
        [scan.time.at for scan in scans],
        [True] * len(scans),
        ["shipment.in_transit"] * len(scans),
        [FACT] * len(scans),
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
