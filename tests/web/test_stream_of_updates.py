"""GET /t/{token}/stream on a raw socket: what a viewer is sent, and what one that reads nothing."""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, pairwise
from uuid import UUID

import psutil
import pytest
from staging import START

from schemas.scan import Scan, ScanTime
from schemas.shipment import shipment_id
from schemas.status import Status
from tracking.frames import Frame, Frames
from tracking.incoming import incoming
from tracking.ingest import Batch, ingest
from tracking.web import stream

NUMBER = "CE123456789EE"
SHIPMENT = shipment_id("omniva", NUMBER)
LIMIT = 20  # seconds for anything to come


@dataclass
class Line:
    """A browser's connection, read frame by frame."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    head: str

    @property
    def status(self) -> int:
        return int(self.head.split()[1])

    async def block(self) -> dict[str, str]:
        """The next block of lines: fields by name, a comment under no name."""
        async with asyncio.timeout(LIMIT):
            while True:
                size = int(await self.reader.readline(), 16)  # a chunk of HTTP/1.1
                chunk = (await self.reader.readexactly(size + 2)).decode().rstrip("\r\n")
                lines = [line.partition(":") for line in chunk.splitlines() if line]
                return {name: value.strip() for name, _, value in lines}

    async def update(self) -> tuple[int, dict]:
        """The next update; heartbeats are passed over."""
        while "id" not in (block := await self.block()):
            continue
        assert block["event"] == "update"
        return int(block["id"]), json.loads(block["data"])

    async def end(self) -> None:
        """Everything until the stream is over."""
        async with asyncio.timeout(LIMIT):
            await self.reader.readuntil(b"\r\n0\r\n\r\n")


@asynccontextmanager
async def watching(world, path: str, *, buffer: int = 0, **headers: str) -> AsyncIterator[Line]:
    host, port = world.url.removeprefix("http://").split(":")
    sock = socket.create_connection((host, int(port)))
    if buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    reader, writer = await asyncio.open_connection(sock=sock, limit=buffer or 2**16)
    told = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    writer.write(f"GET {path} HTTP/1.1\r\nHost: track.test\r\n{told}\r\n".encode())
    async with asyncio.timeout(LIMIT):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    try:
        yield Line(reader, writer, head)
    finally:
        writer.close()


@pytest.fixture
async def path(world) -> str:
    """The stream of a parcel with three versions of history."""
    made = await world.register(await world.key("merchant", "Shop"))
    await move(world, "accepted", "in_transit")
    return made.json["tracking_url"].removeprefix("http://track.test") + "/stream"


async def move(world, *statuses: str, first: int = 0) -> None:
    """One version of the shipment for each status, an hour after the other."""
    for hours, status in enumerate(statuses, start=first):
        at = START - timedelta(days=20) + timedelta(hours=hours)
        time = ScanTime(raw=at.isoformat(), at=at)
        scan = Scan(
            carrier="omniva",
            tracking_number=NUMBER,
            time=time,
            status=Status(status),
            code=f"c{at}",
        )
        batch = Batch([incoming(scan, world.clock(), world.deps.sealer)])
        await ingest(world.pool, batch, world.deps.sealer, now=world.clock())


def tell(world, version: int) -> None:
    """What the relay would spread."""
    world.deps.hub.publish(SHIPMENT, version)


async def joined(world, viewers: int) -> None:
    async with asyncio.timeout(LIMIT):
        while len(world.deps.hub) != viewers:  # noqa: ASYNC110 - the server's turn
            await asyncio.sleep(0)


def statuses(update: dict) -> list[str]:
    return [entry["status"] for entry in update["history"]]


async def test_a_stream_says_when_to_come_back_and_then_every_update(world, path):
    async with watching(world, path) as line:
        assert line.status == 200
        assert "Content-Type: text/event-stream; charset=utf-8" in line.head
        assert "Cache-Control: private, no-store" in line.head
        assert "X-Accel-Buffering: no" in line.head
        retry = await line.block()
        assert re.fullmatch(r"[0-9]+", retry["retry"])
        assert 3000 <= int(retry["retry"]) <= 15_000
        for version, status in ((4, "out_for_delivery"), (5, "delivered")):
            await move(world, status, first=version - 2)
            tell(world, version)
            found, update = await line.update()
            assert (found, update["version"], update["status"]) == (version, version, status)
            assert statuses(update) == [status]


@pytest.mark.parametrize("last", [1, 2])
async def test_who_comes_back_is_told_exactly_what_was_missed(world, path, last):
    async with watching(world, path, Last_Event_ID=str(last)) as line:
        version, update = await line.update()
        assert (version, update["status"]) == (3, "in_transit")
        assert statuses(update) == ["accepted", "in_transit"][last - 1 :]
    async with watching(world, f"{path}?last={last}") as line:
        assert (await line.update())[0] == 3


async def test_a_frame_names_an_instant_as_the_api_does(world, path):
    """So that a program may compare them as text."""
    async with watching(world, path, Last_Event_ID="1") as line:
        _, caught_up = await line.update()
    support = await world.key("support")
    api = (await world.call("GET", f"/v1/shipments/{SHIPMENT}", headers=support)).json
    assert api["since"] == caught_up["since"]
    assert [entry["at"] for entry in api["history"]] == [
        entry["at"] for entry in reversed(caught_up["history"])
    ]


@pytest.mark.parametrize("last", ["3", "99", "-1", "x", "9" * 40, "\u0663"])
async def test_who_has_seen_all_of_it_or_says_nonsense_waits_for_the_next(world, path, last):
    async with watching(world, path, Last_Event_ID=last) as line:
        await line.block()
        await move(world, "out_for_delivery", first=2)
        tell(world, 4)
        assert (await line.update())[0] == 4


async def test_an_update_twice_is_shown_once_and_many_are_one(world, path):
    async with watching(world, path) as line:
        await line.block()
        await move(world, "out_for_delivery", first=2)
        tell(world, 4)
        assert (await line.update())[0] == 4
        await move(world, "attempt_failed", "in_transit", first=3)
        for version in (4, 6, 5, 4):
            tell(world, version)
        version, update = await line.update()
        assert (version, statuses(update)) == (6, ["attempt_failed", "in_transit"])
        tell(world, 6)
        await move(world, "out_for_delivery", first=5)
        tell(world, 7)
        assert (await line.update())[0] == 7


async def test_after_the_end_of_the_story_nobody_need_come_back(world, path):
    await move(world, "delivered", first=2)
    async with watching(world, path, Last_Event_ID="4") as line:
        assert line.status == 204
    async with watching(world, path, Last_Event_ID="3") as line:
        assert (await line.update())[1]["status"] == "delivered"


async def test_a_silent_line_says_that_it_is_there(world, path, monkeypatch):
    monkeypatch.setattr(stream, "HEARTBEAT", 0.02)
    async with watching(world, path) as line:
        assert [list(await line.block()) for _ in range(3)] == [["retry"], [""], [""]]


async def test_a_line_ends_after_its_time_and_when_the_process_stops(world, path, monkeypatch):
    async with watching(world, path) as line:
        await joined(world, 1)
        world.deps.hub.close()
        await line.end()
        await joined(world, 0)
        async with watching(world, path) as another:
            assert another.status == 503
    world.deps.hub._closing = False
    monkeypatch.setattr(stream, "MOST_LIFE", 0.05)
    async with watching(world, path) as line:
        await line.end()


async def test_a_full_house_says_when_to_try_again(world, path):
    world.deps.hub._most = 2
    async with watching(world, path), watching(world, path):
        await joined(world, 2)
        async with watching(world, path) as refused:
            assert refused.status == 503
            assert re.search(r"Retry-After: [0-9]+\r", refused.head)
        assert len(world.deps.hub) == 2


async def test_who_leaves_is_noticed_and_makes_room(world, path, monkeypatch):
    monkeypatch.setattr(stream, "HEARTBEAT", 0.02)
    async with watching(world, path):
        await joined(world, 1)
    await joined(world, 0)


async def test_a_viewer_who_is_slow_misses_nothing(world, path):
    """More versions than anybody would keep, all before the viewer's turn comes."""
    async with watching(world, path) as line:
        await line.block()
        await move(world, *["held", "in_transit"] * 32, first=2)
        for version in range(4, 4 + 64):
            tell(world, version)
        version, update = await line.update()
    assert version == 3 + 64
    assert statuses(update) == ["held", "in_transit"] * 32


