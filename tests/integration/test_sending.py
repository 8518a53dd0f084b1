"""The loop that hands notices over: nothing slow, stuck or late of one holds up the others."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import aiohttp
import asyncpg
import pytest
from aiohttp import web
from consuming import SEALER
from notice_shop import NOON, PERSON, FakeWay, Shop, drain, run_until
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from sms_gateway import serving

from consumers.notices import giving as givings
from consumers.notices import sending as sendings
from consumers.notices import upkeep as upkeeps
from consumers.notices.endings import SendingMetrics
from consumers.notices.gate import Entered, Gate, GateMetrics, Pace
from consumers.notices.limits import Cap, ShopLimits, SmsLimits
from consumers.notices.preparing import Preparing
from consumers.notices.retry import untried
from consumers.notices.sending import Sending
from consumers.webhooks.metrics import Waits
from notifier.breaker import FAULTS_TO_OPEN, FIRST_PAUSE
from notifier.channels.base import Handed, Outcome
from notifier.channels.twilio import TwilioSms
from notifier.sms.price import Prices
from notifier.ways import SmsWay
from schemas.notice import Channel, NoticeState
from schemas.status import Status
from tracking.errors import KlatError, StoreUnavailable
from tracking.roles.notices import start
from tracking.roles.running import Running, cancel
from tracking.settings import Settings
from tracking.store import pool as pools
from tracking.store.notices import Ending, Handing, Notices
from tracking.store.pool import open_pool
from tracking.turns import Deliveries

BOTH = (Channel.SMS, Channel.EMAIL)
PRICE = 45_000
VERSION = 2  # of a parcel that was registered and scanned once
NOBODY = "amqp://127.0.0.1:1/"
TIMEOUT = Handed(Outcome.AMBIGUOUS, "timeout")


@pytest.fixture
async def shop(database_url):
    pool = await open_pool(database_url, size=8)
    yield await Shop.open(pool)
    await pool.close()


async def due(shop, count, first=0):
    ids = []
    for number in range(first, first + count):
        person = PERSON | {"phone": f"+3712{number:03d}0001"}
        ids.append(await shop.register(f"CE{number}", recipient=person))
        await shop.scanned(f"CE{number}", Status.OUT_FOR_DELIVERY)
    await shop.decide(*ids, channels=BOTH)
    return ids


async def states(shop):
    return Counter(row["state"] for row in await shop.rows("out_for_delivery"))


def all_are(shop, **expected):
    async def hold():
        return await states(shop) == expected

    return hold


def by_the_machine(shop, way) -> Sending:
    """With the clock of the machine, from the shop's now on."""
    sending, loop = shop.sending(way), asyncio.get_running_loop()
    began = loop.time()

    async def link(ids, _):
        return ["/t/abcdefghijklmnopqrstuv"] * len(ids)

    return Sending(
        shop.notices,
        Preparing(
            shop.notices,
            way,
            SEALER,
            link,
            "https://t.example",
            shop.limits,
            channels={way.channel},
        ),
        sending.endings._failed,
        SendingMetrics(CollectorRegistry()),
        Gate(way.channel, shop.pace, GateMetrics(CollectorRegistry())),
        clock=lambda: shop.now + timedelta(seconds=loop.time() - began),
    )


def taking(seconds, times):
    """A gateway that needs so long for each, and keeps when each came."""

    async def behave(_, __):
        times.append(asyncio.get_running_loop().time())
        await asyncio.sleep(seconds)
        return web.json_response({"sid": f"SM{len(times):032x}"}, status=201)

    return behave


async def test_the_set_rate_is_reached_however_long_the_provider_takes(shop):
    shop.pace = Pace(rate=30, places=20)
    await due(shop, 66)
    times = []
    async with serving(taking(0.5, times)) as gateway, aiohttp.ClientSession() as session:
        way = SmsWay(TwilioSms(session, "AC0", "token", "Veikals", api_url=gateway.url))
        await run_until(by_the_machine(shop, way), all_are(shop, sent=66))
    after_the_burst = times[6:]
    rate = (len(after_the_burst) - 1) / (after_the_burst[-1] - after_the_burst[0])
    assert 25 < rate < 33


