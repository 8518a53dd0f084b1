"""How many scans there are already, asked of few numbers only."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from tracking.sql import SQL


async def count_scans(
    conn: asyncpg.Connection, ids: Sequence[UUID], since: datetime
) -> dict[UUID, int]:
    """Received since then, by shipment; none for those without any."""
    return {row[0]: row[1] for row in await conn.fetch(SQL["count_scans"], ids, since)}
