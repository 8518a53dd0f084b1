"""Public links and the tries at their second factor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from schemas.status import Status
from tracking.sql import SQL
from tracking.store.pool import connection

TRIES = 5  # wrong answers before a pause
FIRST_PAUSE = timedelta(minutes=15)  # doubles with every further five
LONGEST_PAUSE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LinkTarget:
    """The shipment behind a link, what its shop said, and how the tries stand.

    `merchant_site` is the shop's own host of links, where it has one.

    `eta_…`: when it is expected by what is known of so many others.
    `since`: when its present status began; `changed_at`: its last news; `issued_at`: of this link.
    `bonus_…`: of its bonus code, sealed, with what is left of it in cents.
    `sent_to`: proof of the address that a notice with this link went to (tracking.suppression).
    """

    shipment_id: UUID
    carrier: str
    tracking_number: str
    status: Status
    since: datetime | None
    changed_at: datetime
    issued_at: datetime
    sent_to: bytes | None
    language: str | None
    service: str | None
    country: str | None
    contact: str | None
    promise_from: datetime | None
    promise_by: datetime | None
    merchant_name: str | None
    merchant_id: UUID | None
    merchant_site: str | None
    merchant_help: str | None
    merchant_language: str | None
    wrong: int
    paused_until: datetime | None
    eta_starts: datetime | None = None
    eta_ends: datetime | None = None
    eta_samples: int | None = None
    bonus_code: str | None = None
    bonus_currency: str | None = None
    bonus_until: datetime | None = None
    bonus_left: int | None = None
    bonus_for_delay: bool | None = None


@dataclass(frozen=True, slots=True)
class Tries:
    """Wrong answers so far (one that is being looked at counts), and the pause they led to."""

    wrong: int
    paused_until: datetime | None

    @property
    def left(self) -> int:
        return TRIES - self.wrong % TRIES


class Links:
    """Tokens come here hashed; no table knows a link."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def insert_links(
        self,
        token_hashes: Sequence[bytes],
        shipment_ids: Sequence[UUID],
        sent_to: Sequence[bytes | None],
        *,
        now: datetime,
    ) -> None:
        async with connection(self._pool) as conn:
            await conn.execute(SQL["insert_links"], token_hashes, shipment_ids, sent_to, now)

    async def link_target(self, token_hashes: list[bytes]) -> LinkTarget | None:
        async with connection(self._pool) as conn:
            row = await conn.fetchrow(SQL["link_target"], token_hashes)
        return LinkTarget(**{**row, "status": Status(row["status"])}) if row else None

    async def claim_try(self, shipment_id: UUID, *, now: datetime) -> Tries | None:
        """One more try; None while paused. Counted first, so that guesses cannot race."""
        async with connection(self._pool) as conn:
            row = await conn.fetchrow(
                SQL["claim_try"], shipment_id, now, TRIES, FIRST_PAUSE, LONGEST_PAUSE
            )
        return Tries(**dict(row)) if row else None

    async def forget_tries(self, shipment_id: UUID) -> None:
        async with connection(self._pool) as conn:
            await conn.execute(SQL["forget_tries"], shipment_id)

    async def revoke_links(self, shipment_id: UUID, *, now: datetime) -> int:
        """How many worked before."""
        async with connection(self._pool) as conn:
            return await conn.fetchval(SQL["revoke_links"], shipment_id, now)  # type: ignore[no-any-return]  # no types