async def test_the_places_bound_what_a_slow_provider_has_in_hand(shop):
    shop.pace = Pace(rate=1000, places=5)
    await due(shop, 20)
    times = []
    async with serving(taking(0.3, times)) as gateway, aiohttp.ClientSession() as session:
        way = SmsWay(TwilioSms(session, "AC0", "token", "Veikals", api_url=gateway.url))
        await run_until(by_the_machine(shop, way), all_are(shop, sent=20))
    assert all(later - earlier > 0.29 for earlier, later in zip(times, times[5:], strict=False))
    assert times[-1] - times[0] < 4 * 0.3 + 0.5, "a place that is free is taken at once"


async def test_one_request_that_hangs_holds_up_no_other(shop):
    shop.pace = Pace(rate=100_000, places=3)
    await due(shop, 12)
    let_go, first = asyncio.Event(), iter([True])

    async def hangs_once():
        if next(first, False):
            await let_go.wait()

    sending = shop.sending(way := FakeWay(before=hangs_once))
    running = asyncio.create_task(sending.run())
    async with asyncio.timeout(10):
        while await states(shop) != {"sent": 11, "handed": 1}:  # noqa: ASYNC110 - rows
            await asyncio.sleep(0.01)
        let_go.set()
        await sending.close()
        await running
    assert await states(shop) == {"sent": 12}
    assert len(way.taken) == 12


async def test_no_more_is_noted_as_going_than_there_are_places(shop):
    """Whoever is killed then leaves no more in doubt."""
    shop.pace = Pace(rate=100_000, places=3)
    await due(shop, 12)
    forever = asyncio.Event()
    sending = shop.sending(FakeWay(before=forever.wait))
    while await sending.turn():
        pass
    assert await states(shop) == {"handed": 3, "claimed": 3, "planned": 6}
    for task in sending._giving.running:
        task.cancel()
    await asyncio.sleep(0)


async def test_what_waited_for_a_place_is_held_against_the_state_anew(shop):
    shop.pace = Pace(rate=100_000, places=1)
    await due(shop, 1)
    go_on = asyncio.Event()
    sending = shop.sending(way := FakeWay(before=go_on.wait))
    await sending.turn()
    await due(shop, 1, first=1)
    await sending.turn()
    assert await states(shop) == {"handed": 1, "claimed": 1}
    shop.now += givings.FRESH + timedelta(seconds=1)
    await shop.scanned("CE1", Status.DELIVERED)
    go_on.set()
    await drain(sending)
    assert await states(shop) == {"sent": 1, "dropped": 1}
    assert len(way.taken) == 1


@pytest.mark.parametrize("fault", [RuntimeError("oops"), asyncio.CancelledError()])
async def test_a_fault_in_one_send_ends_no_other(shop, fault):
    await due(shop, 12)
    sending = shop.sending(way := FakeWay(answers=[fault]))
    left = "unknown" if isinstance(fault, RuntimeError) else "handed"
    await run_until(sending, all_are(shop, sent=11, **{left: 1}))
    assert len(way.taken) == 12


async def test_by_time_is_looked_after_what_was_left_however_much_there_is_to_send(
    shop, monkeypatch
):
    """One that a dead sender had claimed, and one that nobody took until it is nearly too late."""
    monkeypatch.setattr(upkeeps, "_LOOK_EVERY", 0.02)
    shop.pace = Pace(rate=100_000, places=1)
    dead, late, *_ = await due(shop, 5)
    forever = asyncio.Event()
    sending = shop.sending(FakeWay(before=forever.wait))
    running = asyncio.create_task(sending.run())
    while (await states(shop))["handed"] != 1:  # noqa: ASYNC110 - rows; busy for ever from now on
        await asyncio.sleep(0.01)
    await shop.pool.execute(
        "UPDATE notice SET state = 'claimed', changed_at = $2 WHERE shipment_id = $1"
        " AND occasion = 'out_for_delivery' AND channel = 'sms'",
        dead,
        NOON - upkeeps.CLAIM_LIMIT - timedelta(seconds=1),
    )
    await shop.pool.execute(
        "UPDATE notice SET state = 'planned', due_at = $2, until = $3 WHERE shipment_id = $1"
        " AND occasion = 'out_for_delivery' AND channel = 'sms'",
        late,
        NOON - timedelta(minutes=5),
        NOON + timedelta(minutes=30),
    )
    woken = []
    upkeep = upkeeps.Upkeep(
        shop.notices, sending.endings, lambda: woken.append(1), clock=lambda: shop.now
    )
    looking = asyncio.create_task(upkeep.run())

    async def state_of(parcel):
        return await shop.pool.fetchval(
            "SELECT state || coalesce(' ' || reason, '') FROM notice WHERE shipment_id = $1"
            " AND occasion = 'out_for_delivery' AND channel = 'sms'",
            parcel,
        )

    async with asyncio.timeout(5):
        while await state_of(late) != "failed not_taken_in_time":  # noqa: ASYNC110 - rows
            await asyncio.sleep(0.01)
    assert await state_of(dead) == "planned"
    assert woken
    for task in (running, looking):
        task.cancel()
    await asyncio.gather(running, looking, return_exceptions=True)


