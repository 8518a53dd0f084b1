"""HTTP to addresses that strangers name: the address that is checked is the one that is connected.

A name is resolved once. Addresses that are not on the internet are taken out of the answer, and the
socket is made for an address only after it was looked at again: that also holds for one that was
written into the URL, about which aiohttp asks no resolver. Names are looked up on threads of their
own, since a nameserver that never answers may hold one for half a minute.
"""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from schemas.network import PORTS, is_public

LOOKUPS: Final = 32  # at a time
_NAMES_KEPT: Final = 10  # seconds

AddrInfo = tuple[Any, Any, int, str, tuple[Any, ...]]
Lookup = Callable[[str, int, socket.AddressFamily], Sequence[AddrInfo]]


class AddressRefused(OSError):  # noqa: N818 - named for what was done
    """No address of this host may be connected to."""

    def __init__(self) -> None:
        super().__init__("not an address on the internet, or not a port of HTTPS")


def lookup(host: str, port: int, family: socket.AddressFamily) -> Sequence[AddrInfo]:
    """What the system says of a name. Raises OSError."""
    return socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)


class PublicResolver(AbstractResolver):
    """Names to addresses on the internet, and to no others. `allow_private`: to any."""

    def __init__(self, *, allow_private: bool = False, lookup: Lookup = lookup) -> None:
        self._allow_private, self._lookup = allow_private, lookup
        self._free = asyncio.Semaphore(LOOKUPS)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises AddressRefused where none is left, OSError."""
        found = await self._looked_up(host, port, family)
        allowed = [each for each in found if self._allow_private or is_public(each[4][0])]
        if found and not allowed:
            raise AddressRefused
        return [
            ResolveResult(
                hostname=host,
                host=address[0],
                port=port,
                family=of,
                proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for of, _, proto, _, address in allowed
        ]

    async def _looked_up(
        self, host: str, port: int, family: socket.AddressFamily
    ) -> Sequence[AddrInfo]:
        """On a thread that holds up nobody's end, and counts until it is done."""
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sequence[AddrInfo]] = loop.create_future()

        def finish(found: Sequence[AddrInfo] | None, error: BaseException | None) -> None:
            self._free.release()
            if answer.done():
                return
            if error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(found or [])

        def look() -> None:
            found, error = None, None
            try:
                found = self._lookup(host, port, family)
            except (OSError, UnicodeError) as fault:
                error = fault if isinstance(fault, OSError) else OSError("no name of a host")
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(finish, found, error)

        threading.Thread(target=look, name="lookup", daemon=True).start()
        return await answer

    async def close(self) -> None:
        """Nothing is kept open."""


def public_socket(info: AddrInfo) -> socket.socket:
    """A socket for this address. Raises AddressRefused: the last look before it is connected."""
    family, kind, proto, _, address = info
    if address[1] not in PORTS or not is_public(address[0]):
        raise AddressRefused
    return socket.socket(family, kind, proto)


def safe_session(
    *,
    allow_private: bool = False,
    limit: int = 100,
    lookup: Lookup = lookup,
    tls: ssl.SSLContext | None = None,
) -> aiohttp.ClientSession:
    """A session that reaches the internet only: no proxy of the environment, no cookies.

    `limit` is how many connections may be open at once. Compressed answers stay compressed, so that
    none can swell. Redirects are left to each request: pass `allow_redirects=False`. `tls` says
    whose certificates are trusted, without it those that the system trusts.
    """
    connector = aiohttp.TCPConnector(
        resolver=PublicResolver(allow_private=allow_private, lookup=lookup),
        socket_factory=None if allow_private else public_socket,
        ttl_dns_cache=_NAMES_KEPT,
        limit=limit,
        ssl=tls or True,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        headers={"User-Agent": "klat"},
        skip_auto_headers=("Accept-Encoding",),
    )
