"""Refunds and points: the shop's endpoint is asked once for each, signed, until it has answered."""

import json
from collections.abc import AsyncIterator
from functools import partial

import aiohttp
import asyncpg
import pytest
from consuming import SEALER
from prometheus_client import CollectorRegistry
from promise_shop import DAY, HOUR, NOON, Shop
from sms_gateway import Gateway, answering, closes_after_reading, serving
from standardwebhooks import Webhook

from consumers.payouts import Payouts, posting_by
from notifier.outgoing import safe_session
from schemas.shipment import shipment_id
from schemas.status import Status
from tracking.compensations import compensations
from tracking.decisions import move
from tracking.domain.ledger import try_again
from tracking.errors import StoreUnavailable
from tracking.payouts import LEASE, payout_context, settle_payouts, take_payouts
from tracking.store.compensations import save_payout_secret
from tracking.store.pool import connection, open_pool
from tracking.webhooks import new_secret

BY = NOON + 6 * HOUR
KEY = shipment_id("omniva", "CE1")
POLICY = """
name = "standard"
currency = "EUR"
valid_from = 2026-01-01
{endpoint}
[[tiers]]
late_by = "1d"
bonus = {{ kind = "{kind}", amount = "3.00" }}
[[tiers]]
late_by = "3d"
bonus = {{ kind = "{kind}", amount = "5.00" }}
"""


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=6)
    yield pool
    await pool.close()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with safe_session(allow_private=True) as session:
        yield session


class Owing:
    """A shop that owes a refund, and the role that asks its endpoint."""

    def __init__(self, shop: Shop, session: aiohttp.ClientSession, secret: str) -> None:
        self.shop, self.secret = shop, secret
        self.payouts = Payouts(
            partial(take_payouts, shop.pool, SEALER),
            partial(settle_payouts, shop.pool),
            posting_by(session),
            CollectorRegistry(),
            lambda: shop.now,
        )

    async def load(self, url: str | None, kind: str = "refund") -> None:
        endpoint = f'endpoint = "{url}"' if url else ""
        await self.shop.load(POLICY.format(endpoint=endpoint, kind=kind))

    async def until_all_is_settled(self, days: int = 5) -> None:
        until = self.shop.now + days * DAY
        while self.shop.now < until:
            await self.payouts.carry_out()
            due = await self.shop.pool.fetchval("SELECT min(due_at) FROM compensation")
            if due is None:
                return
            self.shop.now = max(self.shop.now, due)


@pytest.fixture
async def owing(pool: asyncpg.Pool, session: aiohttp.ClientSession) -> Owing:
    shop, secret = await Shop.open(pool), new_secret()
    async with connection(pool) as conn:
        sealed = SEALER.seal_text(secret, payout_context(shop.merchant_id))
        await save_payout_secret(conn, shop.merchant_id, sealed, NOON)
    return Owing(shop, session, secret)


def asked(gateway: Gateway) -> list[tuple[str, str]]:
    """Ids and sums, as they were posted."""
    ids = [request.headers["webhook-id"] for request in gateway.requests]
    sums = [json.loads(body)["amount"]["amount"] for body in gateway.bodies]
    return list(zip(ids, sums, strict=True))


@pytest.mark.parametrize("kind", ["refund", "points"])
async def test_it_is_asked_once_signed_and_for_the_difference_of_the_next_tier(owing, kind):
    async with serving(answering(204)) as gateway:
        await owing.load(gateway.url, kind)
        await owing.shop.promise(by=BY)
        await owing.shop.pass_time(BY + DAY)
        assert await owing.shop.granted() == [(0, "approved", "3.00")]
        await owing.until_all_is_settled()
        assert await owing.shop.granted() == [(0, "issued", "3.00")]
        await owing.shop.pass_time(BY + 3 * DAY)
        await owing.until_all_is_settled()
    found = await compensations(owing.shop.pool, SEALER, KEY)
    assert asked(gateway) == [(f"{found[0].id}:0", "3.00"), (f"{found[1].id}:0", "2.00")]
    assert [(each.state, each.by) for each in found[0].moves] == [
        ("approved", "policy"),
        ("issued", "endpoint"),
    ]
    body = json.loads(gateway.bodies[0])
    assert (body["kind"], body["order"], body["rule"]) == (kind, "1", "late_by 1d")


async def test_the_signature_is_that_of_standard_webhooks(owing, monkeypatch):
    async with serving(answering(204)) as gateway:
        await owing.load(gateway.url)
        await owing.shop.promise(by=BY)
        await owing.shop.pass_time(BY + DAY)
        await owing.until_all_is_settled()
    headers = dict(gateway.requests[0].headers)
    monkeypatch.setattr(Webhook, "_Webhook__verify_timestamp", lambda *_: owing.shop.now)
    assert Webhook(owing.secret).verify(gateway.bodies[0], headers)["amount"]["amount"] == "3.00"