async def test_the_role_looks_after_them_with_no_provider_set_either(shop):
    """As it puts itself together; its broker is away."""
    await due(shop, 1)
    await shop.pool.execute("UPDATE notice SET state = 'claimed', changed_at = '2026-11-01'")
    told = {"secret_keys": (SecretStr("a key of the tests"),), "amqp_url": SecretStr(NOBODY)}
    async with AsyncExitStack() as stack:
        running = Running(Settings().model_copy(update=told), shop.pool, stack)
        await start(running)
        async with asyncio.timeout(5):
            while "claimed" in await states(shop):  # noqa: ASYNC110 - rows
                await asyncio.sleep(0.01)
        await cancel(running.tasks)


LIMITS = {"lock": {"lock_timeout": "30ms"}, "time": {"statement_timeout": "30ms"}}


@pytest.fixture
async def hasty(shop, database_url, monkeypatch):
    """A shop whose statements wait no longer than a moment, for a lock or at all."""
    opened = []

    async def with_limit(which):
        limited = pools._SERVER_SETTINGS | LIMITS[which]
        monkeypatch.setattr(pools, "_SERVER_SETTINGS", limited)
        opened.append(await open_pool(database_url, size=4))
        return replace(shop, pool=opened[-1])

    yield with_limit
    for pool in opened:
        await pool.close()


@pytest.fixture
async def locker(database_url):
    conn = await asyncpg.connect(database_url)
    yield conn
    await conn.close()


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("table", ["notice", "registration"])
async def test_a_table_that_is_held_ends_no_sender(
    shop, hasty, locker, logged_waits, monkeypatch, table, limit
):
    """Of claiming, of looking again; as a migration or a VACUUM FULL holds it."""
    monkeypatch.setattr(sendings, "_PAUSE", 0.05)
    await due(shop, 3)
    there = await hasty(limit)
    async with locker.transaction():
        await locker.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        sending = there.sending(way := FakeWay())
        running = asyncio.create_task(sending.run())
        await logged_waits(2)
        assert not running.done()
        assert way.taken == []
    async with asyncio.timeout(10):
        while await states(shop) != {"sent": 3}:  # noqa: ASYNC110 - rows
            await asyncio.sleep(0.01)
        await sending.close()
        await running
    assert len(way.taken) == 3


@pytest.fixture
def logged_waits(monkeypatch):
    """Waits until a sender has said so often that it waits."""
    said = []
    monkeypatch.setattr(
        sendings.log, "warning", lambda event, **_: said.append(event), raising=False
    )

    async def wait(many):
        async with asyncio.timeout(10):
            while said.count("notices.waiting") < many:  # noqa: ASYNC110 - of another task
                await asyncio.sleep(0.01)

    return wait


@pytest.mark.parametrize("limit", LIMITS)
async def test_what_has_left_is_noted_when_the_table_is_free_again(
    shop, hasty, locker, logged_waits, monkeypatch, limit
):
    monkeypatch.setattr(sendings, "_PAUSE", 0.05)
    await due(shop, 3)
    there = await hasty(limit)
    held = locker.transaction()

    async def hold():
        way.before = None
        await held.start()
        await locker.execute("LOCK TABLE notice IN ACCESS EXCLUSIVE MODE")

    sending = there.sending(way := FakeWay(before=hold))
    running = asyncio.create_task(sending.run())
    await logged_waits(2)
    await held.rollback()
    async with asyncio.timeout(10):
        while await states(shop) != {"sent": 3}:  # noqa: ASYNC110 - rows
            await asyncio.sleep(0.01)
        await sending.close()
        await running
    assert len(way.taken) == 3


