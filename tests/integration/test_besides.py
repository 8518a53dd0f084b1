"""Who looks at a parcel in the console is told what changes beside its scans, and nobody else."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from promise_shop import Shop

from tracking.besides import Besides
from tracking.live import LiveHub
from tracking.store.beside import besides
from tracking.store.pool import open_pool

NOW, SECOND = datetime.now(UTC), timedelta(seconds=1)
CHANGES = {
    "a message": """
        INSERT INTO notice (notice_id, shipment_id, occasion, round, channel, addressee, version,
                            state, planned_at, due_at, until, changed_at)
        VALUES (gen_random_uuid(), $1, 'held', '', 'sms', 'recipient', 1, 'planned', $2, $2, $2,
                $2)""",
    "a case": """
        INSERT INTO support_case (shipment_id, case_id, merchant_id, topic, state, language,
                                  opened_by, opened_at, asked_at, changed_at)
        SELECT $1, gen_random_uuid(), merchant_id, 'damaged', 'open', 'lv', 'shopper', $2, $2, $2
        FROM registration WHERE shipment_id = $1""",
    "a deed": """
        INSERT INTO audit (audit_id, at, staff_id, email, action, shipment_id)
        VALUES (gen_random_uuid(), $2, gen_random_uuid(), 'a@x.example', 'note_added', $1)""",
}


@pytest.fixture
async def pool(database_url):
    pool = await open_pool(database_url, size=2)
    yield pool
    await pool.close()


@pytest.fixture
async def key(pool):
    shop = await Shop.open(pool)
    await shop.register(1)
    return await pool.fetchval("SELECT shipment_id FROM shipment")


@pytest.mark.parametrize("what", CHANGES)
async def test_only_who_saw_it_otherwise_is_told_once(pool, key, what):
    hub = LiveHub()
    telling, signs = Besides(pool, hub), await besides(pool, [key])
    staff, before = hub.join(key, "a", signs[key]), hub.join(key, "a", "")
    shopper, elsewhere = hub.join(key, "b"), hub.join(uuid4(), "c", "")
    await telling.tell()
    assert (staff.is_news, before.is_news) == (False, True)
    await pool.execute(CHANGES[what], key, NOW)
    for each in (before, elsewhere):
        each.is_news = False
    await telling.tell()
    assert (staff.is_news, before.is_news) == (True, True)
    assert (shopper.is_news, shopper.woken.is_set(), elsewhere.is_news) == (False, False, False)
    staff.is_news = False
    await telling.tell()
    assert not staff.is_news


@pytest.mark.parametrize("what", CHANGES)
async def test_what_is_told_late_of_an_earlier_instant_is_news_too(pool, key, what):
    await pool.execute(CHANGES[what], key, NOW)
    before = await besides(pool, [key])
    if what == "a message":
        await pool.execute(CHANGES[what].replace("'held'", "'delayed'"), key, NOW - SECOND)
        between = await besides(pool, [key])
        assert between != before
        earlier = "UPDATE notice SET state = 'sent' WHERE occasion = 'delayed'"
        await pool.execute(earlier)
        assert await besides(pool, [key]) != between
    else:
        await pool.execute(CHANGES[what], key, NOW - SECOND)
        assert await besides(pool, [key]) != before


async def test_that_a_colleague_looks_is_no_news(pool, key):
    before = await besides(pool, [key])
    await pool.execute(CHANGES["a deed"].replace("note_added", "parcel_seen"), key, NOW)
    assert await besides(pool, [key]) == before


async def test_while_nobody_looks_nothing_is_asked():
    await Besides(None, LiveHub()).tell()
