"""What a shop does with its webhooks. Whatever is not the shop's looks like nothing at all."""

import base64
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from schemas.webhook import (
    TEST,
    AttemptBody,
    DeliveryState,
    DisabledReason,
    WebhookBody,
    WebhookChange,
    WebhookState,
    WebhookWanted,
    WebhookWithSecret,
)
from tracking.errors import KlatError
from tracking.ids import uuid7
from tracking.sealing import Sealer
from tracking.staff.audit import Noting
from tracking.store.deliveries import (
    Planned,
    attempts_of,
    find_delivery,
    plan_deliveries,
    resend_delivery,
)
from tracking.store.merchant_facts import lock_logs
from tracking.store.pool import connection, transaction
from tracking.store.webhooks import (
    WebhookRow,
    change_webhook,
    delete_webhook,
    find_webhook,
    insert_webhook,
    rotate_secret,
    webhook_for_update,
    webhooks_of,
)

MOST: Final = 10  # webhooks of a shop
OVERLAP: Final = timedelta(hours=24)  # in which a former secret signs beside the new one
ATTEMPTS_SHOWN: Final = 100
_SECRET_BYTES: Final = 32


class TooManyWebhooks(KlatError):  # noqa: N818 - named for what was found
    """The shop has as many webhooks as it may."""


class NoSuchWebhook(KlatError):  # noqa: N818 - named for what was found
    """The shop has no such webhook, or no such delivery to it."""


class WebhookDisabled(KlatError):  # noqa: N818 - named for what was found
    """Nothing is sent to this webhook."""


class DisabledByOperator(KlatError):  # noqa: N818 - named for what was found
    """The operator has disabled it, and has to enable it."""


class BeingSent(KlatError):  # noqa: N818 - named for what was found
    """It is just being sent."""


