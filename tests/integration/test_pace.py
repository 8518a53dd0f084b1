"""How much a provider is given: its rate, its places, nothing while it is in trouble, each shop."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest
from consuming import SEALER
from notice_shop import NOON, PERSON, FakeWay, Shop, answered, drain
from prometheus_client import CollectorRegistry
from sms_gateway import answering, closing_before_reading, hangs, refusing, serving
from structlog.testing import capture_logs

from consumers.notices import sending as sendings
from consumers.notices.endings import SendingMetrics
from consumers.notices.gate import Entered, Gate, GateMetrics, Pace
from consumers.notices.preparing import Preparing
from consumers.notices.sending import Sending
from consumers.notices.ways import open_sessions
from notifier.breaker import FAULTS_TO_OPEN, FIRST_PAUSE
from notifier.channels.base import Handed, Outcome
from notifier.channels.exchange import Limits
from notifier.channels.twilio import TwilioSms
from notifier.ways import SmsWay
from schemas.notice import Channel
from schemas.status import Status
from tracking.store.keys import Keys
from tracking.store.pool import open_pool, transaction

BOTH = (Channel.SMS, Channel.EMAIL)
TAKES = answering(201, '{"sid": "SM' + "0" * 32 + '"}')
UNREACHABLE = Handed(Outcome.RETRY, "unreachable")


@pytest.fixture
async def shop(database_url):
    pool = await open_pool(database_url, size=8)
    yield await Shop.open(pool)
    await pool.close()


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def logged():
    with capture_logs() as lines:
        yield lines


def events(logged, *names):
    return [each["event"] for each in logged if each["event"] in names]


def twilio(session, url, patience=0.2) -> SmsWay:
    limits = Limits(connect=patience / 2, total=patience)
    return SmsWay(TwilioSms(session, "AC0", "token", "Veikals", api_url=url, limits=limits))


async def due(shop, count, first=0):
    ids = []
    for number in range(first, first + count):
        person = PERSON | {"phone": f"+3712{number:03d}0001"}
        ids.append(await shop.register(f"CE{number}", recipient=person))
        await shop.scanned(f"CE{number}", Status.OUT_FOR_DELIVERY)
    await shop.decide(*ids, channels=BOTH)
    return ids


def planned(states):
    """Those that were in hand when it opened, and those that never were, are due as before."""
    return sum(many for (state, _), many in states.items() if state == "planned")


async def states(shop):
    rows = await shop.rows("out_for_delivery")
    return Counter((row["state"], row["reason"]) for row in rows)


async def test_a_gateway_that_hangs_costs_a_few_and_is_probed_with_one(shop, session, logged):
    """Each notice that it is given may have left, and is lost for its shopper."""
    shop.pace = Pace(rate=100_000, places=3)
    await due(shop, 12)
    async with serving(hangs) as gateway:
        sending = shop.sending(twilio(session, gateway.url))
        await drain(sending)
        lost = len(gateway.requests)
        assert FAULTS_TO_OPEN <= lost <= FAULTS_TO_OPEN + 2  # those that were on their way
        found = await states(shop)
        assert found["unknown", "timeout"] == lost
        assert planned(found) == 12 - lost
        assert {row["tries"] for row in await shop.rows("out_for_delivery")} == {0, 1}
        for pause in (1, 2, 4):  # of the first
            shop.now += FIRST_PAUSE * pause - timedelta(milliseconds=1)
            await drain(sending)
            assert len(gateway.requests) == lost
            shop.now += timedelta(milliseconds=1)
            await drain(sending)
            lost += 1
            assert len(gateway.requests) == lost
        gateway.behave = TAKES
        shop.now += FIRST_PAUSE * 8
        await drain(sending)
    assert await states(shop) == {("unknown", "timeout"): lost, ("sent", None): 12 - lost}
    assert events(logged, "provider.opened", "provider.closed") == [
        *["provider.opened"] * 4,
        "provider.closed",
    ]


async def test_with_places_for_all_one_probe_is_sent(shop, session):
    shop.pace = Pace(rate=100_000, places=20)
    await due(shop, 25)
    async with serving(hangs) as gateway:
        sending = shop.sending(twilio(session, gateway.url))
        await drain(sending)
        lost = len(gateway.requests)
        assert lost < 25
        shop.now += FIRST_PAUSE
        await drain(sending)
        assert len(gateway.requests) == lost + 1


@pytest.mark.parametrize("trouble", ["refused", "reset", "500", "429"])
async def test_other_troubles_of_a_gateway_open_it_too(shop, session, logged, trouble):
    shop.pace = Pace(rate=100_000, places=1)
    await due(shop, 12)
    async with (
        closing_before_reading() as resets,
        serving(answering(500)) as broken,
        serving(answering(429, Retry_After="600")) as busy,
    ):
        url = {"refused": refusing(), "reset": resets, "500": broken.url, "429": busy.url}[trouble]
        await drain(shop.sending(twilio(session, url)))
    found = await states(shop)
    assert found["planned", None] + found["planned", "provider_unavailable"] == 12 - FAULTS_TO_OPEN
    (opened,) = [each for each in logged if each["event"] == "provider.opened"]
    assert opened["seconds"] == (600 if trouble == "429" else 15)


async def test_as_many_connections_are_open_as_the_gate_lets_through():
    """Who waits for a connection would be told that the gateway cannot be reached."""
    sessions = open_sessions()
    async with sessions.gateways, sessions.push, serving(hangs) as gateway:
        sms = TwilioSms(sessions.gateways, "AC0", "token", "Veikals", api_url=gateway.url)
        sent = [asyncio.create_task(sms.send(PERSON["phone"], "x", f"{n}")) for n in range(130)]
        while len(gateway.requests) < 130:
            assert not any(each.done() for each in sent)
            await asyncio.sleep(0.01)
        gateway.let_go.set()
        await asyncio.gather(*sent)


async def test_refusals_of_addresses_open_nothing(shop, session, logged):
    await due(shop, 12)
    async with serving(answering(400, '{"code": 21211}')) as gateway:
        await drain(shop.sending(twilio(session, gateway.url)))
        assert len(gateway.requests) == 12
    assert events(logged, "provider.opened") == []


async def test_the_gauge_says_which_way_is_closed(shop):
    registry = CollectorRegistry()
    gate = Gate(Channel.SMS, Pace(), GateMetrics(registry))

    def value():
        return registry.get_sample_value("klat_provider_open", {"channel": "sms"})

    assert value() == 0
    for _ in range(FAULTS_TO_OPEN):
        gate.note(UNREACHABLE, Entered(1), NOON)
    assert value() == 1
    assert gate.wait(NOON) == FIRST_PAUSE.total_seconds()
    assert (gate.room(0, NOON), gate.enter(20, NOON).size) == (0, 0)
    gate.note(Handed(Outcome.ACCEPTED, provider_id="p"), Entered(1), NOON + FIRST_PAUSE)
    assert value() == 0


async def test_a_probe_that_finds_nothing_to_send_leaves_room_for_the_next(shop):
    sending = shop.sending(way := FakeWay(answers=[UNREACHABLE] * FAULTS_TO_OPEN))
    await due(shop, FAULTS_TO_OPEN)
    await drain(sending)
    shop.now += FIRST_PAUSE
    await shop.pool.execute("UPDATE notice SET due_at = due_at + interval '1 hour'")
    assert not await sending.turn()
    await due(shop, 1, first=50)
    await drain(sending)
    assert len(way.taken) == FAULTS_TO_OPEN + 1


async def test_what_no_provider_takes_until_it_is_late_goes_by_mail(shop):
    """Of the last hours, which by default come by text message only: an hour before the end."""
    key = await shop.waits("CE1", hours=30)
    await shop.decide(key, channels=BOTH)
    sending = shop.sending(way := FakeWay(), BOTH)
    mail = FakeWay(channel=Channel.EMAIL)
    await shop.send(mail, BOTH)  # that it waits; of which no mail reminds within six hours
    shop.now += timedelta(hours=27)  # due: it is true for three hours more
    passed = timedelta(0)
    while (await shop.row("pickup_last_hours"))["state"] == "planned":
        for _ in range(FAULTS_TO_OPEN):  # others are the probes
            sending._gate.note(UNREACHABLE, Entered(1, is_probe=True), shop.now)
        await drain(sending)
        await shop.upkeep(sending).give_up()
        await answered(sending)
        await shop.send(mail, BOTH)
        shop.now, passed = shop.now + timedelta(minutes=5), passed + timedelta(minutes=5)
        assert passed < timedelta(hours=3)
    row = await shop.row("pickup_last_hours")
    assert (row["state"], row["reason"]) == ("failed", "not_taken_in_time")
    assert timedelta(hours=2) < passed < timedelta(hours=2, minutes=15)
    assert way.taken == []
    assert "pickup_last_hours" in [each.values.occasion for each in mail.taken]


async def test_a_mail_is_not_given_up_early_as_nothing_takes_its_place(shop):
    key = await shop.register("CE1", recipient={"email": PERSON["email"]})
    await shop.scanned("CE1", Status.OUT_FOR_DELIVERY)
    await shop.decide(key, channels=BOTH)
    sending = shop.sending(mail := FakeWay(channel=Channel.EMAIL), BOTH)
    shop.now += timedelta(hours=11, minutes=30)  # of twelve
    await shop.upkeep(sending).give_up()
    await drain(sending)
    assert len(mail.taken) == 1


async def test_no_more_is_claimed_than_the_rate_lets_go(shop):
    """A notice that waits in a sender's hands for two minutes is taken for left behind."""
    shop.pace = Pace(rate=10)  # in bursts of two
    await due(shop, 5)
    sending = shop.sending(way := FakeWay())
    await drain(sending)
    assert len(way.taken) == 2
    assert (await states(shop))["planned", None] == 3
    assert sending._gate.wait(shop.now) == pytest.approx(0.1)
    shop.now += timedelta(seconds=0.1)
    await drain(sending)
    assert len(way.taken) == 3


