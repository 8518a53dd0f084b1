"""What shops said about shipments."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from tracking.sql import SQL
from tracking.store.pool import connection


@dataclass(frozen=True, slots=True)
class RegistrationRow:
    """One registration, fields as its columns; `contact` is sealed (tracking.contact)."""

    shipment_id: UUID
    merchant_id: UUID
    order_ref: str | None
    merchant_reference: str | None
    service: str | None
    language: str | None
    country: str | None
    contact: str | None
    promise_from: datetime | None
    promise_by: datetime | None
    value_cents: int | None
    value_currency: str | None
    notify: dict[str, bool]
    digest: bytes
    registered_at: datetime
    region: str | None = None


class Known(NamedTuple):
    """`digest` is that of what the shop told last (tracking.register)."""

    merchant_id: UUID
    digest: bytes
    registered_at: datetime


def _row(record: asyncpg.Record | None) -> RegistrationRow | None:
    if record is None:
        return None
    fields: dict[str, Any] = dict(record)
    return RegistrationRow(**{**fields, "notify": json.loads(fields["notify"])})


class Registrations:
    """Reads for the web; writes run in the caller's transaction."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def registration_for_update(
        self, conn: asyncpg.Connection, shipment_id: UUID
    ) -> RegistrationRow | None:
        return _row(await conn.fetchrow(SQL["registration_for_update"], shipment_id))

    async def save_registration(self, conn: asyncpg.Connection, row: RegistrationRow) -> bool:
        """False when the shipment belongs to another merchant: nothing was written."""
        saved = await conn.fetchval(
            SQL["save_registration"],
            row.shipment_id,
            row.merchant_id,
            row.order_ref,
            row.merchant_reference,
            row.service,
            row.language,
            row.country,
            row.contact,
            row.promise_from,
            row.promise_by,
            row.value_cents,
            row.value_currency,
            json.dumps(row.notify),
            row.digest,
            row.registered_at,
            row.region,
        )
        return saved is not None

    async def registration(self, shipment_id: UUID) -> RegistrationRow | None:
        async with connection(self._pool) as conn:
            return _row(await conn.fetchrow(SQL["registration"], shipment_id))

    async def registered_numbers(
        self, numbers: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], Known]:
        """By carrier and number, of those that somebody registered."""
        carriers, told = [carrier for carrier, _ in numbers], [number for _, number in numbers]
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["registered_numbers"], carriers, told)
        return {
            (row["carrier"], row["tracking_number"]): Known(
                row["merchant_id"], row["digest"], row["registered_at"]
            )
            for row in rows
        }

    async def shipments_of_order(self, order: str, merchant_id: UUID | None) -> list[UUID]:
        """Of one merchant, or of all of them where that is None."""
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["shipments_of_order"], order, merchant_id)
        return [row["shipment_id"] for row in rows]