@pytest.mark.parametrize("limit", LIMITS)
async def test_who_looks_by_time_waits_out_a_table_that_is_held(
    shop, hasty, locker, monkeypatch, limit
):
    """Notices left behind, and the gauges of webhooks: neither takes its role along."""
    monkeypatch.setattr(upkeeps, "_LOOK_EVERY", 0.02)
    there = await hasty(limit)
    await due(shop, 1)
    await shop.pool.execute("UPDATE notice SET state = 'claimed', changed_at = '2026-11-01'")
    looking = asyncio.create_task(there.upkeep().run())
    waits = asyncio.create_task(Waits(Deliveries(there.pool), CollectorRegistry()).keep_measured())
    async with locker.transaction():
        await locker.execute("LOCK TABLE notice, webhook, webhook_delivery")
        await asyncio.sleep(0.3)  # real time: the limit is the server's
        with pytest.raises(KlatError):  # as the sender of webhooks asks
            await Deliveries(there.pool).take_over(before=NOON, now=NOON)
        assert not looking.done()
        assert not waits.done()
    async with asyncio.timeout(5):
        while "claimed" in await states(shop):  # noqa: ASYNC110 - rows
            await asyncio.sleep(0.01)
    for task in (looking, waits):
        task.cancel()
    await asyncio.gather(looking, waits, return_exceptions=True)


@pytest.mark.parametrize("is_committed", [True, False])
async def test_a_line_that_breaks_when_it_goes_loses_nothing(shop, monkeypatch, is_committed):
    """Whether that was kept nobody knows; that nothing has left, the sender does."""
    monkeypatch.setattr(sendings, "_PAUSE", 0.01)
    shop.limits = SmsLimits(
        prices=Prices("EUR", {"LV": PRICE}),
        alike=None,
        of_shop=lambda _: ShopLimits(daily_cap=Cap(100 * PRICE, "EUR")),
    )
    await due(shop, 5)
    hand, breaks = Notices.hand_notices, iter([True])

    async def hand_and_break(self, handing, provider, *, now):
        if not next(breaks, False):
            return await hand(self, handing, provider, now=now)
        if is_committed:
            await hand(self, handing, provider, now=now)
            assert await states(shop) == {"handed": 5}
        raise StoreUnavailable("the line broke")

    monkeypatch.setattr(Notices, "hand_notices", hand_and_break)
    await run_until(shop.sending(way := FakeWay()), all_are(shop, sent=5))
    assert len(way.taken) == len({each.notice_id for each in way.taken}) == 5
    assert {row["tries"] for row in await shop.rows("out_for_delivery")} == {1}
    spent = await shop.pool.fetchval("SELECT used FROM sms_quota WHERE kind = 'spend'")
    assert spent == 5 * PRICE


async def test_a_look_that_fails_gives_back_what_was_claimed(shop, monkeypatch):
    monkeypatch.setattr(sendings, "_PAUSE", 0.01)
    await due(shop, 3)
    fails, look = iter([True]), Notices.look

    def look_later(self):
        if next(fails, False):
            raise StoreUnavailable("away")
        return look(self)

    monkeypatch.setattr(Notices, "look", look_later)
    await run_until(shop.sending(way := FakeWay()), all_are(shop, sent=3))
    assert len(way.taken) == 3


async def claimed_twice(shop):
    """By who stalled, and then by another: the claims of one notice."""
    await due(shop, 1)
    (stale,) = await shop.notices.claim_notices(Channel.SMS, 20, now=shop.now)
    shop.now += upkeeps.CLAIM_LIMIT + timedelta(seconds=1)
    await shop.upkeep().take_over()
    (mine,) = await shop.notices.claim_notices(Channel.SMS, 20, now=shop.now)
    assert stale.notice_id == mine.notice_id
    return stale, mine


def handing_of(claimed):
    return Handing(claimed, "lv", "x", VERSION)