async def test_so_many_at_a_time_and_no_more(shop):
    shop.pace = Pace(rate=100_000, places=3)
    await due(shop, 12)
    now, most = 0, 0

    async def slow():
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1

    sending = shop.sending(FakeWay(before=slow))
    await drain(sending)
    assert most == 3
    assert await states(shop) == {("sent", None): 12}


async def test_who_is_told_to_leave_hands_back_what_has_not_left(shop):
    shop.pace = Pace(rate=100_000, places=1)
    await due(shop, 5)
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def slow():
        asked.set()
        await go_on.wait()

    sending = shop.sending(way := FakeWay(before=slow))
    running = asyncio.create_task(sending.run())
    await asked.wait()
    leaving = asyncio.create_task(sending.close())
    await asyncio.sleep(0)
    go_on.set()
    async with asyncio.timeout(5):
        await asyncio.gather(running, leaving)
    assert len(way.taken) == 1
    found = await states(shop)
    assert (found["sent", None], planned(found)) == (1, 4)
    await shop.send(FakeWay())
    assert await states(shop) == {("sent", None): 5}


async def test_a_sender_goes_on_by_itself_when_its_rate_allows(shop, monkeypatch):
    """By the clock of the machine, as it runs."""
    monkeypatch.setattr(sendings, "_LOOK_EVERY", 60.0)
    await due(shop, 5)
    sending = real_clock(shop, way := FakeWay(), Pace(rate=20))
    running = asyncio.create_task(sending.run())
    async with asyncio.timeout(10):
        while len(way.taken) < 5:  # noqa: ASYNC110 - a sender that runs
            await asyncio.sleep(0.01)
    await sending.close()
    await running
    assert await states(shop) == {("sent", None): 5}


