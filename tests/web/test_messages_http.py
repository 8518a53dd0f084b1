"""The parcel's page about messages: a shop has links to it, and must not undo what a shopper asked.

Who is told of fewer messages by it is the recipient; who may ask for more is who got a message.
"""

import re
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import permutations
from uuid import UUID

import pytest
from people import EMAIL, PHONE
from prometheus_client import CollectorRegistry

from consumers.notices.subject import beyond_important
from schemas.notice import Channel
from schemas.suppression import Level, SuppressionReason
from tracking.choices import BY_STOP_LINK, Choice, ShopWay, Standing, wishes
from tracking.links import LinkMaker, NewLink, Receiver
from tracking.sealing import Sealer
from tracking.store.suppressions import EVERYBODY, Suppression, Suppressions
from tracking.suppression import StopLink, address_hashes, stop_token
from tracking.web.app import make_app
from tracking.web.serving import serve

SMS, MAIL = Receiver(Channel.SMS, PHONE), Receiver(Channel.EMAIL, EMAIL)
HINTS = {
    "lv": "Lai atkal saņemtu visas īsziņas,",
    "lt": "Jei vėl norite gauti visas SMS žinutes,",
    "et": "Et saada taas kõik tekstisõnumid,",
    "en": "To get every text message again,",
    "ru": "Чтобы снова получать все SMS-сообщения,",
}


@asynccontextmanager
async def restarted(world, **changes):
    """The same database behind a process with other dependencies."""
    deps = replace(world.deps, registry=CollectorRegistry(), **changes)
    app = make_app(deps)
    runner = await serve(app, "127.0.0.1", 0)
    host, port = runner.addresses[0][:2]
    yield replace(world, url=f"http://{host}:{port}", deps=deps, app=app)
    await runner.cleanup()


class Parcel:
    """One that a shop registered, and all that anybody does to its messages."""

    def __init__(self, world, shop, made):
        self.world, self.shop = world, shop
        self.shipment_id = UUID(made.json["shipment_id"])
        self.path = made.json["tracking_url"].removeprefix("http://track.test")
        self.merchant_id = None

    async def told(self, *receiver, world=None):
        """The path of a link that went out in a notice."""
        deps = (world or self.world).deps
        new = NewLink(self.shipment_id, *receiver)
        (path,) = await LinkMaker(deps.pool, deps.sealer).issue([new], self.world.clock())
        return path

    async def choose(self, path, choice, way="sms", world=None, **options):
        data = {"way": way, "choice": choice}
        return await (world or self.world).call("POST", f"{path}/messages", data=data, **options)

    async def now(self, receiver=SMS, sealer=None):
        hashes = address_hashes(sealer or self.world.deps.sealer, *receiver)
        way = ShopWay(self.merchant_id, receiver.channel, hashes)
        found = await wishes(Suppressions(self.world.pool), [way], [BY_STOP_LINK])
        return found[0].standing

    async def against(self, reason, level=Level.ALL, receiver=SMS, shop=None, sealer=None):
        newest = address_hashes(sealer or self.world.deps.sealer, *receiver)[0]
        whose = shop or self.merchant_id
        new = Suppression(newest, receiver.channel, whose, reason, level)
        await Suppressions(self.world.pool).suppress([new], now=self.world.clock())

    def stop(self, receiver=SMS, sealer=None):
        sealer = sealer or self.world.deps.sealer
        newest = address_hashes(sealer, *receiver)[0]
        return f"/stop/{stop_token(sealer, StopLink(self.merchant_id, receiver.channel, newest))}"


@pytest.fixture
async def parcel(world):
    shop = await world.key("merchant", "Veikals")
    found = Parcel(world, shop, await world.register(shop))
    found.merchant_id = await world.pool.fetchval("SELECT merchant_id FROM merchant")
    return found


def buttons(page):
    return re.findall(r'name="choice" value="(\w+)"', page.text)


