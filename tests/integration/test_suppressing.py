"""STOP, bad addresses and complaints: what is kept of them, and whom it silences."""

from uuid import UUID

import pytest
from consuming import SEALER
from notice_shop import NOON, PERSON, Shop
from prometheus_client import CollectorRegistry

from consumers.notices.suppressing import Suppressing
from schemas.notice import Addressee, Channel
from schemas.suppression import Level, SuppressionReason
from tracking.store.keys import Keys
from tracking.store.pool import open_pool, transaction
from tracking.store.registrations import Registrations
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
    store, registrations = Suppressions(shop.pool), Registrations(shop.pool)
    return Suppressing(store, registrations, SEALER, CollectorRegistry())


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
    key = await shop.waits("CE1")
    await suppressing.suppress_notice(key, Addressee.RECIPIENT, EMAIL, why, NOON)
    assert await reason(shop, "CE2", EMAIL) == said
    assert await reason(other, "CE3", EMAIL) == of_another
    assert await reason(shop, "CE4", SMS) is None


@pytest.mark.parametrize(
    ("parcel", "addressee"), [(UUID(int=5), Addressee.RECIPIENT), (None, Addressee.BUYER)]
)
async def test_where_nobody_is_known_nothing_is_kept(shop, suppressing, parcel, addressee):
    key = await shop.waits("CE1")
    await suppressing.suppress_notice(parcel or key, addressee, EMAIL, BAD, NOON)
    assert await shop.pool.fetch("SELECT * FROM suppression") == []


async def test_no_address_stands_in_the_table(shop, suppressing):
    await suppressing.suppress(SMS, TO[SMS], STOP, NOON)
    (row,) = await shop.pool.fetch("SELECT * FROM suppression")
    assert TO[SMS] not in str(dict(row))
    assert TO[SMS].encode() not in row["address_hash"]
