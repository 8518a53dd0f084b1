"""Webhooks of shops: where their facts are posted, and the secrets with which they are signed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from schemas.webhook import DisabledReason, WebhookState
from tracking.sql import SQL
from tracking.store.deliveries import hasten_deliveries


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """One webhook without its secrets, fields as its columns."""

    merchant_id: UUID
    webhook_id: UUID
    url: str
    types: Sequence[str] | None
    state: WebhookState
    reason: DisabledReason | None
    since: datetime
    failures: int
    failing_since: datetime | None
    paused_until: datetime | None
    previous_until: datetime | None
    created_at: datetime


def _row(row: asyncpg.Record | None) -> WebhookRow | None:
    return None if row is None else _whole(row)


def _whole(row: asyncpg.Record) -> WebhookRow:
    return WebhookRow(
        merchant_id=row["merchant_id"],
        webhook_id=row["webhook_id"],
        url=row["url"],
        types=row["types"],
        state=WebhookState(row["state"]),
        reason=DisabledReason(row["reason"]) if row["reason"] else None,
        since=row["since"],
        failures=row["failures"],
        failing_since=row["failing_since"],
        paused_until=row["paused_until"],
        previous_until=row["previous_until"],
        created_at=row["created_at"],
    )


async def insert_webhook(
    conn: asyncpg.Connection,
    merchant_id: UUID,
    webhook_id: UUID,
    url: str,
    types: Sequence[str] | None,
    secret: str,
    *,
    now: datetime,
    most: int,
) -> WebhookRow | None:
    """None when the shop has as many as it may. Its log must be held, or two could be the last."""
    row = await conn.fetchrow(
        SQL["insert_webhook"], merchant_id, webhook_id, url, types, secret, now, most
    )
    return _row(row)


async def webhooks_of(conn: asyncpg.Connection, merchant_id: UUID) -> list[WebhookRow]:
    return [_whole(row) for row in await conn.fetch(SQL["webhooks_of"], merchant_id)]


async def find_webhook(
    conn: asyncpg.Connection, merchant_id: UUID, webhook_id: UUID
) -> WebhookRow | None:
    return _row(await conn.fetchrow(SQL["find_webhook"], merchant_id, webhook_id))


async def webhook_for_update(
    conn: asyncpg.Connection, merchant_id: UUID, webhook_id: UUID
) -> WebhookRow | None:
    return _row(await conn.fetchrow(SQL["webhook_for_update"], merchant_id, webhook_id))


async def change_webhook(conn: asyncpg.Connection, row: WebhookRow, now: datetime) -> WebhookRow:
    """Write url, types, state, reason and since, and forget what failed before: it is due now."""
    await hasten_deliveries(conn, (row.merchant_id, row.webhook_id), now)
    return _whole(
        await conn.fetchrow(
            SQL["change_webhook"],
            row.merchant_id,
            row.webhook_id,
            row.url,
            row.types,
            row.state,
            row.reason,
            row.since,
        )
    )


async def rotate_secret(
    conn: asyncpg.Connection, merchant_id: UUID, webhook_id: UUID, secret: str, until: datetime
) -> WebhookRow | None:
    return _row(await conn.fetchrow(SQL["rotate_secret"], merchant_id, webhook_id, secret, until))


async def delete_webhook(conn: asyncpg.Connection, merchant_id: UUID, webhook_id: UUID) -> bool:
    return await conn.fetchval(SQL["delete_webhook"], merchant_id, webhook_id) is not None


async def all_webhooks(conn: asyncpg.Connection) -> list[tuple[str, WebhookRow]]:
    """Each with the name of its shop."""
    rows = await conn.fetch(SQL["all_webhooks"])
    return [(row["merchant_name"], _whole(row)) for row in rows]


async def webhooks_within(conn: asyncpg.Connection, first: UUID, last: UUID) -> list[WebhookRow]:
    """Two at the most: one more than the one that is meant."""
    return [_whole(row) for row in await conn.fetch(SQL["webhooks_within"], first, last)]


async def count_webhooks(conn: asyncpg.Connection) -> Mapping[WebhookState, int]:
    rows = await conn.fetch(SQL["count_webhooks"])
    return {WebhookState(row["state"]): row["count"] for row in rows}
