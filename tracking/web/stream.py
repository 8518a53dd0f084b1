"""The live stream of a tracking page: Server-Sent Events, bounded for every viewer.

`id:` is the shipment's version, so a browser that comes back says what it has seen and is told
exactly the rest, in one frame read from the store. 204 ends the story: browsers do not come back.
(https://html.spec.whatwg.org/multipage/server-sent-events.html)
"""

import asyncio
import random
import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from tracking.errors import KlatError
from tracking.frames import Frame, Frames
from tracking.live import Viewer
from tracking.store.shipments import Shipments
from tracking.web.deps import DEPS
from tracking.web.limits import client_address
from tracking.web.link import follow_link
from tracking.web.observe import METRICS, Metrics
from tracking.web.problem import HttpProblem, not_found

HEARTBEAT = 20.0  # seconds; proxies cut a line that is silent for a minute
WRITE_LIMIT = 10.0  # seconds a viewer may leave us waiting
MOST_LIFE = 3600.0  # seconds; then the browser comes back, perhaps to a younger process
BUFFER = 32 * 1024  # bytes that may wait in the kernel or in the transport, for each
_RETRY = (3000, 15_000)  # milliseconds, spread so that a restart is no stampede
_VERSION = re.compile(r"[0-9]{1,9}")
_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "private, no-store",
    "X-Accel-Buffering": "no",
}


async def get_stream(request: web.Request) -> web.StreamResponse:
    target = await follow_link(request)
    return await stream_of(request, target.shipment_id)


async def stream_of(
    request: web.Request,
    shipment_id: UUID,
    most_life: float | None = None,
    *,
    who: str | None = None,
    beside: str | None = None,
) -> web.StreamResponse:
    """For whoever may see this shipment; after `most_life` seconds it is asked anew whether.

    `who` they are, where that is known: each has so many lines at once, else each address has.
    `beside`: the sign of what they have seen beside its scans, where they are told of that too.
    """
    deps, hub = request.app[DEPS], request.app[DEPS].hub
    address = who or client_address(request)
    if not hub.has_room(shipment_id, address):
        raise HttpProblem(503, "Too many live pages", headers={"Retry-After": _retry_after()})
    # Joined before the state is read: what happens in between is heard.
    viewer = hub.join(shipment_id, address, beside)
    try:
        row = await Shipments(deps.pool).find(shipment_id)
        if row is None:
            raise not_found()
        seen = _seen(request, row.version)
        if beside is None and row.state.is_over and seen >= row.version:
            return web.Response(status=204)
        response = await _open(request)
        viewer.hear(row.version)
        metrics, line = request.app[METRICS], request.transport
        stream = _Stream(deps.frames, metrics, viewer, response, line, seen)
        await stream.run(_life(most_life or MOST_LIFE))
        return stream.response
    finally:
        hub.leave(viewer)


def _seen(request: web.Request, version: int) -> int:
    """The last version that the browser says it has; nonsense or the future count as now."""
    said = request.headers.get("Last-Event-ID") or request.query.get("last") or ""
    return min(int(said), version) if _VERSION.fullmatch(said) else version


def _life(most: float) -> float:
    return most * random.uniform(0.8, 1.0)  # noqa: S311 - spread, not secret


def _retry_after() -> str:
    return str(random.randint(*_RETRY) // 1000)  # noqa: S311 - spread, not secret


async def _open(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers=_HEADERS)
    await response.prepare(request)
    _bound(request.transport)
    retry = random.randint(*_RETRY)  # noqa: S311 - spread, not secret
    await response.write(f"retry: {retry}\n\n".encode())
    return response


def _bound(transport: asyncio.Transport | None) -> None:
    """A viewer that reads nothing fills little memory here and is noticed soon."""
    if transport is None:
        return
    transport.set_write_buffer_limits(high=BUFFER)
    sock = transport.get_extra_info("socket")
    if sock is not None:
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
            if hasattr(socket, "TCP_USER_TIMEOUT"):
                milliseconds = int((HEARTBEAT + WRITE_LIMIT) * 1000)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)


@dataclass(slots=True)
class _Stream:
    """One viewer's line: `seen` is the last version that went down it."""

    frames: Frames
    metrics: Metrics
    viewer: Viewer
    response: web.StreamResponse
    transport: asyncio.Transport | None
    seen: int

    async def run(self, life: float) -> None:
        """Until the viewer leaves, stalls, or has been here long enough."""
        with suppress(ConnectionError, TimeoutError, KlatError):
            async with asyncio.timeout(life):
                await self._tell()
                while not self.viewer.leaving:
                    await self._wait()
                    await self._tell()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(HEARTBEAT):
                await self.viewer.woken.wait()
        except TimeoutError:
            await self._write(b": here\n\n")
        self.viewer.woken.clear()

    async def _tell(self) -> None:
        """Whatever is known and was not seen, as one frame; that there is something beside it."""
        if self.viewer.behind or self.viewer.latest > self.seen:
            self.viewer.behind = False
            update = await self.frames.since(self.viewer.shipment_id, self.seen)
            if update is not None:
                await self._send(update)
        if self.viewer.is_news:
            self.viewer.is_news = False
            await self._write(b"event: beside\ndata: news\n\n")

    async def _send(self, update: Frame) -> None:
        await self._write(f"id: {update.version}\nevent: update\ndata: {update.data}\n\n".encode())
        self.seen = update.version
        self.metrics.frames.inc()

    async def _write(self, data: bytes) -> None:
        try:
            async with asyncio.timeout(WRITE_LIMIT):
                await self.response.write(data)
        except TimeoutError:
            self.metrics.cut.inc()
            if self.transport is not None:
                self.transport.abort()  # the end of the answer would wait for the viewer too
            raise
