"""Shops, as their pages show them: where to ask for help, and in which language."""

from dataclasses import dataclass

import asyncpg

from tracking.sql import SQL
from tracking.store.pool import connection


@dataclass(frozen=True, slots=True)
class Merchant:
    """`help` is an address: https:, mailto: or tel:."""

    name: str
    help: str | None
    language: str | None


class Merchants:
    """A shop comes to be with its first key (tracking.store.keys)."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def list_merchants(self) -> list[Merchant]:
        async with connection(self._pool) as conn:
            return [Merchant(**dict(row)) for row in await conn.fetch(SQL["list_merchants"])]

    async def change_merchant(
        self, name: str, *, help_link: str | None = None, language: str | None = None
    ) -> bool:
        """None leaves as it is, an empty text takes away. False when there is no such shop."""
        async with connection(self._pool) as conn:
            found = await conn.fetchval(SQL["change_merchant"], name, help_link, language)
        return found is not None
