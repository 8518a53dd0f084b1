"""The console in a real browser: by keyboard, on a telephone and a wide screen, light and dark."""

import re
from collections.abc import AsyncIterator

import pytest
from axe_playwright_python.async_playwright import Axe
from people import NAME
from playwright.async_api import Page, expect
from site_of_parcels import browsing
from test_console_login import EMAIL, OWN, made
from test_page_narrow import WIDE

from schemas.staff import StaffRole

NUMBER = "CE123456789EE"


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with browsing() as browser:
        yield await browser.new_page()


@pytest.fixture
async def office(world):
    """Two parcels of one person."""
    shop = await world.key("merchant", "Zaļā Lapa")
    await world.register(shop)
    await world.register(shop, tracking_number="CE000000001EE", order="2002")
    await world.waits_in_locker(NUMBER)
    return world


async def enters(page: Page, world, role: StaffRole = StaffRole.SUPPORT) -> None:
    once = await made(world, role)
    await page.goto(f"{world.url}/support")
    await page.get_by_label("E-mail").fill(EMAIL)
    await page.get_by_label("Password").fill(once)
    await page.keyboard.press("Enter")
    await page.get_by_label("New password").fill(OWN)
    await page.get_by_role("button", name="Save").click()


async def test_somebody_logs_in_and_finds_a_parcel_without_a_mouse(office, page):
    await enters(page, office)
    box = page.get_by_label("Find a parcel")
    await expect(box).to_be_focused()
    await box.fill("berzins")
    await page.keyboard.press("Enter")
    await expect(page.locator(".hits li")).to_have_count(2)
    assert "berzins" not in page.url
    await page.keyboard.press("ArrowDown")
    await expect(page.locator(".hits a").first).to_be_focused()
    await page.keyboard.press("j")
    await expect(page.locator(".hits a").nth(1)).to_be_focused()
    await page.keyboard.press("k")
    await page.keyboard.press("/")
    await expect(box).to_be_focused()
    await page.keyboard.type("CE000000001EE")
    await page.keyboard.press("Enter")
    await expect(page.locator(".hits li")).to_have_count(1)


async def test_after_enter_j_goes_through_what_was_found_and_nothing_is_typed(office, page):
    await enters(page, office)
    box = page.get_by_label("Find a parcel")
    await box.fill("nobody-here")
    await page.keyboard.press("Enter")
    await expect(page.locator("#found .empty")).to_be_visible()
    await expect(box).to_be_focused()
    await box.fill("berzins")
    await page.keyboard.press("Enter")
    await expect(page.locator(".hits li")).to_have_count(2)
    await expect(box).not_to_be_focused()
    await page.keyboard.press("j")
    await expect(page.locator(".hits a").first).to_be_focused()
    await page.keyboard.press("j")
    await expect(page.locator(".hits a").nth(1)).to_be_focused()
    await expect(box).to_have_value("berzins")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/support/parcels/"))


async def test_a_slash_leads_to_the_search_from_every_page_but_is_typed_in_a_box(office, page):
    await enters(page, office)
    box = page.get_by_label("Find a parcel")
    for path in ("/support/account", "/support/cases", "/support/nothing-here"):
        await page.goto(f"{office.url}{path}")
        await page.keyboard.press("/")
        await expect(box).to_be_focused()
    await page.goto(f"{office.url}/support/password")
    own = page.locator("input[type=password]").first
    await own.press("/")
    await expect(own).to_have_value("/")


async def test_the_way_to_the_search_shows_what_was_found_also_after_a_note(office, page):
    await enters(page, office)
    await page.get_by_label("Find a parcel").fill("berzins")
    await page.keyboard.press("Enter")
    await page.locator(".hits a").first.click()
    await page.get_by_label("Note for colleagues").fill("called back")
    await page.get_by_role("button", name="Write it down").click()
    await expect(page.get_by_text("Done.")).to_be_visible()
    await page.get_by_role("link", name="To the search").click()
    await expect(page.locator(".hits li")).to_have_count(2)
    await page.get_by_role("button", name="Log out").click()
    kept = await page.evaluate("sessionStorage.length")
    assert kept == 0


async def test_back_from_a_parcel_shows_what_was_found(office, page):
    await enters(page, office)
    await page.get_by_label("Find a parcel").fill("berzins")
    await page.keyboard.press("Enter")
    await page.locator(".hits a").first.click()
    await page.go_back()
    await expect(page.locator(".hits li")).to_have_count(2)
    await expect(page.get_by_label("Find a parcel")).to_have_value("berzins")


