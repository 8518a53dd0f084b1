"""Limits that a process keeps for itself: requests per address, messages in flight."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiohttp import web

from tracking.web.problem import HttpProblem

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_REMEMBERED = 10_000  # addresses


def client_address(request: web.Request) -> str:
    """Who is calling. X-Forwarded-For counts only from a proxy on this machine, and of it only the
    last entry, which that proxy wrote itself.
    """
    peer = request.remote or ""
    caller = _address(peer)
    if caller is not None and caller.is_loopback:
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        caller = _address(forwarded) or caller
    return peer if caller is None else _subscriber(caller)


def _address(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text)
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
                503, "Too many events are waiting for the broker", headers={"Retry-After": "1"}
            )
        self._messages -= 1
        self._bytes -= size
        try:
            yield
        finally:
            self._messages += 1
            self._bytes += size
