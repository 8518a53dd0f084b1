"""The demo: parcels in every state, one of them always under way, and a text that says so."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tracking.local.endpoint import write_private
from tracking.local.simulate.cast import DemoParcel, cast
from tracking.local.simulate.couriers import Send
from tracking.local.simulate.journey import Journey, Step, journey
from tracking.local.simulate.shop import Shop
from tracking.local.simulate.state import DemoState, Moving, save
from tracking.local.simulate.text import Addresses, demo_text

_REST = timedelta(seconds=20)  # between the end of one journey and the next

Tell = Callable[[str], None]


@dataclass
class Demo:
    """`tell` says to whoever looks at the terminal that another parcel has set off."""

    folder: Path
    where: Addresses
    shop: Shop
    send: Send
    tell: Tell
    state: DemoState
    parcels: list[tuple[DemoParcel, str]] = field(default_factory=list)

    async def run(self) -> None:
        """Make what is missing; then one journey after another, for ever."""
        save(self.folder, self.state)
        await self._make_parcels()
        under_way = await self._set_off()
        self.tell(f"links, keys and examples: {self.where.text}")
        while True:
            for step in under_way.steps:
                await self._take(step)
            await _until(under_way.steps[-1].due + _REST)
            under_way = await self._set_off()
            self.tell(f"another parcel sets off: {self._moving.url}")

    async def _make_parcels(self) -> None:
        """Everything is told again to Klāt, which knows what it knows; links are kept."""
        if not await self._is_usable():
            self._remember(made_at=_now(), links={}, moving=None)
        for parcel in cast(self.state.made_at):
            link = self.state.links.get(parcel.name)
            link = link or await self.shop.register(parcel.registration)
            self._remember(links={**self.state.links, parcel.name: link})
            self.parcels.append((parcel, link))
        await asyncio.gather(*(self._tell_all(parcel) for parcel, _ in self.parcels))

    async def _is_usable(self) -> bool:
        links = list(self.state.links.values())
        return self.state.is_fresh(_now()) and all([await self.shop.has_page(x) for x in links])

    async def _tell_all(self, parcel: DemoParcel) -> None:
        for message in parcel.messages:
            await self.send(message)

    async def _set_off(self) -> Journey:
        """Go on with the journey that was under way, or begin another."""
        known = self.state.moving
        if known is not None:
            under_way = journey(known.started, known.turn)
            if under_way.steps[-1].due + _REST > _now():
                self._write(under_way)
                return under_way
        started, turn = _now(), known.turn + 1 if known else 0
        under_way = journey(started, turn)
        link = await self.shop.register(under_way.registration)
        self._remember(moving=Moving(started=started, turn=turn, url=link))
        self._write(under_way)
        return under_way

    @property
    def _moving(self) -> Moving:
        assert self.state.moving is not None  # once it has set off
        return self.state.moving

    async def _take(self, step: Step) -> None:
        await _until(step.due)
        await self.send(step.message)

    def _remember(self, **changes: object) -> None:
        self.state = self.state.model_copy(update=changes)
        save(self.folder, self.state)

    def _write(self, under_way: Journey) -> None:
        moving = (under_way, self._moving.url)
        text = demo_text(self.where, self.state.keys, moving, self.parcels)
        write_private(self.where.text, text)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


async def _until(due: datetime) -> None:
    await asyncio.sleep((due - datetime.now(UTC)).total_seconds())
