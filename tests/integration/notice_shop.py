"""A shop with parcels, a sender of notices, and a provider that does as it is told."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from consuming import SEALER
from prometheus_client import CollectorRegistry

from consumers.notices.deciding import Deciding, DecisionMetrics
from consumers.notices.endings import SendingMetrics
from consumers.notices.gate import Gate, GateMetrics, Pace
from consumers.notices.limits import SmsLimits
from consumers.notices.preparing import Preparing
from consumers.notices.sending import Sending
from consumers.notices.suppressing import Suppressing
from consumers.notices.upkeep import Upkeep
from notifier.channels.base import Handed, Outcome
from notifier.deliver import Outgoing
from notifier.values import Values
from schemas.api import ShipmentRegistration
from schemas.notice import Channel
from schemas.scan import Location, Pickup, Scan, ScanTime
from schemas.shipment import shipment_id
from schemas.status import Status
from tracking.incoming import incoming
from tracking.ingest import Batch, ingest
from tracking.links import NewLink
from tracking.register import register
from tracking.sealing import Sealer
from tracking.store.keys import Keys
from tracking.store.notices import Notices
from tracking.store.pool import transaction

NOON = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)  # in Riga
PERSON = {"name": "Ilze Paraugs", "phone": "+37120000001", "email": "ilze@example.org"}
CODE = "481516"
ACCEPTED = Handed(Outcome.ACCEPTED, provider_id="p-1")


@dataclass
class FakeWay:
    """Keeps what it is given. `answers` are taken one after the other, then it accepts."""

    channel: Channel = Channel.SMS
    provider: str = "fake"
    taken: list[Outgoing] = field(default_factory=list)
    answers: list[Handed | BaseException] = field(default_factory=list)
    before: Callable[[], Any] | None = None

    def compose(self, values: Values) -> Mapping[str, str]:
        return {"text": f"{values.occasion} {values.code} {values.link}"}

    async def send(self, outgoing: Outgoing) -> Handed:
        if self.before is not None:
            await self.before()
        self.taken.append(outgoing)
        answer = self.answers.pop(0) if self.answers else ACCEPTED
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def close(self) -> None:
        pass


async def drain(sending: Sending) -> None:
    """Until nothing is due or may go, and all that began has ended and was answered."""
    while True:
        sending.woken.clear()
        if await sending.turn() or sending.endings:
            continue
        if not sending._giving.running:
            return await answered(sending)
        await sending.woken.wait()


async def answered(sending: Sending) -> None:
    """Until another way was looked for."""
    if sending.endings.answering is not None:
        await sending.endings.answering


async def run_until(sending: Sending, is_done: Callable[[], Awaitable[bool]]) -> None:
    """As it runs in its role, then told to leave."""
    running = asyncio.create_task(sending.run())
    async with asyncio.timeout(10):
        while not await is_done():
            assert not running.done(), "it goes on"
            await asyncio.sleep(0.01)
        await sending.close()
        await running


@dataclass
class Shop:
    """Registers parcels, lets them be scanned, decides and sends, all at `now`."""

    pool: asyncpg.Pool
    merchant_id: Any
    now: datetime = NOON
    limits: SmsLimits = field(default_factory=lambda: SmsLimits(alike=None))
    pace: Pace = field(default_factory=lambda: Pace(rate=100_000))
    sealer: Sealer = SEALER
    linked: list[NewLink] = field(default_factory=list)

    @classmethod
    async def open(cls, pool: asyncpg.Pool) -> "Shop":
        async with transaction(pool) as conn:
            return cls(pool, await Keys(pool).ensure_merchant(conn, "Veikals", NOON))

    @property
    def notices(self) -> Notices:
        return Notices(self.pool)

    async def register(self, number: str, **fields: Any) -> Any:
        told = {"carrier": "omniva", "tracking_number": number, "recipient": PERSON, **fields}
        body = ShipmentRegistration.model_validate(told)
        await register(self.pool, SEALER, self.merchant_id, body, now=self.now)
        return shipment_id("omniva", number)

    async def scanned(self, number: str, status: Status, **fields: Any) -> None:
        scan = Scan(
            carrier="omniva",
            tracking_number=number,
            time=ScanTime(raw=self.now.isoformat(), at=self.now),
            status=status,
            **fields,
        )
        await ingest(self.pool, Batch([incoming(scan, self.now, SEALER)]), SEALER, now=self.now)

    async def waits(self, number: str, hours: int = 72) -> Any:
        """A registered parcel that waits in a locker."""
        key = await self.register(number)
        until = self.now + timedelta(hours=hours)
        place = Location(name="Rīga Akropole", place_id="9901")
        pickup = Pickup(until=until, code=CODE)
        await self.scanned(number, Status.READY_FOR_PICKUP, location=place, pickup=pickup)
        return key

    def deciding(self, *channels: Channel) -> Deciding:
        served = frozenset(channels) or frozenset({Channel.SMS})
        metrics = DecisionMetrics(CollectorRegistry())
        return Deciding(self.notices, SEALER, served, metrics, lambda: None, self.limits)

    async def decide(self, *ids: Any, channels: tuple[Channel, ...] = ()) -> None:
        await self.deciding(*channels).decide(dict.fromkeys(ids, "fact"), self.now)

    def sending(
        self,
        way: FakeWay,
        channels: tuple[Channel, ...] = (),
        suppressing: Suppressing | None = None,
    ) -> Sending:
        async def link(wanted: Any, _: datetime) -> list[str]:
            self.linked += wanted
            return ["/t/abcdefghijklmnopqrstuv"] * len(wanted)

        async def failed(claimed: Any) -> None:
            await self.decide(*(each.shipment_id for each in claimed), channels=channels)

        preparing = Preparing(
            self.notices,
            way,
            self.sealer,
            link,
            "https://t.example",
            self.limits,
            channels={*channels, way.channel},
        )
        metrics, gates = SendingMetrics(CollectorRegistry()), GateMetrics(CollectorRegistry())
        return Sending(
            self.notices,
            preparing,
            failed,
            metrics,
            Gate(way.channel, self.pace, gates),
            suppressing=suppressing,
            clock=lambda: self.now,
        )

    def upkeep(self, sending: Sending | None = None) -> Upkeep:
        is_sms = sending is not None and sending.channel is Channel.SMS
        texts = sending.endings if sending is not None and is_sms else None
        return Upkeep(self.notices, texts, lambda: None, clock=lambda: self.now)

    async def send(self, way: FakeWay, channels: tuple[Channel, ...] = ()) -> None:
        sending = self.sending(way, channels)
        upkeep = self.upkeep(sending)
        await upkeep.take_over()
        await drain(sending)
        await upkeep.give_up()
        await answered(sending)

    async def rows(self, occasion: str = "ready_for_pickup", channel: str = "sms") -> list[Any]:
        return await self.pool.fetch(
            "SELECT * FROM notice WHERE occasion = $1 AND channel = $2 ORDER BY shipment_id",
            occasion,
            channel,
        )

    async def row(self, occasion: str = "ready_for_pickup", channel: str = "sms") -> Any:
        (found,) = await self.rows(occasion, channel)
        return found