async def test_each_way_of_the_recipient_is_found_and_names_nobody(world, parcel):
    assert f"{parcel.path}/messages" in (await world.call("GET", parcel.path)).text
    page = await world.call("GET", f"{parcel.path}/messages?lang=en")
    actions = re.findall(r'action="([^"?]+)\?lang=en"', page.text)
    assert actions == [f"{parcel.path}/messages"] * 2
    assert re.findall(r'name="way" value="(\w+)"', page.text) == ["sms", "email"]
    for secret in (PHONE, EMAIL, PHONE[-4:], "/stop/"):
        assert secret not in page.text


@pytest.mark.parametrize("before", Choice)
@pytest.mark.parametrize("choice", Choice)
async def test_the_link_of_a_shop_leads_to_less_and_never_to_more(world, parcel, before, choice):
    await world.call("POST", parcel.stop(), data={"choice": before})
    is_more = [*Choice].index(choice) < [*Choice].index(before)
    for _ in range(2):
        answer = await parcel.choose(parcel.path, choice)
        assert answer.status == (403 if is_more else 303)
        assert await parcel.now() == (before if is_more else choice)
        assert await parcel.now(MAIL) is Standing.EVERYTHING


@pytest.mark.parametrize("order", [*permutations(Level), *permutations([Level.ALL] * 2)])
async def test_of_two_who_ask_for_less_at_once_who_asks_for_nothing_counts(world, parcel, order):
    """Each had read that everything is sent; the later one must not give back what went first."""
    (newest, *_), store = address_hashes(world.deps.sealer, *SMS), Suppressions(world.pool)
    for level in order:
        asked = (newest, SMS.channel, parcel.merchant_id, SuppressionReason.ASKED, level)
        await store.suppress_further(Suppression(*asked), now=world.clock())
    assert await parcel.now() is Standing.NOTHING


async def test_what_has_to_be_acted_on_is_offered_where_it_is_less(world, parcel):
    """By default only bonuses are told by text message beside that."""
    async with restarted(world, says_more=beyond_important) as here:
        page = await here.call("GET", f"{parcel.path}/messages")
        assert buttons(page) == ["important", "nothing"] * 2
        by_mail = {"bonus_granted": ["email"], "bonus_withdrawn": ["email"]}
        await world.call("PUT", "/v1/settings", headers=parcel.shop, json={"notices": by_mail})
        page = await here.call("GET", f"{parcel.path}/messages")
        assert buttons(page) == ["nothing", "important", "nothing"]


@pytest.mark.parametrize("choice", ["nothing", "important"])
async def test_what_the_shop_s_link_must_not_do_the_page_does_not_offer(world, parcel, choice):
    await parcel.choose(parcel.path, choice)
    for language, hint in HINTS.items():
        page = await world.call("GET", f"{parcel.path}/messages?lang={language}")
        assert hint in page.text
        assert "/stop/" not in page.text
    offered = ["nothing"] if choice == "important" else []
    assert buttons(page) == [*offered, "important", "nothing"], "the last two are of the e-mails"
    refused = await parcel.choose(parcel.path, "everything")
    assert "Saved." not in refused.text
    assert refused.headers["Content-Type"].startswith("text/html")


async def test_a_choice_is_shown_as_saved_in_the_language_of_the_form(world, parcel):
    answer = await world.call(
        "POST", f"{parcel.path}/messages?lang=en", data={"way": "email", "choice": "nothing"}
    )
    assert answer.headers["Location"] == f"{parcel.path}/messages?saved&lang=en"
    page = await world.call("GET", answer.headers["Location"])
    assert "Saved." in page.text
    assert "You get nothing this way any more." in page.text
    assert "the link at the end of one that you got from us" in page.text


async def test_who_got_the_message_may_ask_for_more_by_its_link_and_by_this_way_only(parcel):
    path = await parcel.told(SMS)
    for before in ("important", "nothing"):
        await parcel.choose(parcel.path, before)
        await parcel.choose(parcel.path, before, "email")
        page = await parcel.world.call("GET", f"{path}/messages?lang=en")
        assert HINTS["en"] not in page.text
        assert (await parcel.choose(path, "everything", "email")).status == 403
        assert (await parcel.choose(path, "everything")).status == 303
        assert await parcel.now() is Standing.EVERYTHING
        assert await parcel.now(MAIL) == before
    await parcel.choose(parcel.path, "nothing")
    assert (await parcel.choose(path, "important")).status == 303
    assert await parcel.now() is Standing.IMPORTANT


