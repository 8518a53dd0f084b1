"""Compensations over HTTP: read, approved, refused, redeemed; and what is asked wrongly."""

from datetime import timedelta

import pytest

from tracking.judge import judge
from tracking.policy_load import load_policy
from tracking.store.merchants import Merchants
from tracking.watch import look_at

POLICY = """
name = "standard"
currency = "EUR"
valid_from = 2026-01-01
approval_above = "4.00"
[[tiers]]
late_by = "1d"
bonus = { kind = "code", amount = "3.00" }
[[tiers]]
late_by = "3d"
bonus = { kind = "code", amount = "5.00" }
"""


class Parcel:
    """One that was promised and is late by so many days."""

    def __init__(self, world, shop, made) -> None:
        self.world, self.shop, self.id = world, shop, made["shipment_id"]
        self.link = made["tracking_url"].removeprefix("http://track.test")

    async def late_by(self, days: int) -> None:
        self.world.clock.now += timedelta(days=days + 2)
        now = self.world.clock()
        await look_at(self.world.pool, [self.id], now=now)
        await judge(self.world.pool, [self.id], self.world.deps.sealer, now=now)

    async def get(self, key=None):
        path = f"/v1/shipments/{self.id}/compensations"
        return await self.world.call("GET", path, headers=key or self.shop)

    async def post(self, what: str, call: str, **body):
        path = f"/v1/shipments/{self.id}/compensations/{what}"
        headers = self.shop | {"Idempotency-Key": call}
        return await self.world.call("POST", path, headers=headers, json=body or None)

    async def code(self) -> str:
        sealed = await self.world.pool.fetchval("SELECT code FROM bonus")
        return self.world.deps.sealer.open_text(sealed, f"bonus:{self.id}")

    async def redeem(self, amount: str, call: str, code: str | None = None, **fields):
        money = {"amount": amount, "currency": fields.pop("currency", "EUR")}
        return await self.world.call(
            "POST",
            f"/v1/bonuses/{await self.code() if code is None else code}/redeem",
            headers=fields.pop("key", self.shop) | {"Idempotency-Key": call},
            json={"amount": money, "order": "2002", **fields},
        )


@pytest.fixture
async def parcel(world):
    shop = await world.key("merchant", "Veikals")
    merchant = await Merchants(world.pool).merchant_named("Veikals")
    await load_policy(world.pool, merchant, POLICY, now=world.clock())
    made = await world.register(shop)
    return Parcel(world, shop, made.json)


async def test_what_was_granted_is_told_with_why(parcel, world):
    assert (await parcel.get()).json == {"compensations": []}
    await parcel.late_by(1)
    (found,) = (await parcel.get()).json["compensations"]
    assert (found["state"], found["amount"]) == ("issued", {"amount": "3.00", "currency": "EUR"})
    assert found["evidence"]["promised_by"] == "2026-11-21T16:00:00Z"
    assert (found["policy"], found["rule"], found["kind"]) == ("standard", "late_by 1d", "code")
    assert found["moves"][0]["by"] == "policy"
    code = await parcel.code()
    assert found["code"] == f"…{code[-4:]}", "the whole code is the shopper's"
    support = await world.key("support", "Anna")
    assert (await parcel.get(support)).json["compensations"] == [found]
    other = await world.key("merchant", "Other")
    assert (await parcel.get(other)).status == 404


async def test_what_waits_is_approved_once_by_its_shop(parcel, world):
    await parcel.late_by(3)
    (found,) = (await parcel.get()).json["compensations"]
    assert (found["tier"], found["state"], found["reason"]) == (1, "proposed", "above_approval")
    answer = await parcel.post("1/approve", "a")
    assert (answer.status, answer.json["state"]) == (200, "issued")
    assert (await parcel.post("1/approve", "a")).json == answer.json
    again = await parcel.post("1/approve", "b")
    assert (again.status, "issued" in again.json["detail"]) == (409, True)
    for path in ("0/approve", "9/approve", "x/approve", "-1/approve"):
        assert (await parcel.post(path, f"c{path}")).status == 404


async def test_or_refused_for_good(parcel):
    await parcel.late_by(3)
    assert (await parcel.post("1/refuse", "a")).status in {400, 415}
    answer = await parcel.post("1/refuse", "b", why="already paid by telephone")
    assert (answer.json["state"], answer.json["reason"]) == ("refused", "already paid by telephone")
    await parcel.late_by(1)
    (found,) = (await parcel.get()).json["compensations"]
    assert found["state"] == "refused"


async def test_a_code_is_redeemed_in_parts(parcel, world):
    await parcel.late_by(1)
    code = await parcel.code()
    worth = await world.call("GET", f"/v1/bonuses/{code}", headers=parcel.shop)
    assert worth.json["left"] == {"amount": "3.00", "currency": "EUR"}
    first = await parcel.redeem("1.20", "r1")
    assert (first.status, first.json["left"]["amount"]) == (200, "1.80")
    assert (await parcel.redeem("1.20", "r1")).json == first.json, "one call is one"
    too_much = await parcel.redeem("1.81", "r2")
    assert (too_much.status, "1.80 EUR" in too_much.json["detail"]) == (409, True)
    assert (await parcel.redeem("1.80", "r3")).json["left"]["amount"] == "0.00"


@pytest.mark.parametrize(
    ("amount", "fields", "status", "said"),
    [
        ("1.00", {"currency": "USD"}, 409, "it is worth EUR"),
        ("0.00", {}, 409, "nothing is asked for"),
        ("-1.00", {}, 422, "/amount/amount"),
        ("1.001", {}, 422, "/amount/amount"),
        ("1.00", {"order": ""}, 422, "/order"),
        ("1.00", {"surprise": 1}, 422, "/surprise"),
        ("1.00", {"code": "0000-0000-0000"}, 404, ""),
        ("1.00", {"code": "%00"}, 404, ""),
        ("1.00", {"code": "ā" * 500}, 404, ""),
    ],
)
async def test_what_is_asked_wrongly_pays_nothing_and_says_why(
    parcel, world, amount, fields, status, said
):
    await parcel.late_by(1)
    answer = await parcel.redeem(amount, "r", **fields)
    assert answer.status == status
    assert said in answer.text
    assert await world.pool.fetchval("SELECT count(*) FROM bonus_redemption") == 0


async def test_another_shop_knows_nothing_of_it(parcel, world):
    await parcel.late_by(1)
    other = await world.key("merchant", "Other")
    assert (await parcel.redeem("1.00", "r", key=other)).status == 404
    code = await parcel.code()
    assert (await world.call("GET", f"/v1/bonuses/{code}", headers=other)).status == 404
    courier = await world.key("courier", "Omniva", carrier="omniva")
    assert (await world.call("GET", f"/v1/bonuses/{code}", headers=courier)).status == 403


async def test_the_page_shows_the_bonus_and_to_the_recipient_its_code(parcel, world):
    link = parcel.link
    assert 'class="card bonus"' not in (await world.call("GET", link)).text
    await parcel.late_by(1)
    code = await parcel.code()
    closed = (await world.call("GET", link)).text
    assert 'class="card bonus"' in closed
    assert code not in closed
    opened = await world.call("POST", f"{link}/unlock", data={"answer": "1010"})
    assert opened.status == 303
    assert code in (await world.call("GET", link)).text
    assert (await parcel.redeem("3.00", "all")).status == 200
    assert 'class="card bonus"' not in (await world.call("GET", link)).text, "nothing is left"
