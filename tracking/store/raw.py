"""Payloads in the carriers' own formats, kept sealed beside the scans that were read from them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from tracking.sql import SQL


@dataclass(frozen=True, slots=True)
class RawPayload:
    digest: bytes
    carrier: str
    received_at: datetime
    sealed: bytes


async def insert_raw_payloads(
    conn: asyncpg.Connection,
    raw: Sequence[RawPayload],
    parcels: Mapping[bytes, Collection[UUID]],
) -> None:
    """`parcels`: of which each speaks, by the digest of the payload."""
    distinct = {each.digest: each for each in raw}.values()
    if not distinct:
        return
    speaking = [(each, key) for each in distinct for key in parcels.get(each.digest, ())]
    await conn.execute(
        SQL["insert_raw_payloads"],
        [each.digest for each in distinct],
        [each.carrier for each in distinct],
        [each.received_at for each in distinct],
        [each.sealed for each in distinct],
        [key for _, key in speaking],
        [each.digest for each, _ in speaking],
        [each.received_at for each, _ in speaking],
    )
