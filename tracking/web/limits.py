"""Limits that a process keeps for itself: requests per address, messages in flight."""

import ipaddress
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from aiohttp import web

from tracking.web.problem import HttpProblem, retry_after

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_REMEMBERED = 10_000  # addresses
# From here no visitor of the internet connects: loopback, RFC 1918, 3927, 6598; 4193 and 4291.
_PRIVATE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "100.64.0.0/10",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)
_WITH_PORT = re.compile(r"\[(?P<v6>[^\[\]]+)\](?::[0-9]+)?|(?P<v4>[0-9.]+):[0-9]+")


def client_address(request: web.Request) -> str:
    """Who is calling, as a name for limits: an address, of IPv6 the subscriber's network."""
    peer = request.remote or ""
    caller = _address(peer)
    if caller is None:
        return peer
    forwarded = ",".join(request.headers.getall("X-Forwarded-For", []))
    return _subscriber(_caller(caller, forwarded.split(",")))


def _caller(peer: Address, forwarded: Sequence[str]) -> Address:
    """The last address that is none of a proxy of ours.

    Each proxy writes down, at the end, who called it, so an entry is as true as whoever wrote it:
    we go back through our own proxies and stop at the first stranger, or where nobody is named.
    """
    for entry in reversed(forwarded):
        named = _address(entry.strip()) if _may_be_ours(peer) else None
        if named is None:
            break
        peer = named
    return peer


def _may_be_ours(address: Address) -> bool:
    return any(address in network for network in _PRIVATE if network.version == address.version)


def _address(text: str) -> Address | None:
    """Also as some proxies write it, with a port, in brackets, with a zone."""
    bare = _WITH_PORT.fullmatch(text)
    try:
        found = ipaddress.ip_address(bare["v6"] or bare["v4"] if bare else text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _subscriber(address: Address) -> str:
    """Of IPv6 the /64: everybody has billions of addresses in their own."""
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address.packed, 64), strict=False))


class Buckets:
    """Token buckets by name, the longest unused forgotten first."""

    def __init__(
        self, *, burst: float, per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._rate = per_second
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> bool:
        """Whether there was a token."""
        now = self._clock()
        level, since = self._levels.pop(name, (self._burst, now))
        level = min(self._burst, level + (now - since) * self._rate)
        allowed = level >= 1
        self._levels[name] = (level - 1 if allowed else level, now)
        if len(self._levels) > _REMEMBERED:
            self._levels.popitem(last=False)
        return allowed


class InFlight:
    """How much may wait for the broker at once. Above it callers are sent away, not queued."""

    def __init__(self, *, messages: int, size: int) -> None:
        self._messages = messages
        self._bytes = size

    @contextmanager
    def hold(self, size: int) -> Iterator[None]:
        if self._messages < 1 or self._bytes < size:
            raise HttpProblem(
                503, "Too many events are waiting for the broker", headers=retry_after(1, 5)
            )
        self._messages -= 1
        self._bytes -= size
        try:
            yield
        finally:
            self._messages += 1
            self._bytes += size
