"""Deliveries to webhooks: planned with the fact, claimed by one sender, settled by their end."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from schemas.webhook import DeliveryState, DisabledReason, WebhookState
from tracking.domain.places import Room
from tracking.sql import SQL
from tracking.store.pool import connection

WebhookKey = tuple[UUID, UUID]
"""Shop and webhook."""


class Listener(NamedTuple):
    """A webhook that is enabled; `types` None: it wants all of them."""

    merchant_id: UUID
    webhook_id: UUID
    types: Sequence[str] | None


class Planned(NamedTuple):
    """A fact to be posted to a webhook; without a position it is a test."""

    merchant_id: UUID
    webhook_id: UUID
    delivery_id: UUID
    position: int | None
    fact_id: str | None
    type: str


@dataclass(frozen=True, slots=True)
class Target:
    """Where to post. The secrets are sealed; `most` may be in hand at once, `due` more are."""

    merchant_id: UUID
    webhook_id: UUID
    url: str
    secret: str
    previous_secret: str | None
    previous_until: datetime | None
    most: int
    is_slow: bool
    due: int

    @property
    def key(self) -> WebhookKey:
        return self.merchant_id, self.webhook_id


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery in a sender's hands, `tries` with this one; without a position it is a test.

    `body` None: the fact is no longer kept.
    """

    target: Target
    delivery_id: UUID
    fact_id: str | None
    tries: int
    position: int | None
    body: str | None
    created_at: datetime


class Settled(NamedTuple):
    """How a try ended; `due_at` where there is to be another one."""

    claimed: Claimed
    state: DeliveryState
    due_at: datetime | None
    outcome: str
    status: int | None
    response_ms: int | None


@dataclass(frozen=True, slots=True)
class Health:
    """How a webhook fares; `reason`: why it is to be disabled.

    `slowness`: how many quick answers in a row make it quick; 0: it is.
    """

    failures: int = 0
    failing_since: datetime | None = None
    paused_until: datetime | None = None
    slowness: int = 0
    reason: DisabledReason | None = None


class Waiting(NamedTuple):
    """Deliveries to enabled webhooks; `due`: since when one is due that no failure holds up."""

    deliveries: int
    oldest: datetime | None
    due: datetime | None


async def listening_webhooks(
    conn: asyncpg.Connection, merchants: AbstractSet[UUID]
) -> list[Listener]:
    if not merchants:
        return []
    return [Listener(*row) for row in await conn.fetch(SQL["listening_webhooks"], list(merchants))]


async def plan_deliveries(
    conn: asyncpg.Connection, planned: Sequence[Planned], now: datetime
) -> None:
    if planned:
        await conn.execute(SQL["plan_deliveries"], *map(list, zip(*planned, strict=True)), now)


async def settle_deliveries(conn: asyncpg.Connection, settled: Sequence[Settled]) -> set[UUID]:
    """Which were still ours: none of who took so long that it was taken for dead."""
    rows = await conn.fetch(
        SQL["settle_deliveries"],
        [each.claimed.target.merchant_id for each in settled],
        [each.claimed.target.webhook_id for each in settled],
        [each.claimed.delivery_id for each in settled],
        [each.claimed.tries for each in settled],
        [each.state for each in settled],
        [each.due_at for each in settled],
        [each.outcome for each in settled],
        [each.status for each in settled],
        [each.response_ms for each in settled],
    )
    return {row["delivery_id"] for row in rows}


async def lock_health(
    conn: asyncpg.Connection, keys: Iterable[WebhookKey]
) -> dict[WebhookKey, Health]:
    """Of those that are enabled: what became of another one changes nothing any more."""
    rows = await conn.fetch(SQL["lock_health"], *_columns(keys))
    return {
        (row["merchant_id"], row["webhook_id"]): Health(
            row["failures"], row["failing_since"], row["paused_until"], row["slowness"]
        )
        for row in rows
        if row["state"] == WebhookState.ENABLED
    }


async def note_health(
    conn: asyncpg.Connection, changed: Mapping[WebhookKey, Health], now: datetime
) -> None:
    if changed:
        await conn.execute(
            SQL["note_health"],
            *_columns(changed),
            [each.failures for each in changed.values()],
            [each.failing_since for each in changed.values()],
            [each.paused_until for each in changed.values()],
            [each.slowness for each in changed.values()],
            [each.reason for each in changed.values()],
            now,
        )


async def due_webhooks(conn: asyncpg.Connection, now: datetime, room: Room) -> list[Target]:
    """Held until the transaction ends; none of those that another sender holds.

    Those for whom there is room, each by itself; `share` says for how many of all.
    """
    rows = await conn.fetch(
        SQL["due_webhooks"],
        now,
        room.of_webhook,
        room.free,
        room.slow,
        room.of_shop,
        list(room.of_shops),
        list(room.of_shops.values()),
    )
    return [Target(**dict(row)) for row in rows]


async def claim_deliveries(
    conn: asyncpg.Connection, targets: Sequence[Target], counts: Sequence[int], now: datetime
) -> list[Claimed]:
    """So many for each, in the order in which they are to be sent. The targets must be held."""
    by_key = {each.key: each for each in targets}
    most = [each.most for each in targets]
    columns = *_columns(by_key), most, list(counts)
    rows = await conn.fetch(SQL["claim_deliveries"], *columns, sum(counts), now)
    return [_claimed(row, by_key) for row in sorted(rows, key=_place)]


def _place(row: asyncpg.Record) -> tuple[bool, int]:
    """As in the log, tests behind."""
    return row["position"] is None, row["position"] or 0


def _claimed(row: asyncpg.Record, targets: Mapping[WebhookKey, Target]) -> Claimed:
    return Claimed(
        target=targets[row["merchant_id"], row["webhook_id"]],
        delivery_id=row["delivery_id"],
        fact_id=row["fact_id"],
        tries=row["tries"],
        position=row["position"],
        body=row["body"],
        created_at=row["created_at"],
    )


async def abandoned_deliveries(
    conn: asyncpg.Connection, before: datetime, now: datetime
) -> list[tuple[UUID, UUID]]:
    """Webhook and delivery of each."""
    return [tuple(row) for row in await conn.fetch(SQL["abandoned_deliveries"], before, now)]


async def waiting_deliveries(pool: asyncpg.Pool, most: int, now: datetime) -> Waiting:
    async with connection(pool) as conn:
        row = await conn.fetchrow(SQL["waiting_deliveries"], most, now)
    return Waiting(*row)


async def attempts_of(
    conn: asyncpg.Connection, key: WebhookKey, limit: int
) -> list[asyncpg.Record]:
    return await conn.fetch(SQL["attempts_of"], *key, limit)  # type: ignore[no-any-return]  # no types


async def resend_delivery(
    conn: asyncpg.Connection, key: WebhookKey, delivery_id: UUID, now: datetime
) -> bool:
    """False when there is none, or when it is just being sent."""
    return await conn.fetchval(SQL["resend_delivery"], *key, delivery_id, now) is not None


async def hasten_deliveries(conn: asyncpg.Connection, key: WebhookKey, now: datetime) -> None:
    await conn.execute(SQL["hasten_deliveries"], *key, now)


async def find_delivery(
    conn: asyncpg.Connection, key: WebhookKey, delivery_id: UUID
) -> DeliveryState | None:
    state = await conn.fetchval(SQL["find_delivery"], *key, delivery_id)
    return DeliveryState(state) if state else None


def _columns(keys: Iterable[WebhookKey]) -> tuple[list[Any], list[Any]]:
    pairs = list(keys)
    return [merchant for merchant, _ in pairs], [webhook for _, webhook in pairs]
