"""STOP, bad addresses and complaints: what is kept of them, and whom it silences."""

import pytest
from consuming import SEALER
from notice_shop import NOON, PERSON, FakeWay, Shop
from prometheus_client import CollectorRegistry

from consumers.notices.suppressing import Suppressing
from notifier.channels.base import Handed, Outcome
from notifier.receipts.base import settled
from schemas.notice import Channel, NoticeState
from schemas.status import Status
from schemas.suppression import Level, SuppressionReason
from tracking.store.keys import Keys
from tracking.store.pool import open_pool, transaction
from tracking.store.receipts import Receipts, Settled, Told
from tracking.store.suppressions import Suppression, Suppressions
from tracking.suppression import address_hashes

SMS, EMAIL = Channel.SMS, Channel.EMAIL
STOP, BAD, COMPLAINT = (
    SuppressionReason.STOP,
    SuppressionReason.BAD_ADDRESS,
    SuppressionReason.COMPLAINT,
)
TO = {SMS: PERSON["phone"], EMAIL: PERSON["email"]}


@pytest.fixture
async def shop(database_url):
    pool = await open_pool(database_url, size=6)
    yield await Shop.open(pool)
    await pool.close()


@pytest.fixture
async def other(shop):
    """Another shop, with the same customer."""
    async with transaction(shop.pool) as conn:
        return Shop(shop.pool, await Keys(shop.pool).ensure_merchant(conn, "Cits", NOON))


@pytest.fixture
def suppressing(shop):
    return Suppressing(Suppressions(shop.pool), SEALER, CollectorRegistry())


async def reason(shop, number, channel):
    """Why the person of a new parcel of this shop is not told that it waits; None: is told."""
    key = await shop.waits(number)
    await shop.decide(key, channels=(SMS, EMAIL))
    return await shop.pool.fetchval(
        "SELECT reason FROM notice WHERE shipment_id = $1 AND occasion = 'ready_for_pickup'"
        " AND channel = $2",
        key,
        channel,
    )


async def test_stop_holds_for_every_shop_until_start(shop, other, suppressing):
    for _ in range(2):
        await suppressing.suppress(SMS, TO[SMS], STOP, NOON)
    assert await reason(shop, "CE1", SMS) == "stopped"
    assert await reason(other, "CE2", SMS) == "stopped"
    assert await reason(shop, "CE3", EMAIL) is None
    await suppressing.unsuppress(SMS, TO[SMS], NOON)
    assert await reason(shop, "CE4", SMS) is None


async def test_start_takes_back_nothing_that_was_asked_on_the_page(shop, suppressing):
    newest = address_hashes(SEALER, SMS, TO[SMS])[0]
    asked = Suppression(newest, SMS, shop.merchant_id, SuppressionReason.ASKED, Level.ALL)
    await Suppressions(shop.pool).suppress([asked], now=NOON)
    await suppressing.suppress(SMS, TO[SMS], BAD, NOON)
    await suppressing.unsuppress(SMS, TO[SMS], NOON)
    assert await reason(shop, "CE1", SMS) == "stopped"
    found = await Suppressions(shop.pool).of([newest])
    assert [each.reason for each in found] == [SuppressionReason.ASKED]


@pytest.mark.parametrize(
    ("why", "said", "of_another"),
    [(BAD, "bad_address", "bad_address"), (COMPLAINT, "complaint", None)],
)
async def test_of_a_notice_its_address_is_found(shop, other, suppressing, why, said, of_another):
    await suppressing.suppress_notice(await mailed(shop, "CE1"), why, NOON)
    assert await reason(shop, "CE2", EMAIL) == said
    assert await reason(other, "CE3", EMAIL) == of_another
    assert await reason(shop, "CE4", SMS) is None


async def test_it_is_the_address_to_which_the_mail_went(shop, suppressing):
    """The shop has mended it meanwhile: the right one is not to blame."""
    wrong, right = PERSON | {"email": "ana@example.test"}, PERSON
    notice = await mailed(shop, "CE1", wrong)
    await shop.register("CE1", recipient=right)
    await suppressing.suppress_notice(notice, BAD, NOON)
    store = Suppressions(shop.pool)
    assert await store.of(address_hashes(SEALER, EMAIL, right["email"])) == []
    assert len(await store.of(address_hashes(SEALER, EMAIL, wrong["email"]))) == 1


async def test_of_a_notice_that_names_no_address_nothing_is_kept(shop, suppressing):
    notice = (await mailed(shop, "CE1"))._replace(address_hash=None)
    await suppressing.suppress_notice(notice, BAD, NOON)
    assert await shop.pool.fetch("SELECT * FROM suppression") == []


async def mailed(shop, number, person=PERSON) -> Settled:
    """A notice that was sent, as a report finds it."""
    key = await shop.register(number, recipient=person)
    await shop.scanned(number, Status.DELIVERED)
    await shop.decide(key, channels=(SMS, EMAIL))
    accepted = Handed(Outcome.ACCEPTED, provider_id=number)
    await shop.send(FakeWay(EMAIL, "smtp", answers=[accepted]), (SMS, EMAIL))
    told = Told(NoticeState.FAILED, number)
    (notice,) = await Receipts(shop.pool).apply("smtp", [told], settled, NOON)
    return notice


async def test_no_address_stands_in_the_table(shop, suppressing):
    await suppressing.suppress(SMS, TO[SMS], STOP, NOON)
    (row,) = await shop.pool.fetch("SELECT * FROM suppression")
    assert TO[SMS] not in str(dict(row))
    assert TO[SMS].encode() not in row["address_hash"]
