"""API keys, the merchants behind them, and the secrets with which carriers sign."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg

from tracking.errors import KlatError
from tracking.keys import Role, key_hash, new_key, shown_prefix
from tracking.sql import SQL
from tracking.store.pool import connection, transaction

Doing = Callable[[asyncpg.Connection], Awaitable[None]]
_UNCLEAR = "Several live keys begin like this: name one by its id."


class NoSuchKey(KlatError):  # noqa: N818 - named for what was found
    """No live key has this id or these first characters."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A caller: its role, and the carrier or merchant that it speaks for."""

    key_id: UUID
    role: Role
    carrier: str | None = None
    merchant_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key as a list may show it."""

    key_id: UUID
    prefix: str
    role: Role
    name: str
    carrier: str | None
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class Keys:
    """The table of keys; `create` answers the key itself, which is kept nowhere."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def create(
        self,
        role: Role,
        name: str,
        *,
        now: datetime,
        carrier: str | None = None,
        noting: Doing | None = None,
    ) -> str:
        """A new key. A merchant's name is its account: two keys of one name share everything.

        `noting` writes that it was made, in the same transaction.
        """
        key = new_key()
        async with transaction(self._pool) as conn:
            merchant = (
                await self.ensure_merchant(conn, name, now) if role is Role.MERCHANT else None
            )
            await self.insert_key(conn, key, ApiKey(uuid4(), role, carrier, merchant), name, now)
            if noting is not None:
                await noting(conn)
        return key

    async def ensure_merchant(self, conn: asyncpg.Connection, name: str, now: datetime) -> UUID:
        found: UUID = await conn.fetchval(SQL["ensure_merchant"], uuid4(), name, now)
        return found

    async def insert_key(
        self, conn: asyncpg.Connection, key: str, owner: ApiKey, name: str, now: datetime
    ) -> None:
        await conn.execute(
            SQL["insert_key"],
            owner.key_id,
            key_hash(key),
            shown_prefix(key),
            owner.role,
            name,
            owner.carrier,
            owner.merchant_id,
            now,
        )

    async def live_keys(self) -> dict[bytes, ApiKey]:
        """Every caller by the hash of its key."""
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["live_keys"])
        return {
            row["hash"]: ApiKey(
                row["key_id"], Role(row["role"]), row["carrier"], row["merchant_id"]
            )
            for row in rows
        }

    async def list_keys(self) -> list[ListedKey]:
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["list_keys"])
        return [ListedKey(**{**dict(row), "role": Role(row["role"])}) for row in rows]

    async def keys_of(self, merchant_id: UUID | None, most: int) -> list[ListedKey]:
        """Of a shop; where that is None, of couriers and support. The newest first."""
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["keys_of"], merchant_id, most)
        return [ListedKey(**{**dict(row), "role": Role(row["role"])}) for row in rows]

    async def revoke_key_of(
        self, merchant_id: UUID | None, key_id: UUID, noting: Doing, *, now: datetime
    ) -> None:
        """End a live key of this shop, or of none. Raises NoSuchKey."""
        async with transaction(self._pool) as conn:
            if await conn.fetchval(SQL["revoke_key_of"], merchant_id, key_id, now) is None:
                raise NoSuchKey
            await noting(conn)

    async def revoke(self, id_or_prefix: str, *, now: datetime) -> UUID:
        """End one key. Raises NoSuchKey where it is none, or not clear which."""
        async with transaction(self._pool) as conn:
            ended = await self.revoke_keys(conn, id_or_prefix, now)
            if len(ended) != 1:
                raise NoSuchKey(_UNCLEAR if ended else None)
        return ended[0]

    async def revoke_keys(
        self, conn: asyncpg.Connection, id_or_prefix: str, now: datetime
    ) -> list[UUID]:
        rows = await conn.fetch(SQL["revoke_keys"], id_or_prefix, now)
        return [row["key_id"] for row in rows]

    async def touch_keys(self, used: Mapping[UUID, datetime]) -> None:
        async with connection(self._pool) as conn:
            await conn.execute(SQL["touch_keys"], list(used), list(used.values()))

    async def carrier_secrets(self) -> dict[str, str]:
        """Sealed secrets by carrier."""
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["carrier_secrets"])
        return {row["carrier"]: row["sealed"] for row in rows}

    async def save_carrier_secret(self, carrier: str, sealed: str, *, now: datetime) -> None:
        async with connection(self._pool) as conn:
            await conn.execute(SQL["save_carrier_secret"], carrier, sealed, now)
