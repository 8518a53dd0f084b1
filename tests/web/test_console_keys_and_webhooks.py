"""Keys and webhooks in the console: secrets shown once, one form one deed, each noted with it."""

import asyncio
import re

import pytest
from shop_desk import ShopDesk

from schemas.staff import StaffRole
from schemas.webhook import FACT_TYPES
from tracking.errors import StoreUnavailable
from tracking.staff import audit

KEY = re.compile(r"klat_live_[0-9A-Za-z]{24}_[0-9A-Za-z]{6}")
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")
URL = "https://shop.example.com/klat?token=hush"


@pytest.fixture
async def desk(world):
    return await ShopDesk.opened(world, StaffRole.ADMIN)


async def count(desk, sql, *arguments):
    return await desk.world.pool.fetchval(sql, *arguments)


async def keys(desk, merchant):
    live = "SELECT count(*) FROM api_key WHERE revoked_at IS NULL AND"
    return await count(desk, f"{live} merchant_id IS NOT DISTINCT FROM $1", merchant)


async def test_a_key_is_made_shown_once_and_works(desk):
    await desk.page("/keys")
    made = await desk.sends("/keys", do="make")
    key = KEY.search(made.text)[0]
    assert (made.status, await keys(desk, desk.shop)) == (200, 2)
    answer = await desk.world.call(
        "GET", "/v1/settings", headers={"Authorization": f"Bearer {key}"}
    )
    assert answer.status == 200
    page = await desk.page("/keys")
    assert key not in page
    assert key[:14] in page
    again = await desk.browser.post(f"{desk.path}/keys", do="make", once=once(made))
    assert (again.status, await keys(desk, desk.shop)) == (200, 3)
    twice = await desk.browser.post(f"{desk.path}/keys", do="make", once=once(made))
    assert (twice.status, "done already" in twice.text) == (409, True)
    assert await keys(desk, desk.shop) == 3
    assert [each[0] for each in await desk.audit()] == ["key_made", "key_made"]


def once(answer):
    return re.search(r'name="once" value="([0-9a-f-]{36})"', answer.text)[1]


async def test_a_key_is_ended_and_only_one_of_this_shop(desk):
    await desk.page("/keys")
    ids = await desk.world.pool.fetch("SELECT key_id, merchant_id FROM api_key")
    by_shop = {row["merchant_id"]: str(row["key_id"]) for row in ids}
    for key_id in (by_shop[desk.other], "00000000-0000-0000-0000-000000000000"):
        answer = await desk.sends("/keys", do="revoke", key=key_id)
        assert (answer.status, "ended already" in answer.text) == (409, True)
    assert (await desk.sends("/keys", do="revoke", key="x")).status == 404
    assert await keys(desk, desk.other) == 1
    assert (await desk.sends("/keys", do="revoke", key=by_shop[desk.shop])).status == 303
    assert await keys(desk, desk.shop) == 0
    assert await desk.audit() == [("key_revoked", {"what": by_shop[desk.shop]})]


async def test_keys_of_couriers_and_support_are_the_operators(desk):
    page = await desk.page("/support/keys")
    assert "Shop" not in page.partition("<main")[2]
    made = await desk.sends(
        "/support/keys", do="make", role="courier", name="Depot", carrier="omniva"
    )
    assert KEY.search(made.text)
    await desk.page("/support/keys")
    await desk.sends("/support/keys", do="make", role="support", name="Help desk")
    rows = await desk.world.pool.fetch(
        "SELECT role, name, carrier FROM api_key WHERE merchant_id IS NULL ORDER BY role"
    )
    assert [tuple(row) for row in rows] == [
        ("courier", "Depot", "omniva"),
        ("support", "Help desk", None),
    ]
    await desk.page("/support/keys")
    for fields, said in (
        ({"role": "courier", "name": "Depot", "carrier": "Omniva!"}, "needs the code"),
        ({"role": "courier", "name": "Depot"}, "needs the code"),
        ({"role": "support", "name": " "}, "1 to 200 characters"),
    ):
        answer = await desk.sends("/support/keys", do="make", **fields)
        assert (answer.status, said in answer.text) == (422, True)
    shops = await count(desk, "SELECT key_id::text FROM api_key WHERE merchant_id = $1", desk.shop)
    assert (await desk.sends("/support/keys", do="revoke", key=shops)).status == 409
    assert await keys(desk, desk.shop) == 1


