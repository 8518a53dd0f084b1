"""Reading a shop's log of facts by a cursor, without missing any."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg

from tracking.store.merchant_facts import Slice, facts_after, first_fact
from tracking.store.pool import connection


class Page(NamedTuple):
    """Facts as JSON, in order; `next` is the position to go on from.

    `is_broken`: what comes after the cursor is not all there; `next` is from where on it is.
    """

    facts: Sequence[str]
    next: int
    has_more: bool
    is_broken: bool = False


async def read_log(pool: asyncpg.Pool, merchant_id: UUID, after: int | None, limit: int) -> Page:
    """From behind a position; None: from the oldest that is kept. Raises StoreUnavailable."""
    async with connection(pool) as conn:
        found = await facts_after(conn, merchant_id, after or 0, limit)
        page = page_of(found, _beginning(found) if after is None else after)
        if not page.is_broken:
            return page
        oldest = await first_fact(conn, merchant_id)
    return page._replace(next=found.latest if oldest is None else oldest - 1)


def _beginning(found: Slice) -> int:
    """Right before the oldest fact; the end of the log where none is kept."""
    return found.facts[0][0] - 1 if found.facts else found.latest


def page_of(found: Slice, after: int) -> Page:
    """What follows a position without a gap. Pure.

    Positions have none; where one is missing it was deleted, so what stands behind the gap waits
    for a reader who was told. A cursor ahead of the log is none of this log.
    """
    facts = [
        body
        for expected, (position, body) in enumerate(found.facts, start=after + 1)
        if position == expected
    ]
    if not facts and found.latest != after:
        return Page([], after, has_more=False, is_broken=True)
    end = after + len(facts)
    return Page(facts, end, has_more=end < found.latest)