async def test_without_a_script_it_works_too(office):
    async with browsing() as browser:
        page = await browser.new_page(java_script_enabled=False)
        await enters(page, office)
        await page.get_by_label("Find a parcel").fill("20000001")
        await page.get_by_role("button", name="Find").click()
        await expect(page.locator(".hits li")).to_have_count(2)
        await expect(page.locator(".hits li").first).to_contain_text(NAME)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_and_nothing_scrolls_sideways(office, page, scheme):
    await page.emulate_media(color_scheme=scheme)
    await page.goto(f"{office.url}/support/login")
    await looked_at(page)
    await enters(page, office, StaffRole.ADMIN)
    await expect(page.locator(".secret")).to_be_visible()
    await looked_at(page)
    await page.goto(f"{office.url}/support/nothing-here")
    await page.goto(f"{office.url}/support/authenticator")
    await office.pool.execute("UPDATE staff SET role = 'support'")
    await page.goto(f"{office.url}/support?lang=lv")
    await looked_at(page)
    await page.locator("#q").fill("berzins")
    await page.keyboard.press("Enter")
    await expect(page.locator(".hits li")).to_have_count(2)
    await looked_at(page)
    await page.locator(".hits a").first.click()
    await page.locator("summary", has_text="Izlabot").click()
    await looked_at(page)
    await page.goto(f"{office.url}/support/account")
    await looked_at(page)
    await page.goto(f"{office.url}/support/password")
    await looked_at(page)


async def looked_at(page: Page) -> None:
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    for width, text in ((320, "100%"), (320, "200%"), (1280, "200%"), (1280, "100%")):
        await page.set_viewport_size({"width": width, "height": 720})
        await page.evaluate(f"document.documentElement.style.fontSize = '{text}'")
        assert await page.evaluate(WIDE) == [], (page.url, width, text)


async def test_a_page_shows_news_by_itself_but_not_from_under_the_hands(office, page):
    await enters(page, office)
    key = await office.pool.fetchval(
        "SELECT shipment_id FROM shipment WHERE tracking_number = $1", NUMBER
    )
    await page.goto(f"{office.url}/support/parcels/{key}?lang=en")
    await expect(page.locator(".status")).to_have_text("Ready to collect")
    await office.scanned(NUMBER, "accepted", "ready_for_pickup", "returning")
    version = await office.pool.fetchval("SELECT version FROM shipment WHERE shipment_id = $1", key)
    office.deps.hub.publish(key, version)
    await expect(page.locator(".status")).to_have_text("Going back")
    note = page.get_by_label("Note for colleagues")
    await note.fill("half a sentence")
    await office.scanned(NUMBER, "accepted", "ready_for_pickup", "returning", "returned")
    office.deps.hub.publish(key, version + 1)
    await expect(page.get_by_text("There is news.")).to_be_visible()
    await expect(note).to_have_value("half a sentence")
    looks = "SELECT count(*) FROM audit WHERE action = 'parcel_seen'"
    assert await office.pool.fetchval(looks) == 1


async def test_news_leaves_open_what_somebody_opened_and_where_they_are(office, page):
    """The page is changed in place: nothing jumps, and boxes stay as they were ticked."""
    await enters(page, office)
    key = await office.pool.fetchval(
        "SELECT shipment_id FROM shipment WHERE tracking_number = $1", NUMBER
    )
    await page.set_viewport_size({"width": 390, "height": 700})
    await page.goto(f"{office.url}/support/parcels/{key}?lang=en")
    await page.get_by_label("Promises").uncheck()
    await page.locator("summary", has_text="More").first.click()
    await expect(page.get_by_text("time as sent").first).to_be_visible()
    before = await page.evaluate("window.scrollY")
    assert before > 0
    version = await office.pool.fetchval("SELECT version FROM shipment WHERE shipment_id = $1", key)
    for told in (["returning"], ["returning", "returned"]):  # it listens on
        await office.scanned(NUMBER, "accepted", "ready_for_pickup", *told)
        version += 1
        office.deps.hub.publish(key, version)
        await expect(page.locator(".entries [data-kind=scan]")).to_have_count(2 + len(told))
    assert await page.locator(".entries details[open]").count() >= 1
    assert await page.evaluate("window.scrollY") > 0
    await expect(page.locator("[data-kind=promise]").first).to_be_hidden()
    await expect(page.get_by_label("Promises")).not_to_be_checked()


async def test_who_was_shut_out_meanwhile_is_led_to_the_login(office, page):
    await enters(page, office)
    key = await office.pool.fetchval(
        "SELECT shipment_id FROM shipment WHERE tracking_number = $1", NUMBER
    )
    async with page.expect_response("**/stream*"):  # it listens, or it would hear nothing
        await page.goto(f"{office.url}/support/parcels/{key}?lang=en")
    await office.pool.execute("DELETE FROM staff_session")
    await office.scanned(NUMBER, "accepted", "ready_for_pickup", "returning")
    version = await office.pool.fetchval("SELECT version FROM shipment WHERE shipment_id = $1", key)
    office.deps.hub.publish(key, version)
    await expect(page).to_have_url(f"{office.url}/support/login")
    await expect(page.get_by_label("Password")).to_be_visible()