async def adds(desk, **fields):
    await desk.page("/webhooks")
    return await desk.sends("/webhooks", url=URL, **fields)


async def hook(desk):
    return f"/webhooks/{await count(desk, 'SELECT webhook_id FROM webhook')}"


async def test_a_webhook_from_its_making_to_its_end(desk):
    made = await adds(desk, **{"shipment.delivered": "on"})
    secret = SECRET.search(made.text)[0]
    assert secret not in await count(desk, "SELECT secret FROM webhook")
    assert await count(desk, "SELECT types FROM webhook") == ["shipment.delivered"]
    assert secret not in await desk.page("/webhooks")
    path = await hook(desk)

    await desk.page(path)
    assert (await desk.sends(path, do="test")).status == 303
    page = await desk.page(path)
    assert "webhook.test" in page
    delivery = await count(desk, "SELECT delivery_id::text FROM webhook_delivery")
    await desk.world.pool.execute(
        "UPDATE webhook_delivery SET state = 'failed', outcome = 'refused', status = 503,"
        " tried_at = $1, response_ms = 12, tries = 10",
        desk.world.clock(),
    )
    page = await desk.page(path)
    assert re.search(r"given up</span> refused \(503\)", page)
    assert "12 ms. 10 tries." in page
    assert (await desk.sends(path, do="resend", delivery=delivery)).status == 303
    assert await count(desk, "SELECT state FROM webhook_delivery") == "waiting"

    page = await desk.page(path)
    rotated = await desk.sends(path, do="rotate")
    assert SECRET.search(rotated.text)[0] != secret
    twice = await desk.sends(path, do="rotate")
    assert (twice.status, "done already" in twice.text) == (409, True)

    for do, state in (("disable", "disabled"), ("enable", "enabled")):
        assert (await desk.sends(path, do=do)).status == 303
        assert await count(desk, "SELECT state FROM webhook") == state
    for url, answered in (("https://10.0.0.1/", 422), ("https://new.example/hush", 303)):
        assert (await desk.sends(path, do="address", url=url)).status == answered
    assert await count(desk, "SELECT url FROM webhook") == "https://new.example/hush"
    await desk.sends(path, do="types")
    assert await count(desk, "SELECT types FROM webhook") is None, "none chosen: all"
    removed = await desk.sends(path, do="remove")
    assert removed.headers["Location"] == f"{desk.path}/webhooks?done"
    assert await count(desk, "SELECT count(*) FROM webhook") == 0
    noted = await desk.audit()
    assert sorted(action for action, _ in noted) == [
        "delivery_resent",
        *["webhook_changed"] * 4,
        "webhook_deleted",
        "webhook_made",
        "webhook_rotated",
        "webhook_tested",
    ]
    assert all("hush" not in str(detail) for _, detail in noted), "the host only"


@pytest.mark.parametrize(
    ("reason", "said", "may_enable"),
    [
        ("gone", "answered 410", True),
        ("failing", "For five days", True),
        ("shop", "The shop disabled it", True),
        ("operator", "klat webhooks enable", False),
    ],
)
async def test_one_that_is_disabled_says_why_and_how_to_enable_it(desk, reason, said, may_enable):
    await adds(desk)
    await desk.world.pool.execute("UPDATE webhook SET state = 'disabled', reason = $1", reason)
    path = await hook(desk)
    page = await desk.page(path)
    assert said in page
    assert ('name="do" value="enable"' in page) is may_enable
    assert (await desk.sends(path, do="test")).status == 409
    enabled = await desk.sends(path, do="enable")
    assert enabled.status == (303 if may_enable else 409)


