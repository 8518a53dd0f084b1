"""The demo's inbox and the staff's samples as a browser shows them."""

from collections.abc import AsyncIterator

import pytest
from axe_playwright_python.async_playwright import Axe
from messages import Office, contents, open_office, received
from playwright.async_api import Browser, Page
from test_page_in_browser import WCAG

from schemas.notice import Channel, Occasion
from tracking.inbox import Contents

pytestmark = pytest.mark.browser
EMPTY = Contents([], [], {})
EVIL = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>"\'{{7*7}}'


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with open_office() as office:
        yield office


def a_mail(language: str) -> str:
    """The id of the mail of a locker."""
    return next(
        str(each.message.notice_id)
        for each in contents(language).received
        if each.message.channel is Channel.EMAIL
        and each.message.occasion is Occasion.READY_FOR_PICKUP
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
async def test_axe_finds_nothing(office: Office, page: Page, scheme: str, width: int) -> None:
    await page.emulate_media(color_scheme=scheme)
    await page.set_viewport_size({"width": width, "height": 844})
    found = {}
    for path in (
        "/demo/inbox?lang=lv",
        f"/demo/inbox?lang=en&mail={a_mail('en')}",
        "/support/notices?language=lv",
    ):
        await page.goto(office.url + path)
        result = await Axe().run(page, options={**WCAG, "iframes": False})
        if result.violations_count:
            found[path] = result.generate_report()
    office.inbox = EMPTY
    await page.goto(f"{office.url}/demo/inbox")
    result = await Axe().run(page, options=WCAG)
    assert (found, result.violations_count) == ({}, 0), result.generate_report()


@pytest.mark.parametrize("language", ["lv", "en", "ru"])
async def test_nothing_is_wider_than_a_small_phone(
    office: Office, page: Page, language: str
) -> None:
    await page.set_viewport_size({"width": 320, "height": 640})
    for path in (
        f"/demo/inbox?lang={language}&mail={a_mail(language)}",
        f"/support/notices?language={language}",
    ):
        await page.goto(office.url + path)
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, path


async def test_every_target_is_at_least_24_px(office: Office, page: Page) -> None:
    small = []
    for path in (f"/demo/inbox?mail={a_mail('en')}", "/support/notices"):
        await page.goto(office.url + path)
        small += await page.evaluate(
            """[...document.querySelectorAll("a, button, input, select, summary")]
               .filter(target => target.checkVisibility() && !target.closest(".bubble, pre"))
               .map(target => [target.outerHTML, target.getBoundingClientRect()])
               .filter(([, box]) => box.width < 24 || box.height < 24).map(([html]) => html)"""
        )
    assert small == []


async def test_the_latest_text_message_is_what_is_seen(office: Office, page: Page) -> None:
    await page.goto(f"{office.url}/demo/inbox")
    seen = await page.evaluate(
        """() => {
            const screen = document.querySelector("#screen").getBoundingClientRect();
            const bubbles = document.querySelectorAll(".bubble");
            const last = bubbles[bubbles.length - 1].getBoundingClientRect();
            return last.bottom <= screen.bottom && last.top >= screen.top;
        }"""
    )
    assert seen
    last = page.locator(".bubble").last
    assert "waiting in the locker" in await last.inner_text()


async def test_a_mail_opens_without_script_and_closes_again(
    office: Office, browser: Browser
) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{office.url}/demo/inbox?lang=lv")
    refresh = page.locator('noscript meta[http-equiv="refresh"]')
    assert await refresh.get_attribute("content") == "30"
    subject = page.locator(".mails a", has_text="saņemšanai")
    await subject.click()
    mail = page.frame_locator("iframe")
    assert "pakomātā" in await mail.locator("h1").inner_text()
    assert await mail.locator("img").evaluate("image => image.naturalWidth") > 100
    assert await page.locator('meta[http-equiv="refresh"]').count() == 0
    await page.locator(".mails .open h3 a").click()
    assert await page.locator("iframe").count() == 0
    await context.close()


async def test_a_link_of_a_mail_opens_a_tab_that_is_free(office: Office, page: Page) -> None:
    """Not the frame, whose page may not be framed; and not bound by the frame's rules."""
    html = f'<html><head>\n</head><body><a href="{office.url}/support/notices">go</a>'
    mail = received(Occasion.DELIVERED, 1, Channel.EMAIL, 1, "en", html=html)
    office.inbox = Contents([mail], [], {})
    await page.goto(f"{office.url}/demo/inbox?mail={mail.message.notice_id}")
    async with page.context.expect_page() as opened:
        await page.frame_locator("iframe").locator("a").click()
    tab = await opened.value
    await tab.wait_for_load_state()
    assert await tab.title() == "Notices with sample data"
    assert await tab.evaluate("window.opener") is None
    assert await tab.evaluate("window.origin") == office.url


async def test_a_hostile_mail_can_do_nothing(office: Office, browser: Browser) -> None:
    """No script, no form, nothing loaded from anywhere, no way to the page around it."""
    html = f"""<html><head>
        <script>parent.pwned = top.pwned = window.pwned = 1</script>
        <link rel="stylesheet" href="{office.url}/static/loaded.css">
        <meta http-equiv="refresh" content="0;url={office.url}/refreshed">
        </head><body onload="parent.pwned=1">
        <img src="{office.url}/loaded.png" onerror="parent.pwned=1">
        <iframe src="{office.url}/framed"></iframe>
        <object data="{office.url}/object"></object>
        <form action="{office.url}/posted"><button>Go</button></form>
        <a href="javascript:parent.pwned=1">link</a><p id="whole">whole</p></body>"""
    mail = received(Occasion.DELIVERED, 1, Channel.EMAIL, 1, "en", html=html)
    office.inbox = Contents([mail], [], {})
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{office.url}/demo/inbox?mail={mail.message.notice_id}")
    frame = page.frame_locator("iframe")
    await frame.locator("#whole").wait_for()
    await frame.locator("button").click()
    await frame.locator("a").click()
    for target in (page, await context.new_page()):
        await target.goto(f"{office.url}/demo/inbox/{mail.message.notice_id}/mail")
        await target.locator("#whole").wait_for()
        assert await target.evaluate("window.pwned === undefined && window.origin") == "null"
    loaded = {"/static/loaded.css", "/loaded.png", "/framed", "/object", "/posted", "/refreshed"}
    assert not loaded & set(office.asked)
    await context.close()


async def test_hostile_words_are_only_ever_words(office: Office, page: Page) -> None:
    long = EVIL + "\u202e" + "א" * 10_000
    fields = {"text": long, "title": long, "sender": long, "to": long}
    told = [
        received(Occasion.DELIVERED, 1, channel, 1, "en", **fields)
        for channel in (Channel.SMS, Channel.EMAIL, Channel.PUSH)
    ]
    told = [each._replace(tracking_number=EVIL) for each in told]
    office.inbox = Contents(told, [], {told[0].shipment_id: EVIL})
    await page.goto(f"{office.url}/demo/inbox?mail={told[1].message.notice_id}")
    assert await page.locator("main img, main script, [onerror]").count() == 0
    assert await page.evaluate("window.pwned === undefined")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_what_comes_is_shown_while_the_page_is_open(office: Office, page: Page) -> None:
    everything = contents("en")
    office.inbox = everything._replace(received=everything.received[2:])
    await page.goto(f"{office.url}/demo/inbox?mail={everything.received[-1].message.notice_id}")
    await page.frame_locator("iframe").locator("h1").wait_for()
    before = await page.locator(".bubble").count()
    frames = office.asked.count(page.frames[1].url.removeprefix(office.url))
    office.inbox = everything
    await page.clock.run_for(6000)
    await page.locator(".bubble").nth(before).wait_for()
    assert await page.inner_text("#say") == "New messages have come."
    assert office.asked.count(page.frames[1].url.removeprefix(office.url)) == frames


async def test_an_empty_inbox_fills_by_itself(office: Office, page: Page) -> None:
    office.inbox = EMPTY
    await page.goto(f"{office.url}/demo/inbox")
    assert "Nothing has come yet" in await page.inner_text("#empty")
    office.inbox = contents("en")
    await page.clock.run_for(6000)
    await page.wait_for_selector(".bubble")
    assert await page.locator("#empty").count() == 0
    assert await page.locator(".mails li").count() > 3


async def test_a_mail_is_shown_on_a_light_and_on_a_dark_screen(office: Office, page: Page) -> None:
    """Whatever the staff's own screen prefers."""
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        await page.goto(f"{office.url}/support/notices?language=lv")
        papers = [
            await page.frame_locator(f'iframe[title$="{side} screen"]')
            .locator("body")
            .evaluate("body => getComputedStyle(body).backgroundColor")
            for side in ("light", "dark")
        ]
        assert papers == ["rgb(243, 239, 230)", "rgb(17, 23, 26)"]