async def test_a_shop_that_had_the_message_itself_gains_nothing_by_naming_another(world, parcel):
    """It registers its own number, takes the link of the notice, then registers the shopper's."""
    own = {"name": "Shop", "phone": "+37126000000", "email": "shop@example.org"}
    changed = await world.register(parcel.shop, recipient=own)
    assert changed.json["shipment_id"] == str(parcel.shipment_id)
    links = [
        await parcel.told(Receiver(Channel.SMS, own["phone"])),
        await parcel.told(Receiver(Channel.EMAIL, own["email"])),
    ]
    await world.register(parcel.shop)
    await parcel.against(SuppressionReason.ASKED)
    await parcel.against(SuppressionReason.ASKED, receiver=MAIL)
    for path in links:
        for way in ("sms", "email"):
            for choice in ("everything", "important"):
                assert (await parcel.choose(path, choice, way)).status == 403
    assert {await parcel.now(), await parcel.now(MAIL)} == {Standing.NOTHING}


@pytest.mark.parametrize(
    ("reason", "everybody"),
    [
        (SuppressionReason.COMPLAINT, False),
        (SuppressionReason.BAD_ADDRESS, True),
        (SuppressionReason.STOP, True),
        (SuppressionReason.ASKED, True),
    ],
)
async def test_nothing_but_a_wish_of_this_shop_is_taken_back_by_the_link_of_a_notice(
    parcel, reason, everybody
):
    """Neither a complaint nor an address that fails, nor what the operator wrote down."""
    path = await parcel.told(MAIL)
    shop = EVERYBODY if everybody else None
    await parcel.against(reason, receiver=MAIL, shop=shop)
    await parcel.against(SuppressionReason.ASKED, Level.UNIMPORTANT, MAIL)
    page = await parcel.world.call("GET", f"{path}/messages?lang=en")
    assert buttons(page) == ["important", "nothing"], "of the text messages"
    assert ("at the end of one that you got" in page.text) is (not everybody)
    for choice in ("everything", "important"):
        assert (await parcel.choose(path, choice, "email")).status == 403
    kept = await parcel.world.pool.fetch("SELECT reason, level FROM suppression")
    assert {(row["reason"], row["level"]) for row in kept} == {
        (reason, Level.ALL),
        *([(SuppressionReason.ASKED, Level.UNIMPORTANT)] if reason != "asked" else []),
        *([(SuppressionReason.ASKED, Level.UNIMPORTANT)] if everybody else []),
    }


async def test_a_complaint_ends_by_the_link_of_the_mail_for_this(parcel):
    await parcel.against(SuppressionReason.COMPLAINT, receiver=MAIL)
    answer = await parcel.world.call("POST", parcel.stop(MAIL), data={"choice": "everything"})
    assert answer.status == 303
    assert await parcel.now(MAIL) is Standing.EVERYTHING


async def test_what_was_asked_under_an_old_key_is_shown_and_taken_back_under_a_new_one(parcel):
    """Also by a link that was sent under the old key; with the key gone it is one of a shop."""
    old = parcel.world.deps.sealer
    both = Sealer(["a newer key", "a key of the tests"])
    path = await parcel.told(SMS)
    for level, choice in ((Level.ALL, "nothing"), (Level.UNIMPORTANT, "important")):
        await parcel.against(SuppressionReason.ASKED, level, sealer=old)
        async with restarted(parcel.world, sealer=both) as world:
            page = await world.call("GET", f"{parcel.path}/messages?lang=en")
            assert HINTS["en"] in page.text, "something stands"
            assert await parcel.now(sealer=both) == choice
            assert (await parcel.choose(parcel.path, "everything", world=world)).status == 403
            assert (await parcel.choose(parcel.path, "nothing", world=world)).status == 303
            assert await parcel.now(sealer=both) is Standing.NOTHING
            assert (await parcel.choose(path, "important", world=world)).status == 303
            assert await parcel.now(sealer=both) is Standing.IMPORTANT
            assert (await parcel.choose(path, "everything", world=world)).status == 303
            assert await parcel.now(sealer=both) is Standing.EVERYTHING
    assert await parcel.world.pool.fetchval("SELECT count(*) FROM suppression") == 0


