"""What a provider tells later: proven, in any order, and another way after a failure."""

import base64
import hashlib
import hmac
from datetime import timedelta
from itertools import permutations
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from notice_shop import FakeWay, Shop
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from consumers.notices.receipts import CALLBACK, Callbacks, ReceiptMetrics
from notifier.channels.base import Handed, Outcome
from schemas.notice import Channel
from tracking.settings import Settings
from tracking.store.pool import open_pool
from tracking.store.receipts import Receipts

TOKEN, PUBLIC = "a token of the tests", "https://track.example"
SID = "SM" + "a" * 32
BOTH = (Channel.SMS, Channel.EMAIL)


@pytest.fixture
async def shop(database_url):
    pool = await open_pool(database_url, size=4)
    yield await Shop.open(pool)
    await pool.close()


def signed(target: str, fields: dict[str, str]) -> str:
    """As Twilio describes it: the address, then the fields sorted by name."""
    text = f"{PUBLIC}{target}" + "".join(name + fields[name] for name in sorted(fields))
    made = hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(made).decode()


def callbacks(shop) -> tuple[Callbacks, CollectorRegistry]:
    registry = CollectorRegistry()
    settings = Settings().model_copy(
        update={"twilio_auth_token": SecretStr(TOKEN), "public_url": PUBLIC}
    )
    decide = shop.deciding(*BOTH).decide
    made = Callbacks(Receipts(shop.pool), settings, decide, ReceiptMetrics(registry))
    return made, registry


async def told(shop, status: str, *, sid: str = SID, reference=None, code: str = "") -> bool:
    target = CALLBACK + (f"?reference={reference}" if reference else "")
    fields = {"MessageSid": sid, "MessageStatus": status} | ({"ErrorCode": code} if code else {})
    made, _ = callbacks(shop)
    return await made.take(target, signed(target, fields), urlencode(fields).encode(), shop.now)


async def sent(shop, answer: Handed | None = None):
    key = await shop.waits("CE1", hours=30)
    await shop.decide(key, channels=BOTH)
    way = FakeWay(provider="twilio")
    way.answers = [answer or Handed(Outcome.ACCEPTED, provider_id=SID)]
    await shop.send(way, BOTH)
    return key


async def test_what_is_not_signed_changes_nothing(shop):
    await sent(shop)
    made, _ = callbacks(shop)
    body = urlencode({"MessageSid": SID, "MessageStatus": "delivered"}).encode()
    assert not await made.take(CALLBACK, "bm90IHNpZ25lZA==", body, shop.now)
    assert (await shop.row())["state"] == "sent"


async def test_without_a_token_nothing_is_proven(shop):
    made = Callbacks(
        Receipts(shop.pool),
        Settings().model_copy(update={"public_url": PUBLIC}),
        shop.deciding().decide,
        ReceiptMetrics(CollectorRegistry()),
    )
    empty = base64.b64encode(hmac.new(b"", f"{PUBLIC}{CALLBACK}".encode(), "sha1").digest())
    assert not await made.take(CALLBACK, empty.decode(), b"", shop.now)


@pytest.mark.parametrize("order", list(permutations(["sent", "delivered", "sent"])))
async def test_in_any_order_and_however_often_it_ends_as_delivered(shop, order):
    await sent(shop)
    for status in [*order, *order]:
        assert await told(shop, status)
    assert (await shop.row())["state"] == "delivered"


async def test_what_is_unknown_is_settled_by_our_own_reference(shop):
    await sent(shop, Handed(Outcome.AMBIGUOUS, "line_lost"))
    row = await shop.row()
    assert row["state"] == "unknown"
    assert await told(shop, "delivered", reference=row["notice_id"])
    row = await shop.row()
    assert (row["state"], row["provider_id"]) == ("delivered", SID)


async def test_after_a_failure_another_way_is_looked_for(shop):
    key = await sent(shop)
    shop.now += timedelta(hours=27)
    sms = FakeWay(
        provider="twilio", answers=[Handed(Outcome.ACCEPTED, provider_id="SM" + "b" * 32)]
    )
    await shop.send(sms, BOTH)
    assert await told(shop, "undelivered", sid="SM" + "b" * 32, code="30003")
    row = await shop.row("pickup_last_hours")
    assert (row["state"], row["reason"]) == ("failed", "30003")
    mail = await shop.row("pickup_last_hours", "email")
    assert (mail["state"], mail["shipment_id"]) == ("planned", key)


async def test_of_no_notice_of_ours_it_is_counted(shop):
    made, registry = callbacks(shop)
    target = f"{CALLBACK}?reference={uuid4()}"
    fields = {"MessageSid": SID, "MessageStatus": "delivered"}
    body = urlencode(fields).encode()
    assert await made.take(target, signed(target, fields), body, shop.now)
    labels = {"provider": "twilio", "state": "unknown"}
    assert registry.get_sample_value("klat_receipts_total", labels) == 1


@pytest.mark.parametrize("reference", ["", "x", "../..", "%00", "é"])
async def test_a_reference_that_is_none_of_ours_is_no_fault(shop, reference):
    await sent(shop)
    assert await told(shop, "delivered", reference=reference)
    assert (await shop.row())["state"] == "delivered"
