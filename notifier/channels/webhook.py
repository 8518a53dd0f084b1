"""One POST to a shop's webhook, bounded in time and in size; what counts is the status."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import aiohttp

from notifier.channels.exchange import posting, wait_asked_for
from notifier.outgoing import AddressRefused


class Failure(StrEnum):
    """Why there was no answer."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    ADDRESS_REFUSED = "address_refused"
    DISCONNECTED = "disconnected"
    FAULT = "fault"
    INTERRUPTED = "interrupted"
    NOT_KEPT = "not_kept"

    @property
    def is_ours(self) -> bool:
        """Says nothing about the shop: our fault, we were told to stop, or the fact is too old."""
        return self in {Failure.FAULT, Failure.INTERRUPTED, Failure.NOT_KEPT}


@dataclass(frozen=True, slots=True)
class Reply:
    """A status, or why there is none. `retry_after` is in seconds, as it was asked for."""

    status: int | None = None
    failure: Failure | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes. `rest` is for reading what follows the status, which nobody looks at."""

    total: float = 15.0
    connect: float = 10.0
    rest: float = 1.0
    body: int = 64 * 1024


LIMITS: Final = Limits()


async def post_webhook(
    session: aiohttp.ClientSession,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    limits: Limits = LIMITS,
) -> Reply:
    """Never raises for what the other side does."""
    try:
        return await _post(session, url, body, headers, limits)
    except (aiohttp.ClientConnectorError, aiohttp.InvalidURL) as error:
        return Reply(failure=_why_not_reached(error))
    except TimeoutError:
        return Reply(failure=Failure.TIMEOUT)
    except (aiohttp.ClientError, OSError):
        return Reply(failure=Failure.DISCONNECTED)


async def _post(
    session: aiohttp.ClientSession,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    limits: Limits,
) -> Reply:
    headers = {"Content-Type": "application/json", **headers}
    timeout = aiohttp.ClientTimeout(total=limits.total, connect=limits.connect)
    async with posting(session, url, body, headers, timeout) as response:
        await _read_some(response, limits)
        return Reply(response.status, retry_after=wait_asked_for(response.headers))


async def _read_some(response: aiohttp.ClientResponse, limits: Limits) -> None:
    """A server may stop working once nobody listens: it is heard out, within limits."""
    left = limits.body
    with suppress(aiohttp.ClientError, OSError, TimeoutError):
        async with asyncio.timeout(limits.rest):
            while left > 0 and (chunk := await response.content.read(left)):
                left -= len(chunk)
    response.close()


def _why_not_reached(error: Exception) -> Failure:
    if isinstance(error, aiohttp.ClientSSLError):
        return Failure.CERTIFICATE
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, AddressRefused):
            return Failure.ADDRESS_REFUSED
        cause = getattr(cause, "os_error", None) or cause.__cause__
    return Failure.UNREACHABLE
