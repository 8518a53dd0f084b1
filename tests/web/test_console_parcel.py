"""The parcel page of the console: who may see it, what it tells, and what it advises."""

import re
from html import unescape
from uuid import UUID, uuid4

import pytest
from people import DOOR_CODE, EMAIL, NAME, PHONE
from test_console_login import Browser, made

from tracking import live
from tracking.judge import judge
from tracking.policy_load import load_policy
from tracking.store.merchants import Merchants
from tracking.watch import look_at

NUMBER = "CE123456789EE"
POLICY = """
name = "standard"
currency = "EUR"
valid_from = 2026-01-01
[[tiers]]
late_by = "1d"
bonus = { kind = "code", amount = "3.00" }
"""


class Desk:
    """Somebody of support before a parcel."""

    def __init__(self, world, browser: Browser, shipment_id: str) -> None:
        self.world, self.browser, self.id = world, browser, UUID(shipment_id)
        self.path = f"/support/parcels/{shipment_id}"

    async def page(self, lang: str = "en") -> str:
        answer = await self.browser.get(f"{self.path}?lang={lang}")
        assert answer.status == 200
        return unescape(answer.text).replace("\xa0", " ").replace("\u2060", "")

    async def steps(self) -> list[str]:
        part = (await self.page()).partition('id="next"')[2].partition("</section>")[0]
        return [re.sub("<.*?>", "", each) for each in re.findall(r"<li>(.*?)</li>", part)]

    async def later(self, **span: float) -> None:
        """Time goes by, and somebody has looked in meanwhile."""
        self.world.clock.pass_by(**span)
        await self.world.pool.execute(
            "UPDATE staff_session SET seen_at = $1, created_at = $1", self.world.clock()
        )

    async def noted(self, state: str, reason: str | None = None, **fields) -> None:
        """A notice that it waits, which came to this."""
        now = self.world.clock()
        await self.world.pool.execute(
            """
            INSERT INTO notice (shipment_id, occasion, round, channel, addressee, notice_id, state,
                                reason, due_at, until, version, planned_at, changed_at)
            VALUES ($1, $2, $3, 'sms', 'recipient', $4, $5, $6, $7, $7, 1, $7, $7)
            """,
            self.id,
            fields.get("occasion", "ready_for_pickup"),
            str(uuid4()),
            uuid4(),
            state,
            reason,
            now,
        )


@pytest.fixture
async def desk(world):
    shop = await world.key("merchant", "Shop")
    made_ = await world.register(shop)
    browser = Browser(world)
    await browser.enters(await made(world))
    return Desk(world, browser, made_.json["shipment_id"])


async def test_the_whole_life_stands_on_one_page(desk, world):
    await world.waits_in_locker(NUMBER)
    await desk.noted("dropped", "no_provider")
    page = await desk.page()
    for shown in (NAME, PHONE, EMAIL, NUMBER, "Shop", "1001", DOOR_CODE, "Rīga Akropole"):
        assert shown in page, shown
    again = await desk.page()
    for told in (
        "Placed in the locker",
        "Put in by Anna",
        "2026-11-19T",
        "Text message: Ready to collect",
        "not sent",
        "no provider is set for this way",
        "Promised by",
        "by the shop",
        "looked at the parcel",
    ):
        assert told in again, told
    assert "Waiting in the locker" in page, "what the shopper reads"


async def test_it_speaks_latvian_too(desk, world):
    await world.waits_in_locker(NUMBER)
    await desk.noted("dropped", "no_provider")
    page = await desk.page("lv")
    for told in ("Ko darīt tālāk", "Saņēmējs", "nav sūtīts", "nav iestatīts pakalpojuma sniedzējs"):
        assert told in page, told
    assert "said when" not in page


async def test_what_is_pressing_is_said_first(desk, world):
    assert await desk.steps() == ["Nothing has to be done."]
    await world.waits_in_locker(NUMBER)
    assert (await desk.steps())[0].startswith("It waits, and no message about that arrived.")
    await desk.noted("failed", "30003")
    assert (await desk.steps())[0].startswith("It waits, and no message about that arrived.")
    await desk.noted("sent")
    assert await desk.steps() == ["Nothing has to be done."]
    await desk.later(days=2, hours=1)
    assert (await desk.steps())[0].startswith("It waits, and the time to collect it is over within")
    await desk.later(days=1)
    assert (await desk.steps())[0].startswith("The time to collect it is over.")


