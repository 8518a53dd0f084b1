"""A shop that promises, couriers that tell, and a clock that the test holds."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Self
from uuid import UUID

import asyncpg
from consuming import SEALER
from prometheus_client import CollectorRegistry

from schemas.api import ShipmentRegistration
from schemas.compensation import BonusBody, Redemption
from schemas.promise import Slip
from schemas.scan import Scan, ScanTime
from schemas.shipment import shipment_id
from schemas.status import Status
from tracking.bonus_code import code_context
from tracking.bonuses import redeem_bonus
from tracking.clock import Clock, ClockMetrics
from tracking.compensations import compensations
from tracking.estimates import Learned, learn, read_histograms
from tracking.incoming import incoming
from tracking.ingest import Batch, ingest
from tracking.judge import judge
from tracking.policy_file import read_policy
from tracking.register import register
from tracking.store.clock import review_shipments
from tracking.store.keys import Keys
from tracking.store.policies import insert_policy
from tracking.store.pool import transaction
from tracking.store.promises import promise_rows
from tracking.watch import look_at, note_expired

NOON = datetime(2026, 11, 20, 10, tzinfo=UTC)  # a Friday in Riga
_CALLS = count(1)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass
class Shop:
    """`now` is the time of everybody. Whatever is told is looked at, as the consumer does."""

    pool: asyncpg.Pool
    merchant_id: UUID
    now: datetime = NOON
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    _read: int = 0

    def __post_init__(self) -> None:
        self.learned = Learned(self.pool)
        metrics = ClockMetrics(self.registry)
        self.clock = Clock(self.pool, SEALER, metrics, self.learned, lambda: self.now)

    @classmethod
    async def open(cls, pool: asyncpg.Pool, name: str = "Shop") -> Self:
        async with transaction(pool) as conn:
            return cls(pool, await Keys(pool).ensure_merchant(conn, name, NOON))

    async def load(self, text: str) -> int:
        async with transaction(self.pool) as conn:
            policy = read_policy(text)
            version = await insert_policy(conn, self.merchant_id, policy, text, self.now)
            await review_shipments(conn, self.merchant_id, NOON - 900 * DAY, self.now)
        return version

    async def register(self, number: int = 1, **fields: Any) -> UUID:
        told = {"carrier": "omniva", "tracking_number": f"CE{number}", "order": str(number)}
        body = ShipmentRegistration.model_validate({**told, **fields})
        made = await register(self.pool, SEALER, self.merchant_id, body, now=self.now)
        await self.look(made.shipment_id)
        return made.shipment_id

    async def promise(self, number: int = 1, *, by: datetime, **fields: Any) -> UUID:
        return await self.register(number, promise={"by": by.isoformat()}, **fields)

    async def scan(self, status: Status | None, number: int = 1, **fields: Any) -> None:
        at = fields.pop("at", self.now)
        self.now = max(self.now, at)
        told = Scan(
            carrier="omniva",
            tracking_number=f"CE{number}",
            time=ScanTime(raw=at.isoformat(), at=at),
            status=status,
            **fields,
        )
        batch = Batch(scans=[incoming(told, self.now, SEALER)])
        await ingest(self.pool, batch, SEALER, now=self.now)
        await self.look(shipment_id("omniva", f"CE{number}"))

    async def look(self, *ids: UUID) -> None:
        looked = await look_at(self.pool, ids, self.learned.histograms, now=self.now)
        await note_expired(self.pool, looked.expired, SEALER, now=self.now)

    async def pump(self) -> None:
        """What facts lead to, until nothing follows any more: the consumers at work."""
        while rows := await self.pool.fetch(
            "SELECT id, shipment_id, fact_type FROM outbox WHERE id > $1 ORDER BY id", self._read
        ):
            self._read = rows[-1]["id"]
            ids = {row["shipment_id"] for row in rows if row["fact_type"]}
            await self.look(*ids)
            await self.clock.catch_up()
            await judge(self.pool, ids, SEALER, now=self.now)

    async def learn(self) -> None:
        await learn(self.pool, now=self.now)
        self.learned.histograms = await read_histograms(self.pool, self.now)

    def rewind(self) -> None:
        """What was not finished is delivered again, as a broker does."""
        self._read = 0

    async def pass_time(self, until: datetime) -> None:
        """As it would pass: the clock wakes at each deadline on the way."""
        while (due := await self.next_due()) is not None and due <= until:
            self.now = max(self.now, due)
            await self.clock.catch_up()
            await self.pump()
        self.now = until

    async def next_due(self) -> datetime | None:
        return await self.pool.fetchval("SELECT min(due_at) FROM deadline")

    async def deadlines(self) -> dict[str, datetime]:
        rows = await self.pool.fetch("SELECT kind, due_at FROM deadline")
        return {row["kind"]: row["due_at"] for row in rows}

    async def told(self, *prefixes: str) -> list[str]:
        """The types of all facts, in their order."""
        rows = await self.pool.fetch(
            "SELECT fact_type FROM outbox WHERE fact IS NOT NULL ORDER BY id"
        )
        wanted = prefixes or ("promise.", "shipment.stalled", "shipment.pickup_expired")
        return [row[0] for row in rows if row[0].startswith(wanted)]

    async def slip(self, number: int = 1) -> Slip | None:
        return (await promise_rows(self.pool, shipment_id("omniva", f"CE{number}")))[1]

    async def granted(self, number: int = 1) -> list[tuple[int, str, str]]:
        """Of each tier: number, state and sum."""
        key = shipment_id("omniva", f"CE{number}")
        found = await compensations(self.pool, SEALER, key)
        return [(each.tier, each.state.value, each.amount.amount) for each in found]

    async def code(self, number: int = 1) -> str:
        key = shipment_id("omniva", f"CE{number}")
        sealed = await self.pool.fetchval("SELECT code FROM bonus WHERE shipment_id = $1", key)
        return SEALER.open_text(sealed, code_context(key))

    async def redeem(
        self, cents: int, code: str | None = None, call: str | None = None
    ) -> BonusBody:
        """At the shop's checkout, each time by a call of its own unless it is named."""
        amount = {"amount": f"{cents // 100}.{cents % 100:02d}", "currency": "EUR"}
        return await redeem_bonus(
            self.pool,
            SEALER,
            self.merchant_id,
            await self.code() if code is None else code,
            Redemption.model_validate({"amount": amount, "order": "2002"}),
            call=call or str(next(_CALLS)),
            now=self.now,
        )