@pytest.mark.parametrize("state", [NoticeState.PLANNED, NoticeState.FAILED, NoticeState.DROPPED])
@pytest.mark.parametrize("is_handed", [True, False])
async def test_a_stale_sender_ends_nothing_that_another_has_in_hand(shop, state, is_handed):
    stale, mine = await claimed_twice(shop)
    if is_handed:
        hands = await shop.notices.hand_notices([handing_of(mine)], "fake", now=shop.now)
        assert hands.ours == {mine.notice_id}
    settled = await shop.notices.settle_notices([Ending(stale, state)], now=shop.now)
    assert not settled
    assert await states(shop) == {"handed" if is_handed else "claimed": 1}
    handed_at = shop.now if is_handed else None
    sent = Ending(mine, NoticeState.SENT, handed_at=handed_at)
    assert await shop.notices.settle_notices([sent], now=shop.now) == {mine.notice_id}


async def test_a_stale_sender_hands_nothing_over_that_another_has_claimed(shop):
    stale, mine = await claimed_twice(shop)
    assert (await shop.notices.hand_notices([handing_of(stale)], "a", now=shop.now)).ours == set()
    hands = await shop.notices.hand_notices([handing_of(mine)], "b", now=shop.now)
    assert hands.ours == {mine.notice_id}


async def test_an_end_that_is_said_twice_ends_nothing_of_the_next_try(shop):
    """The line broke when it was noted, so it is noted again; another one sends it meanwhile."""
    await due(shop, 1)
    (claimed,) = await shop.notices.claim_notices(Channel.SMS, 20, now=shop.now)
    await shop.notices.hand_notices([handing_of(claimed)], "fake", now=shop.now)
    again = Ending(claimed, NoticeState.PLANNED, "http_503", handed_at=shop.now)
    assert await shop.notices.settle_notices([again], now=shop.now)
    shop.now += timedelta(milliseconds=1)
    (other,) = await shop.notices.claim_notices(Channel.SMS, 20, now=shop.now)
    await shop.notices.hand_notices([handing_of(other)], "fake", now=shop.now)
    assert not await shop.notices.settle_notices([again], now=shop.now)
    assert await states(shop) == {"handed": 1}


def gate(**pace) -> Gate:
    return Gate(Channel.SMS, Pace(**pace), GateMetrics(CollectorRegistry()))


def test_what_did_not_go_gives_its_place_and_its_share_of_the_rate_back():
    found = gate(rate=30, places=4)  # six in a burst
    assert found.enter(20, NOON) == Entered(4)
    assert found.enter(20, NOON) == Entered(0)
    found.back(Entered(4), 3)
    assert found.enter(20, NOON) == Entered(3)
    found.leave(Entered(4))
    assert found.enter(20, NOON) == Entered(1)
    for _ in range(4):
        found.leave(Entered(1))
    assert found.enter(20, NOON) == Entered(1), "the sixth of the burst"


def test_a_probe_that_did_not_go_leaves_room_for_the_next():
    found = gate(rate=1000, places=4)
    for _ in range(FAULTS_TO_OPEN):
        found.note(TIMEOUT, Entered(1), NOON)
    later = NOON + FIRST_PAUSE
    assert (found.room(0, later), found.room(1, later)) == (1, 0)
    probe = found.enter(20, later)
    assert probe == Entered(1, is_probe=True)
    assert (found.room(0, later), found.enter(20, later).size) == (0, 0)
    found.back(probe, 1)
    assert found.enter(20, later) == probe
    found.leave(probe)
    assert found.enter(20, later) == probe


def test_what_was_under_way_when_it_opened_lengthens_no_pause():
    found = gate(rate=1000, places=20)
    entered = found.enter(FAULTS_TO_OPEN + 1, NOON)
    for _ in range(FAULTS_TO_OPEN):
        found.note(TIMEOUT, entered, NOON)
    later = NOON + FIRST_PAUSE  # when it may be probed
    found.note(TIMEOUT, entered, later)
    assert found.enter(1, later) == Entered(1, is_probe=True)
    found.note(TIMEOUT, Entered(1, is_probe=True), later)
    assert found.is_open(later + FIRST_PAUSE)


async def test_over_the_cap_no_rate_is_spent(shop):
    shop.pace = Pace(rate=10)  # two in a burst
    shop.limits = SmsLimits(
        prices=Prices("EUR", {"LV": PRICE}),
        alike=None,
        of_shop=lambda _: ShopLimits(daily_cap=Cap(PRICE, "EUR")),
    )
    await due(shop, 5)
    sending = shop.sending(way := FakeWay())
    await drain(sending)
    assert len(way.taken) == 1
    assert await states(shop) == {"sent": 1, "dropped": 4}


