"""A TCP proxy in front of a real server, which can be slow, gone, silent or rude."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_CHUNK = 64 * 1024
_LINGER_NONE = struct.pack("ii", 1, 0)  # close with a reset

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Proxy:
    """Passes bytes to `host`:`target`. `latency` is in seconds, for every chunk in each direction.

    `silent`: connections stand, are accepted, and nothing passes (a black hole).
    """

    host: str
    target: int
    port: int = 0
    latency: float = 0
    silent: bool = False
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def up(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        """Nobody listens any more, and every connection is reset."""
        assert self._server is not None
        self._server.close()
        self.reset()
        await self._server.wait_closed()

    def reset(self) -> None:
        """Every connection ends in the middle of whatever was said."""
        for writer in self._writers:
            sock = writer.get_extra_info("socket")
            with suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
            writer.transport.abort()

    def url(self, original: str) -> str:
        """The address of the server, by way of this proxy."""
        parts = urlsplit(original)
        login = parts.netloc.rpartition("@")[0]
        return parts._replace(netloc=f"{login}@127.0.0.1:{self.port}").geturl()

    async def _serve(self, *client: *Pair) -> None:
        try:
            server = await asyncio.open_connection(self.host, self.target)
        except OSError:
            client[1].close()
            return
        ends = {client[1], server[1]}
        self._writers |= ends
        try:
            await asyncio.gather(self._pass(client[0], server[1]), self._pass(server[0], client[1]))
        finally:
            self._writers -= ends

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                if self.latency:
                    await asyncio.sleep(self.latency)
                if not self.silent:
                    writer.write(data)
                    await writer.drain()
        writer.close()


@asynccontextmanager
async def in_front_of(url: str) -> AsyncIterator[Proxy]:
    """A proxy to the server of this address."""
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    proxy = Proxy(parts.hostname, parts.port)
    await proxy.up()
    yield proxy
    proxy.silent = False
    await proxy.down()
