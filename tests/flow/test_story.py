"""From couriers to a page, through every real part."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from told import scans_in

from tracking.local.simulate.journey import Step, journey
from tracking.local.simulate.lives import Lives
from tracking.local.simulate.shop import Shop
from tracking.local.simulate.story import Life

LONG_AGO = datetime(2025, 6, 20, 9, 0, tzinfo=UTC)  # no clock is changed in these weeks
PARCELS, COURIERS = 200, 10
Frame = tuple[int, dict[str, Any]]
pytestmark = pytest.mark.timeout(180)


async def drive(stack, lives: Sequence[Life]) -> None:
    """All lives, told by several couriers at once."""
    waiting = list(lives)

    async def courier() -> None:
        while waiting:
            for message in waiting.pop().messages:
                await stack.sender.send(message)

    await asyncio.gather(*(courier() for _ in range(COURIERS)))


async def shown(stack, life: Life) -> tuple[str, str | None]:
    asked = {"carrier": life.parcel.carrier, "tracking_number": life.parcel.number}
    key = {"Authorization": f"Bearer {stack.keys['support']}"}
    async with stack.http.get(f"{stack.url}/v1/shipments", params=asked, headers=key) as answer:
        body = await answer.json()
    return body["status"], body["handover"]


async def test_every_parcel_ends_as_its_couriers_meant(stack):
    supply = Lives("two hundred parcels")
    lives = [supply.next(LONG_AGO) for _ in range(PARCELS)]
    await drive(stack, lives)
    expected = scans_in(message for life in lives for message in life.messages)
    await stack.settled(len(expected), seconds=60)
    assert await stack.scans() == expected
    for life in lives:
        state = await shown(stack, life)
        assert state == (life.expected.status, life.expected.handover), (life.plot, life.voice)


async def send(stack, steps: Sequence[Step]) -> None:
    for step in steps:
        await stack.sender.send(step.message)


async def frames(http: aiohttp.ClientSession, link: str, seen: int) -> AsyncIterator[Frame]:
    """The live stream of a page, as a browser that has seen version `seen` is sent it."""
    version, headers = 0, {"Last-Event-ID": str(seen)}
    async with http.get(f"{link}/stream", headers=headers) as stream:
        assert stream.status == 200
        async for line in stream.content:
            field, _, value = line.decode().strip().partition(": ")
            if field == "id":
                version = int(value)
            elif field == "data":
                yield version, json.loads(value)


async def follow(link: str, seen: int, until: str) -> list[Frame]:
    found = []
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=40)) as http:
        async for version, update in frames(http, link, seen):
            found.append((version, update))
            if update["status"] == until:
                break
    return found


async def test_a_page_moves_while_somebody_looks_at_it(stack):
    story = journey(datetime.now(UTC).replace(microsecond=0), turn=0)
    shop = Shop(stack.http, stack.url, stack.keys["merchant"], {"sms": False, "email": False})
    link = await shop.register(story.registration)
    now = datetime.now(UTC)
    past = [step for step in story.steps if step.message.at < now]
    await send(stack, past)
    await stack.settled(len(past), seconds=20)
    async with stack.http.get(link) as page:
        text = await page.text()
    assert page.status == 200
    assert "Ceļā" in text
    assert story.registration["recipient"]["name"] not in text
    seen = await stack.pool.fetchval("SELECT max(version) FROM shipment")
    watching = asyncio.create_task(follow(link, seen, until="ready_for_pickup"))
    await asyncio.sleep(0)
    await send(stack, [step for step in story.steps if step not in past][:-1])
    updates = await watching
    versions = [version for version, _ in updates]
    assert versions == sorted(set(versions))
    assert versions[0] > seen
    news = [entry["status"] for _, update in updates for entry in update["history"]]
    assert news == ["out_for_delivery"] * 3 + ["ready_for_pickup"]
    assert "730184" not in json.dumps(updates)
