"""Deleting what is old enough, a handful of rows at a time; what others hold is left to them."""

from datetime import datetime

import asyncpg

from tracking.sql import SQL


async def prune_raw_payloads(conn: asyncpg.Connection, before: datetime, limit: int) -> int:
    return _rows(await conn.execute(SQL["prune_raw_payloads"], before, limit))


async def prune_raw_parcels(conn: asyncpg.Connection, before: datetime, limit: int) -> int:
    return _rows(await conn.execute(SQL["prune_raw_parcels"], before, limit))


async def prune_quarantine(conn: asyncpg.Connection, before: datetime, limit: int) -> int:
    return _rows(await conn.execute(SQL["prune_quarantine"], before, limit))


async def prune_parked(conn: asyncpg.Connection, before: datetime, limit: int) -> int:
    return _rows(await conn.execute(SQL["prune_parked"], before, limit))


async def forget_notice_texts(conn: asyncpg.Connection, before: datetime, limit: int) -> int:
    return _rows(await conn.execute(SQL["forget_notice_texts"], before, limit))


async def prune_notices(conn: asyncpg.Connection, before: datetime, limit: int) -> int:
    return _rows(await conn.execute(SQL["prune_notices"], before, limit))


async def prune_links(conn: asyncpg.Connection, before: datetime, limit: int) -> int:
    return _rows(await conn.execute(SQL["prune_links"], before, limit))


async def prune_facts(conn: asyncpg.Connection, before: datetime, limit: int) -> int:
    return _rows(await conn.execute(SQL["prune_facts"], before, limit))


async def prune_deliveries(conn: asyncpg.Connection, before: datetime, limit: int) -> int:
    return _rows(await conn.execute(SQL["prune_deliveries"], before, limit))


async def prune_push_subscriptions(conn: asyncpg.Connection, before: datetime, limit: int) -> int:
    return _rows(await conn.execute(SQL["prune_push_subscriptions"], before, limit))


async def prune_sms_quotas(conn: asyncpg.Connection, before: datetime, limit: int) -> int:
    return _rows(await conn.execute(SQL["prune_sms_quotas"], before, limit))


async def prune_sessions(conn: asyncpg.Connection, before: datetime, limit: int) -> int:
    return _rows(await conn.execute(SQL["prune_sessions"], before, limit))


async def prune_logins(conn: asyncpg.Connection, before: datetime, limit: int) -> int:
    return _rows(await conn.execute(SQL["prune_logins"], before, limit))


async def prune_audit(conn: asyncpg.Connection, before: datetime, limit: int) -> int:
    return _rows(await conn.execute(SQL["prune_audit"], before, limit))


async def forget_searches(conn: asyncpg.Connection, before: datetime, limit: int) -> int:
    return _rows(await conn.execute(SQL["forget_searches"], before, limit))


async def forget_case_texts(conn: asyncpg.Connection, before: datetime, limit: int) -> int:
    return await conn.fetchval(SQL["forget_case_texts"], before, limit)  # type: ignore[no-any-return]  # no types


async def prune_cases(conn: asyncpg.Connection, before: datetime, limit: int) -> int:
    return await conn.fetchval(SQL["prune_cases"], before, limit)  # type: ignore[no-any-return]  # no types


def _rows(status: str) -> int:
    """Of PostgreSQL's "DELETE 7"."""
    return int(status.rpartition(" ")[2])
