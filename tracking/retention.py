"""What is kept for how long. What waits for somebody is kept until it is done with."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg
import structlog
from prometheus_client import Counter

from schemas.retention import DataClass, ages
from tracking.apart import OF_DATA
from tracking.errors import KlatError
from tracking.person.ageing import (
    START,
    Step,
    forget_contacts,
    forget_people,
    forget_unclaimed,
)
from tracking.store.person import Place
from tracking.store.pool import connection
from tracking.store.retention import (
    forget_case_texts,
    forget_notice_texts,
    forget_searches,
    prune_audit,
    prune_cases,
    prune_deliveries,
    prune_facts,
    prune_links,
    prune_logins,
    prune_notices,
    prune_parked,
    prune_push_subscriptions,
    prune_quarantine,
    prune_raw_parcels,
    prune_raw_payloads,
    prune_sessions,
    prune_sms_quotas,
)

log = structlog.get_logger()

EVERY = 24 * 3600.0  # seconds
AT_ONCE = 500  # rows in one statement; a payload has up to a mebibyte
# Seconds after the start, for the processes of an earlier release to end first; after a failure.
_FIRST, _AGAIN = 3600.0, 3600.0
_PAUSE = 0.2  # seconds between statements, for events to go first
_GLANCE = 0.02  # where nothing was to be done
# A table may be locked for hours, a row be written by a later release.
_FAULTS: Final = (KlatError, asyncpg.PostgresError, *OF_DATA)
# Of the process; registered where the process is composed.
NOT_FORGOTTEN = Counter(
    "klat_parcels_not_forgotten",
    "Parcels that are old enough and could not be read",
    registry=None,
)

Prune = Callable[[asyncpg.Connection, datetime, int], Awaitable[int]]
Forget = Callable[[asyncpg.Pool, datetime, datetime, Place, int], Awaitable[Step]]


class NotAllDone(KlatError):  # noqa: N818 - named for what is to be done
    """Some rules failed, and each was told of; the others were carried out."""


class Rule(NamedTuple):
    """These are deleted, or what they say, once they are as old as their class says."""

    kind: DataClass
    prune: Prune


RULES = (
    Rule(DataClass.RAW_PAYLOADS, prune_raw_payloads),
    Rule(DataClass.RAW_PARCELS, prune_raw_parcels),
    Rule(DataClass.RESOLVED_QUARANTINE, prune_quarantine),
    Rule(DataClass.REPLAYED_MESSAGES, prune_parked),
    Rule(DataClass.NOTICE_TEXTS, forget_notice_texts),
    Rule(DataClass.NOTICES, prune_notices),
    Rule(DataClass.LINKS, prune_links),
    Rule(DataClass.FACTS, prune_facts),
    Rule(DataClass.WEBHOOK_DELIVERIES, prune_deliveries),
    Rule(DataClass.PUSH_SUBSCRIPTIONS, prune_push_subscriptions),
    Rule(DataClass.SMS_QUOTAS, prune_sms_quotas),
    Rule(DataClass.STAFF_SESSIONS, prune_sessions),
    Rule(DataClass.LOGIN_TRIES, prune_logins),
    Rule(DataClass.AUDIT, prune_audit),
    Rule(DataClass.CONTACTS, forget_searches),
    Rule(DataClass.CASE_TEXTS, forget_case_texts),
    Rule(DataClass.CASES, prune_cases),
)
# Whole parcels, each step a transaction of its own; walked from the oldest on, once.
OF_PARCELS: tuple[tuple[DataClass, Forget], ...] = (
    (DataClass.CONTACTS, forget_people),
    (DataClass.CONTACTS, forget_contacts),
    (DataClass.UNCLAIMED, forget_unclaimed),
)
_PARCELS_AT_ONCE = 100  # looked at


async def prune(
    pool: asyncpg.Pool,
    now: datetime,
    *,
    at_once: int = AT_ONCE,
    kept: Mapping[DataClass, timedelta] | None = None,
) -> dict[str, int]:
    """Delete everything that is old enough; how many rows of each kind.

    Raises NotAllDone, after all else was done.
    """
    kept, this = kept or ages(()), _Round()
    for rule in RULES:
        some = partial(_prune_some, pool, rule, now - kept[rule.kind])
        await this.carry_out(rule.kind, rule.prune.__name__, _until_few(some, at_once))
    for kind, forget in OF_PARCELS:
        walked = partial(forget, pool, now - kept[kind], now)
        walk = this.walk(walked, min(at_once, _PARCELS_AT_ONCE))
        await this.carry_out(kind, forget.__name__, walk)
    if this.has_failed:
        raise NotAllDone
    return this.done


class _Round:
    """What one round has done, and what it could not do: told of once."""

    def __init__(self) -> None:
        self.done: dict[str, int] = {}
        self.has_failed = False
        self._unread: set[UUID] = set()

    async def carry_out(self, kind: DataClass, rule: str, work: Awaitable[int]) -> None:
        """A rule that fails keeps no other from its work."""
        try:
            self.done[kind] = self.done.get(kind, 0) + await work
        except _FAULTS as error:
            self.has_failed = True
            log.error("retention.rule_failed", rule=rule, error=type(error).__name__)  # noqa: TRY400 - no text

    async def walk(self, some: Callable[[Place, int], Awaitable[Step]], at_once: int) -> int:
        total, behind = 0, START
        while True:
            step = await some(behind, at_once)
            self._tell_unread(step)
            total += step.done
            if step.behind is None:
                return total
            behind = step.behind
            await asyncio.sleep(_PAUSE if step.done else _GLANCE)

    def _tell_unread(self, step: Step) -> None:
        """Two walks may come to the same parcel."""
        for shipment_id, error in step.unread:
            if shipment_id not in self._unread:
                self._unread.add(shipment_id)
                NOT_FORGOTTEN.inc()
                log.error("parcel.not_forgotten", shipment_id=shipment_id, error=error)


async def _prune_some(pool: asyncpg.Pool, rule: Rule, before: datetime, limit: int) -> int:
    async with connection(pool) as conn:
        return await rule.prune(conn, before, limit)


async def _until_few(some: Callable[[int], Awaitable[int]], at_once: int) -> int:
    """Until a step finds fewer than it may take: the rest is young, or in other hands."""
    total = 0
    while True:
        done = await some(at_once)
        total += done
        if done < at_once:
            return total
        await asyncio.sleep(_PAUSE)


async def keep_pruned(
    pool: asyncpg.Pool, kept: Mapping[DataClass, timedelta] | None = None
) -> None:
    """Once a day, in every process: two at once share the work."""
    pause = _FIRST
    while True:
        await asyncio.sleep(pause)
        try:
            done = await prune(pool, datetime.now(UTC), kept=kept)
        except _FAULTS as error:
            log.error("retention.failed", error=type(error).__name__)  # noqa: TRY400 - no text
            pause = _AGAIN
        else:
            log.info("retention.done", rows=sum(done.values()))
            pause = EVERY
