"""The page on which somebody says what to hear: in each language, small and dark."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page
from site_of_parcels import Site
from test_page_narrow import WIDE

from tracking.choices import Standing
from tracking.words.language import SUPPORTED

pytestmark = pytest.mark.browser

STATES = [
    "none",
    "sms.everything-email.important",
    "email.nothing",
    "email.nothing?saved",
    *(f"sms.{each}-push.{each}" for each in Standing),
    *(f"sms.{each}.by_message-email.{each}.by_message" for each in Standing),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(site: Site, page: Page, scheme: str) -> None:
    await page.emulate_media(color_scheme=scheme)
    for state in STATES:
        await page.goto(f"{site.url}/choices/{state}")
        found = await Axe().run(page)
        assert found.violations_count == 0, (state, found.generate_report())


@pytest.mark.parametrize("language", SUPPORTED)
async def test_narrow_or_large_nothing_scrolls_sideways(
    site: Site, page: Page, language: str
) -> None:
    for width, text in ((320, "100%"), (320, "200%"), (390, "200%")):
        await page.set_viewport_size({"width": width, "height": 640})
        for state in STATES:
            asked = f"{state}{'&' if '?' in state else '?'}lang={language}"
            await page.goto(f"{site.url}/choices/{asked}")
            await page.evaluate(f"document.documentElement.style.fontSize = '{text}'")
            assert await page.evaluate(WIDE) == [], (state, width, text)


async def test_a_tap_sends_the_choice_of_its_way(site: Site, page: Page) -> None:
    sent = []
    await page.route("**/stop/*", lambda route: sent.append(route.request) or route.abort())
    await page.goto(f"{site.url}/choices/sms.everything-email.nothing")
    await page.get_by_role("button", name="No more messages this way").click()
    assert [each.post_data for each in sent] == ["way=sms&choice=nothing"]


@pytest.mark.parametrize(
    ("state", "offered", "advice"),
    [
        ("everything", ["important", "nothing"], 0),
        ("important", ["nothing"], 1),
        ("nothing", [], 1),
        ("stopped", [], 0),
        ("bad_address", [], 0),
    ],
)
async def test_where_more_may_not_be_asked_for_it_says_where_it_may(
    site: Site, page: Page, state: str, offered: list[str], advice: int
) -> None:
    for raising in ("by_message", "nowhere"):
        await page.goto(f"{site.url}/choices/sms.{state}.{raising}")
        buttons = page.locator("button[name=choice]")
        assert await buttons.evaluate_all("all => all.map(each => each.value)") == offered
        said = await page.get_by_text("open the link in one that you got from us").count()
        assert said == (advice if raising == "by_message" else 0)
