"""What is kept for how long. What waits for somebody is kept until it is done with."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import asyncpg
import structlog

from tracking.errors import KlatError
from tracking.store.pool import connection
from tracking.store.retention import (
    forget_case_texts,
    forget_notice_texts,
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
    prune_raw_payloads,
    prune_sessions,
    prune_sms_quotas,
)

log = structlog.get_logger()

EVERY = 24 * 3600.0  # seconds
AT_ONCE = 500  # rows in one statement; a payload has up to a mebibyte
_FIRST, _AGAIN = 60.0, 3600.0  # seconds after the start, and after a failure
_PAUSE = 0.2  # seconds between statements, for events to go first

Prune = Callable[[asyncpg.Connection, datetime, int], Awaitable[int]]


class Rule(NamedTuple):
    """These are deleted, or what they say, once they are as old as that."""

    kind: str
    age: timedelta
    prune: Prune


RULES = (
    Rule("raw_payloads", timedelta(days=90), prune_raw_payloads),
    Rule("resolved_quarantine", timedelta(days=30), prune_quarantine),
    Rule("replayed_messages", timedelta(days=30), prune_parked),
    Rule("notice_texts", timedelta(days=90), forget_notice_texts),
    Rule("notices", timedelta(days=730), prune_notices),
    # The page is gone 90 days after the end, which comes after 90 days of silence at the latest.
    Rule("links", timedelta(days=200), prune_links),
    Rule("facts", timedelta(days=30), prune_facts),
    Rule("webhook_deliveries", timedelta(days=30), prune_deliveries),
    Rule("push_subscriptions", timedelta(days=90), prune_push_subscriptions),
    Rule("sms_quotas", timedelta(days=2), prune_sms_quotas),
    Rule("staff_sessions", timedelta(days=1), prune_sessions),
    Rule("login_tries", timedelta(days=1), prune_logins),
    Rule("audit", timedelta(days=730), prune_audit),
    Rule("case_texts", timedelta(days=90), forget_case_texts),
    Rule("cases", timedelta(days=730), prune_cases),
)


async def prune(pool: asyncpg.Pool, now: datetime, *, at_once: int = AT_ONCE) -> dict[str, int]:
    """Delete everything that is old enough; how many rows of each kind."""
    return {rule.kind: await _prune(pool, rule, now - rule.age, at_once) for rule in RULES}


async def _prune(pool: asyncpg.Pool, rule: Rule, before: datetime, at_once: int) -> int:
    """Until a statement finds fewer than it may take: the rest is young, or in other hands."""
    total = 0
    while True:
        async with connection(pool) as conn:
            done = await rule.prune(conn, before, at_once)
        total += done
        if done < at_once:
            return total
        await asyncio.sleep(_PAUSE)


async def keep_pruned(pool: asyncpg.Pool) -> None:
    """Once a day, in every process: two at once share the work."""
    pause = _FIRST
    while True:
        await asyncio.sleep(pause)
        try:
            done = await prune(pool, datetime.now(UTC))
        except (KlatError, asyncpg.PostgresError) as error:  # a table may be locked for hours
            log.warning("retention.failed", error=type(error).__name__)
            pause = _AGAIN
        else:
            log.info("retention.done", rows=sum(done.values()))
            pause = EVERY
