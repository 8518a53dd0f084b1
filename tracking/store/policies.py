"""Every version of what shops promise and owe."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from uuid import UUID

import asyncpg

from schemas.policy import ShopPolicy
from tracking.sql import SQL


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    version: int
    valid_from: date
    policy: ShopPolicy
    source: str
    loaded_at: datetime


async def insert_policy(
    conn: asyncpg.Connection, merchant_id: UUID, policy: ShopPolicy, source: str, now: datetime
) -> int:
    """Its version. Raises UniqueViolationError where another one was loaded at the same time."""
    body = policy.model_dump_json(exclude_defaults=True)
    version: int = await conn.fetchval(
        SQL["insert_policy"], merchant_id, policy.valid_from, body, source, now
    )
    return version


async def policies_of(
    conn: asyncpg.Connection, merchants: Collection[UUID]
) -> Mapping[UUID, Sequence[PolicyVersion]]:
    """By shop, in the order of their versions; nothing where it has none."""
    found: dict[UUID, list[PolicyVersion]] = defaultdict(list)
    for row in await conn.fetch(SQL["policies_of"], list(merchants)):
        policy = _read(row["body"])
        known = PolicyVersion(
            row["version"], row["valid_from"], policy, row["source"], row["loaded_at"]
        )
        found[row["merchant_id"]].append(known)
    return found


@lru_cache(maxsize=1000)
def _read(body: str) -> ShopPolicy:
    return ShopPolicy.kept(body)
