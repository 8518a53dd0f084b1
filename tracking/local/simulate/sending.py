"""Messages on their way to Klāt: sent until they were accepted, whatever is away meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import aiohttp
import structlog

from tracking.errors import BrokerUnavailable, KlatError, StoreUnavailable
from tracking.local.simulate.story import Message, Way
from tracking.web.deps import Publish

log = structlog.get_logger()
T = TypeVar("T")

LIMIT = aiohttp.ClientTimeout(total=15)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0  # seconds
_COME_AGAIN = frozenset({408, 409, 425, 429})


class ComeAgain(KlatError):  # noqa: N818 - named for what was answered
    """Klāt cannot take it now."""


_AWAY = (
    BrokerUnavailable,
    StoreUnavailable,
    ComeAgain,
    aiohttp.ClientError,
    TimeoutError,
    OSError,
)


async def insist(work: Callable[[], Awaitable[T]]) -> T:
    """The result of `work`, tried again for as long as Klāt or a part of it is away."""
    pause = _FIRST_PAUSE
    while True:
        try:
            return await work()
        except _AWAY as error:
            if pause > 1:
                log.warning("simulate.waits", error=type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


def accepted(status: int) -> bool:
    """Whether an answer is good; False: refused for ever. Raises ComeAgain."""
    if status >= 500 or status in _COME_AGAIN:
        raise ComeAgain
    return status < 400


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends messages by the way they ask for. `keys` are courier keys by carrier code."""

    http: aiohttp.ClientSession
    url: str
    keys: Mapping[str, str]
    publish: Publish

    async def send(self, message: Message) -> bool:
        """Return when it was accepted; False when it was refused, as junk is over HTTP."""
        if message.way is Way.HTTP:
            return await insist(lambda: self._post(message))
        await insist(lambda: self._publish(message))
        return True

    async def _publish(self, message: Message) -> None:
        await self.publish(message.routing_key, message.body, headers=message.headers)

    async def _post(self, message: Message) -> bool:
        path = f"/v1/carriers/{message.sender}/events" if message.native else "/v1/events"
        headers = {
            "Authorization": f"Bearer {self.keys[message.sender]}",
            "Content-Type": message.media,
        }
        asked = {"tracking_number": message.number} if message.number else None
        async with self.http.post(
            self.url + path, data=message.body, headers=headers, params=asked
        ) as answer:
            return accepted(answer.status)
