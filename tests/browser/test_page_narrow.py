"""Small screens and large text: nothing scrolls sideways, and no time is torn in two."""

import pytest
from playwright.async_api import Page
from site_of_parcels import Site

from tracking.words.language import SUPPORTED

pytestmark = pytest.mark.browser

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
# What matches the pattern and does not end on the line where it begins, in all parts `within`.
BROKEN = """([within, pattern]) => {
    const found = [], range = document.createRange();
    const line = (text, at) => {
        range.setStart(text, at);
        range.setEnd(text, at + 1);
        return Math.round([...range.getClientRects()].at(-1)?.top);  // the first is its hyphen's
    };
    const seen = [...document.querySelectorAll(within)].filter(part => part.offsetWidth > 1);
    for (const part of seen) {
        const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
        for (let text; (text = texts.nextNode()); )
            for (const { 0: match, index } of text.data.matchAll(new RegExp(pattern, "gu")))
                if (line(text, index) !== line(text, index + match.length - 1)) found.push(match);
    }
    return found;
}"""
# The page if it scrolls sideways, and what reaches out of its own box.
WIDE = """[...document.querySelectorAll("html, h1, h2, h3, p, dd, label, .button, .row, .line")]
    .filter(box => box.scrollWidth > box.clientWidth + 1).map(box => box.outerHTML.slice(0, 80))"""
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
            faults += [(name, width, text, wide) for wide in await page.evaluate(WIDE)]
            times = await page.evaluate(BROKEN, ["h1, time, .detail, .left, .late p", TIME])
            words = await page.evaluate(BROKEN, ["h1", WORD]) if text == "100%" else []
            faults += [(name, width, text, broken) for broken in [*times, *words]]
    assert faults == []


@pytest.mark.parametrize("language", SUPPORTED)
async def test_the_words_below_the_steps_break_only_at_their_hyphens(
    site: Site, page: Page, language: str
) -> None:
    """Without a dictionary of the browser: long words bring their soft hyphens."""
    faults = []
    for name in ("attempt_failed", "returned", "ready_locked", "held_customs", "expired"):
        await page.goto(f"{site.url}/t/{name}?lang={language}")
        for width in (610, 960, 1200, 1280):
            await page.set_viewport_size({"width": width, "height": 640})
            labels = ".steps li > span:first-child"
            faults += await page.evaluate(BROKEN, [labels, r"[^\s\u00ad]+"])
    assert faults == []


async def test_what_breaks_a_time_or_scrolls_is_found(site: Site, page: Page) -> None:
    """The measure itself, on a page too narrow for any text."""
    await page.goto(f"{site.url}/t/on_sunday")
    await page.set_viewport_size({"width": 200, "height": 640})
    await page.evaluate("document.querySelector('h1').style.width = '2ch'")
    assert "14:00\u2060–\u206016:00" in await page.evaluate(BROKEN, ["h1", TIME])
    assert await page.evaluate(WIDE) != []
    assert "Arriving" in await page.evaluate(BROKEN, ["h1", WORD])
