"""Which shipments have just changed, told to the live pages at once.

The relay tells the same, surely and a little later: it waits for its turn with the facts. A hint
spares whoever is looking that wait. It may be lost, and nobody waits for it.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from typing import Protocol
from uuid import UUID

from consumers.topology import LIVE
from tracking.errors import BrokerUnavailable

_MOST = 8  # hints on their way; a broker that takes its time is told no more

Versions = Sequence[tuple[UUID, int]]


class Publish(Protocol):
    """`Publisher.publish`. Raises BrokerUnavailable."""

    def __call__(
        self, exchange: str, routing_key: str, body: bytes, *, mandatory: bool
    ) -> Awaitable[None]: ...


class Hints:
    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._on_their_way: set[asyncio.Task[None]] = set()

    def tell(self, versions: Versions) -> None:
        """Say it in the background: shipments and the versions to which they came."""
        if versions and len(self._on_their_way) < _MOST:
            task = asyncio.create_task(self._say(live_message(versions)))
            self._on_their_way.add(task)
            task.add_done_callback(self._on_their_way.discard)

    async def _say(self, body: bytes) -> None:
        with suppress(BrokerUnavailable):
            await self._publish(LIVE, "", body, mandatory=False)


def live_message(versions: Versions) -> bytes:
    """The body of a message on `klat.live`."""
    told = (f'["{shipment_id}",{version}]' for shipment_id, version in versions)
    return f"[{','.join(told)}]".encode()
