"""The live hub: who looks at which shipment, and the latest version that was told of it.

A viewer holds one number, not a queue: what it has not seen it reads from the store, which knows
every version. So a slow viewer costs as little as a quick one, and nobody waits for anybody else.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

MOST_PER_ADDRESS = 50
MOST_PER_SHIPMENT = 200


@dataclass(slots=True, eq=False)
class Viewer:
    """Somebody who looks at a shipment. `behind`: versions may have been missed, read the store.

    `beside`: the sign of what staff have seen beside its scans; None: they see only those.
    """

    shipment_id: UUID
    address: str
    beside: str | None = None
    is_news: bool = False
    latest: int = 0
    behind: bool = False
    leaving: bool = False
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, version: int) -> None:
        self.latest = max(self.latest, version)
        self.woken.set()

    def hear_beside(self, sign: str) -> None:
        if sign != self.beside:
            self.beside, self.is_news = sign, True
            self.woken.set()

    def fall_behind(self) -> None:
        self.behind = True
        self.woken.set()

    def leave(self) -> None:
        self.leaving = True
        self.woken.set()


class LiveHub:
    """The viewers of this process, by shipment."""

    def __init__(self, *, most: int = 20_000) -> None:
        self._viewers: dict[UUID, set[Viewer]] = defaultdict(set)
        self._by_address: Counter[str] = Counter()
        self._count, self._most = 0, most
        self._closing = False

    def __len__(self) -> int:
        return self._count

    def has_room(self, shipment_id: UUID, address: str) -> bool:
        """Nobody, by one address or one link, may take the places of all the others."""
        return (
            not self._closing
            and self._count < self._most
            and self._by_address[address] < MOST_PER_ADDRESS
            and len(self._viewers.get(shipment_id, ())) < MOST_PER_SHIPMENT
        )

    def join(self, shipment_id: UUID, address: str, beside: str | None = None) -> Viewer:
        viewer = Viewer(shipment_id, address, beside)
        self._viewers[shipment_id].add(viewer)
        self._by_address[address] += 1
        self._count += 1
        return viewer

    def leave(self, viewer: Viewer) -> None:
        viewers = self._viewers.get(viewer.shipment_id, set())
        if viewer in viewers:
            viewers.discard(viewer)
            self._count -= 1
            self._by_address[viewer.address] -= 1
            if not self._by_address[viewer.address]:
                del self._by_address[viewer.address]
            if not viewers:
                del self._viewers[viewer.shipment_id]

    def publish(self, shipment_id: UUID, version: int) -> None:
        """The shipment has come to this version."""
        for viewer in self._viewers.get(shipment_id, ()):
            viewer.hear(version)

    def catch_up(self) -> None:
        """Versions may have been missed (the broker was away): everybody reads the store."""
        for viewer in self._everybody():
            viewer.fall_behind()

    def close(self) -> None:
        """The process stops: every stream ends and its browser comes back elsewhere."""
        self._closing = True
        for viewer in self._everybody():
            viewer.leave()

    def beside(self) -> list[Viewer]:
        """Those who look at everything."""
        return [each for each in self._everybody() if each.beside is not None]

    def _everybody(self) -> Iterable[Viewer]:
        return [viewer for viewers in self._viewers.values() for viewer in viewers]
