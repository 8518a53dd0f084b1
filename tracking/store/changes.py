"""Writing what a batch changed: one statement, however large the batch."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
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
    decided = [each.change for each in changes]
    await conn.execute(
        SQL["write_changes"],
        [each.shipment_id for each in changes],
        [each.is_new for each in changes],
        [each.carrier for each in changes],
        [each.tracking_number for each in changes],
        [each.journey for each in decided],
        [each.version for each in decided],
        [each.state.status for each in decided],
        [each.state.model_dump_json(exclude_defaults=True) for each in decided],
        [each.last_at for each in decided],
        [each.simple for each in decided],
        [each.fact_type for each in changes],
        [each.fact for each in changes],
        now,
    )
