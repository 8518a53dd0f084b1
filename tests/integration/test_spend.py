"""Money for text messages: caps hold with any number of senders, and nothing but doubt is lost."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from consuming import SEALER
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notice_shop import ACCEPTED, NOON, PERSON, FakeWay, Shop, run_until
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from consumers.notices import sending as sendings
from consumers.notices import upkeep as upkeeps
from consumers.notices.limits import Cap, ShopLimits, SmsLimits
from notifier.channels.base import Handed, Outcome
from notifier.sms.price import Prices
from schemas.notice import Addressee, Channel, Key, NoticeState, Occasion
from schemas.status import Status
from tracking.domain.quota import ALL_SHOPS, DAY, SPEND, Draw, Meter, begin
from tracking.errors import StoreUnavailable
from tracking.notices import lines, told
from tracking.spend import SpendAlerts
from tracking.store.keys import Keys
from tracking.store.notices import Claimed, Ending, Handing, Notices
from tracking.store.pool import open_pool, transaction

BOTH = (Channel.SMS, Channel.EMAIL)
PRICE = 45_000
PRICES = Prices("EUR", {"LV": PRICE})
REFUSED = Handed(Outcome.REFUSED, "21211", address_is_bad=True)
UNREACHABLE = Handed(Outcome.RETRY, "unreachable")
TIMEOUT = Handed(Outcome.AMBIGUOUS, "timeout")


@pytest.fixture
async def shop(database_url):
    pool = await open_pool(database_url, size=8)
    yield await Shop.open(pool)
    await pool.close()


@pytest.fixture
def logged():
    with capture_logs() as lines:
        yield lines


def limits(texts=None, *, all_shops=None, alike=None, **shops) -> SmsLimits:
    """Caps in texts of one segment."""
    cap = None if texts is None else Cap(texts * PRICE, "EUR")
    return SmsLimits(
        prices=PRICES,
        daily_cap=None if all_shops is None else Cap(all_shops * PRICE, "EUR"),
        alike=alike,
        of_shop=lambda _: ShopLimits(daily_cap=cap, **shops),
    )


def phone(number: int) -> dict[str, str]:
    return PERSON | {"phone": f"+3712{number:03d}0001"}


async def due(shop, count, first=0):
    """So many parcels that wait, each with a phone of its own, decided."""
    ids = []
    for number in range(first, first + count):
        ids.append(await shop.register(f"CE{number}", recipient=phone(number)))
        await shop.scanned(f"CE{number}", Status.OUT_FOR_DELIVERY)
    await shop.decide(*ids, channels=BOTH)
    return ids


async def states(shop, channel="sms"):
    rows = await shop.rows("out_for_delivery", channel)
    return sorted((row["state"], row["reason"]) for row in rows)


async def spent(shop, merchant_id=None):
    return await shop.pool.fetchval(
        "SELECT coalesce(sum(used), 0) FROM sms_quota WHERE kind = 'spend' AND merchant_id = $1",
        merchant_id or shop.merchant_id,
    )


async def test_segments_and_cost_are_kept_and_told(shop):
    shop.limits = limits()
    (key,) = await due(shop, 1)
    await shop.send(FakeWay())
    await shop.send(FakeWay(channel=Channel.EMAIL), BOTH)
    found = {each.channel: each for each in await told(shop.pool, SEALER, key)}
    text, mail = found[Channel.SMS], found[Channel.EMAIL]
    assert (text.segments, text.cost.amount, text.cost.currency) == (1, "0.045000", "EUR")
    assert (mail.segments, mail.cost) == (None, None)
    line, decided, *words = lines([text])
    assert line.endswith("sent, fake p-1, 1 segment, 0.045000 EUR")
    assert decided.startswith("    when it comes today")
    assert decided.endswith(f"after fact, version {text.version}, in en")
    assert words[0].startswith("    | out_for_delivery")


async def test_without_a_price_segments_are_told_and_no_cost(shop):
    (key,) = await due(shop, 1)
    await shop.send(FakeWay())
    (text,) = [each for each in await told(shop.pool, SEALER, key) if each.channel == "sms"]
    assert (text.segments, text.cost) == (1, None)
    assert await spent(shop) == 0


async def test_a_cap_stops_sending_and_the_next_day_has_money_again(shop):
    shop.limits = limits(3)
    await due(shop, 5)
    way = FakeWay()
    await shop.send(way, BOTH)
    assert len(way.taken) == 3
    assert await states(shop) == [("dropped", "spend_cap")] * 2 + [("sent", None)] * 3
    assert await spent(shop) == 3 * PRICE
    shop.now += timedelta(days=1)
    await due(shop, 1, first=10)
    await shop.send(way, BOTH)
    assert len(way.taken) == 4


async def test_who_is_stopped_by_the_cap_is_not_tried_again(shop):
    """Else each news of the parcel would draw on the cap for what was said by mail."""
    shop.limits = limits(0)
    ids = await due(shop, 1)
    way = FakeWay()
    for _ in range(3):
        await shop.send(way, BOTH)
        await shop.decide(*ids, channels=BOTH)
    shop.limits = limits(10)
    await shop.decide(*ids, channels=BOTH)
    await shop.send(way, BOTH)
    assert way.taken == []


async def test_what_the_cap_stops_goes_by_mail_where_the_occasion_has_none(shop):
    shop.limits = limits(1)
    key = await shop.waits("CE1", hours=30)
    await shop.decide(key, channels=BOTH)
    await shop.send(FakeWay(), BOTH)
    shop.limits = limits(0)
    shop.now += timedelta(hours=27)
    text, mail = FakeWay(), FakeWay(channel=Channel.EMAIL)
    await shop.send(text, BOTH)
    await shop.send(mail, BOTH)
    row = await shop.row("pickup_last_hours")
    assert (row["state"], row["reason"]) == ("dropped", "spend_cap")
    assert "pickup_last_hours" in [each.values.occasion for each in mail.taken]


@pytest.mark.parametrize(
    ("answer", "state", "is_spent"),
    [
        (ACCEPTED, "sent", True),
        (TIMEOUT, "unknown", True),  # it may have left
        (RuntimeError("oops"), "unknown", True),
        (REFUSED, "failed", False),
        (UNREACHABLE, "planned", False),
        (replace(REFUSED, is_paid=True), "failed", True),  # of a long text, parts were taken
        (replace(UNREACHABLE, is_paid=True), "planned", True),
    ],
)
async def test_what_surely_was_not_taken_is_given_back(shop, answer, state, is_spent):
    shop.limits = limits(5, all_shops=5, alike=20)
    await due(shop, 1)
    await shop.send(FakeWay(answers=[answer]), BOTH)
    row = await shop.row("out_for_delivery")
    assert (row["state"], row["cost"]) == (state, PRICE if is_spent else None)
    for merchant_id in (shop.merchant_id, ALL_SHOPS):
        assert await spent(shop, merchant_id) == (PRICE if is_spent else 0)
    alike = "SELECT sum(used) FROM sms_quota WHERE kind = 'prefix'"
    assert await shop.pool.fetchval(alike) == is_spent


async def test_a_retry_takes_again_what_it_gave_back(shop):
    shop.limits = limits(1)
    await due(shop, 1)
    way = FakeWay(answers=[UNREACHABLE, UNREACHABLE])
    for _ in range(3):
        await shop.send(way, BOTH)
        shop.now += timedelta(minutes=1)
    assert await states(shop) == [("sent", None)]
    assert await spent(shop) == PRICE


async def test_a_sender_that_dies_while_it_sends_has_spent(shop):
    shop.limits = limits(1)
    await due(shop, 2)
    await shop.send(FakeWay(answers=[asyncio.CancelledError()]), BOTH)
    shop.now += upkeeps.HAND_LIMIT + timedelta(seconds=1)
    await shop.send(FakeWay(), BOTH)
    assert await states(shop) == [("dropped", "spend_cap"), ("unknown", "sender_died")]
    assert await spent(shop) == PRICE


async def test_a_slow_sender_that_was_not_dead_gives_back_once(shop):
    """It was refused, and says so after it was taken for dead; and says it twice."""
    shop.limits = limits(1)
    await due(shop, 1)
    sending = shop.sending(FakeWay())
    claimed = await shop.notices.claim_notices(Channel.SMS, 20, now=shop.now)
    ready, _ = await sending._preparing.prepare(claimed, shop.now)
    (ours,), handed_at = await sending._giving._handed(ready, shop.now), shop.now
    shop.now += upkeeps.HAND_LIMIT + timedelta(seconds=1)
    await shop.upkeep().take_over()
    assert await states(shop) == [("unknown", "sender_died")]
    late = Ending(
        ours.handing.claimed,
        NoticeState.FAILED,
        "30003",
        back=ours.handing.draws,
        handed_at=handed_at,
    )
    for _ in range(2):
        await shop.notices.settle_notices([late], now=shop.now)
    assert await spent(shop) == 0


async def test_a_database_that_goes_away_at_the_cap_holds_nobody_up(shop, monkeypatch):
    """Who is let through is sent at once; who is stopped is noted when there is time."""
    monkeypatch.setattr(sendings, "_PAUSE", 0.01)
    shop.limits = limits(2)
    await due(shop, 4)
    settle, away = Notices.settle_notices, iter(range(3))

    async def settle_later(self, endings, *, now):
        if endings and next(away, None) is not None:
            raise StoreUnavailable("away")
        return await settle(self, endings, now=now)

    monkeypatch.setattr(Notices, "settle_notices", settle_later)
    way = FakeWay()

    async def is_settled():
        return {state for state, _ in await states(shop)} == {"dropped", "sent"}

    await run_until(shop.sending(way, BOTH), is_settled)
    assert len(way.taken) == 2
    assert await states(shop) == [("dropped", "spend_cap")] * 2 + [("sent", None)] * 2


async def test_who_was_taken_for_dead_before_handing_over_takes_nothing(shop):
    shop.limits = limits(1)
    await due(shop, 1)
    sending = shop.sending(FakeWay())
    claimed = await shop.notices.claim_notices(Channel.SMS, 20, now=shop.now)
    ready, _ = await sending._preparing.prepare(claimed, shop.now)
    shop.now += upkeeps.CLAIM_LIMIT + timedelta(seconds=1)
    await shop.send(FakeWay(), BOTH)
    assert await sending._giving._handed(ready, shop.now) == []
    assert await states(shop) == [("sent", None)]
    assert await spent(shop) == PRICE


async def test_who_was_taken_for_dead_drops_nothing_that_another_is_sending(shop):
    shop.limits = limits(1)
    await due(shop, 1)
    slow, quick = shop.sending(FakeWay()), shop.sending(FakeWay())
    claimed = await shop.notices.claim_notices(Channel.SMS, 20, now=shop.now)
    late, _ = await slow._preparing.prepare(claimed, shop.now)
    shop.now += upkeeps.CLAIM_LIMIT + timedelta(seconds=1)
    await shop.upkeep().take_over()
    claimed = await shop.notices.claim_notices(Channel.SMS, 20, now=shop.now)
    ready, _ = await quick._preparing.prepare(claimed, shop.now)
    (ours,) = await quick._giving._handed(ready, shop.now)
    assert await slow._giving._handed(late, shop.now) == []
    assert len(slow.endings) == 1
    await slow.endings.settle()
    assert await states(shop) == [("handed", None)]
    sent = Ending(ours.handing.claimed, NoticeState.SENT, handed_at=shop.now)
    await shop.notices.settle_notices([sent], now=shop.now)
    assert await states(shop) == [("sent", None)]
    assert await spent(shop) == PRICE


async def test_many_senders_keep_one_cap(shop):
    shop.limits = limits(17, all_shops=100)
    await due(shop, 40)
    ways = [FakeWay() for _ in range(6)]
    await asyncio.gather(*(shop.send(way, BOTH) for way in ways))
    assert sum(len(way.taken) for way in ways) == 17
    assert await spent(shop) == 17 * PRICE


async def test_all_shops_together_keep_the_operators_cap(shop):
    async with transaction(shop.pool) as conn:
        other = await Keys(shop.pool).ensure_merchant(conn, "Pood", NOON)
    both = [shop, replace(shop, merchant_id=other)]
    for number, each in enumerate(both):
        each.limits = limits(20, all_shops=7)
        await due(each, 10, first=10 * number)
    ways = [FakeWay() for _ in range(4)]
    await asyncio.gather(*(shop.send(way, BOTH) for way in ways))
    assert sum(len(way.taken) for way in ways) == 7
    assert await spent(shop, ALL_SHOPS) == 7 * PRICE
    assert await spent(shop) + await spent(shop, other) == 7 * PRICE


async def test_it_is_told_once_a_day_when_a_cap_is_near_and_when_it_is_reached(shop, logged):
    shop.limits = limits(10)
    alerts = SpendAlerts(shop.pool, registry := CollectorRegistry())

    async def gauges():
        await alerts.measure(shop.now)
        names = ("klat_spend_cap_near", "klat_spend_cap_reached")
        return [registry.get_sample_value(name, {"scope": "shop"}) for name in names]

    def said():
        return [each["event"] for each in logged if each["event"].startswith("spend.")]

    await due(shop, 7)
    await shop.send(FakeWay(), BOTH)
    assert (said(), await gauges()) == ([], [0, 0])
    await due(shop, 2, first=7)
    await shop.send(FakeWay(), BOTH)
    assert (said(), await gauges()) == (["spend.cap_near"], [1, 0])
    for first in (9, 12, 15):
        await due(shop, 3, first=first)
        await asyncio.gather(*(shop.send(FakeWay(), BOTH) for _ in range(3)))
    assert said() == ["spend.cap_near", "spend.cap_reached"]
    assert await gauges() == [0, 1]
    told_of = next(each for each in logged if each["event"] == "spend.cap_reached")
    assert (told_of["merchant_id"], told_of["kind"]) == (shop.merchant_id, "shop")
    shop.limits = limits(20)  # the shop has raised it
    await due(shop, 3, first=20)
    await shop.send(FakeWay(), BOTH)
    assert await gauges() == [1, 0]
    shop.now += timedelta(days=1)
    assert await gauges() == [0, 0]


async def test_neighbouring_numbers_of_many_parcels_are_stopped_by_shop_and_hour(shop, logged):
    shop.limits = limits(alike=3)
    people = [PERSON | {"phone": f"+3712000{number:04d}"} for number in range(6)]

    async def tell(count, first):
        ids = []
        for number in range(first, first + count):
            ids.append(await shop.register(f"CE{number}", recipient=people[number % 6]))
            await shop.scanned(f"CE{number}", Status.OUT_FOR_DELIVERY)
        await shop.decide(*ids, channels=BOTH)
        await shop.send(way, BOTH)

    way = FakeWay()
    await tell(6, 0)
    assert len(way.taken) == 3
    assert await states(shop) == [("dropped", "too_many_alike")] * 3 + [("sent", None)] * 3
    suspected = [each for each in logged if each["event"] == "sms.pumping_suspected"]
    assert len(suspected) == 1
    shop.now += timedelta(hours=1)
    await tell(1, 6)
    assert len(way.taken) == 4
    kept = await shop.pool.fetch("SELECT name FROM sms_quota WHERE kind = 'prefix'")
    assert {len(row["name"]) for row in kept} == {64}  # of the keyed hash, in hex


async def test_one_parcel_counts_once_an_hour(shop):
    """That it is out, and that nobody was there."""
    shop.limits = limits(alike=1)
    (key,) = await due(shop, 1)
    way = FakeWay()
    await shop.send(way, BOTH)
    shop.now += timedelta(minutes=10)
    await shop.scanned("CE0", Status.ATTEMPT_FAILED)
    await shop.decide(key, channels=BOTH)
    await shop.send(way, BOTH)
    assert [each.values.occasion for each in way.taken] == ["out_for_delivery", "attempt_failed"]


@pytest.mark.parametrize(
    ("limits_", "reason"),
    [
        (SmsLimits(countries=frozenset({"LT"})), "country"),
        (SmsLimits(of_shop=lambda _: ShopLimits(countries=frozenset({"EE"}))), "country"),
        (SmsLimits(of_shop=lambda _: ShopLimits(Cap(1, "EUR"))), "no_price"),
        (SmsLimits(prices=PRICES, of_shop=lambda _: ShopLimits(Cap(1, "USD"))), "no_price"),
        (SmsLimits(prices=Prices("EUR", {"LT": 1}), of_shop=lambda _: ShopLimits(Cap(1, "EUR"))),
         "no_price"),
    ],
)  # fmt: skip
async def test_where_no_text_may_go_is_known_when_it_is_decided(shop, limits_, reason):
    """So that the last hours, which have no mail by default, are told by mail."""
    shop.limits = limits_
    key = await shop.waits("CE1", hours=30)
    await shop.decide(key, channels=BOTH)
    texts = await shop.pool.fetch("SELECT state, reason FROM notice WHERE channel = 'sms'")
    assert {(row["state"], row["reason"]) for row in texts} == {("dropped", reason)}
    assert (await shop.row("pickup_last_hours", "email"))["state"] == "planned"


async def test_a_dear_number_is_no_failure_at_the_provider(shop):
    shop.limits = SmsLimits()
    key = await shop.register("CE1", recipient=PERSON | {"phone": "+37190000001"})
    await shop.scanned("CE1", Status.OUT_FOR_DELIVERY)
    await shop.decide(key, channels=BOTH)
    row = await shop.row("out_for_delivery")
    assert (row["state"], row["reason"], row["tries"]) == ("dropped", "premium_rate", 0)


async def test_a_shop_cannot_open_a_country_that_the_operator_closed(shop):
    shop.limits = SmsLimits(of_shop=lambda _: ShopLimits(countries=frozenset({"DE", "LV"})))
    key = await shop.register("CE1", recipient=PERSON | {"phone": "+4915112345678"})
    await shop.scanned("CE1", Status.OUT_FOR_DELIVERY)
    await shop.decide(key)
    assert (await shop.row("out_for_delivery"))["reason"] == "country"


KEY = Key(Occasion.OUT_FOR_DELIVERY, "1", Channel.SMS, Addressee.RECIPIENT)
CLAIM = """
INSERT INTO notice (shipment_id, occasion, round, channel, addressee, notice_id, state, due_at,
                    until, version, planned_at, changed_at)