async def test_the_link_of_an_old_mail_works_under_a_new_key_and_ends_with_its_own(parcel):
    stop, old = parcel.stop(MAIL), parcel.world.deps.sealer
    both = Sealer(["a newer key", "a key of the tests"])
    async with restarted(parcel.world, sealer=both) as world:
        assert (await world.call("POST", stop, data={"choice": "nothing"})).status == 303
        assert await parcel.now(MAIL, sealer=both) is Standing.NOTHING
        assert await parcel.now(MAIL, sealer=old) is Standing.NOTHING, "under its own hash"
        assert "nothing this way" in (await world.call("GET", f"{stop}?lang=en")).text
        assert (await world.call("POST", stop, data={"choice": "everything"})).status == 303
        assert await parcel.now(MAIL, sealer=both) is Standing.EVERYTHING
    async with restarted(parcel.world, sealer=Sealer(["a newer key"])) as world:
        assert (await world.call("GET", stop)).status == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({}, 303),
    ],
)
async def test_another_site_cannot_send_the_form(parcel, headers, status):
    answer = await parcel.choose(parcel.path, "nothing", headers=headers)
    assert answer.status == status
    assert await parcel.now() == (Choice.NOTHING if status == 303 else Choice.EVERYTHING)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"choice=nothing", b"way=sms", b"way=push&choice=nothing"),
        *(b"way=fax&choice=nothing", b"way=sms&choice=all", b"\xff"),
        *(b"a=1&" * 50, b"way=sms&choice=nothing&" * 400),
    ],
)
async def test_a_wrong_form_changes_nothing(parcel, body):
    answer = await parcel.world.call(
        "POST",
        f"{parcel.path}/messages",
        data=body,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status in {400, 413}
    assert {await parcel.now(), await parcel.now(MAIL)} == {Standing.EVERYTHING}


async def test_a_parcel_without_a_recipient_takes_no_choice(world):
    made = await world.register(await world.key("merchant", "Veikals"), recipient=None)
    path = made.json["tracking_url"].removeprefix("http://track.test")
    data = {"way": "sms", "choice": "nothing"}
    assert (await world.call("POST", f"{path}/messages", data=data)).status == 400
    assert (await world.call("POST", f"/t/{'A' * 22}/messages", data=data)).status == 404


@pytest.mark.parametrize("of_page", [True, False])
async def test_an_address_may_choose_so_often(parcel, of_page):
    """And one that was sent away changed nothing; looking is free."""
    path = f"{parcel.path}/messages" if of_page else parcel.stop()
    data = {"way": "sms", "choice": "important"}
    found = [(await parcel.world.call("POST", path, data=data)).status for _ in range(110)]
    assert set(found) == {303, 429}
    assert 100 <= found.count(303) < 110
    late = await parcel.world.call("POST", path, data={"way": "sms", "choice": "nothing"})
    assert (late.status, late.headers["Retry-After"]) == (429, "60")
    assert await parcel.now() is Standing.IMPORTANT
    assert (await parcel.world.call("GET", path)).status == 200


async def test_the_buyer_s_mail_leads_to_the_buyer_s_own_ways(world):
    """Who wants to hear less of a present must not silence whom it is for."""
    shop = await world.key("merchant", "Veikals")
    buyer = Receiver(Channel.EMAIL, "buyer@example.test")
    parcel = Parcel(world, shop, await world.register(shop, buyer={"email": buyer.to}))
    parcel.merchant_id = await world.pool.fetchval("SELECT merchant_id FROM merchant")
    path = await parcel.told(buyer)
    page = await world.call("GET", f"{path}/messages?lang=en")
    assert re.findall(r'name="way" value="(\w+)"', page.text) == ["email"]
    assert (await parcel.choose(path, "nothing", way="sms")).status == 400
    assert (await parcel.choose(path, "nothing", way="email")).status == 303
    assert await parcel.now(buyer) is Standing.NOTHING
    assert await parcel.now(MAIL) is await parcel.now(SMS) is Standing.EVERYTHING
