"""The measures page: for leads and admins, of their shops only; no script, on any screen."""

import re
from urllib.parse import quote
from uuid import UUID

import pytest
from axe_playwright_python.async_playwright import Axe
from measured import fill, open_shop
from playwright.async_api import Page, expect
from site_of_parcels import browsing
from test_console_login import EMAIL, Browser
from test_page_narrow import WIDE

from schemas.staff import StaffRole
from tracking.staff.login import session_hash

PAGE = "/support/measures"
STAFF, TOKEN, COOKIE = UUID(int=3), "token-of-the-tests", "klat_staff"


@pytest.fixture
async def shop(world):
    shop = await open_shop(world, "Zaļā Lapa")
    await fill(world, shop)
    await open_shop(world, "Rival")
    return shop


async def lead(world, role: StaffRole = StaffRole.LEAD, shops=None) -> Browser:
    """In a session that has begun, with the second factor given."""
    sql = (
        "INSERT INTO staff (staff_id, email, name, role, shops, password, totp, created_at)"
        " VALUES ($1, $2, 'Anna', $3, $4, 'x', 'x', $5)"
    )
    now = world.clock()
    await world.pool.execute(sql, STAFF, EMAIL, role.value, shops, now)
    sql = "INSERT INTO staff_session VALUES ($1, $2, true, $3, $3)"
    await world.pool.execute(sql, session_hash(TOKEN), STAFF, now)
    browser = Browser(world)
    world.http.cookie_jar.update_cookies({COOKIE: TOKEN})
    return browser


async def test_a_lead_sees_how_things_are_and_what_to_do(world, shop):
    page = await (await lead(world)).get(f"{PAGE}?lang=en")
    assert page.status == 200
    assert "Counted up to <bdi>20/11/2026, 10:00</bdi>." in page.text
    assert "Venipak brings 65.2" in page.text
    assert "of all cases are about one thing, “Where is it?”" in page.text
    assert "of shoppers say that the box was too big" in page.text
    assert page.text.count('<svg class="chart"') == 8
    assert re.search(r'<p class="value">\+40</p>\s*<p class="of">100 answers</p>', page.text)
    assert "nothing to compare it with" in page.text
    assert page.text.count("<script") == 1, "it needs none but the key to the search"


async def test_the_same_in_latvian(world, shop):
    page = await (await lead(world)).get(f"{PAGE}?lang=lv")
    assert "Venipak laikā piegādā 65,2" in page.text
    assert "Saskaitīts līdz <bdi>20.11.26 10:00</bdi>." in page.text
    assert "Kur tas ir?" in page.text


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}.csv"])
async def test_support_is_sent_to_a_lead(world, shop, path):
    browser = await lead(world, StaffRole.SUPPORT)
    assert PAGE not in (await browser.get("/support")).text
    answer = await browser.get(f"{path}?lang=en")
    assert answer.status == 403
    assert "for leads and admins" in answer.text


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}.csv"])
async def test_who_works_for_one_shop_sees_that_one(world, shop, path):
    rival = await world.pool.fetchval("SELECT merchant_id FROM merchant WHERE name = 'Rival'")
    browser = await lead(world, StaffRole.ADMIN, [rival])
    own = await browser.get(f"{path}?lang=en")
    assert own.status == 200
    assert "omniva" not in own.text.replace('<option value="omniva">Omniva</option>', "")
    assert "Lapa" not in own.text
    assert "1000" not in own.text
    nobody = await browser.get(f"{path}?shop=00000000-0000-0000-0000-000000000000")
    theirs = await browser.get(f"{path}?shop={shop}")
    assert (theirs.status, nobody.status) == (404, 404)
    assert theirs.text == nobody.text


async def test_one_shop_one_carrier_one_time(world, shop):
    browser = await lead(world)
    query = f"?lang=en&from=2026-10-01&to=2026-10-31&by=week&shop={shop}&carrier=dpd"
    page = await browser.get(PAGE + query)
    assert f'<option value="{shop}" selected>' in page.text
    assert '<option value="dpd" selected>' in page.text
    assert "41 of 42" in page.text or "40 of 41" in page.text or "41 of 41" in page.text
    link = re.search(rf'href="({re.escape(PAGE)}\.csv[^"]*)"', page.text)[1].replace("&amp;", "&")
    table = await browser.get(link)
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    lines = table.text.splitlines()
    assert len(lines) == 1 + 5 + 1, "a head, five weeks, one carrier"
    assert lines[-1].startswith("2026-10-01,2026-10-31,dpd,")
    switch = re.search(r'href="(\?lang=lv[^"]*)"', page.text)[1]
    assert "carrier=dpd" in switch, "another language, the same question"


@pytest.mark.parametrize(
    "query", ["from=2026-11-20&to=2026-11-01", "by=century", "from=x", f"carrier={quote('<b>')}"]
)
async def test_what_cannot_be_shown_is_said_beside_what_can(world, shop, query):
    page = await (await lead(world)).get(f"{PAGE}?lang=en&{query}")
    assert page.status == 400
    assert "That time cannot be shown" in page.text
    assert "<b>" not in page.text
    assert page.text.count('<svg class="chart"') == 8


async def test_before_anything_is_counted_it_says_so(world):
    page = await (await lead(world)).get(f"{PAGE}?lang=en")
    assert "being counted for the first time" in page.text
    assert "Nothing was registered" in page.text
    assert "<svg class" not in page.text


async def test_what_others_name_is_text(world, shop):
    await world.pool.execute("UPDATE merchant SET name = '<script>x</script>' WHERE name = 'Rival'")
    await world.pool.execute("UPDATE measure SET carrier = '<i>1' WHERE carrier = 'dpd'")
    await world.pool.execute("UPDATE measure_part SET label = '<u>2' WHERE label = 'damaged'")
    page = await (await lead(world)).get(f"{PAGE}?lang=en")
    assert page.status == 200
    for markup in ("<script>x", "<i>1", "<u>2"):
        assert markup not in page.text
    assert "&lt;u&gt;2" in page.text


async def test_by_hand_and_on_a_small_screen_and_with_large_text(world, shop):
    await lead(world)
    async with browsing() as browser:
        page = await browser.new_page()
        await page.context.add_cookies([{"name": COOKIE, "value": TOKEN, "url": world.url}])
        await page.goto(f"{world.url}/support?lang=en")
        await page.get_by_role("link", name="Measures").click()
        await page.get_by_label("Carrier", exact=True).select_option("venipak")
        await page.get_by_role("button", name="Show").click()
        await expect(page.locator(".tile .value").first).to_contain_text("65.2")
        await expect(page.get_by_role("img", name="Busiest hours")).to_be_visible()
        for scheme, language in (("light", "en"), ("dark", "lv")):
            await page.emulate_media(color_scheme=scheme)
            await page.goto(f"{world.url}{PAGE}?lang={language}")
            await page.evaluate(
                "for (const each of document.querySelectorAll('details')) each.open = true"
            )
            await looked_at(page)


async def looked_at(page: Page) -> None:
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    for width, text in ((320, "100%"), (320, "200%"), (1280, "100%")):
        await page.set_viewport_size({"width": width, "height": 720})
        await page.evaluate(f"document.documentElement.style.fontSize = '{text}'")
        assert await page.evaluate(WIDE) == [], (page.url, width, text)
