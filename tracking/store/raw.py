"""Payloads in the carriers' own formats, kept sealed beside the scans that were read from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from tracking.sql import SQL


@dataclass(frozen=True, slots=True)
class RawPayload:
    digest: bytes
    carrier: str
    received_at: datetime
    sealed: bytes


async def insert_raw_payloads(conn: asyncpg.Connection, raw: Sequence[RawPayload]) -> None:
    distinct = {each.digest: each for each in raw}.values()
    if distinct:
        await conn.execute(
            SQL["insert_raw_payloads"],
            [each.digest for each in distinct],
            [each.carrier for each in distinct],
            [each.received_at for each in distinct],
            [each.sealed for each in distinct],
        )
