"""GET /t/{token}/stream: how many may look, and how they catch up."""

import asyncio
from itertools import count

import pytest

from schemas.shipment import shipment_id
from tracking import frames, live
from tracking.errors import StoreUnavailable
from tracking.frames import Frame
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


async def test_all_who_fell_behind_are_answered_by_a_few_reads(world, stream, monkeypatch):
    opened = [await look(world, stream, f"203.0.113.{n}") for n in range(10)]
    await world.scanned(NUMBER, "accepted", "in_transit")
    reading = _Reading(Shipments.lives)
    monkeypatch.setattr(Shipments, "lives", reading.bound())
    world.deps.hub.catch_up()
    assert all("in_transit" in frame for frame in await asyncio.gather(*map(_update, opened)))
    assert reading.most == 1
    assert reading.times <= 2
    for each in opened:
        each.close()


async def test_many_parcels_are_read_together_and_more_than_that_in_turn(world, monkeypatch):
    numbers = [f"CE{n:09d}EE" for n in range(7)]
    for number in numbers:
        await world.scanned(number, "accepted")
    ids = [shipment_id("omniva", number) for number in numbers]
    monkeypatch.setattr(frames, "_SHIPMENTS_AT_ONCE", 5)
    reading = _Reading(Shipments.lives)
    monkeypatch.setattr(Shipments, "lives", reading.bound())
    found = await asyncio.gather(*(world.deps.frames.since(each, 0) for each in [*ids, *ids]))
    assert all(frame and '"accepted"' in frame.data for frame in found)
    assert reading.times == 2


async def test_a_read_that_fails_costs_only_those_who_asked(world, stream, monkeypatch):
    shipment = shipment_id("omniva", NUMBER)

    async def fails(*_):
        raise StoreUnavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(Shipments, "lives", fails)
        for found in await asyncio.gather(
            *(world.deps.frames.since(shipment, 0) for _ in range(3)), return_exceptions=True
        ):
            assert isinstance(found, StoreUnavailable)
    assert await world.deps.frames.since(shipment, 0) is not None


async def test_a_shipment_that_cannot_be_read_costs_only_its_own_viewers(world, stream):
    await world.scanned("CE2", "accepted")
    broken, whole = shipment_id("omniva", "CE2"), shipment_id("omniva", NUMBER)
    await world.pool.execute(
        """UPDATE shipment SET state = '{"status": "of a later release"}' WHERE shipment_id = $1""",
        broken,
    )
    since = world.deps.frames.since
    refused, *told = await asyncio.gather(
        since(broken, 0), since(whole, 0), since(whole, 0), return_exceptions=True
    )
    assert isinstance(refused, ValueError)
    assert all('"accepted"' in frame.data for frame in told)


async def test_who_asked_and_left_disturbs_nobody(world, stream):
    shipment = shipment_id("omniva", NUMBER)
    leaves = asyncio.ensure_future(world.deps.frames.since(shipment, 0))
    stays = asyncio.ensure_future(world.deps.frames.since(shipment, 0))
    await asyncio.sleep(0)
    leaves.cancel()
    assert await stays is not None


class _Reading:
    """How often the store was read, and how often at once."""

    def __init__(self, lives):
        self.lives, self.now, self.most, self.times = lives, 0, 0, 0

    def bound(self):
        async def lives(*asked):
            return await self._counted(*asked)

        return lives

    async def _counted(self, *asked):
        self.now, self.times = self.now + 1, self.times + 1
        self.most = max(self.most, self.now)
        try:
            return await self.lives(*asked)
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

    async def since(_, shipment, seen):
        return Frame(seen + 1, "x" * 100_000)

    monkeypatch.setattr(frames.Frames, "since", since)
    hub, value = world.deps.hub, world.deps.registry.get_sample_value
    address = world.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(*address, limit=1024)
    writer.write(f"GET {stream} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    await reader.readuntil(b"retry: ")
    versions = count(2)
    async with asyncio.timeout(10):
        while not value("klat_live_cut_total"):
            hub.publish(shipment_id("omniva", NUMBER), next(versions))
            await asyncio.sleep(0.01)
        while len(hub):  # noqa: ASYNC110 - the server's turn
            await asyncio.sleep(0.01)
    assert value("klat_live_viewers") == 0
    writer.close()
