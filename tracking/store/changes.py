"""Writing what a batch changed: a handful of statements, however large the batch."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from tracking.domain.reckon import Change
from tracking.sql import SQL


class ShipmentChange(NamedTuple):
    """A change of one shipment, ready to be written. `fact` is a CloudEvent as JSON."""

    shipment_id: UUID
    carrier: str
    tracking_number: str
    is_new: bool
    change: Change
    fact_type: str | None
    fact: str | None


async def write_changes(
    conn: asyncpg.Connection, changes: Sequence[ShipmentChange], now: datetime
) -> None:
    """Shipments and outbox. Raises UniqueViolationError when another process was first."""
    new = [each for each in changes if each.is_new]
    known = [each for each in changes if not each.is_new]
    if new:
        await insert_shipments(conn, new, now)
    if known:
        await update_shipments(conn, known, now)
    await insert_outbox(conn, changes, now)


async def insert_shipments(
    conn: asyncpg.Connection, changes: Sequence[ShipmentChange], now: datetime
) -> None:
    await conn.execute(
        SQL["insert_shipments"],
        [each.shipment_id for each in changes],
        [each.carrier for each in changes],
        [each.tracking_number for each in changes],
        [each.change.journey for each in changes],
        *_states(changes),
        now,
    )


async def update_shipments(
    conn: asyncpg.Connection, changes: Sequence[ShipmentChange], now: datetime
) -> None:
    await conn.execute(
        SQL["update_shipments"],
        [each.shipment_id for each in changes],
        *_states(changes),
        now,
    )


def _states(changes: Sequence[ShipmentChange]) -> tuple[list[Any], ...]:
    """The columns of a state: version, status, state, last_at, simple."""
    return (
        [each.change.version for each in changes],
        [each.change.state.status for each in changes],
        [each.change.state.model_dump_json(exclude_defaults=True) for each in changes],
        [each.change.last_at for each in changes],
        [each.change.simple for each in changes],
    )


async def insert_outbox(
    conn: asyncpg.Connection, changes: Sequence[ShipmentChange], now: datetime
) -> None:
    await conn.execute(
        SQL["insert_outbox"],
        [each.shipment_id for each in changes],
        [each.change.version for each in changes],
        [each.fact_type for each in changes],
        [each.fact for each in changes],
        now,
    )