@pytest.mark.parametrize(
    "url", ["", "http://shop.example", "https://10.0.0.1/", "ftp://x", "x" * 3000]
)
async def test_an_address_that_leads_inside_or_nowhere_is_refused(desk, url):
    await desk.page("/webhooks")
    answer = await desk.sends("/webhooks", url=url)
    assert (answer.status, "on the internet" in answer.text) == (422, True)
    assert await count(desk, "SELECT count(*) FROM webhook") == 0


async def test_ten_are_enough_and_every_type_can_be_chosen(desk):
    for _ in range(10):
        assert (await adds(desk, **dict.fromkeys(FACT_TYPES, "on"))).status == 200
    assert 'name="url"' not in await desk.page("/webhooks")
    answer = await desk.sends("/webhooks", url=URL, once="01900000-0000-7000-8000-000000000000")
    assert (answer.status, "ten webhooks" in answer.text) == (409, True)


async def test_another_shops_webhook_is_not_found_here(desk):
    await adds(desk)
    path = await hook(desk)
    theirs = f"/support/shops/{desk.other}{path}"
    assert (await desk.browser.get(theirs)).status == 404
    await desk.page(path)
    for do in ("test", "rotate", "remove", "disable", "nothing"):
        assert (await desk.sends(theirs, do=do)).status == 404, do
    assert await count(desk, "SELECT state FROM webhook") == "enabled"


async def test_a_form_that_is_sent_three_times_at_once_is_one_deed(desk):
    """A double click, or a browser that tries again: whoever comes second finds the line there."""
    await desk.page("/keys")
    answers = await asyncio.gather(*(desk.sends("/keys", do="make") for _ in range(3)))
    assert sorted(answer.status for answer in answers) == [200, 409, 409]
    assert await keys(desk, desk.shop) == 2, "one was there before"
    await desk.page("/webhooks")
    answers = await asyncio.gather(*(desk.sends("/webhooks", url=URL) for _ in range(3)))
    assert sorted(answer.status for answer in answers) == [200, 409, 409]
    assert await count(desk, "SELECT count(*) FROM webhook") == 1
    assert sorted(action for action, _ in await desk.audit()) == ["key_made", "webhook_made"]


async def test_what_cannot_be_written_down_is_not_done(desk, monkeypatch):
    """Of every deed with keys and webhooks, as of those with parcels."""
    await adds(desk)
    path = await hook(desk)
    await desk.page(path)
    await desk.sends(path, do="test")
    delivery = await count(desk, "SELECT delivery_id::text FROM webhook_delivery")
    key = await count(desk, "SELECT key_id::text FROM api_key WHERE merchant_id = $1", desk.shop)

    async def away(*_: object) -> None:
        raise StoreUnavailable("away")

    everything = "SELECT row(w.*)::text FROM webhook AS w"
    sent = "SELECT row(d.*)::text FROM webhook_delivery AS d"
    before = await count(desk, everything), await count(desk, sent)
    await desk.page(path)
    monkeypatch.setattr(audit, "note_audit", away)
    for do, fields in {
        "rotate": {},
        "disable": {},
        "types": {"shipment.delivered": "on"},
        "address": {"url": "https://new.example/"},
        "resend": {"delivery": delivery},
        "test": {},
        "remove": {},
    }.items():
        assert (await desk.sends(path, do=do, **fields)).status == 503, do
    assert (await desk.sends("/webhooks", url=URL)).status == 503
    assert (await desk.sends("/keys", do="make")).status == 503
    assert (await desk.sends("/keys", do="revoke", key=key)).status == 503
    assert (await count(desk, everything), await count(desk, sent)) == before
    assert await count(desk, "SELECT count(*) FROM webhook_delivery") == 1
    assert await keys(desk, desk.shop) == 1
