"""How many scans there are already, and which: asked of few numbers only."""

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


async def contents_of_scans(
    conn: asyncpg.Connection, ids: Sequence[UUID], keys: Sequence[bytes]
) -> dict[UUID, dict[bytes, bytes]]:
    """By shipment: the digest of what stands under each of these keys."""
    contents: dict[UUID, dict[bytes, bytes]] = {key: {} for key in ids}
    for row in await conn.fetch(SQL["contents_of_scans"], ids, keys):
        contents[row["shipment_id"]][row["scan_key"]] = row["digest"]
    return contents
