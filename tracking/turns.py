"""A sender's turn: what has ended is noted, what is due is claimed, in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

import asyncpg

from schemas.webhook import WebhookState
from tracking.domain.places import Room, share
from tracking.store.deliveries import (
    Claimed,
    Health,
    Settled,
    Waiting,
    WebhookKey,
    abandoned_deliveries,
    claim_deliveries,
    due_webhooks,
    lock_health,
    note_health,
    settle_deliveries,
    waiting_deliveries,
)
from tracking.store.pool import connection, retried, transaction
from tracking.store.webhooks import count_webhooks

Judge = Callable[[Health, Sequence[UUID]], Health]
"""How a webhook fares once these deliveries have ended so, in this order."""


class Turn(NamedTuple):
    """What was claimed; which webhooks fare otherwise than before."""

    claimed: Sequence[Claimed]
    changed: Mapping[WebhookKey, Health]


class Deliveries:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def turn(
        self, ended: Sequence[Settled], judge: Judge, *, now: datetime, room: Room | None
    ) -> Turn:
        """`room` is for what the sender has place; none: nothing is claimed.

        Raises StoreUnavailable; nothing was noted or claimed then, as far as can be known.
        """
        return await retried(partial(self._turn, ended, judge, now, room))

    async def _turn(
        self, ended: Sequence[Settled], judge: Judge, now: datetime, room: Room | None
    ) -> Turn:
        async with transaction(self._pool) as conn:
            changed = await _note(conn, ended, judge, now) if ended else {}
            claimed = await _claim(conn, room, now) if room and room.free else []
        return Turn(claimed, changed)

    async def take_over(self, *, before: datetime, now: datetime) -> list[tuple[UUID, UUID]]:
        """What was claimed before and never settled is due again: webhook and delivery of each."""
        async with connection(self._pool) as conn:
            return await abandoned_deliveries(conn, before, now)

    async def webhooks(self) -> Mapping[WebhookState, int]:
        """How many there are in each state."""
        async with connection(self._pool) as conn:
            return await count_webhooks(conn)

    async def waiting(self, most: int, now: datetime) -> Waiting:
        return await waiting_deliveries(self._pool, most, now)


async def _claim(conn: asyncpg.Connection, room: Room, now: datetime) -> Sequence[Claimed]:
    targets = await due_webhooks(conn, now, room)
    counts = dict(zip(targets, share(targets, room), strict=True))
    served = {target: count for target, count in counts.items() if count}
    return await claim_deliveries(conn, [*served], [*served.values()], now) if served else []


async def _note(
    conn: asyncpg.Connection, ended: Sequence[Settled], judge: Judge, now: datetime
) -> Mapping[WebhookKey, Health]:
    ours = await settle_deliveries(conn, ended)
    told = _by_webhook([each for each in ended if each.claimed.delivery_id in ours])
    before = await lock_health(conn, told)
    fares = {key: judge(health, told[key]) for key, health in before.items()}
    changed = {key: health for key, health in fares.items() if health != before[key]}
    await note_health(conn, changed, now)
    return changed


def _by_webhook(ended: Sequence[Settled]) -> dict[WebhookKey, list[UUID]]:
    in_order = sorted(ended, key=lambda each: each.claimed.target.key)  # keeps the order in each
    return {
        key: [each.claimed.delivery_id for each in group]
        for key, group in groupby(in_order, key=lambda each: each.claimed.target.key)
    }