VALUES ($1, 'out_for_delivery', '1', 'sms', 'recipient', $1, 'claimed', $2, $2, 1, $2, $2)
"""
STEPS = st.lists(
    st.tuples(
        st.lists(st.integers(0, 5), min_size=1, max_size=4, unique=True),
        st.sampled_from(["hand", "sent", "refused", "retry", "unknown", "dies"]),
    ),
    min_size=1,
    max_size=12,
)


class Sender:
    """Six notices of a shop with a cap, moved as senders and their deaths move them."""

    def __init__(self, pool: asyncpg.Pool, costs: list[int], cap: int) -> None:
        self.notices, self.pool, self.shop = Notices(pool), pool, uuid4()
        self.ids, self.costs, self.cap = [uuid4() for _ in costs], costs, cap

    async def open(self) -> None:
        await self.pool.executemany(CLAIM, [(each, NOON) for each in self.ids])

    def handing(self, number: int) -> Handing:
        meter = Meter(self.shop, SPEND, "EUR", begin(NOON, DAY))
        draw = Draw(meter, self.costs[number], self.cap, "spend_cap")
        claimed = Claimed(self.ids[number], self.ids[number], KEY, 0, NOON, NOON, self.shop)
        return Handing(claimed, "lv", "x", 1, 1, self.costs[number], "EUR", (draw,))

    async def step(self, numbers: list[int], what: str) -> None:
        handing = [self.handing(number) for number in numbers]
        match what:
            case "hand":
                await self.notices.hand_notices(handing, "fake", now=NOON)
            case "dies":
                later = NOON + timedelta(hours=1)
                await self.notices.abandoned_notices(
                    claimed_before=later, handed_before=later, now=NOON
                )
                await self.claim_again()
            case _:
                state = {"sent": "sent", "refused": "failed", "retry": "planned"}.get(what, what)
                endings = [
                    Ending(
                        each.claimed,
                        NoticeState(state),
                        back=each.draws if what in {"refused", "retry"} else (),
                        handed_at=NOON,
                    )
                    for each in handing
                    if await self._is_handed(each.claimed.notice_id)
                ]
                await self.notices.settle_notices(endings, now=NOON)
                await self.claim_again()

    async def claim_again(self) -> None:
        planned = (
            "UPDATE notice SET state = 'claimed' WHERE state = 'planned' AND notice_id = ANY($1)"
        )
        await self.pool.execute(planned, self.ids)

    async def _is_handed(self, notice_id: UUID) -> bool:
        """Only who handed it over knows how it ended."""
        state = "SELECT state = 'handed' FROM notice WHERE notice_id = $1"
        return await self.pool.fetchval(state, notice_id)

    async def holds(self) -> None:
        used = await self.pool.fetchval(
            "SELECT coalesce(sum(used), 0) FROM sms_quota WHERE merchant_id = $1", self.shop
        )
        costs = await self.pool.fetchval(
            """SELECT coalesce(sum(cost), 0) FROM notice WHERE notice_id = ANY($1)
               AND state IN ('handed', 'sent', 'unknown')""",
            self.ids,
        )
        assert used == costs, "what is spent is what may have left"
        assert used <= self.cap


@given(st.lists(st.integers(0, 40), min_size=6, max_size=6), st.integers(0, 100), STEPS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_whatever_happens_in_whatever_order_the_cap_holds_and_only_doubt_is_lost(
    shop, costs, cap, steps
):
    sender = Sender(shop.pool, costs, cap)
    await sender.open()
    for numbers, what in steps:
        await sender.step(numbers, what)
        await sender.holds()


@given(st.lists(st.integers(0, 40), min_size=6, max_size=6), st.integers(0, 100), st.data())
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_several_senders_at_once_end_in_the_same(shop, costs, cap, data):
    sender = Sender(shop.pool, costs, cap)
    await sender.open()
    turns = st.lists(st.integers(0, 5), min_size=1, max_size=6, unique=True)
    hands = data.draw(st.lists(turns, min_size=2, max_size=5))
    await asyncio.gather(*(sender.step(each, "hand") for each in hands))
    await sender.holds()
    ends = data.draw(st.permutations(range(6)))
    what = data.draw(
        st.lists(st.sampled_from(["sent", "refused", "retry"]), min_size=3, max_size=3)
    )
    await asyncio.gather(
        *(sender.step(list(ends[2 * n : 2 * n + 2]), what[n]) for n in range(3)),
    )
    await sender.holds()