async def test_who_was_told_to_leave_notes_each_when_it_ends(shop):
    """One may take longer than there is time: the others are not unknown for that."""
    await due(shop, 3)
    let_go, first, asked = asyncio.Event(), iter([True]), asyncio.Event()

    async def hangs_once():
        if next(first, False):
            asked.set()
            await let_go.wait()

    sending = shop.sending(FakeWay(before=hangs_once))
    running = asyncio.create_task(sending.run())
    await asked.wait()
    leaving = asyncio.create_task(sending.close())
    async with asyncio.timeout(5):
        while (await states(shop))["sent"] != 2:  # noqa: ASYNC110 - rows
            await asyncio.sleep(0.01)
    assert not leaving.done()
    running.cancel()
    await asyncio.gather(running, leaving, return_exceptions=True)
    assert await states(shop) == {"sent": 2, "handed": 1}


async def test_a_parcel_that_cannot_be_read_costs_only_its_own_notice(shop):
    """As where a later release wrote it, while this one still runs beside."""
    ids = await due(shop, 7)
    await shop.pool.execute(
        """UPDATE shipment SET state = state::jsonb || '{"status": "teleported"}'
           WHERE shipment_id = $1""",
        ids[3],
    )
    await run_until(shop.sending(way := FakeWay()), all_are(shop, sent=6, failed=1))
    assert len(way.taken) == 6
    (row,) = [row for row in await shop.rows("out_for_delivery") if row["state"] == "failed"]
    assert (row["shipment_id"], row["reason"]) == (ids[3], "fault")


async def test_what_a_later_release_has_added_is_no_fault(shop):
    ids = await due(shop, 1)
    await shop.pool.execute(
        """UPDATE shipment SET state = jsonb_set(state::jsonb, '{added}', '{"a": 1}')
           WHERE shipment_id = $1""",
        ids[0],
    )
    await shop.send(way := FakeWay())
    assert len(way.taken) == 1


async def test_whoever_waits_for_a_lock_holds_up_no_ending(shop, database_url):
    """A text failed, and its parcel is locked by another one when a mail is looked for."""
    await due(shop, 3)
    may_end = asyncio.Event()
    order = iter(range(3))

    async def before():
        if next(order) > 0:
            await may_end.wait()

    refused = Handed(Outcome.REFUSED, "21211")
    sending = shop.sending(FakeWay(before=before, answers=[refused]), suppressing=None)

    async def failed(claimed):
        await shop.decide(*(each.shipment_id for each in claimed), channels=BOTH)

    sending.endings._failed = failed
    other = await asyncpg.connect(database_url)
    async with other.transaction():
        await other.execute("SELECT FROM registration FOR UPDATE")
        running = asyncio.create_task(sending.run())
        async with asyncio.timeout(5):
            while not await all_are(shop, failed=1, handed=2)():  # noqa: ASYNC110 - others note it
                await asyncio.sleep(0.01)
            may_end.set()
            await sending.close()
            await running
        assert await states(shop) == {"failed": 1, "sent": 2}
    await other.close()


async def test_what_did_not_leave_is_due_again_though_it_was_taken_for_dead(shop):
    """The provider failed others before it went, and then the database was away for long."""
    await due(shop, 2)
    claimed = await shop.notices.claim_notices(Channel.SMS, 2, now=shop.now)
    handing = [handing_of(each) for each in claimed]
    assert len((await shop.notices.hand_notices(handing, "fake", now=shop.now)).ours) == 2
    handed_at = shop.now
    shop.now += upkeeps.HAND_LIMIT + timedelta(seconds=1)
    await shop.upkeep().take_over()
    assert await states(shop) == {"unknown": 2}
    certain, in_doubt = (untried(each)._replace(handed_at=handed_at) for each in handing)
    in_doubt = in_doubt._replace(in_doubt=True)  # it may be another one's try that is unknown
    await shop.notices.settle_notices([certain, in_doubt], now=shop.now)
    assert await states(shop) == {"planned": 1, "unknown": 1}
