"""How many scans there are already, asked of few numbers only."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from tracking.sql import SQL


async def count_scans(conn: asyncpg.Connection, ids: Sequence[UUID], since: datetime) -> int:
    return int(await conn.fetchval(SQL["count_scans"], ids, since))
