"""A text that ended without having been sent has an answer, whoever died or was away meanwhile."""

from datetime import timedelta

import pytest
from consuming import SEALER
from notice_shop import PERSON, FakeWay, Shop, drain
from notice_world import BOTH, World
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from consumers.notices.suppressing import Suppressing
from consumers.notices.unanswered import AFTER, Unanswered
from notifier.channels.base import Handed, Outcome
from notifier.receipts.base import Receipt
from schemas.notice import Channel, NoticeState
from schemas.suppression import SuppressionReason
from tracking.errors import StoreUnavailable
from tracking.store.notices import Ending
from tracking.store.pool import open_pool
from tracking.store.suppressions import Suppressions

LAST = "pickup_last_hours"  # for which mails only stand in


@pytest.fixture
async def shop(database_url):
    pool = await open_pool(database_url, size=6)
    yield await Shop.open(pool)
    await pool.close()


async def planned(shop: Shop):
    """A parcel whose reminder of the last hours is due, by text message."""
    key = await shop.waits("CE1", hours=30)
    await shop.decide(key, channels=BOTH)
    await shop.send(FakeWay(), BOTH)
    shop.now += timedelta(hours=27)
    return key


async def answered(shop: Shop, after: timedelta = 2 * AFTER) -> None:
    await Unanswered(shop.notices, shop.deciding(*BOTH)).answer(shop.now + after)


async def mails(shop: Shop) -> list[str]:
    return [row["state"] for row in await shop.rows(LAST, "email")]


async def dies(_) -> None:
    raise StoreUnavailable("away")


async def test_a_mail_is_planned_though_the_sender_died_when_the_text_had_failed(shop):
    await planned(shop)
    refused = Handed(Outcome.REFUSED, "069")
    sending = shop.sending(FakeWay(answers=[refused]), BOTH)
    sending.endings._failed = dies
    await drain(sending)
    assert ((await shop.row(LAST))["state"], await mails(shop)) == ("failed", [])
    await answered(shop, after=AFTER / 2)
    assert await mails(shop) == []  # who noted it has some time
    for _ in range(2):
        await answered(shop)
        assert await mails(shop) == ["planned"]
    assert await shop.notices.unanswered_notices(shop.now + timedelta(days=1), 9) == []


async def test_a_mail_is_planned_where_the_person_wrote_stop_before_the_text_went(shop):
    await planned(shop)
    store = Suppressions(shop.pool)
    suppressing = Suppressing(store, SEALER, CollectorRegistry())
    await suppressing.suppress(Channel.SMS, PERSON["phone"], SuppressionReason.STOP, shop.now)
    way = FakeWay()
    await shop.send(way, BOTH)
    row = await shop.row(LAST)
    assert (row["state"], row["reason"], way.taken) == ("dropped", "stopped", [])
    await answered(shop)
    assert await mails(shop) == ["planned"]


async def test_a_mail_is_planned_though_nobody_looked_after_it_was_given_up(shop):
    await planned(shop)
    shop.now += timedelta(hours=2, minutes=30)  # half an hour before it is worth nothing
    sending = shop.sending(FakeWay(), BOTH)
    sending.endings._failed = dies
    await shop.upkeep(sending).give_up()
    assert ((await shop.row(LAST))["reason"], await mails(shop)) == ("not_taken_in_time", [])
    await answered(shop)
    assert await mails(shop) == ["planned"]


async def test_a_mail_is_planned_though_who_took_the_receipt_died(shop):
    await planned(shop)
    accepted = Handed(Outcome.ACCEPTED, provider_id="id-1")
    await shop.send(FakeWay(provider="smpp", answers=[accepted]), BOTH)
    world = World(shop)
    world.settling._redecide = lambda *_: dies(None)
    with pytest.raises(StoreUnavailable):
        await world.settling.apply("smpp", [Receipt("id-1", NoticeState.FAILED, "069")], shop.now)
    assert await mails(shop) == []
    await answered(shop)
    assert await mails(shop) == ["planned"]


async def test_what_lacks_a_value_is_not_decided_over_and_over(shop):
    """It would be planned at once, and dropped at once."""
    await planned(shop)
    (claimed,) = await shop.notices.claim_notices(Channel.SMS, 1, now=shop.now)
    ending = Ending(claimed, NoticeState.DROPPED, "lacks_code")
    await shop.notices.settle_notices([ending], now=shop.now)
    assert await shop.notices.unanswered_notices(shop.now + timedelta(days=1), 9) == []


@pytest.fixture
def logged():
    with capture_logs() as lines:
        yield lines


async def of_release(shop: Shop, key, status: str) -> None:
    """Its state tells of this status; this release knows no `teleported`."""
    await shop.pool.execute(
        "UPDATE shipment SET state = jsonb_set(state::jsonb, '{status}', to_jsonb($2::text))"
        " WHERE shipment_id = $1",
        key,
        status,
    )


async def test_a_parcel_that_cannot_be_read_keeps_no_other_from_its_answer(shop, logged):
    keys = [await shop.waits(number, hours=30) for number in ("CE1", "CE2", "CE3")]
    await shop.decide(*keys, channels=BOTH)
    await shop.pool.execute(
        "UPDATE notice SET state = 'failed', needs_another_way = true"
        " WHERE channel = 'sms' AND occasion = $1",
        LAST,
    )
    await of_release(shop, keys[1], "teleported")
    unanswered = Unanswered(shop.notices, shop.deciding(*BOTH))
    for _ in range(2):
        await unanswered.answer(shop.now + 2 * AFTER)
    assert await mails(shop) == ["planned"] * 2
    (told,) = [each for each in logged if each["event"] == "notice.not_answered"]
    assert told["shipment_id"] == keys[1]
    await of_release(shop, keys[1], "ready_for_pickup")
    await answered(shop)  # by the release that knows it
    assert await mails(shop) == ["planned"] * 3
