"""The page while it is open: it changes by itself, says so once, and keeps calm without a line."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from parcels import STATES, out_for_delivery, ready
from playwright.async_api import Page, expect
from site_of_parcels import Site

pytestmark = pytest.mark.browser

LOST = "Live updates are paused, trying again."
COUNT_ANNOUNCEMENTS = """() => {
    window.said = [];
    new MutationObserver(() => said.push(document.querySelector("#say").textContent))
        .observe(document.querySelector("#say"), {childList: true});
}"""


async def opened(site: Site, page: Page, name: str = "out_for_delivery") -> None:
    await page.goto(f"{site.url}/t/{name}")
    await site.line.until(lambda line: len(line.open) == 1)
    await page.evaluate(COUNT_ANNOUNCEMENTS)


async def seconds(page: Page, most: int, enough: Callable[[], bool] = lambda: False) -> None:
    """Let the page's clock run; between its seconds the network has its turn."""
    for _ in range(most):
        if enough():
            return
        await page.clock.run_for(1_000)


async def test_an_update_changes_the_page_and_is_announced_once(site: Site, page: Page) -> None:
    await opened(site, page)
    site.views["out_for_delivery"] = replace(STATES["delivered"], version=6)
    site.line.update(6)
    await expect(page.locator("h1")).to_have_text("Collected today at 11:20")
    await expect(page.locator("main")).to_have_attribute("data-version", "6")
    await expect(page.locator("main")).to_have_attribute("data-mood", "good")
    assert await page.title() == "Collected today at 11:20"
    assert await page.evaluate("said") == ["Collected today at 11:20"]
    assert await page.locator("[aria-live], [role=status]").count() == 1


async def test_what_is_already_shown_is_not_fetched_again(site: Site, page: Page) -> None:
    await opened(site, page)
    site.views["out_for_delivery"] = out_for_delivery(version=7)
    site.line.update(5)
    site.line.update(7)
    await expect(page.locator("main")).to_have_attribute("data-version", "7")
    assert len(site.read) == 2
    assert await page.evaluate("said") == []


async def test_typing_focus_and_open_details_survive_an_update(site: Site, page: Page) -> None:
    await opened(site, page, "in_transit")
    await page.click("#all")
    await page.fill("#answer", "LV-10")
    await page.evaluate("scrollTo(0, 200)")
    before = await page.evaluate("scrollY")
    site.views["in_transit"] = replace(STATES["attempt_failed"], version=6)
    site.line.update(6)
    await expect(page.locator("h1")).to_have_text("The courier could not deliver it")
    assert await page.evaluate("document.activeElement.id") == "answer"
    await page.keyboard.type("10")
    assert await page.input_value("#answer") == "LV-1010"
    assert await page.evaluate("scrollY") == before


async def test_a_page_that_cannot_be_fetched_is_tried_again(site: Site, page: Page) -> None:
    await opened(site, page)
    await page.route("**/t/out_for_delivery", lambda route: route.fulfill(status=503), times=1)
    site.views["out_for_delivery"] = replace(STATES["delivered"], version=6)
    async with page.expect_response(lambda response: response.status == 503):
        site.line.update(6)
    await seconds(page, 2)
    await expect(page.locator("h1")).to_have_text("Collected today at 11:20")


async def test_a_lost_line_is_said_calmly_and_the_word_goes_when_it_is_back(
    site: Site, page: Page
) -> None:
    await opened(site, page)
    await expect(page.locator("#fresh")).to_have_text("This page updates by itself.")
    site.line.answer = 503
    site.line.cut()
    await site.line.until(lambda line: len(line.asked) >= 2)
    await expect(page.locator("#fresh")).to_have_text("Page as of today at 14:20.")
    assert await page.inner_text("#say") == ""
    await seconds(page, 20)
    await expect(page.locator("#say")).to_have_text(LOST)
    await expect(page.locator("#say")).to_be_in_viewport()
    site.line.answer = 200
    await seconds(page, 120, lambda: len(site.line.open) == 1)
    await expect(page.locator("#say")).to_have_text("")
    await expect(page.locator("#fresh")).to_have_text("This page updates by itself.")
    site.views["out_for_delivery"] = ready(version=6)
    site.line.update(6)
    await expect(page.locator("h1")).to_contain_text("Waiting in the locker")


async def test_the_browser_waits_longer_after_every_failure(site: Site, page: Page) -> None:
    await opened(site, page)
    site.line.answer = 503
    site.line.cut()
    await site.line.until(lambda line: len(line.asked) == 2)
    await seconds(page, 300)
    # 1, 2, 4, 8, 16, 32 s and then every minute, each wait between half and whole.
    assert 9 <= len(site.line.asked) <= 18


async def test_after_the_end_of_the_story_the_page_is_quiet(site: Site, page: Page) -> None:
    await opened(site, page)
    site.line.answer = 204
    site.line.cut()
    await site.line.until(lambda line: len(line.asked) == 2)
    await seconds(page, 10, lambda: len(site.line.asked) == 3)
    await expect(page.locator("main")).to_have_attribute("data-over", "")
    await seconds(page, 120)
    assert len(site.line.asked) == 3
    assert await page.evaluate("said") == []


async def test_a_parcel_that_has_arrived_asks_for_no_line(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/t/delivered")
    await page.clock.run_for(60_000)
    assert site.line.asked == []


async def test_a_page_nobody_looks_at_rests_and_wakes_with_what_it_missed(
    site: Site, page: Page
) -> None:
    await opened(site, page)
    await page.evaluate(
        """Object.defineProperty(document, "hidden", {configurable: true, get: () => true});
           document.dispatchEvent(new Event("visibilitychange"))"""
    )
    await page.clock.run_for(299_000)
    assert len(site.line.open) == 1
    await page.clock.run_for(1_000)
    await site.line.until(lambda line: line.open == [])
    await page.evaluate(
        """Object.defineProperty(document, "hidden", {get: () => false});
           document.dispatchEvent(new Event("visibilitychange"))"""
    )
    await site.line.until(lambda line: len(line.open) == 1)
    assert site.line.asked == ["last=5", "last=5"]


async def test_the_last_news_is_told_by_its_age(site: Site, page: Page) -> None:
    await page.clock.set_fixed_time(STATES["ready_locked"].state.since)
    await opened(site, page, "ready_locked")
    news = page.locator("[data-ago]")
    await expect(news).to_have_text("today at 10:15")
    await page.clock.set_fixed_time("2026-11-20T08:18:00Z")
    site.views["ready_locked"] = ready(version=6)
    site.line.update(6)
    await expect(news).to_have_text("3 minutes ago")
    assert await news.get_attribute("title") == "today at 10:15"