async def test_until_it_answers_it_is_asked_again_with_the_same_id(owing):
    async with serving(closes_after_reading) as gateway:
        await owing.load(gateway.url)
        await owing.shop.promise(by=BY)
        await owing.shop.pass_time(BY + DAY)
        for _ in range(3):
            await owing.payouts.carry_out()
            owing.shop.now += DAY
        gateway.behave = answering(200)
        await owing.until_all_is_settled()
    assert len(gateway.requests) == 4
    assert len(set(asked(gateway))) == 1
    assert await owing.shop.granted() == [(0, "issued", "3.00")]


async def test_what_is_in_hand_is_not_taken_back_and_what_waits_is(owing):
    async with serving(answering(503)) as gateway:
        await owing.load(gateway.url)
        for number in (1, 2):
            await owing.shop.promise(number, by=BY)
        await owing.shop.pass_time(BY + DAY)
        await owing.shop.scan(Status.DELIVERED, 2, at=BY - HOUR)
        await owing.shop.pump()
        assert await owing.shop.granted(2) == [(0, "revoked", "0.00")]
        await owing.payouts.carry_out()
        await owing.shop.scan(Status.DELIVERED, 1, at=BY - HOUR)
        await owing.shop.pump()
        assert await owing.shop.granted(1) == [(0, "approved", "3.00")], "it may have been done"
        gateway.behave = answering(200)
        await owing.until_all_is_settled()
    assert await owing.shop.granted(1) == [(0, "issued", "3.00")]
    assert len(set(asked(gateway))) == 1


async def test_what_it_never_does_has_failed_and_is_tried_again_when_somebody_says_so(owing):
    async with serving(answering(500)) as gateway:
        await owing.load(gateway.url)
        await owing.shop.promise(by=BY)
        await owing.shop.pass_time(BY + DAY)
        await owing.until_all_is_settled(days=9)
        assert len(gateway.requests) == 10
        (found,) = await compensations(owing.shop.pool, SEALER, KEY)
        assert (found.state, found.reason, found.used.amount) == ("failed", "refused", "0.00")
        await owing.payouts.carry_out()
        assert len(gateway.requests) == 10
        gateway.behave = answering(200)
        await move(owing.shop.pool, SEALER, KEY, 0, try_again, by="operator", now=owing.shop.now)
        await owing.until_all_is_settled()
    assert await owing.shop.granted() == [(0, "issued", "3.00"), (1, "issued", "2.00")]


async def test_what_is_owed_no_more_is_not_paid_by_trying_again(owing):
    async with serving(answering(500)) as gateway:
        await owing.load(gateway.url)
        await owing.shop.promise(by=BY)
        await owing.shop.pass_time(BY + DAY)
        await owing.until_all_is_settled(days=9)
        asked_before = len(gateway.requests)
        await owing.shop.scan(Status.DELIVERED, at=BY - HOUR)
        await owing.shop.pump()
        gateway.behave = answering(200)
        await move(owing.shop.pool, SEALER, KEY, 0, try_again, by="operator", now=owing.shop.now)
        await owing.until_all_is_settled()
    assert len(gateway.requests) == asked_before
    assert await owing.shop.granted() == [(0, "revoked", "0.00")]


async def test_without_an_endpoint_or_its_secret_it_waits(owing, pool):
    await owing.load(None)
    await owing.shop.promise(by=BY)
    await owing.shop.pass_time(BY + DAY)
    await owing.payouts.carry_out()
    assert await owing.shop.granted() == [(0, "approved", "3.00")]
    async with serving(answering(200)) as gateway:
        await owing.load(gateway.url)
        await pool.execute("DELETE FROM payout_secret")
        owing.shop.now += DAY
        await owing.payouts.carry_out()
        assert gateway.requests == []


async def test_whoever_dies_with_it_in_hand_is_followed(owing, monkeypatch):
    async with serving(answering(200)) as gateway:
        await owing.load(gateway.url)
        await owing.shop.promise(by=BY)
        await owing.shop.pass_time(BY + DAY)

        async def away(*_: object, **__: object) -> None:
            raise StoreUnavailable("away")

        with monkeypatch.context() as patch:
            patch.setattr(owing.payouts, "_settle", away)
            with pytest.raises(StoreUnavailable):
                await owing.payouts.carry_out()
        assert await owing.payouts.carry_out() == 0, "it is in somebody's hands"
        owing.shop.now += LEASE
        assert await owing.payouts.carry_out() == 1
    assert len(set(asked(gateway))) == 1
    assert await owing.shop.granted() == [(0, "issued", "3.00")]
