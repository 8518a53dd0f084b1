"""The walkthroughs of docs/operators.md: each command prints what the page says it prints."""

import asyncio
import json
import os
import re
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import aiormq
import pytest
from cryptography.fernet import Fernet

from consumers.topology import EVENTS, declare, topology
from tracking.decode import Decoder, Envelope
from tracking.ingest import Batch, ingest
from tracking.sealing import Sealer
from tracking.store.parked import Parked, ParkedMessage
from tracking.store.pool import open_pool

PAGE = Path(__file__).parents[2] / "docs" / "operators.md"
NOW = datetime(2026, 11, 22, 8, 10, tzinfo=UTC)


def walkthrough(heading: str) -> list[tuple[list[str], str]]:
    """The commands of a section's console block, each with what it is said to print."""
    section = PAGE.read_text().split(f"\n## {heading}\n", 1)[1]
    block = section.split("```console\n", 1)[1].split("```", 1)[0]
    steps = [step.split("\n", 1) for step in block.split("$ klat ")[1:]]
    return [(shlex.split(command), printed) for command, printed in steps]


def plain(text: str) -> str:
    """Without what differs from run to run: ids, and when something came."""
    return re.sub(r"^[0-9a-f-]{36}  \S+ \S+Z", "ID  WHEN", text, flags=re.MULTILINE)


async def klat(words: list[str], environment: dict[str, str]) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "tracking", *words),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0, words
    return printed.decode()


@pytest.fixture
def key() -> str:
    return Fernet.generate_key().decode()


@pytest.fixture
def environment(database_url, amqp_url, key, tmp_path) -> dict[str, str]:
    return os.environ | {
        "KLAT_DATABASE_URL": database_url,
        "KLAT_AMQP_URL": amqp_url,
        "KLAT_SECRET_KEYS": key,
        "KLAT_DATA_DIR": str(tmp_path),
    }


def event(at: str, **told: object) -> bytes:
    about = {"carrier": "omniva", "tracking_number": "CE900000001EE", "occurred_at": at}
    return json.dumps(about | told).encode()


async def test_the_walk_through_quarantine_is_as_it_is_shown(database_url, environment, key):
    pool, sealer = await open_pool(database_url, size=1), Sealer([key])
    moved = event("2026-11-21T09:00:00+02:00", status="in_transit", location={"city": "Rīga"})
    unknown = event("2026-11-22T09:30:00+02:00", code="TRT_HANDED_TO_ROBOT")
    for body in (moved, unknown):
        about = Envelope("carrier.omniva", native=False, received_at=NOW, tracking_number=None)
        scans = Decoder(sealer).decode(body, about).scans
        await ingest(pool, Batch(scans), sealer, now=NOW)
    await pool.close()
    for words, shown in walkthrough("Quarantine"):
        assert plain(await klat(words, environment)) == plain(shown), words


async def test_the_walk_through_parked_messages_is_as_it_is_shown(
    database_url, amqp_url, environment, key
):
    connection = await aiormq.connect(amqp_url)
    await declare(await connection.channel(), topology())
    await connection.close()
    pool = await open_pool(database_url, size=1)
    message = ParkedMessage(
        parked_id=UUID(int=1),
        queue="",
        exchange=EVENTS,
        routing_key="carrier.omniva",
        headers={},
        body=b"[]" + b" " * 259,
        error="UndefinedTableError",
        tries=5,
        parked_at=NOW,
    )
    await Parked(pool, Sealer([key])).park_message(message)
    await pool.close()
    for words, shown in walkthrough("Parked messages"):
        assert plain(await klat(words, environment)) == plain(shown), words
