"""Processes killed in the middle of their work: nothing accepted is lost, nothing happens twice."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from told import scans_in

from tracking.local.simulate.couriers import Pace
from tracking.local.simulate.lives import Lives
from tracking.local.simulate.story import Life
from tracking.role import Role

LONG_AGO = datetime(2025, 6, 20, 9, 0, tzinfo=UTC)  # no clock is changed in these weeks
COURIERS, RATE = 8, 150.0
KILLED = (Role.RELAY, Role.INGEST, Role.WEB, Role.INGEST, Role.RELAY)
End = tuple[str, str | None]
pytestmark = pytest.mark.timeout(180)


async def send_until(stack, ended: asyncio.Event) -> list[Life]:
    """Couriers at work for as long as it takes; each finishes the parcel that it has begun."""
    supply, pace, told = Lives("killed"), Pace(RATE), []

    async def courier() -> None:
        while not ended.is_set():
            life = supply.next(LONG_AGO)
            for message in life.messages:
                await pace.turn()
                await stack.sender.send(message)
            told.append(life)

    await asyncio.gather(*(courier() for _ in range(COURIERS)))
    return told


async def kill_again_and_again(stack, ended: asyncio.Event) -> None:
    """Each one while it has work in hand: after some more was applied or published."""
    for role in KILLED:
        before = await progress(stack, role)
        async with asyncio.timeout(30):
            while await progress(stack, role) < before + 50:  # noqa: ASYNC110 - other processes
                await asyncio.sleep(0.02)
        await stack.kill(role)
    ended.set()


async def progress(stack, role: Role) -> int:
    if role is Role.RELAY:
        return len(stack.facts)
    return await stack.pool.fetchval("SELECT count(*) FROM scan")


def last_facts(facts: Sequence[str]) -> dict[str, End]:
    """What was said last of each shipment. A fact may come twice, with the same id and content."""
    found: dict[str, dict[int, dict]] = defaultdict(dict)
    for text in facts:
        event = json.loads(text)
        known = found[event["subject"]].setdefault(event["data"]["version"], event)
        assert known == event
    ids = [event["id"] for versions in found.values() for event in versions.values()]
    assert len(set(ids)) == len(ids)
    latest = {subject: versions[max(versions)]["data"] for subject, versions in found.items()}
    return {subject: (fact["status"], fact["handover"]) for subject, fact in latest.items()}


async def heard(stack, ends: dict[str, End]) -> dict[str, End]:
    """The last facts, once all have come: some are on their way when the outbox is empty."""
    with suppress(TimeoutError):
        async with asyncio.timeout(10):
            while last_facts(stack.facts) != ends:  # noqa: ASYNC110 - other processes
                await asyncio.sleep(0.2)
    return last_facts(stack.facts)


async def test_kills_lose_nothing_and_double_nothing(stack):
    ended = asyncio.Event()
    lives, _ = await asyncio.gather(send_until(stack, ended), kill_again_and_again(stack, ended))
    expected = scans_in(message for life in lives for message in life.messages)
    await stack.settled(len(expected), seconds=60)
    assert await stack.scans() == expected
    rows = await stack.pool.fetch(
        "SELECT shipment_id::text, tracking_number, status, state->>'handover' AS handover"
        " FROM shipment"
    )
    ends = {row["tracking_number"]: (row["status"], row["handover"]) for row in rows}
    assert ends == {
        life.parcel.number: (life.expected.status, life.expected.handover) for life in lives
    }
    said = {row["shipment_id"]: ends[row["tracking_number"]] for row in rows}
    assert await heard(stack, said) == said
