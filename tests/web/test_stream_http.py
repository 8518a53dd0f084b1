"""GET /t/{token}/stream: how many may look, and how they catch up."""

import asyncio
from itertools import count

import pytest

from schemas.shipment import shipment_id
from tracking import live
from tracking.live import Frame
from tracking.store.shipments import Shipments
from tracking.web import stream as streams

NUMBER = "CE123456789EE"


@pytest.fixture
async def stream(world):
    """The path of the live stream of a parcel on its way."""
    made = await world.register(await world.key("merchant", "Shop"))
    await world.scanned(NUMBER, "accepted")
    return made.json["tracking_url"].removeprefix("http://track.test") + "/stream"


def look(world, path, address):
    return world.http.get(world.url + path, headers={"X-Forwarded-For": address})


async def test_one_address_has_its_share_of_live_pages(world, stream, monkeypatch):
    monkeypatch.setattr(live, "MOST_PER_ADDRESS", 2)
    async with look(world, stream, "203.0.113.1"), look(world, stream, "203.0.113.1"):
        async with look(world, stream, "203.0.113.1") as refused:
            assert refused.status == 503
            assert int(refused.headers["Retry-After"]) > 0
        async with look(world, stream, "203.0.113.2") as another:
            assert another.status == 200


async def test_one_link_has_its_share_of_live_pages(world, stream, monkeypatch):
    monkeypatch.setattr(live, "MOST_PER_SHIPMENT", 1)
    first, second = look(world, stream, "203.0.113.1"), look(world, stream, "203.0.113.2")
    async with first, second as refused:
        assert refused.status == 503


async def test_a_viewer_who_leaves_makes_room(world):
    hub = world.deps.hub
    shipment = shipment_id("omniva", NUMBER)
    viewer = hub.join(shipment, "a")
    hub.leave(viewer)
    hub.leave(viewer)
    assert len(hub) == 0
    assert hub.has_room(shipment, "a")


async def test_all_who_fell_behind_read_the_store_a_few_at_a_time(world, stream, monkeypatch):
    opened = [await look(world, stream, f"203.0.113.{n}") for n in range(10)]
    await world.scanned(NUMBER, "accepted", "in_transit")
    reading = _Reading(Shipments(world.pool).find)
    monkeypatch.setattr(Shipments, "find", reading)
    world.deps.hub.catch_up()
    assert all("in_transit" in frame for frame in await asyncio.gather(*map(_update, opened)))
    assert reading.most == 5
    for each in opened:
        each.close()


class _Reading:
    """How many read at once."""

    def __init__(self, find):
        self.find, self.now, self.most = find, 0, 0

    async def __call__(self, *asked):
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            return await self.find(*asked)
        finally:
            self.now -= 1


async def _update(response):
    async for line in response.content:
        if line.startswith(b"data: "):
            return line.decode()
    raise AssertionError


async def test_who_looks_and_what_was_sent_is_counted(world, stream, monkeypatch):
    monkeypatch.setattr(streams, "HEARTBEAT", 0.1)
    value = world.deps.registry.get_sample_value
    opened = await look(world, stream, "203.0.113.1")
    assert value("klat_live_viewers") == 1
    await world.scanned(NUMBER, "accepted", "in_transit")
    world.deps.hub.catch_up()
    await _update(opened)
    assert value("klat_live_frames_total") == 1
    opened.close()
    async with asyncio.timeout(10):
        while value("klat_live_viewers"):  # noqa: ASYNC110 - the server notices by itself
            await asyncio.sleep(0.01)
    assert value("klat_live_cut_total") == 0


async def test_who_takes_nothing_is_counted_as_cut(world, stream, monkeypatch):
    monkeypatch.setattr(streams, "WRITE_LIMIT", 0.2)
    hub, value = world.deps.hub, world.deps.registry.get_sample_value
    address = world.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(*address, limit=1024)
    writer.write(f"GET {stream} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    await reader.readuntil(b"retry: ")
    versions = count(2)
    async with asyncio.timeout(10):
        while not value("klat_live_cut_total"):
            shipment = shipment_id("omniva", NUMBER)
            if not any(viewer.frames for viewer in hub._everybody()):
                hub.publish(shipment, Frame(next(versions), "x" * 100_000))
            await asyncio.sleep(0.01)
        while len(hub):  # noqa: ASYNC110 - the server's turn
            await asyncio.sleep(0.01)
    assert value("klat_live_viewers") == 0
    writer.close()