def new_secret() -> str:
    """256 random bits in the form of Standard Webhooks."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


def secret_context(webhook_id: UUID) -> str:
    """To what the secret of a webhook is sealed."""
    return f"webhook_secret:{webhook_id}"


class ShopWebhooks:
    """The webhooks of one shop. `noting`: what is written with each thing that is done."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        sealer: Sealer,
        merchant_id: UUID,
        noting: Noting | None = None,
    ) -> None:
        self._pool, self._sealer, self._merchant_id = pool, sealer, merchant_id
        self._noting = noting

    async def _note(self, conn: asyncpg.Connection) -> None:
        if self._noting is not None:
            await self._noting(conn)

    async def create(self, wanted: WebhookWanted, *, now: datetime) -> WebhookWithSecret:
        """`wanted.url` was checked. Raises TooManyWebhooks."""
        webhook_id, secret = uuid7(now), new_secret()
        sealed = self._sealer.seal_text(secret, secret_context(webhook_id))
        async with transaction(self._pool) as conn:
            await lock_logs(conn, {self._merchant_id})  # two at once could both be the tenth
            row = await insert_webhook(
                conn,
                self._merchant_id,
                webhook_id,
                wanted.url,
                wanted.types,
                sealed,
                now=now,
                most=MOST,
            )
            if row is None:
                raise TooManyWebhooks
            await self._note(conn)
        return WebhookWithSecret(**dict(body(row, now)), secret=secret)

    async def all(self, now: datetime) -> list[WebhookBody]:
        async with connection(self._pool) as conn:
            return [body(row, now) for row in await webhooks_of(conn, self._merchant_id)]

    async def one(self, webhook_id: UUID, now: datetime) -> WebhookBody:
        """Raises NoSuchWebhook."""
        async with connection(self._pool) as conn:
            return body(await self._found(conn, webhook_id), now)

    async def _found(self, conn: asyncpg.Connection, webhook_id: UUID) -> WebhookRow:
        return _there(await find_webhook(conn, self._merchant_id, webhook_id))

    async def change(
        self, webhook_id: UUID, change: WebhookChange, *, now: datetime
    ) -> WebhookBody:
        """What is given; `change.url` was checked. Raises NoSuchWebhook, DisabledByOperator."""
        async with transaction(self._pool) as conn:
            row = _there(await webhook_for_update(conn, self._merchant_id, webhook_id))
            await self._note(conn)
            return body(await change_webhook(conn, changed(row, change, now), now), now)

    async def delete(self, webhook_id: UUID) -> None:
        """Raises NoSuchWebhook."""
        async with transaction(self._pool) as conn:
            if not await delete_webhook(conn, self._merchant_id, webhook_id):
                raise NoSuchWebhook
            await self._note(conn)

    async def rotate(self, webhook_id: UUID, *, now: datetime) -> WebhookWithSecret:
        """Raises NoSuchWebhook."""
        secret = new_secret()
        sealed = self._sealer.seal_text(secret, secret_context(webhook_id))
        until = now + OVERLAP
        async with transaction(self._pool) as conn:
            row = _there(await rotate_secret(conn, self._merchant_id, webhook_id, sealed, until))
            await self._note(conn)
        return WebhookWithSecret(**dict(body(row, now)), secret=secret)

    async def test(self, webhook_id: UUID, *, now: datetime) -> UUID:
        """Plan a test; its id. Raises NoSuchWebhook, WebhookDisabled."""
        delivery_id = uuid7(now)
        planned = Planned(self._merchant_id, webhook_id, delivery_id, None, None, TEST)
        async with transaction(self._pool) as conn:
            await self._enabled(conn, webhook_id)
            await plan_deliveries(conn, [planned], now)
            await self._note(conn)
        return delivery_id

    async def attempts(self, webhook_id: UUID) -> list[AttemptBody]:
        """The latest first. Raises NoSuchWebhook."""
        async with connection(self._pool) as conn:
            await self._found(conn, webhook_id)
            rows = await attempts_of(conn, (self._merchant_id, webhook_id), ATTEMPTS_SHOWN)
        return [_attempt(row) for row in rows]

    async def resend(self, webhook_id: UUID, delivery_id: UUID, *, now: datetime) -> None:
        """From the beginning. Raises NoSuchWebhook, WebhookDisabled, BeingSent."""
        key = self._merchant_id, webhook_id
        async with transaction(self._pool) as conn:
            await self._enabled(conn, webhook_id)
            if not await resend_delivery(conn, key, delivery_id, now):
                state = await find_delivery(conn, key, delivery_id)
                raise BeingSent if state else NoSuchWebhook
            await self._note(conn)

    async def _enabled(self, conn: asyncpg.Connection, webhook_id: UUID) -> None:
        row = await self._found(conn, webhook_id)
        if row.state is WebhookState.DISABLED:
            raise WebhookDisabled


def _there(row: WebhookRow | None) -> WebhookRow:
    if row is None:
        raise NoSuchWebhook
    return row


def changed(row: WebhookRow, change: WebhookChange, now: datetime) -> WebhookRow:
    """The webhook with what its shop wants of it. Pure. Raises DisabledByOperator."""
    if change.url is not None:
        row = replace(row, url=change.url)
    if "types" in change.model_fields_set:
        row = replace(row, types=change.types)
    if change.state is None or change.state is row.state:
        return row
    if row.reason is DisabledReason.OPERATOR:
        raise DisabledByOperator
    is_off = change.state is WebhookState.DISABLED
    return replace(
        row, state=change.state, reason=DisabledReason.SHOP if is_off else None, since=now
    )


def body(row: WebhookRow, now: datetime) -> WebhookBody:
    """What is over is not shown."""
    return WebhookBody(
        webhook_id=row.webhook_id,
        url=row.url,
        types=None if row.types is None else list(row.types),
        state=row.state,
        reason=row.reason,
        since=row.since,
        failures=row.failures,
        failing_since=row.failing_since,
        paused_until=_ahead(row.paused_until, now),
        previous_secret_until=_ahead(row.previous_until, now),
        created_at=row.created_at,
    )


def _ahead(at: datetime | None, now: datetime) -> datetime | None:
    return at if at is not None and at > now else None


def _attempt(row: asyncpg.Record) -> AttemptBody:
    """What a host inside our network resolves to is none of the shop's business."""
    fields = dict(row)
    if row["outcome"] == "address_refused":
        fields["outcome"] = "unreachable"
    due_at = fields.pop("due_at")
    waits = row["state"] == DeliveryState.WAITING
    return AttemptBody(**fields, next_try_at=due_at if waits else None)
