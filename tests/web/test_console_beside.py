"""What stands beside a parcel in the console: posts to the shop, the shopper's wishes, payloads."""

from datetime import timedelta
from uuid import uuid4

import pytest
from people import EMAIL as MAIL
from people import PHONE
from test_console_actions import noted
from test_console_login import Browser, made
from test_console_parcel import NUMBER, Desk

from schemas.notice import Channel
from schemas.suppression import Level, SuppressionReason
from tracking.decode import raw_context
from tracking.store.shipments import Shipments
from tracking.store.suppressions import Suppression, Suppressions
from tracking.suppression import address_hashes

DIGEST = b"\x01" * 16
PAYLOAD = b'{"parcels": [{"barcode": "CE123456789EE", "who": "<b>Anna</b>"}]}'


@pytest.fixture
async def desk(world):
    made_ = await world.register(await world.key("merchant", "Shop"))
    await world.scanned(NUMBER, "accepted", "out_for_delivery")
    browser = Browser(world)
    await browser.enters(await made(world))
    return Desk(world, browser, made_.json["shipment_id"])


async def posted(desk: Desk, state: str, kind: str = "shipment.accepted", **fields) -> None:
    """A delivery to the shop's webhook that came to this."""
    pool, now = desk.world.pool, desk.world.clock()
    await pool.execute(
        """
        INSERT INTO webhook_delivery (merchant_id, webhook_id, delivery_id, position, fact_id, type,
                                      state, due_at, tries, tried_at, outcome, status, created_at)
        SELECT merchant_id, $2, $3, 1, $4, $5, $6, $7, 3, $7, $8, $9, $7
        FROM registration WHERE shipment_id = $1
        """,
        desk.id, uuid4(), uuid4(), f"{fields.get('of', desk.id)}:1:{kind}", kind, state, now,
        fields.get("outcome"), fields.get("status"),
    )  # fmt: skip


async def test_what_was_posted_to_the_shop_is_told_and_what_failed_stands_out(desk):
    await posted(desk, "failed", outcome="refused", status=500)
    await posted(desk, "delivered", "shipment.out_for_delivery")
    await posted(desk, "delivered", "shipment.of_another", of=uuid4())
    page = await desk.page()
    assert "to the shop: <bdi>shipment.accepted</bdi>" in page
    assert "outcome <bdi>refused 500</bdi>" in page
    assert "shipment.out_for_delivery" in page
    assert "shipment.of_another" not in page
    failed = page[: page.index("shipment.accepted")].rpartition("<li ")[2]
    assert 'class="wrong' in failed


async def test_what_the_shopper_wished_is_told(desk):
    (key, *_) = address_hashes(desk.world.deps.sealer, Channel.SMS, PHONE)
    (mail, *_) = address_hashes(desk.world.deps.sealer, Channel.EMAIL, MAIL)
    shop = await desk.world.pool.fetchval("SELECT merchant_id FROM registration")
    wishes = [
        Suppression(key, Channel.SMS, shop, SuppressionReason.STOP, Level.ALL),
        Suppression(mail, Channel.EMAIL, uuid4(), SuppressionReason.ASKED, Level.ALL),
    ]
    await Suppressions(desk.world.pool).suppress(wishes, now=desk.world.clock())
    page = await desk.page()
    assert "answered STOP" in page
    assert "asked for no messages" not in page, "that was another shop's"


async def test_wrong_answers_and_subscriptions_are_told(desk):
    now = desk.world.clock()
    await desk.world.pool.execute(
        "INSERT INTO challenge VALUES ($1, 5, $2)", desk.id, now + timedelta(minutes=15)
    )
    await desk.world.pool.execute(
        "INSERT INTO push_subscription VALUES ($1, 's', 't', 'lv', 'x', $2)", desk.id, now
    )
    page = await desk.page()
    assert "wrong answers to the question before the code" in page
    assert "asked to be told in the browser" in page


async def test_what_happens_by_itself_is_told(desk):
    await desk.world.pool.execute(
        "INSERT INTO deadline VALUES ($1, 'promise', $2), ($1, 'of_a_later_release', $2)",
        desk.id,
        desk.world.clock() + timedelta(days=1),
    )
    page = await desk.page()
    assert "What happens by itself" in page
    assert "the promise ends" in page


async def scan(desk: Desk, *, with_payload: bool = True) -> str:
    """Where the latest scan stands as received."""
    (entry, *_) = await Shipments(desk.world.pool).history(desk.id)
    if with_payload:
        sealed = desk.world.deps.sealer.seal(PAYLOAD, raw_context(DIGEST))
        await desk.world.pool.execute(
            "INSERT INTO raw_payload VALUES ($1, 'omniva', now(), $2)", DIGEST, sealed
        )
        await desk.world.pool.execute(
            "UPDATE scan SET raw_digest = $1 WHERE scan_key = $2", DIGEST, bytes.fromhex(entry.key)
        )
    return f"{desk.path}/scans/{entry.key}"


async def test_a_payload_is_shown_on_demand_as_text_and_that_is_noted(desk):
    path = await scan(desk)
    assert path in await desk.page()
    assert await noted(desk) == set()
    answer = await desk.browser.get(path)
    assert answer.status == 200
    assert "&lt;b&gt;Anna&lt;/b&gt;" in answer.text
    assert "<b>Anna" not in answer.text
    assert await noted(desk) == {"payload_seen"}


async def test_a_payload_that_may_tell_of_other_shops_is_for_who_sees_all(desk):
    path = await scan(desk)
    shop = await desk.world.pool.fetchval("SELECT merchant_id FROM registration")
    await desk.world.pool.execute("UPDATE staff SET shops = ARRAY[$1::uuid]", shop)
    answer = await desk.browser.get(path)
    assert (answer.status, "barcode" in answer.text) == (200, False)
    assert "ask somebody who sees all shops" in answer.text
    assert await noted(desk) == set()


async def test_without_a_payload_or_its_key_the_page_says_so(desk):
    path = await scan(desk, with_payload=False)
    assert "own format" in (await desk.browser.get(path)).text
    await scan(desk)
    await desk.world.pool.execute("UPDATE raw_payload SET sealed = 'x'")
    assert "its secret key is missing" in (await desk.browser.get(path)).text


async def test_a_door_code_is_not_among_what_was_read(desk):
    await desk.world.waits_in_locker("CE987654321EE")
    made_ = await desk.world.register(
        await desk.world.key("merchant", "Shop"), tracking_number="CE987654321EE"
    )
    other = Desk(desk.world, desk.browser, made_.json["shipment_id"])
    answer = await desk.browser.get(await scan(other, with_payload=False))
    assert '"code": "…"' in answer.text.replace("&#34;", '"')


async def test_scans_of_others_are_not_found(desk):
    path = await scan(desk)
    for wrong in (f"{desk.path}/scans/{'0' * 32}", f"{desk.path}/scans/x", f"{path}00"):
        assert (await desk.browser.get(wrong)).status == 404
    key = path.rpartition("/")[2]
    assert (await desk.browser.get(f"/support/parcels/{uuid4()}/scans/{key}")).status == 404
    await desk.world.pool.execute("UPDATE staff SET shops = ARRAY[$1::uuid]", uuid4())
    assert (await desk.browser.get(path)).status == 404
