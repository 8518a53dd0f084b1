"""SMS gateways on loopback that behave, and that misbehave in the ways lines and servers do."""

import asyncio
import gzip
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle

from aiohttp import web

Behaviour = Callable[["Gateway", web.Request], Awaitable[web.StreamResponse]]

GIB = 2**30
_LINGER_NONE = struct.pack("ii", 1, 0)  # close with a reset


@dataclass
class Gateway:
    """What it was asked, and how it answers. `streamed`: bytes it could give of a long answer."""

    behave: Behaviour
    url: str = ""
    requests: list[web.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    lines: set[object] = field(default_factory=set)
    streamed: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        self.bodies.append(await request.read())
        assert request.transport is not None
        self.lines.add(request.transport.get_extra_info("peername"))
        self.asked.set()
        return await self.behave(self, request)


@asynccontextmanager
async def serving(behave: Behaviour, tls: ssl.SSLContext | None = None) -> AsyncIterator[Gateway]:
    gateway = Gateway(behave)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", gateway.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    gateway.url = "{}://{}:{}".format("https" if tls else "http", *runner.addresses[0][:2])
    try:
        yield gateway
    finally:
        gateway.let_go.set()
        await runner.cleanup()


def answering(status: int, body: str = "", **headers: str) -> Behaviour:
    async def behave(_: Gateway, __: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(
            status=status, text=body, content_type="application/json", headers=named
        )

    return behave


async def hangs(gateway: Gateway, _: web.Request) -> web.StreamResponse:
    """Reads the request and never answers."""
    await gateway.let_go.wait()
    return web.Response()


async def closes_after_reading(_: Gateway, request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def streaming(status: int, chunks: int, *, then_hangs: bool = False) -> Behaviour:
    """Announces 2 GiB and gives so many mebibytes of it; then closes, or says no more."""

    async def behave(gateway: Gateway, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers={"Content-Length": str(2 * GIB)})
        await response.prepare(request)
        chunk = b'{"sid": "' + b"x" * (2**20 - 9)
        with suppress(ConnectionError):  # the other side has read enough
            for _ in range(chunks):
                await response.write(chunk)
                gateway.streamed += len(chunk)
        if then_hangs:
            await gateway.let_go.wait()
        if request.transport is not None:
            request.transport.abort()
        return response

    return behave


async def bombs(_: Gateway, __: web.Request) -> web.StreamResponse:
    """A hundred mebibytes in a hundred kibibytes."""
    body = gzip.compress(b"[" * 100 * 2**20, 1)
    return web.Response(status=201, body=body, headers={"Content-Encoding": "gzip"})


@asynccontextmanager
async def closing_before_reading() -> AsyncIterator[str]:
    """Takes connections and resets them at once."""

    async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
        writer.transport.abort()

    async with await asyncio.start_server(reset, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


TLS_HELLO = b"\x16"


@asynccontextmanager
async def talking(*said: bytes, after: bytes = b"\r\n\r\n") -> AsyncIterator[str]:
    """Says these in turn to requests, HTTP or not, and closes each time."""
    answers = cycle(said)

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(after)
        writer.write(next(answers))
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def not_accepting() -> AsyncIterator[str]:
    """A port whose queue of connections is full: the next never comes about."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for each in (first, second):
            each.setblocking(False)  # noqa: FBT003 - the standard library's signature
            each.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def refusing() -> str:
    """A port where nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{sock.getsockname()[1]}"


@asynccontextmanager
async def dripping(said: bytes, *, first: bytes = b"", pause: float = 0.05) -> AsyncIterator[str]:
    """After the head of a request says `first` at once, then a byte at a time."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(first)
        with suppress(ConnectionError):
            for byte in said:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(pause)
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
