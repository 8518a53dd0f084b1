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
from tracking.web.language import SUPPORTED

pytestmark = pytest.mark.browser

WCAG = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}


LONG_ONES = (
    "ready_wrong",
    "ready_unlocked",
    "late",
    "held_customs",
    "on_sunday",
    "within_days",
    "within_two_months",
    "promised_with_estimate",
    "attempt_failed",
)
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


# What matches the pattern and stands on more than one line, of all text or that of `within`.
BROKEN = """([within, pattern]) => {
    const found = [], range = document.createRange();
    for (const part of document.querySelectorAll(within)) {
        const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
        for (let text; (text = texts.nextNode()); )
            for (const match of text.data.matchAll(new RegExp(pattern, "gu"))) {
                range.setStart(text, match.index);
                range.setEnd(text, match.index + match[0].length);
                const boxes = [...range.getClientRects()].filter(box => box.width > 0);
                if (new Set(boxes.map(box => Math.round(box.top))).size > 1) found.push(match[0]);
            }
    }
    return found;
}"""
TIME = r"\d+[.:]?\d*(\u2060–\u2060\d+[.:]?\d*)?"
WORD = r"\p{L}+"
NARROW = [(320, "100%"), (320, "200%"), (390, "200%")]  # px, of the usual size of text


@pytest.mark.parametrize("language", SUPPORTED)
async def test_narrow_or_large_nothing_scrolls_sideways_and_no_time_breaks(
    site: Site, page: Page, language: str
) -> None:
    faults = []
    for name in site.views if language == "lt" else LONG_ONES:
        await page.goto(f"{site.url}/t/{name}?lang={language}")
        for width, text in NARROW:
            await page.set_viewport_size({"width": width, "height": 640})
            await page.evaluate(f"document.documentElement.style.fontSize = '{text}'")
            if await page.evaluate("document.scrollingElement.scrollWidth") > width:
                faults.append((name, width, text))
            times = await page.evaluate(BROKEN, ["h1, time, .detail, .left, .late p", TIME])
            words = await page.evaluate(BROKEN, ["h1", WORD]) if text == "100%" else []
            faults += [(name, width, text, broken) for broken in [*times, *words]]
    assert faults == []


async def test_what_breaks_a_time_or_scrolls_is_found(site: Site, page: Page) -> None:
    """The measure itself, on a page too narrow for any text."""
    await page.goto(f"{site.url}/t/on_sunday")
    await page.set_viewport_size({"width": 200, "height": 640})
    await page.evaluate("document.querySelector('h1').style.width = '2ch'")
    assert "14:00\u2060–\u206016:00" in await page.evaluate(BROKEN, ["h1", TIME])
    assert "Arriving" in await page.evaluate(BROKEN, ["h1", WORD])


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
    for _ in range(13):
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
    order = ["lv", "lt", "et", "en", "ru", "map", "answer", "show", "shop", "carrier", "refresh"]
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