async def test_money_is_shown_with_its_rule_and_why_there_is_none(desk, world):
    merchant = await Merchants(world.pool).merchant_named("Shop")
    assert "The shop had no bonus rules" in await desk.page()
    await load_policy(world.pool, merchant, POLICY, now=world.clock())
    await desk.later(days=3)
    await look_at(world.pool, [desk.id], now=world.clock())
    assert any("late, and nothing was paid" in each for each in await desk.steps())
    await judge(world.pool, [desk.id], world.deps.sealer, now=world.clock())
    page = await desk.page()
    assert "<b>€3</b>: 1 day late" in page
    assert "granted" in page
    code = world.deps.sealer.open_text(
        await world.pool.fetchval("SELECT code FROM bonus"), f"bonus:{desk.id}"
    )
    assert code not in page
    assert code[-4:] in page


async def test_a_parcel_that_nobody_registered_says_so(desk, world):
    await world.scanned("CE999999999EE", "in_transit")
    key = await world.pool.fetchval(
        "SELECT shipment_id FROM shipment WHERE tracking_number = 'CE999999999EE'"
    )
    other = Desk(world, desk.browser, str(key))
    assert (await other.steps())[0].startswith("No shop has registered this parcel")
    assert "Nobody is known here" in await other.page()


async def test_every_look_is_noted_with_who_and_which(desk, world):
    await desk.page()
    rows = await world.pool.fetch("SELECT * FROM audit WHERE action = 'parcel_seen'")
    assert [(row["email"], row["shipment_id"]) for row in rows] == [("anna@help.example", desk.id)]


async def test_a_page_that_is_loaded_again_is_one_look(desk, world):
    looks = "SELECT count(*) FROM audit WHERE action = 'parcel_seen'"
    for minutes, count in ((0, 1), (14, 1), (2, 2), (0, 2)):
        world.clock.pass_by(minutes=minutes)
        await desk.page()
        assert await world.pool.fetchval(looks) == count


async def test_of_another_shop_there_is_nothing_to_see(world):
    made_ = await world.register(await world.key("merchant", "Shop"))
    await world.scanned("CE999999999EE", "in_transit")
    await world.key("merchant", "Other")
    other = await Merchants(world.pool).merchant_named("Other")
    browser = Browser(world)
    await browser.enters(await made(world, shops=[other]))
    ids = await world.pool.fetch("SELECT shipment_id FROM shipment")
    assert len(ids) == 2
    paths = [f"/support/parcels/{row['shipment_id']}" for row in ids]
    texts = set()
    for path in paths:
        assert (await browser.get(f"{path}/stream")).status == 404
    for path in [*paths, f"/support/parcels/{uuid4()}", "/support/parcels/nonsense"]:
        answer = await browser.get(path)
        assert answer.status == 404
        texts.add(answer.text.replace(path, "").replace("nonsense", ""))
    assert len(texts) == 1
    assert made_.json["shipment_id"] not in texts.pop()
    assert (
        await world.pool.fetchval("SELECT count(*) FROM audit WHERE shipment_id IS NOT NULL") == 0
    )


async def test_whatever_a_courier_or_a_shop_writes_stays_text(world):
    shop = await world.key("merchant", "<i>Shop</i>")
    evil = '<script>alert(1)</script>"><img src=x onerror=y>'
    person = {"name": evil, "postcode": "<b>1</b>"}
    made_ = await world.register(shop, tracking_number="EVIL1", order=evil[:60], recipient=person)
    await world.scanned("EVIL1", "in_transit", description=evil, code=evil[:40])
    browser = Browser(world)
    await browser.enters(await made(world))
    answer = await browser.get(f"/support/parcels/{made_.json['shipment_id']}")
    for markup in ("<script>alert", "<img", "<b>1", "<i>Shop"):
        assert markup not in answer.text
    assert "&lt;script&gt;alert" in answer.text


async def test_an_office_behind_one_address_takes_no_place_of_shoppers(desk, world, monkeypatch):
    monkeypatch.setattr(live, "MOST_PER_ADDRESS", 1)
    hub = world.deps.hub
    async with world.http.get(f"{world.url}{desk.path}/stream") as line:
        assert line.status == 200
        assert hub.has_room(desk.id, "127.0.0.1")
        async with world.http.get(f"{world.url}{desk.path}/stream") as another:
            assert another.status == 503, "of one person, so many"
