"""The page as a browser shows it: accessible, narrow, by keyboard, without script, on paper."""

from dataclasses import replace

import pytest
from axe_playwright_python.async_playwright import Axe
from parcels import STATES, entry, local, out_for_delivery, unlocked
from playwright.async_api import Browser, Page
from site_of_parcels import Site

from schemas.scan import Location
from schemas.shipment import EntryKind
from schemas.status import Status

pytestmark = pytest.mark.browser

WCAG = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}


ONE_OF_EACH_MOOD = ("out_for_delivery", "ready_unlocked", "ready_wrong", "late", "exception")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_any_state(site: Site, page: Page, scheme: str) -> None:
    await page.emulate_media(color_scheme=scheme)
    found = {}
    for name in [*site.views, "no such parcel"] if scheme == "light" else ONE_OF_EACH_MOOD:
        await page.goto(f"{site.url}/t/{name}")
        result = await Axe().run(page, options=WCAG)
        if result.violations_count:
            found[name] = result.generate_report()
    assert found == {}


async def test_every_target_is_at_least_24_px(site: Site, page: Page) -> None:
    small = []
    for name in ("ready_locked", "in_transit", "attempt_failed"):
        await page.goto(f"{site.url}/t/{name}")
        small += await page.evaluate(
            """[...document.querySelectorAll("a, button, input, summary")]
               .filter(target => target.checkVisibility())
               .map(target => [target.outerHTML, target.getBoundingClientRect()])
               .filter(([, box]) => box.width < 24 || box.height < 24).map(([html]) => html)"""
        )
    assert small == []


async def test_the_keyboard_follows_the_page_and_is_seen(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/t/ready_locked")
    visited = []
    for _ in range(16):
        await page.keyboard.press("Tab")
        visited.append(
            await page.evaluate(
                """() => {
                    const at = document.activeElement, style = getComputedStyle(at);
                    const none = style.outlineStyle === "none";
                    const width = none ? 0 : parseFloat(style.outlineWidth);
                    return [at.id || at.hreflang || at.tagName, width >= 2];
                }"""
            )
        )
    order = ["lv", "lt", "et", "en", "ru", "map", "answer", "show"]
    order += ["help-pickup-q", "help-damaged-q", "help-packaging_return-q"]
    order += ["shop", "carrier", "messages", "refresh"]
    assert visited[: len(order)] == [[name, True] for name in order]


async def test_a_page_without_script_says_all_and_unlocks(site: Site, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{site.url}/t/ready_locked?lang=lv")
    assert "Gaida pakomātā Rīga Akropole" in await page.inner_text("h1")
    refresh = page.locator('noscript meta[http-equiv="refresh"]')
    assert await refresh.get_attribute("content") == "120"
    await page.fill("#answer", "0000")
    await page.click("#show")
    assert "Atlikuši 4 mēģinājumi." in await page.inner_text("#wrong")
    await page.fill("#answer", "1010")
    await page.keyboard.press("Enter")
    assert await page.inner_text(".digits") == "384201"
    assert await page.get_attribute("html", "lang") == "lv"
    assert site.answers == ["0000", "1010"]
    await context.close()


async def test_the_language_is_chosen_by_a_link(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/t/delivered")
    await page.click("text=Русский")
    assert await page.get_attribute("html", "lang") == "ru"
    assert (await page.inner_text("h1")).startswith("Получена")


async def test_paper_has_the_code_and_the_whole_history(site: Site, page: Page) -> None:
    history = [
        entry(local(20, 9, minute), Status.IN_TRANSIT, key=str(minute), code=str(minute))
        for minute in range(30, 10, -1)
    ]
    site.views["ready_unlocked"] = replace(unlocked(), history=history)
    await page.goto(f"{site.url}/t/ready_unlocked")
    await page.emulate_media(media="print")
    assert await page.locator(".digits").is_visible()
    assert await page.locator(".qr svg").is_visible()
    assert not await page.locator(".languages").is_visible()
    assert not await page.locator("#refresh").is_visible()
    last = page.locator("#older li.line").last
    assert await last.evaluate("line => line.checkVisibility({contentVisibilityAuto: true})")
    assert (await last.bounding_box() or {})["height"] > 0


EVIL = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>"\'{{7*7}}'


async def test_text_from_outside_is_only_ever_text(site: Site, page: Page) -> None:
    place = Location(name=EVIL, address=EVIL, city=EVIL, postcode=EVIL, lat=1, lon=2)
    said = entry(local(20, 12), Status.DELIVERED, description=EVIL, location=place, code=EVIL[:120])
    unknown = entry(
        local(20, 11), None, kind=EntryKind.UNRECOGNISED, recognised=False, code=EVIL[:120]
    )
    outside = {
        "carrier_name": EVIL,
        "tracking_number": EVIL,
        "merchant_name": EVIL,
        "merchant_help": "javascript:window.pwned=1",
        "carrier_page": "JavaScript:window.pwned=1",
    }
    secret = {"pickup_place": place, "pickup_code": EVIL, "pickup_qr": EVIL}
    site.views["ready"] = replace(unlocked(state=secret, **outside), history=[said, unknown])
    site.views["signed"] = out_for_delivery(
        state={"status": Status.DELIVERED, "signed_by": EVIL, "estimate": None}, **outside
    )
    for name, shown in (("ready", 9), ("signed", 3)):
        await page.goto(f"{site.url}/t/{name}")
        assert await page.locator(f"text={EVIL[:20]}").count() >= shown
        assert await page.locator("main img, main script, [onerror]").count() == 0
        assert await page.locator("a[href^='java' i]").count() == 0
        assert await page.evaluate("window.pwned") is None


async def test_a_text_that_runs_to_the_left_stays_in_its_place(site: Site, page: Page) -> None:
    place = Location(name="خزانة الطرود", city="Rīga", country="LV")
    site.views["rtl"] = unlocked(state={"pickup_place": place})
    await page.goto(f"{site.url}/t/rtl")
    assert await page.locator("h1 bdi").inner_text() == "خزانة الطرود"
    assert (
        await page.locator("h1 bdi").evaluate("e => getComputedStyle(e).unicodeBidi") == "isolate"
    )


def test_every_state_of_the_contract_is_looked_at() -> None:
    assert {view.state.status for view in STATES.values()} >= set(Status) - {Status.ACCEPTED}
