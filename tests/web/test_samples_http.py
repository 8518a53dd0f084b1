"""/support/notices: any notice with sample data, for who has a key."""

import base64
import re

import pytest

from schemas.notice import Channel, Occasion
from tracking.settings import Settings
from tracking.web.samples import _set_price
from tracking.web.security import FRAMED, FRAMING
from tracking.words.language import SUPPORTED

PATHS = ("/support/notices", "/support/notices/mail")


@pytest.fixture
async def desk(world):
    return await world.key("support")


def basic(key: dict[str, str]) -> dict[str, str]:
    """As a browser gives it that asked its user for a password."""
    secret = key["Authorization"].removeprefix("Bearer ")
    return {"Authorization": f"Basic {base64.b64encode(f'anybody:{secret}'.encode()).decode()}"}


@pytest.mark.parametrize("path", PATHS)
async def test_who_has_no_key_is_asked_for_a_password(world, path):
    answer = await world.call("GET", path)
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="klat"')
    elsewhere = await world.call("GET", "/v1/search?q=x")
    assert elsewhere.headers.get("WWW-Authenticate") in {None, 'Bearer realm="klat"'}
    reading = await world.call("GET", "/v1/shipments?order=1")
    assert reading.headers["WWW-Authenticate"] == 'Bearer realm="klat"'


@pytest.mark.parametrize("path", PATHS)
async def test_it_is_for_shops_and_support(world, desk, path):
    for key in (desk, await world.key("merchant", "Shop")):
        for headers in (key, basic(key)):
            assert (await world.call("GET", path, headers=headers)).status == 200
    courier = await world.key("courier", carrier="omniva")
    assert (await world.call("GET", path, headers=basic(courier))).status == 403


async def asked(world, desk, query: str) -> str:
    answer = await world.call("GET", f"/support/notices?{query}", headers=desk)
    assert answer.status == 200, answer.text
    assert answer.headers["Content-Security-Policy"] == FRAMING
    return answer.text


@pytest.mark.parametrize("occasion", Occasion)
async def test_every_notice_is_shown_in_every_language(world, desk, occasion):
    for language in SUPPORTED:
        query = f"occasion={occasion}&language={language}"
        page = await asked(world, desk, query)
        assert re.findall(r'<th scope="row" lang="(\w+)">', page) == list(SUPPORTED)
        assert f'<option value="{occasion}" selected>' in page
        for channel in Channel:
            alone = await asked(world, desk, f"{query}&channel={channel}")
            (heading,) = re.findall(r'<h2 id="(sms|email|push)">', alone)
            assert heading == channel
        mail = await world.call("GET", f"/support/notices/mail?{query}", headers=desk)
        assert mail.headers["Content-Security-Policy"] == FRAMED
        assert f'<html lang="{language}"' in mail.text


async def test_both_spellings_stand_side_by_side_with_what_they_cost(world, desk):
    page = await asked(world, desk, "occasion=ready_for_pickup&language=lv&price=0,045")
    full, short = re.findall(r"<figure>.*?</figure>", page, re.DOTALL)
    assert "Sūtījums gaida" in full
    assert "Sutijums gaida" in short
    assert "this one is sent" in short
    assert "this one is sent" not in full
    assert "<dd>142 of 201 UTF-16 units</dd>" in full
    assert "<dd>0.135</dd>" in full
    assert "<dd>142 of 160 septets</dd>" in short
    assert "<dd>0.045</dd>" in short
    assert page.count("not sent by default") == 0


async def test_where_there_is_one_spelling_it_stands_alone_and_unpriced(world, desk):
    page = await asked(world, desk, "occasion=delivered&language=en&channel=sms")
    assert len(re.findall("<figure>", page)) == 1
    assert "<dd>name a price</dd>" in page
    assert "not sent by default" in page


@pytest.mark.parametrize(
    ("prices", "language", "price"),
    [
        ((("LV", 45_000), ("*", 90_000)), "lv", "0.045"),
        ((("LV", 45_000), ("*", 90_000)), "et", "0.09"),
        ((("LV", 45_000),), "lt", None),
        ((), "en", None),
    ],
)
def test_a_price_that_nobody_typed_is_that_of_the_settings(prices, language, price):
    found = _set_price(Settings(sms_prices=prices), language)
    assert (None if found is None else str(found)) == price


