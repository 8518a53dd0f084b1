"""Facts in: each into its shop's log, once, and on its way to whoever of the shop wants it.

One transaction and five statements for a batch, however large. Whoever appends to a log holds its
row until the commit, so positions have no gap and become visible in their order: a reader that went
on from the latest it saw has missed nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

import asyncpg

from tracking.ids import uuid7s
from tracking.store.deliveries import Listener, Planned, listening_webhooks, plan_deliveries
from tracking.store.merchant_facts import LoggedFact, append_facts, known_facts, lock_logs
from tracking.store.pool import retried, transaction


class NewFact(NamedTuple):
    """A fact as it came. `body` is the JSON of a schemas.webhook.WebhookEvent."""

    merchant_id: UUID
    fact_id: str
    type: str
    body: str


@dataclass(frozen=True, slots=True)
class Fed:
    """What came of a batch."""

    appended: int = 0
    repeats: int = 0
    deliveries: int = 0


async def feed(pool: asyncpg.Pool, facts: Sequence[NewFact], *, now: datetime) -> Fed:
    """Append a batch. Raises StoreUnavailable; after any error nothing of the batch is kept."""
    return await retried(partial(_feed, pool, facts, now)) if facts else Fed()


async def _feed(pool: asyncpg.Pool, facts: Sequence[NewFact], now: datetime) -> Fed:
    told = {(fact.merchant_id, fact.fact_id): fact for fact in facts}
    async with transaction(pool) as conn:
        positions = await lock_logs(conn, {fact.merchant_id for fact in facts})
        known = await known_facts(conn, list(told))
        appended = numbered([told[key] for key in told if key not in known], positions)
        await append_facts(conn, appended, now)
        listeners = await listening_webhooks(conn, {fact.merchant_id for fact in appended})
        planned = deliveries(appended, listeners, now)
        await plan_deliveries(conn, planned, now)
    return Fed(len(appended), len(facts) - len(appended), len(planned))


def numbered(facts: Iterable[NewFact], positions: Mapping[UUID, int]) -> list[LoggedFact]:
    """In the order in which they came, each behind the latest of its shop's log. Pure."""
    latest, logged = dict(positions), []
    for fact in facts:
        latest[fact.merchant_id] += 1
        logged.append(LoggedFact(fact.merchant_id, latest[fact.merchant_id], *fact[1:]))
    return logged


def deliveries(
    facts: Sequence[LoggedFact], listeners: Sequence[Listener], now: datetime
) -> list[Planned]:
    """One for each fact and webhook of its shop that wants the type, in the facts' order."""
    wanted = [
        (fact, listener)
        for fact in facts
        for listener in listeners
        if listener.merchant_id == fact.merchant_id
        and (listener.types is None or fact.type in listener.types)
    ]
    return [
        Planned(fact.merchant_id, listener.webhook_id, new, fact.position, fact.fact_id, fact.type)
        for new, (fact, listener) in zip(uuid7s(now, len(wanted)), wanted, strict=True)
    ]