def real_clock(shop, way, pace) -> Sending:
    async def link(ids, _):
        return ["https://t.example/abcdefghijklmnopqrstuv"] * len(ids)

    async def failed(_):
        pass

    started = asyncio.get_running_loop().time()

    def clock():
        return shop.now + timedelta(seconds=asyncio.get_running_loop().time() - started)

    preparing = Preparing(shop.notices, way, SEALER, link, "", shop.limits, channels={way.channel})
    gate = Gate(way.channel, pace, GateMetrics(CollectorRegistry()))
    metrics = SendingMetrics(CollectorRegistry())
    return Sending(shop.notices, preparing, failed, metrics, gate, clock=clock)


async def test_one_shop_with_much_due_does_not_hold_up_another(shop):
    """What falls due at eight in the morning falls due at once; each shop has its turn."""
    async with transaction(shop.pool) as conn:
        other = await Keys(shop.pool).ensure_merchant(conn, "Pood", NOON)
    small = replace(shop, merchant_id=other)
    await due(shop, 50)
    await due(small, 1, first=100)
    sending = shop.sending(way := FakeWay())
    await sending.turn()  # the first claim
    await asyncio.gather(*sending._giving.running)
    assert "CE100" in {each.values.tracking_number for each in way.taken}
    await drain(sending)
    assert len(way.taken) == 51