async def test_the_mail_is_shown_on_a_light_and_a_dark_screen(world, desk):
    page = await asked(world, desk, "occasion=held&language=et&shop=%C4%B6irsis")
    frames = re.findall(r'<iframe[^>]* src="([^"]*)"', page)
    schemes = {}
    for frame in frames:
        assert "shop=%C4%B6irsis" in frame
        mail = await world.call("GET", frame.replace("&amp;", "&"), headers=desk)
        assert "Ķirsis" in mail.text
        schemes[re.findall(r'name="color-scheme" content="(.*?)"', mail.text)[0]] = mail.text
    assert set(schemes) == {"light", "dark"}
    assert not any("prefers-color-scheme" in text for text in schemes.values())


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("occasion=party", "occasion: is none of registered, accepted"),
        ("language=fi", "language: is none of lv, lt, et, en, ru"),
        ("channel=fax", "channel: is none of sms, email, push"),
        (f"shop={'x' * 61}", "shop: is longer than 60 characters"),
        ("shop=%3C%3E", "shop: shows nothing"),
        ("price=cheap", "price: is no price of a segment"),
        ("price=-1", "price: is no price of a segment"),
        ("price=NaN", "price: is no price of a segment"),
        ("price=1e99999999", "price: is no price of a segment"),
        ("price=" + "9" * 13, "price: is no price of a segment"),
    ],
)
async def test_what_is_not_there_is_named(world, desk, query, said):
    answer = await world.call("GET", f"/support/notices?{query}", headers=desk)
    assert answer.status == 400
    assert answer.json["detail"].startswith(said)


async def test_a_scheme_is_one_of_two(world, desk):
    answer = await world.call("GET", "/support/notices/mail?scheme=pink", headers=desk)
    assert (answer.status, answer.json["detail"]) == (400, "scheme: is none of light, dark")


async def test_a_hostile_shop_stays_a_name(world, desk):
    evil = "%3Cscript%3Ealert(1)%3C/script%3E%22%20onload=x%E2%80%AE"
    page = await asked(world, desk, f"occasion=delivered&shop={evil}")
    assert "<script>alert" not in page
    assert 'value="&lt;script&gt;' in page
    mail = await world.call("GET", f"/support/notices/mail?shop={evil}", headers=desk)
    assert "<script" not in mail.text


async def test_nothing_of_it_is_of_anybody(world, desk):
    """The page asks the database for the key alone, so it can show no parcel."""
    await world.register(await world.key("merchant", "Shop"))
    await world.waits_in_locker("CE123456789EE")
    page = await asked(world, desk, "occasion=ready_for_pickup")
    for secret in ("<bdi>Shop", "Akropole", "482913", "1001<"):
        assert secret not in page


async def test_a_shop_sees_its_own_looks_and_ways(world):
    shop = await world.key("merchant", "A GmbH")
    wanted = {
        "brand": {"name": "Ā veikals", "colour": "#aa3300"},
        "sms": {"spelling": "full"},
        "notices": {"ready_for_pickup": ["email"]},
    }
    await world.call("PUT", "/v1/settings", headers=shop, json=wanted)
    page = await asked(world, shop, "occasion=ready_for_pickup&language=lv")
    assert "Ā veikals" in page
    assert "Dzintara Kafija: " not in page
    mail = await world.call("GET", "/support/notices/mail?occasion=ready_for_pickup", headers=shop)
    assert "#aa3300" in mail.text
    other = await asked(world, shop, "occasion=out_for_delivery&shop=Cits")
    assert "Cits: " in other


@pytest.mark.parametrize(
    ("logo", "pictures"),
    [
        ("https://shop.example.com/a;script-src/l.png", "img-src data: https://shop.example.com;"),
        ("https://shop.example.com:8443/l.png", "img-src data: https://shop.example.com:8443;"),
        ("https://a.example;script-src/l.png", "img-src data:;"),
        ("https://a.example,b.example/l.png", "img-src data:;"),
        (None, "img-src data:;"),
    ],
)
async def test_a_shop_sees_its_own_logo_and_support_no_pictures_from_elsewhere(
    world, desk, logo, pictures
):
    shop = await world.key("merchant", "Shop")
    put = {"brand": {"logo": logo}}
    assert (await world.call("PUT", "/v1/settings", headers=shop, json=put)).status == 200
    for scheme in ("light", "dark"):
        path = f"/support/notices/mail?scheme={scheme}"
        mail = await world.call("GET", path, headers=basic(shop))
        policy = mail.headers["Content-Security-Policy"]
        assert policy == FRAMED.replace("img-src data:;", pictures)
        assert "script-src" not in policy
        if logo:
            assert f'src="{logo}"' in mail.text
        other = await world.call("GET", path, headers=basic(desk))
        assert other.headers["Content-Security-Policy"] == FRAMED
