"""`klat policy` and `klat compensations`: loaded, shown, tried out before, approved and refused."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import command
import pytest
from consuming import SEALER
from promise_shop import DAY, HOUR, NOON, Shop

from schemas.status import Reason, Status
from tracking.policy_file import read_policy
from tracking.policy_try import tried_lines, try_policy
from tracking.store.pool import open_pool

KEY = "q" * 42 + "Q="
BY = NOON + 6 * HOUR
POLICY = """\
name = "standard"
currency = "EUR"
valid_from = 2026-01-01
approval_above = "20.00"
budget_month = "1000.00"
[caps]
shopper_month = "5.00"
[promise]
closed = [2026-12-24]
[[promise.services]]
service = "locker"
days = 1
closes = "22:00"
[[tiers]]
late_by = "1d"
bonus = { kind = "code", amount = "3.00" }
[[tiers]]
late_by = "3d"
bonus = { kind = "refund", amount = "5.00" }
[[tiers]]
lost = true
bonus = { kind = "code", share = "100%" }
"""


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=6)
    yield pool
    await pool.close()


@pytest.fixture
async def shop(pool: asyncpg.Pool) -> Shop:
    return await Shop.open(pool, "Shop")


@pytest.fixture
def klat(database_url, tmp_path):
    env = {"KLAT_DATABASE_URL": database_url, "KLAT_DATA_DIR": str(tmp_path)}
    env["KLAT_SECRET_KEYS"] = KEY

    async def run(*words: str) -> tuple[int, str, str]:
        return await command.klat(*words, env=env)

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "policy.toml"
    file.write_text(POLICY)
    return file


async def test_it_is_loaded_as_the_next_version_and_shown_in_words(shop, klat, file):
    code, said, warned = await klat("policy", "load", str(file))
    assert code == 0
    assert said.startswith("version 1 is loaded\n")
    assert warned.startswith("warning: refunds and points wait")
    for line in (
        "standard: for parcels promised from 2026-01-01 on, in EUR",
        "service locker, ordered until 14:00: 1 working day later, by 22:00",
        "working days: mon tue wed thu fri, no public holidays, closed on 2026-12-24",
        "late by 1 day: a bonus code of 3.00 EUR",
        "late by 3 days: a refund of 5.00 EUR",
        "lost: a bonus code of 100% of its value",
        "more than 20.00 EUR for a parcel waits for your yes",
        "borne by the shop",
    ):
        assert line in said
    await klat("policy", "load", str(file))
    code, shown, _ = await klat("policy", "show")
    assert re.findall(r"^version (\d)", shown, re.MULTILINE) == ["2", "1"]


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ('"3.00"', '"-3.00"', "line 16: tiers[0].bonus.amount: not an amount such as"),
        ("late_by =", "lateby =", "line 15: tiers[0].lateby: is no field here"),
        ('late_by = "3d"', 'late_by = "12h"', "each of 'tiers' must be later"),
        ("[caps]", "[cap]", "line 6: cap: is no field here"),
        ("days = 1", "days = 99", "line 12: promise.services[0].days"),
        ('name = "standard"', "name =", "line 1: is no TOML"),
    ],
)
async def test_a_file_with_a_fault_is_refused_with_its_line(
    shop, klat, file, pool, wrong, right, said
):
    file.write_text(POLICY.replace(wrong, right))
    code, printed, complaint = await klat("policy", "load", str(file))
    assert (code, printed) == (1, "")
    assert said in complaint
    assert await pool.fetchval("SELECT count(*) FROM policy") == 0


async def test_another_currency_than_before_is_refused(shop, klat, file, pool):
    await klat("policy", "load", str(file))
    file.write_text(POLICY.replace('"EUR"', '"USD"'))
    code, _, complaint = await klat("policy", "load", str(file))
    assert (code, "line 2: currency: differs from EUR" in complaint) == (1, True)
    assert await pool.fetchval("SELECT count(*) FROM policy") == 1


async def test_whose_it_is_must_be_clear(shop, klat, file, pool):
    await Shop.open(pool, "Other")
    code, _, complaint = await klat("policy", "load", str(file))
    assert code == 1
    assert "--merchant: there are several" in complaint
    code, _, complaint = await klat("policy", "load", str(file), "--merchant", "Nobody")
    assert code == 1
    assert "no shop is called 'Nobody'" in complaint
    assert (await klat("policy", "load", str(file), "--merchant", "Other"))[0] == 0
    assert (await klat("policy", "load", "nowhere.toml", "--merchant", "Other"))[0] == 1


async def test_it_is_tried_over_what_was_and_pays_nothing(shop, klat, file, pool):
    same = {"recipient": {"email": "anna@example.com"}}
    for number in range(1, 4):
        await shop.promise(number, by=BY, **same)
    await shop.promise(4, by=BY, value={"amount": "49.90", "currency": "EUR"})
    await shop.scan(Status.DELIVERED, 1, at=BY - HOUR)
    await shop.scan(Status.DELIVERED, 2, at=BY + 30 * HOUR)
    await shop.scan(Status.DELIVERED, 3, at=BY + 80 * HOUR)
    await shop.scan(Status.EXCEPTION, 4, at=BY - HOUR, reason=Reason.CARRIER_LOST)
    policy, since = read_policy(POLICY), NOON - 30 * DAY
    tried = await try_policy(pool, SEALER, shop.merchant_id, policy, since, now=shop.now)
    assert list(tried_lines(tried, policy)) == [
        "4 parcels, 4 of them promised, 3 late",
        "  late_by 1d: 1 parcels",
        "  late_by 3d: 1 parcels",
        "  lost: 1 parcels",
        "granted: 5.00 EUR",
        "  2026-11: 5.00 EUR",
        "waiting for your yes: 49.90 EUR",
        "not granted, above the cap of a shopper: 3.00 EUR",
    ]
    assert await pool.fetchval("SELECT count(*) FROM compensation") == 0
    assert await pool.fetchval("SELECT count(*) FROM policy") == 0
    code, said, _ = await klat("policy", "try", str(file), "--since", "2026-11-01")
    assert code == 0
    assert said.startswith("4 parcels, 4 of them promised, 3 late\n")
    _, later, _ = await klat("policy", "try", str(file), "--since", "2026-12-01")
    assert later.startswith("0 parcels")


async def test_a_secret_is_printed_once_and_kept_sealed(shop, klat, pool):
    code, said, _ = await klat("policy", "secret")
    assert code == 0
    secret = said.splitlines()[-1]
    assert secret.startswith("whsec_")
    assert secret not in await pool.fetchval("SELECT secret FROM payout_secret")


async def test_what_waits_is_listed_approved_and_refused(shop, klat, file, pool):
    await shop.load(POLICY)
    for number in (1, 2):
        await shop.promise(number, by=BY, value={"amount": "49.90", "currency": "EUR"})
        await shop.scan(Status.EXCEPTION, number, at=NOON + HOUR, reason=Reason.CARRIER_LOST)
    await shop.pump()
    _, listed, _ = await klat("compensations", "list", "--merchant", "Shop")
    assert len(listed.splitlines()) == 2
    assert "omniva CE1 2\t49.90 EUR\tlost: proposed, above_approval" in listed
    assert await klat("compensations", "approve", "ce1", "2") == (
        0,
        "omniva CE1  lost: issued, 49.90 EUR\n",
        "",
    )
    code, _, complaint = await klat("compensations", "approve", "CE1", "2")
    assert (code, "it is issued" in complaint) == (1, True)
    refused = await klat("compensations", "refuse", "CE2", "2", "--why", "paid by telephone")
    assert refused[:2] == (0, "omniva CE2  lost: refused, 49.90 EUR\n")
    assert (await klat("compensations", "list"))[1] == "nothing waits\n"
    code, _, complaint = await klat("compensations", "done", "CE9", "0")
    assert (code, "no parcel of this number" in complaint) == (1, True)
    assert await shop.granted(2) == [(2, "refused", "49.90")]
