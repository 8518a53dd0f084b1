"""Live updates as they are sent: what a viewer has not seen yet, in one frame read from the store.

One message tells of many parcels, so their viewers ask in the same moment: all of them are answered
by one read, and whoever asks meanwhile by the next. Live pages hold one connection to the database,
however many they are; a parcel that nobody looks at costs nothing.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg

from schemas.live import frame
from tracking.errors import KlatError
from tracking.store.shipments import Life, Shipments

_SHIPMENTS_AT_ONCE = 50


class Frame(NamedTuple):
    """An update that leads to this version of a shipment, as JSON."""

    version: int
    data: str


class _Asked(NamedTuple):
    shipment_id: UUID
    seen: int
    answer: asyncio.Future[Frame | None]


class Frames:
    """Reads updates for the viewers of one process."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._shipments = Shipments(pool)
        self._asked: list[_Asked] = []
        self._reading: asyncio.Task[None] | None = None

    async def since(self, shipment_id: UUID, seen: int) -> Frame | None:
        """Everything after version `seen`; None where there is nothing. Raises StoreUnavailable."""
        asked = _Asked(shipment_id, seen, asyncio.get_running_loop().create_future())
        self._asked.append(asked)
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        return await asked.answer

    async def _read(self) -> None:
        """Until nobody asks. An error is for those who asked, the next ones try again."""
        try:
            while self._asked:
                await self._serve(self._take())
        finally:
            self._reading = None

    async def _serve(self, asked: Sequence[_Asked]) -> None:
        """One shipment that cannot be read is no fault of the others: then each is read alone."""
        try:
            await _answer(asked, await self._shipments.lives(_least_seen(asked)))
        except Exception as error:  # noqa: BLE001 - whoever asked has to deal with it
            ids = {each.shipment_id for each in asked}
            if len(ids) == 1 or isinstance(error, KlatError):
                _refuse(asked, error)
            else:
                for one in ids:
                    await self._serve([each for each in asked if each.shipment_id == one])

    def _take(self) -> list[_Asked]:
        """Whoever asks for one of the first so many shipments."""
        ids = list(dict.fromkeys(each.shipment_id for each in self._asked))
        turn = set(ids[:_SHIPMENTS_AT_ONCE])
        taken = [each for each in self._asked if each.shipment_id in turn]
        self._asked = [each for each in self._asked if each.shipment_id not in turn]
        return taken


def _least_seen(asked: Sequence[_Asked]) -> dict[UUID, int]:
    least: dict[UUID, int] = {}
    for each in asked:
        least[each.shipment_id] = min(each.seen, least.get(each.shipment_id, each.seen))
    return least


async def _answer(asked: Sequence[_Asked], lives: Mapping[UUID, Life]) -> None:
    made: dict[tuple[UUID, int], Frame | None] = {}
    for each in asked:
        wanted = each.shipment_id, each.seen
        if wanted not in made:
            made[wanted] = frame_since(lives.get(each.shipment_id), each.seen)
            await asyncio.sleep(0)  # a long life takes its time; the others have theirs in between
        if not each.answer.done():
            each.answer.set_result(made[wanted])


def _refuse(asked: Sequence[_Asked], error: Exception) -> None:
    for each in asked:
        if not each.answer.done():
            each.answer.set_exception(error)


def frame_since(life: Life | None, seen: int) -> Frame | None:
    """The state of now and the scans that came after version `seen`, the oldest first."""
    if life is None or life.row.version <= seen:
        return None
    row = life.row
    # What came between the reading of the row and of its scans belongs to the next frame.
    fresh = range(seen + 1, row.version + 1)
    news = [(e.at, e.confidence, e.scan) for e in reversed(life.entries()) if e.version in fresh]
    return Frame(row.version, frame(row.version, row.state, news))
