"""A day with a shop in a real browser: by keyboard, narrow, light and dark, without a script."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect
from shop_desk import TOKEN, ShopDesk
from site_of_parcels import browsing
from test_console_in_browser import looked_at
from test_console_policies import POLICY
from test_console_quarantine import PATH, unknown

from schemas.staff import StaffRole
from tracking.policy_load import load_policy
from tracking.store.merchants import Merchants

TABLE = (
    "tracking_number;order;name;phone;country\r\n"
    "CE100000001EE;1001;Jānis Bērziņš;20000001;LV\r\n"
    "CE100000002EE;1002;Jānis Bērziņš;12;LV\r\n"
)


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with browsing() as browser:
        yield await browser.new_page()


@pytest.fixture
async def desk(world, page) -> ShopDesk:
    """Somebody who is logged in, in the browser."""
    desk = await ShopDesk.opened(world)
    await page.context.add_cookies([{"name": "klat_staff", "value": TOKEN, "url": world.url}])
    return desk


async def test_a_leads_day(desk, page, tmp_path: Path):
    await page.goto(f"{desk.world.url}/support?lang=en")
    await page.get_by_role("link", name="Shops").click()
    await page.get_by_role("link", name="Shop", exact=True).click()

    name = page.get_by_label("Name that shoppers know")
    await name.fill("Grāmatu nams")
    await expect(page.locator(".bubble")).to_contain_text("Grāmatu nams")
    mail = page.frame_locator("iframe.mail").locator("body")
    await expect(mail).to_contain_text("Grāmatu nams")
    await expect(page.get_by_text("not saved yet")).to_be_visible()
    await page.get_by_label("Colour").fill("red")
    await name.press("Enter")
    await expect(page.get_by_text("Six digits behind a #")).to_be_visible()
    await expect(page.get_by_label("Colour")).to_have_value("red")
    await page.get_by_label("Colour").fill("#aa3300")
    await page.get_by_label("Colour").press("Enter")
    await expect(page.get_by_text("Done.")).to_be_visible()
    await expect(page.locator("#history")).to_contain_text("#aa3300")

    await page.get_by_role("link", name="Register from a file").click()
    (tmp_path / "parcels.csv").write_text(TABLE, "utf-8-sig")
    await page.get_by_label("CSV file").set_input_files(tmp_path / "parcels.csv")
    await page.get_by_role("button", name="Look at it").click()
    await page.locator("#its-carrier").select_option("omniva")
    await page.get_by_role("button", name="Look at it again").click()
    await expect(page.locator("td.bad")).to_contain_text("must be a phone number")
    await looked_at(page)
    await page.get_by_role("button", name="Register 1 line").click()
    await expect(page.locator("#report")).to_contain_text("What became of the file")
    async with page.expect_download() as download:
        await page.get_by_text("The whole report as a CSV file").click()
    report = (await (await download.value).path()).read_text("utf-8-sig")
    assert "CE100000001EE,registered" in report

    # The first rules were an admin's to load; a lead loads what costs no more, from today on.
    today = desk.world.clock().date().isoformat()
    shop = await Merchants(desk.world.pool).merchant_named("Shop")
    await load_policy(desk.world.pool, shop, POLICY, now=desk.world.clock())
    await page.get_by_role("link", name="Promises and bonuses").click()
    await page.get_by_label("The rules as text").fill(POLICY.replace("2026-01-01", today))
    await page.get_by_role("button", name="Try it").click()
    await expect(page.locator("#trial")).to_contain_text("1 parcel was registered")
    await looked_at(page)
    await page.get_by_role("button", name="Put it into force").click()
    await expect(page.get_by_text("Version 2")).to_be_visible()


async def looked_at_twice(page: Page) -> None:
    """In light and in dark colours, all that is folded unfolded; in Latvian, which is longer."""
    await page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    await page.emulate_media(color_scheme="dark")
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    await page.emulate_media(color_scheme="light")
    await looked_at(page)


async def test_axe_finds_nothing_and_nothing_scrolls_sideways(desk, page):
    await desk.becomes(StaffRole.ADMIN)
    paths = [f"{desk.path}/{part}" for part in ("settings", "policies", "registrations", "keys")]
    for path in ("/support/shops", *paths, "/support/keys"):
        await page.goto(f"{desk.world.url}{path}?lang=lv")
        await looked_at_twice(page)
    await page.goto(f"{desk.world.url}{desk.path}/webhooks?lang=lv")
    await page.locator("#url").fill("https://shop.example.com/klat/a/rather/long/address/of/a/hook")
    await page.locator("#url").press("Enter")
    await expect(page.locator(".secret")).to_be_visible()
    await looked_at_twice(page)
    await page.locator(".deeds a").first.click()
    await page.locator("button", has_text="pārbaudi").click()
    await looked_at_twice(page)


async def test_the_quarantine_without_a_script(desk):
    await desk.becomes(StaffRole.ADMIN)
    await unknown(desk)
    async with browsing() as browser:
        page = await browser.new_page(java_script_enabled=False)
        await page.context.add_cookies(
            [{"name": "klat_staff", "value": TOKEN, "url": desk.world.url}]
        )
        await page.goto(f"{desk.world.url}{PATH}?lang=en")
        await page.get_by_role("link", name="Code that nobody knows: ROBOT").click()
        await page.get_by_label("What it makes of the parcel").select_option("held")
        await page.get_by_label("Why").select_option("weather")
        await page.get_by_role("button", name="Save, and read them so").click()
        await expect(page.get_by_text("1 parcel changed.")).to_be_visible()
