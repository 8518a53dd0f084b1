"""The search of the console: what is shown to whom, and that it is noted."""

import json

import pytest
from people import NAME, PHONE
from test_console_login import Browser, made

from tracking.store.merchants import Merchants

NUMBER = "CE123456789EE"
SOME = "0b5c1a0e-0000-4000-8000-00000000000a"


@pytest.fixture
async def office(world):
    """A parcel of each of two shops."""
    await world.register(await world.key("merchant", "Shop"))
    other = await world.key("merchant", "Other")
    await world.register(other, tracking_number="CE000000001EE", order="2002")
    return world


async def searched(browser: Browser, typed: str):
    await browser.get()
    return await browser.post("/support/search", q=typed)


async def test_a_parcel_is_found_and_that_is_noted_sealed(office):
    browser = Browser(office)
    await browser.enters(await made(office))
    page = await searched(browser, "20 00 00 01")
    assert (page.text.count('<li class="card"'), page.text.count(NAME)) == (2, 2)
    assert PHONE not in page.text
    (row,) = await office.pool.fetch("SELECT * FROM audit WHERE action = 'searched'")
    assert "20 00" not in row["detail"]
    detail = office.deps.sealer.open_text(row["detail"], f"audit:{row['audit_id']}")
    assert (json.loads(detail)["q"], len(json.loads(detail)["found"])) == ("20 00 00 01", 2)


async def test_who_works_for_one_shop_finds_that_ones(office):
    shop = await Merchants(office.pool).merchant_named("Other")
    browser = Browser(office)
    await browser.enters(await made(office, shops=[shop]))
    for typed in (PHONE, NAME, NUMBER, "1001", "2002", "CE000000001EE", "LV-1010"):
        page = await searched(browser, typed)
        assert NUMBER not in page.text.replace(f'value="{NUMBER}"', ""), typed


@pytest.mark.parametrize("typed", ["", "x", "y" * 101])
async def test_what_cannot_be_looked_for_is_said(office, typed):
    browser = Browser(office)
    await browser.enters(await made(office))
    answer = await searched(browser, typed)
    assert (answer.status, "between 2 and 100" in answer.text) == (422, True)


async def test_nothing_that_is_typed_or_kept_becomes_markup(office):
    shop = await office.key("merchant", "<b>Shop</b>")
    evil = {"name": "Evil <script>alert(1)</script>", "postcode": "<i>1</i>"}
    await office.register(shop, tracking_number="EVIL1", order='"><img src=x>', recipient=evil)
    browser = Browser(office)
    await browser.enters(await made(office))
    page = await searched(browser, "evil")
    assert "EVIL1" in page.text
    for markup in ("<script>alert", "<img", "<i>1", "<b>Shop"):
        assert markup not in page.text
    page = await searched(browser, '"><script>x</script>')
    assert "<script>x" not in page.text


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/support/", "/support"),
        (f"/support/shops/{SOME}", f"/support/shops/{SOME}/settings"),
        (f"/support/shops/{SOME}/", f"/support/shops/{SOME}/settings"),
        ("/support/x", None),
        ("/support/parcels/x/y/z", None),
        ("/support//elsewhere.example/", None),
    ],
)
async def test_an_address_where_nothing_is_is_a_page_for_people(office, path, leads_to):
    browser = Browser(office)
    assert (await browser.get(path)).headers["Location"] == "/support/login"
    await browser.enters(await made(office))
    answer = await browser.get(path)
    assert answer.headers.get("Location") == leads_to
    if leads_to is None:
        assert (answer.status, answer.headers["Content-Type"][:9]) == (404, "text/html")
        assert "There is nothing here" in answer.text
        assert 'aria-keyshortcuts="/"' in answer.text


async def test_nothing_fits_is_said_with_what_to_do(office):
    browser = Browser(office)
    await browser.enters(await made(office))
    assert "Nothing fits" in (await searched(browser, "nobody here")).text
    assert (
        "Nekas neatbilst"
        in (
            await office.call(
                "POST", "/support/search?lang=lv", data={"form": browser.form, "q": "zz"}
            )
        ).text
    )
