"""New links to a parcel's page: 128 random bits in 22 characters, of which only a hash is kept."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from schemas.notice import Channel
from tracking.sealing import Sealer
from tracking.store.links import Links
from tracking.suppression import link_proofs

_RANDOM_BYTES = 16


class Receiver(NamedTuple):
    """To whom a link goes in a notice, and to nobody else. `to` is E.164 or an e-mail address."""

    channel: Channel
    to: str


class NewLink(NamedTuple):
    """`receiver` None: it is given to the shop."""

    shipment_id: UUID
    receiver: Receiver | None = None


class LinkMaker:
    def __init__(self, pool: asyncpg.Pool, sealer: Sealer) -> None:
        self._links, self._sealer = Links(pool), sealer

    async def issue(self, wanted: Sequence[NewLink], now: datetime) -> list[str]:
        """Paths of new tracking pages, in this order; known to nobody but the caller."""
        tokens = [secrets.token_urlsafe(_RANDOM_BYTES) for _ in wanted]
        newest = [self._sealer.token_hashes(token)[0] for token in tokens]
        shipments = [each.shipment_id for each in wanted]
        pairs = zip(tokens, wanted, strict=True)
        sent_to = [self._sent_to(token, each.receiver) for token, each in pairs]
        await self._links.insert_links(newest, shipments, sent_to, now=now)
        return [f"/t/{token}" for token in tokens]

    def _sent_to(self, token: str, receiver: Receiver | None) -> bytes | None:
        return link_proofs(self._sealer, token, *receiver)[0] if receiver else None