async def test_a_claim_shares_among_shops_and_takes_all_that_is_due(shop):
    shops = [shop]
    async with transaction(shop.pool) as conn:
        for number in range(3):
            merchant_id = await Keys(shop.pool).ensure_merchant(conn, f"Shop {number}", NOON)
            shops.append(replace(shop, merchant_id=merchant_id))
    for number, (each, count) in enumerate(zip(shops, (30, 9, 2, 0), strict=True)):
        await due(each, count, first=100 * number)

    async def claim(limit):
        claimed = await shop.notices.claim_notices(Channel.SMS, limit, now=shop.now)
        numbers = await shop.pool.fetch(
            "SELECT tracking_number FROM shipment WHERE shipment_id = ANY($1)",
            [each.shipment_id for each in claimed],
        )
        return Counter(int(row[0].removeprefix("CE")) // 100 for row in numbers)

    assert await claim(12) == {0: 4, 1: 4, 2: 2}  # a third each, and one has but two
    assert await claim(12) == {0: 6, 1: 5}
    assert await claim(12) == {0: 12}
    assert await claim(12) == {0: 8}
    assert await claim(12) == {}


@pytest.mark.parametrize(
    ("pace", "older", "each_has"),
    [
        (Pace(rate=5, places=20), 1, 30),  # one at a time
        (Pace(rate=1000, places=2), 4, 12),
        (Pace(rate=30, places=20), 7, 8),
    ],
)
async def test_a_shop_has_its_turn_however_few_are_claimed_at_once(shop, pace, older, each_has):
    *others, small = await shops(shop, older + 1)
    for number, each in enumerate(others):
        await due(each, each_has, first=100 * number)
    small.now = shop.now + timedelta(seconds=1)  # all others have been due for longer
    await due(small, 1, first=900)
    shop.pace = pace
    shop.now += timedelta(seconds=2)
    sending = shop.sending(way := FakeWay())
    while not any(each.values.tracking_number == "CE900" for each in way.taken):
        sending.woken.clear()
        await sending.turn()
        shop.now += timedelta(seconds=0.1)
        await asyncio.gather(*sending._giving.running)
    assert len(way.taken) <= 20


async def shops(shop, count):
    """Beside `shop`, by number."""
    async with transaction(shop.pool) as conn:
        ids = [await Keys(shop.pool).ensure_merchant(conn, f"S{n}", NOON) for n in range(count)]
    return [replace(shop, merchant_id=each) for each in ids]


async def test_rows_of_the_release_before_name_no_shop_and_have_their_turn(shop):
    await due(shop, 3)
    await shop.pool.execute("UPDATE notice SET merchant_id = DEFAULT")
    await shop.send(way := FakeWay())
    assert len(way.taken) == 3
