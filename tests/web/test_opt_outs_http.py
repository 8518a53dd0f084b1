"""A shop records that somebody wants to hear less: its own messages end, and no others."""

import pytest

from schemas.notice import Channel
from tracking.choices import BY_STOP_LINK, Choice, ShopWay, Standing, choose, wishes
from tracking.store.merchants import Merchants
from tracking.store.suppressions import Suppressions
from tracking.suppression import address_hashes

PHONE, EMAIL = "+37120000001", "ilze@example.org"
TO = {Channel.SMS: PHONE, Channel.EMAIL: EMAIL}


@pytest.fixture
async def shop(world):
    return await world.key("merchant", "Veikals")


async def way(world, channel, name="Veikals") -> ShopWay:
    merchant_id = await Merchants(world.pool).merchant_named(name)
    return ShopWay(merchant_id, channel, address_hashes(world.deps.sealer, channel, TO[channel]))


async def hears(world, channel, name="Veikals") -> Standing:
    found = await wishes(
        Suppressions(world.pool), [await way(world, channel, name)], [BY_STOP_LINK]
    )
    return found[0].standing


async def put(world, key, **body):
    return await world.call("PUT", "/v1/opt-outs", headers=key, json=body)


async def test_a_number_and_an_address_hear_no_more_from_this_shop(world, shop):
    await world.key("merchant", "Other")
    for _ in range(2):
        answer = await put(world, shop, phone="20 000 001", country="lv", email=EMAIL.upper())
        assert (answer.status, answer.text) == (204, "")
    for channel in TO:
        assert await hears(world, channel) is Standing.NOTHING
        assert await hears(world, channel, "Other") is Standing.EVERYTHING


async def test_a_shop_does_not_raise_what_somebody_asked(world, shop):
    await put(world, shop, phone=PHONE)
    assert (await put(world, shop, phone=PHONE, hears="important")).status == 204
    assert await hears(world, Channel.SMS) is Standing.NOTHING
    assert await hears(world, Channel.EMAIL) is Standing.EVERYTHING


async def test_only_the_person_raises_it(world, shop):
    await put(world, shop, email=EMAIL, hears="important")
    assert await hears(world, Channel.EMAIL) is Standing.IMPORTANT
    its = await way(world, Channel.EMAIL)
    store = Suppressions(world.pool)
    assert await choose(store, its, Choice.EVERYTHING, BY_STOP_LINK, world.clock())
    assert await hears(world, Channel.EMAIL) is Standing.EVERYTHING


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"hears": "nothing"}, ""),
        ({"phone": "12"}, "/phone"),
        ({"phone": "20000001"}, "/phone"),
        ({"email": "a@b\r\nBcc: c@d.lv"}, "/email"),
        ({"email": EMAIL, "hears": "everything"}, "/hears"),
        ({"email": EMAIL, "name": "Ilze"}, "/name"),
    ],
)
async def test_what_cannot_be_is_named(world, shop, body, pointer):
    answer = await put(world, shop, **body)
    assert answer.status == 422
    assert [each["pointer"] for each in answer.json["errors"]] == [pointer]
    assert EMAIL not in answer.text


@pytest.mark.parametrize(("role", "carrier"), [("support", None), ("courier", "omniva")])
async def test_it_is_for_shops(world, role, carrier):
    key = await world.key(role, carrier=carrier)
    assert (await put(world, key, email=EMAIL)).status == 403
