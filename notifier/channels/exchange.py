"""One POST to a gateway, bounded in time and in size, and what is known when it fails.

What decides is whether a connection stood. Before that nothing was sent, so a repeat is safe. After
it nobody can tell from here whether the gateway has read the request, so any failure is ambiguous.
"""

import json
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Final

import aiohttp

from notifier.channels.base import Handed, Outcome


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes. `connect` is well below `total`, so that it ends first and is told apart.

    It counts name, TCP, TLS and the wait for a free place in the session's pool.
    """

    connect: float = 5.0
    total: float = 20.0
    body: int = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """`document` is the JSON object of the body, empty for anything else. It may name a person."""

    status: int
    document: Mapping[str, Any] = field(repr=False)
    retry_after: float | None = None  # seconds

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


_DEFAULTS: Final = Limits()
_MAX_WAIT: Final = 86_400.0  # seconds; a gateway that asks for more is asked again after a day

# Raised while a connection is made, or before. ClientConnectorError: name, TCP, TLS, certificate.
_NOTHING_SENT: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)


async def post(
    session: aiohttp.ClientSession,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    limits: Limits = _DEFAULTS,
) -> Answer | Handed:
    """The gateway's answer, or how handing over ended without one."""
    try:
        return await _post(session, url, body, headers, limits)
    except _NOTHING_SENT:
        return Handed(Outcome.RETRY, "unreachable")
    except TimeoutError:
        return Handed(Outcome.AMBIGUOUS, "timeout")
    except (aiohttp.ClientError, OSError):
        return Handed(Outcome.AMBIGUOUS, "disconnected")


async def _post(
    session: aiohttp.ClientSession,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    limits: Limits,
) -> Answer:
    headers = {"Accept": "application/json", **headers}
    timeout = aiohttp.ClientTimeout(total=limits.total, connect=limits.connect)
    async with posting(session, url, body, headers, timeout) as response:
        document = await _document(response, limits.body)
        return Answer(response.status, document, wait_asked_for(response.headers))


def posting(
    session: aiohttp.ClientSession,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    timeout: aiohttp.ClientTimeout,
) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
    """A POST on a connection of its own, to this address and no other.

    A kept connection may be one that the other side is just closing. A request that never arrived
    would be ambiguous and its message lost, or look like a failure of a shop's: a handshake for
    each costs less.
    """
    return session.post(
        url,
        data=body,
        headers={"Connection": "close", **headers},
        timeout=timeout,
        allow_redirects=False,
    )


async def _document(response: aiohttp.ClientResponse, limit: int) -> Mapping[str, Any]:
    """The status has been said; a body that cannot be read takes nothing back of it."""
    try:
        read = await _read(response, limit)
    except (aiohttp.ClientError, OSError, TimeoutError):
        return {}
    finally:
        response.close()  # not read to the end, however long it is
    return _object(read) if len(read) <= limit else {}


async def _read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """The whole body, or more than `limit` bytes of it."""
    read = b""
    while len(read) <= limit and (chunk := await response.content.readany()):
        read += chunk
    return read


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def wait_asked_for(headers: Mapping[str, str]) -> float | None:
    """Seconds, of Retry-After; a date is taken against the clock of who answers, in the answer."""
    told = headers.get("Retry-After", "").strip()
    if told.isascii() and told.isdigit():
        return float(min(int(told[:9]), _MAX_WAIT))
    try:
        wait = parsedate_to_datetime(told) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError, OverflowError):  # no date; one with and one without a zone
        return None
    return min(max(wait.total_seconds(), 0.0), _MAX_WAIT)
