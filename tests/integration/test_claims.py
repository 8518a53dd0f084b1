"""The carrier's bill and the scorecard: of what really happened, for spreadsheets."""

import csv
import io
from collections.abc import AsyncIterator

import asyncpg
import command
import pytest
from promise_shop import DAY, HOUR, NOON, Shop

from schemas.status import Handover, Reason, Status
from tracking.claims import CLAIM_COLUMNS, SCORE_COLUMNS
from tracking.store.pool import open_pool

BY = NOON + 6 * HOUR
POLICY = """
name = "standard"
currency = "EUR"
valid_from = 2026-01-01
[[tiers]]
late_by = "1d"
bonus = { kind = "code", amount = "3.00" }
"""


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=6)
    yield pool
    await pool.close()


@pytest.fixture
async def shop(pool: asyncpg.Pool) -> Shop:
    """One parcel in time, one two days late, one lost, one for which nobody was at home."""
    shop = await Shop.open(pool, "Shop")
    await shop.load(POLICY)
    value = {"amount": "49.90", "currency": "EUR"}
    for number, order in enumerate(("1", "=2+2", "3", "4"), 1):
        await shop.promise(number, by=BY, order=order, value=value, service="locker")
        await shop.scan(Status.ACCEPTED, number, at=NOON)
        await shop.scan(Status.IN_TRANSIT, number, at=NOON + HOUR)
    await shop.scan(Status.READY_FOR_PICKUP, 1, at=BY - HOUR, handover=Handover.LOCKER)
    await shop.scan(Status.ATTEMPT_FAILED, 4, at=BY - HOUR, reason=Reason.RECIPIENT_ABSENT)
    await shop.pass_time(BY + DAY)
    await shop.scan(Status.EXCEPTION, 3, at=BY + 26 * HOUR, reason=Reason.CARRIER_LOST)
    await shop.scan(Status.DELIVERED, 1, at=BY + 47 * HOUR, handover=Handover.LOCKER)
    await shop.scan(Status.DELIVERED, 2, at=BY + 48 * HOUR)
    await shop.scan(Status.DELIVERED, 4, at=BY + 48 * HOUR)
    await shop.pump()
    return shop


@pytest.fixture
def klat(database_url, tmp_path):
    env = {"KLAT_DATABASE_URL": database_url, "KLAT_DATA_DIR": str(tmp_path)}

    async def run(*words: str) -> tuple[int, list[dict[str, str]], str]:
        code, printed, complaint = await command.klat(*words, env=env)
        return code, list(csv.DictReader(io.StringIO(printed))), complaint

    return run


async def test_the_bill_has_what_was_late_or_lost_by_the_carrier(shop, klat):
    code, rows, said = await klat("claims", "export", "--carrier", "omniva", "--month", "2026-11")
    assert (code, said) == (0, "2 parcels of omniva\n")
    assert list(rows[0]) == list(CLAIM_COLUMNS)
    found = {row["tracking_number"]: row for row in rows}
    late, lost = found["CE2"], found["CE3"]
    assert (late["claim"], late["late_hours"], late["paid"]) == ("late", "48.0", "3.00")
    assert late["order"] == "'=2+2", "no formula of somebody else's"
    assert late["promised_by"] == "2026-11-20T16:00:00Z"
    assert late["handed_over_at"] == "2026-11-20T10:00:00Z"
    assert (lost["claim"], lost["value"], lost["reason"]) == ("lost", "49.90", "carrier_lost")
    assert "CE4" not in found, "nobody was at home before it was late"


async def test_another_month_carrier_or_shop_has_another_bill(shop, klat, pool):
    await Shop.open(pool, "Other")
    for words in (
        ("--carrier", "omniva", "--month", "2026-10"),
        ("--carrier", "dpd", "--month", "2026-11"),
        ("--carrier", "omniva", "--month", "2026-11", "--merchant", "Other"),
    ):
        code, rows, _ = await klat("claims", "export", *words)
        assert (code, rows) == (0, [])


async def test_the_scorecard_counts_what_happened(shop, klat):
    code, rows, _ = await klat("scorecard", "--month", "2026-11")
    assert code == 0
    assert list(rows[0]) == list(SCORE_COLUMNS)
    assert rows == [
        {
            "carrier": "omniva",
            "service": "locker",
            "parcels": "4",
            "on_time_percent": "25.0",
            "late_hours_p50": "48.0",
            "late_hours_p90": "48.0",
            "first_try_percent": "66.7",
            "days_in_locker_p50": "2.0",
            "silent_parcels": "0",
            "lost": "1",
        }
    ]


@pytest.mark.parametrize("month", ["2026-13", "November", "2026-1", ""])
async def test_what_is_no_month_is_said_to_be_none(klat, month):
    code, rows, said = await klat("scorecard", "--month", month)
    assert (code, rows) == (1, [])
    assert "a month such as 2026-11" in said
