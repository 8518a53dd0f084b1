"""New links to a parcel's page: 128 random bits in 22 characters, of which only a hash is kept."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from tracking.sealing import Sealer
from tracking.store.links import Links

_RANDOM_BYTES = 16


class LinkMaker:
    def __init__(self, pool: asyncpg.Pool, sealer: Sealer) -> None:
        self._links, self._sealer = Links(pool), sealer

    async def issue(self, shipment_ids: Sequence[UUID], now: datetime) -> list[str]:
        """Paths of new tracking pages, in this order; known to nobody but the caller."""
        tokens = [secrets.token_urlsafe(_RANDOM_BYTES) for _ in shipment_ids]
        newest = [self._sealer.token_hashes(token)[0] for token in tokens]
        await self._links.insert_links(newest, shipment_ids, now=now)
        return [f"/t/{token}" for token in tokens]