async def test_who_reads_nothing_is_cut_and_costs_the_others_nothing(world, path, monkeypatch):
    monkeypatch.setattr(stream, "WRITE_LIMIT", 0.2)
    padding = json.dumps("x" * 50_000)

    async def since(_, shipment, seen):
        return Frame(seen + 1, padding)

    monkeypatch.setattr(Frames, "since", since)
    async with watching(world, path) as reader, watching(world, path, buffer=2048) as stalled:
        await joined(world, 2)
        await reader.block()
        versions = count(4)
        async with asyncio.timeout(LIMIT):
            while len(world.deps.hub) == 2:
                version = next(versions)
                tell(world, version)
                assert (await reader.update())[0] == version
        await _is_cut(stalled)
        last = next(versions)
        tell(world, last)
        assert (await reader.update())[0] == last


async def _is_cut(line: Line) -> None:
    """The server holds no socket any more, it has not only forgotten the viewer."""
    mine = line.writer.get_extra_info("sockname")
    async with asyncio.timeout(LIMIT):
        while any(  # noqa: ASYNC110 - the kernel's turn
            each.raddr == mine for each in psutil.Process().net_connections("tcp")
        ):
            await asyncio.sleep(0.05)


async def test_viewers_of_other_parcels_hear_nothing(world, path):
    other = UUID(int=1)
    async with watching(world, path) as line:
        await line.block()
        world.deps.hub.publish(other, 9)
        await move(world, "out_for_delivery", first=2)
        tell(world, 4)
        assert (await line.update())[0] == 4


async def test_retries_are_spread(world, path):
    """A restart sends nobody back at the same moment as everybody else."""
    waits = set()
    for _ in range(5):
        async with watching(world, path) as line:
            waits.add((await line.block())["retry"])
    assert any(one != other for one, other in pairwise(sorted(waits)))
