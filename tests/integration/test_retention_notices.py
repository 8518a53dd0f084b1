"""Notices lose their words, then go; links and browsers go with their parcel."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from schemas.shipment import shipment_id
from tracking.retention import prune
from tracking.store.pool import open_pool

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NOTICE = """
INSERT INTO notice (shipment_id, occasion, round, channel, addressee, notice_id, state, due_at,
                    until, version, content, address_hash, planned_at, changed_at)
VALUES (gen_random_uuid(), 'delivered', '', 'sms', 'recipient', gen_random_uuid(), 'sent', $1, $1,
        1, 'sealed', 'hash', $1, $1)
"""
PARCEL = """
WITH told AS (
    INSERT INTO registration (shipment_id, merchant_id, notify, digest, registered_at)
    VALUES ($1, $1, '{}', 'd', $2)
)
INSERT INTO shipment SELECT $1, 'omniva', 'CE1', 1, NULL, 3, 'in_transit', '{}', $2, true, $2, $2
"""
BROWSER = "INSERT INTO push_subscription VALUES ($1, $2, 't', 'lv', 's', $3)"
METER = "INSERT INTO sms_quota VALUES ($1, 'spend', 'EUR', $2, 1, NULL, NULL)"
LINK = "INSERT INTO public_link VALUES ($1, $2, $3, NULL)"


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=3)
    yield pool
    await pool.close()


@pytest.mark.parametrize(
    ("days", "rows", "texts"), [(89, 1, 1), (91, 1, 0), (729, 1, 0), (731, 0, 0)]
)
async def test_its_words_and_where_it_went_go_before_the_notice(pool, days, rows, texts):
    await pool.execute(NOTICE, NOW - timedelta(days=days))
    await prune(pool, NOW)
    kept = "SELECT count(*), count(content), count(address_hash) FROM notice"
    assert tuple(await pool.fetchrow(kept)) == (rows, texts, texts)


@pytest.mark.parametrize(
    ("made", "heard", "left"), [(201, 201, 0), (199, 500, 1), (500, 199, 1), (500, 201, 0)]
)
async def test_a_link_goes_when_its_page_is_long_gone(pool, made, heard, left):
    shipment = shipment_id("omniva", "CE1")
    await pool.execute(PARCEL, shipment, NOW - timedelta(days=heard))
    await pool.execute(LINK, b"t", shipment, NOW - timedelta(days=made))
    await prune(pool, NOW)
    assert await pool.fetchval("SELECT count(*) FROM public_link") == left


@pytest.mark.parametrize(("heard", "kept"), [(89, 1), (91, 0)])
async def test_a_browser_is_kept_as_long_as_its_parcel_has_news(pool, heard, kept):
    parcel = shipment_id("omniva", "CE1")
    await pool.execute(PARCEL, parcel, NOW - timedelta(days=heard))
    await pool.execute(BROWSER, parcel, b"1", NOW - timedelta(days=5000))
    assert (await prune(pool, NOW))["push_subscriptions"] == 1 - kept


@pytest.mark.parametrize(("days", "kept"), [(1.9, 1), (2.1, 0)])
async def test_a_meter_is_kept_while_it_counts(pool, days, kept):
    await pool.execute(METER, UUID(int=1), NOW - timedelta(days=days))
    await prune(pool, NOW)
    assert await pool.fetchval("SELECT count(*) FROM sms_quota") == kept
