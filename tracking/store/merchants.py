"""Shops: what they set for themselves, and what their operator sets for them."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import asyncpg

from schemas.shop import ShopSettings, ShopTerms
from tracking.sql import SQL
from tracking.store.pool import connection, transaction

_OWN_COLUMNS = {"help", "language"}


@dataclass(frozen=True, slots=True)
class Merchant:
    """`help` is an address: https:, mailto: or tel:."""

    name: str
    help: str | None
    language: str | None


@dataclass(frozen=True, slots=True)
class Shop:
    """`name` is that of its keys."""

    merchant_id: UUID
    name: str
    settings: ShopSettings
    terms: ShopTerms


class Merchants:
    """A shop comes to be with its first key (tracking.store.keys)."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def list_merchants(self) -> list[Merchant]:
        async with connection(self._pool) as conn:
            return [Merchant(**dict(row)) for row in await conn.fetch(SQL["list_merchants"])]

    async def merchant_named(self, name: str) -> UUID | None:
        async with connection(self._pool) as conn:
            return await conn.fetchval(SQL["merchant_named"], name)  # type: ignore[no-any-return]  # no types

    async def link_sites(self) -> list[str]:
        """Addresses such as https://t.shop.example, of all shops that have one."""
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["link_sites"])
        return [row[0] for row in rows]

    async def shop(self, merchant_id: UUID) -> Shop | None:
        async with connection(self._pool) as conn:
            row = await conn.fetchrow(SQL["shop"], merchant_id)
        return _shop(row) if row else None

    async def list_shops(self, ids: Collection[UUID] | None, most: int) -> list[tuple[UUID, str]]:
        """Of these, or of all where that is None: id and name, by name."""
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["list_shops"], None if ids is None else list(ids), most)
        return [tuple(row) for row in rows]

    async def change_shop(
        self,
        merchant_id: UUID,
        change: Callable[[Shop], Shop],
        noting: Callable[[Shop, Shop], Callable[[asyncpg.Connection], Awaitable[None]]]
        | None = None,
    ) -> Shop | None:
        """What it is after the change, which nobody else makes meanwhile and which may raise.

        `noting` says of before and after what is written in the same transaction.
        """
        async with transaction(self._pool) as conn:
            found = await shop_for_update(conn, merchant_id)
            if found is None:
                return None
            changed = change(found)
            await save_shop(conn, changed)
            if noting is not None:
                await noting(found, changed)(conn)
            return changed


async def shop_for_update(conn: asyncpg.Connection, merchant_id: UUID) -> Shop | None:
    row = await conn.fetchrow(SQL["shop_for_update"], merchant_id)
    return _shop(row) if row else None


def _shop(row: asyncpg.Record) -> Shop:
    own = {"help": row["help"], "language": row["language"]}
    settings = kept_settings(row["settings"]).model_copy(update=own)
    return Shop(row["merchant_id"], row["name"], settings, kept_terms(row["terms"]))


async def save_shop(conn: asyncpg.Connection, changed: Shop) -> None:
    settings, terms = changed.settings, changed.terms
    await conn.execute(
        SQL["save_shop"],
        changed.merchant_id,
        settings.help,
        settings.language,
        settings.model_dump_json(exclude_defaults=True, exclude=_OWN_COLUMNS),
        terms.model_dump_json(exclude_defaults=True),
    )


@lru_cache(maxsize=1024)
def kept_settings(text: str | None) -> ShopSettings:
    """As they were kept, without what has a column of its own."""
    if not text:
        return ShopSettings()
    return ShopSettings.kept(text)


@lru_cache(maxsize=1024)
def kept_terms(text: str | None) -> ShopTerms:
    if not text:
        return ShopTerms()
    return ShopTerms.kept(text)
