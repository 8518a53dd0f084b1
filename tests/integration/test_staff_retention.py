"""What is kept of staff goes when its time is over, and nothing before."""

from datetime import UTC, datetime, timedelta

import pytest

from tracking.retention import prune
from tracking.store.pool import open_pool

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
A_MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
CASE = """
INSERT INTO support_case (shipment_id, case_id, merchant_id, topic, opened_by, state, language,
    opened_at, asked_at, changed_at)
VALUES (md5($1)::uuid, md5($1)::uuid, md5('m')::uuid, 'damaged', 'shopper', $2, 'lv', $3, $3, $3)
"""
MESSAGE = """
INSERT INTO case_message VALUES (md5($1)::uuid, md5($1)::uuid, md5($1)::uuid, $2, 'shopper', NULL,
    'sealed')
"""
STAFF = """
INSERT INTO staff (staff_id, email, name, role, password, created_at)
VALUES (gen_random_uuid(), 'a@example.org', 'A', 'support', 'p', $1)
RETURNING staff_id
"""
KEPT = {
    "staff_session": "INSERT INTO staff_session VALUES ($1, $2, true, $3, $3)",
    "login_try": "INSERT INTO login_try SELECT $1, 1, NULL, $3 WHERE $2::uuid IS NOT NULL",
    "audit": "INSERT INTO audit VALUES (md5($1::bytea)::uuid, $3, $2, 'a', 'searched', NULL, NULL)",
}


@pytest.fixture
async def pool(database_url):
    pool = await open_pool(database_url, size=2)
    yield pool
    await pool.close()


@pytest.mark.parametrize(
    ("table", "days"), [("staff_session", 1), ("login_try", 1), ("audit", 730)]
)
async def test_it_goes_when_its_time_is_over(pool, table, days):
    staff_id = await pool.fetchval(STAFF, NOW)
    for name, age in ((b"old", A_MINUTE), (b"young", -A_MINUTE)):
        at = NOW - timedelta(days=days) - age
        await pool.execute(KEPT[table], name, staff_id, at)
    done = await prune(pool, NOW)
    kinds = {"staff_session": "staff_sessions", "login_try": "login_tries", "audit": "audit"}
    assert done[kinds[table]] == 1
    assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 1


async def test_what_was_typed_into_the_search_goes_with_the_contacts(pool):
    """That somebody searched stays; what was typed with a deed goes with its parcel."""
    staff_id = await pool.fetchval(STAFF, NOW)
    for action, age in (
        ("searched", 90 * DAY + A_MINUTE),
        ("searched", 90 * DAY - A_MINUTE),
        ("searched", 700 * DAY),
        ("compensation_refused", 701 * DAY),
    ):
        await pool.execute(
            "INSERT INTO audit VALUES (gen_random_uuid(), $1, $2, 'a', $3, NULL, 'sealed')",
            NOW - age, staff_id, action,
        )  # fmt: skip
    await prune(pool, NOW, at_once=1)
    kept = await pool.fetch("SELECT action, detail FROM audit ORDER BY at DESC")
    assert [tuple(row) for row in kept] == [
        ("searched", "sealed"),
        ("searched", None),
        ("searched", None),
        ("compensation_refused", "sealed"),
    ]


async def a_case(pool, name: str, state: str, at: datetime) -> None:
    await pool.execute(CASE, name, state, at)
    await pool.execute(MESSAGE, name, at)


async def test_the_words_of_a_case_go_before_the_case_and_what_waits_keeps_them(pool):
    for days, name in ((90, "words"), (730, "all")):
        for age in (A_MINUTE, -A_MINUTE):
            at = NOW - timedelta(days=days) - age
            await a_case(pool, f"{name} {age}", "solved", at)
    await a_case(pool, "answered", "answered", NOW - timedelta(days=91))
    await a_case(pool, "waits", "open", NOW - timedelta(days=91))
    done = await prune(pool, NOW, at_once=2)
    assert (done["case_texts"], done["cases"]) == (4, 1)
    kept = await pool.fetch(
        "SELECT text, state FROM case_message JOIN support_case USING (case_id)"
    )
    assert len(kept) == 5
    assert sorted(row["state"] for row in kept if row["text"]) == ["open", "solved"]
    again = await prune(pool, NOW)
    assert (again["case_texts"], again["cases"]) == (0, 0)
