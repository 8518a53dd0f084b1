"""Notifications of the page: offered only after a tap, told to the site, shown by the worker.

Debian's chromium has no push service to reach here. So `subscribe` and `getSubscription` are ours;
everything else is the browser's own: permissions, the worker, the messages that it is delivered.
"""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from parcels import STATES, out_for_delivery
from playwright.async_api import Page, Worker, expect
from site_of_parcels import Site
from test_page_in_browser import WCAG

from tracking.push import device_of, subscription_id
from tracking.vapid import private_key, public_key

pytestmark = pytest.mark.browser

KEY = public_key(private_key("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"))
ENDPOINT = "https://push.example.com/one"
DEVICE = device_of(subscription_id(ENDPOINT))
STATES_OF_PUSH = ("off", "asking", "on", "denied", "home", "error", "stuck")

# A push manager whose subscription outlives the page, as that of a browser does.
SUBSCRIBES = """(() => {
    const bytes = (text) => Uint8Array.from(
        atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt()).buffer;
    const made = (key) => ({
        endpoint: "https://push.example.com/one",
        options: {userVisibleOnly: true, applicationServerKey: bytes(key)},
        toJSON: () => ({endpoint: "https://push.example.com/one", expirationTime: null,
                        keys: {p256dh: "p", auth: "a"}}),
        unsubscribe: async () => localStorage.removeItem("push"),
    });
    PushManager.prototype.getSubscription = async () => {
        const key = localStorage.getItem("push");
        return key && made(key);
    };
    PushManager.prototype.subscribe = async ({userVisibleOnly, applicationServerKey: key}) => {
        if (!userVisibleOnly) throw new DOMException("", "NotAllowedError");
        window.subscribed = (window.subscribed ?? 0) + 1;
        localStorage.setItem("push", key);
        return made(key);
    };
})()"""


def asked(answer: str) -> str:
    """Somebody who answers the browser's question so, and is asked only then."""
    return f"""(() => {{
        let permission = localStorage.getItem("permission") ?? "default";
        window.questions = 0;
        Object.defineProperty(Notification, "permission", {{get: () => permission}});
        Notification.requestPermission = async () => {{
            window.questions++;
            permission = "{answer}";
            localStorage.setItem("permission", permission);
            return permission;
        }};
    }})()"""


async def opened(site: Site, page: Page, *scripts: str, name: str = "in_transit", lang: str = "en"):
    for known in site.views:
        site.views[known] = replace(site.views[known], push_key=KEY)
    await page.context.grant_permissions(["notifications"])
    for script in (SUBSCRIBES, *scripts):
        await page.add_init_script(script)
    await page.goto(f"{site.url}/t/{name}?lang={lang}")
    await site.line.until(lambda line: len(line.open) == 1)


def button(page: Page, name: str = "notify"):
    return page.locator(f"#{name}")


async def says(page: Page, text: str) -> None:
    await expect(page.locator("#push span").filter(has_text=text)).to_be_visible()


async def test_nothing_is_asked_before_the_tap_and_then_it_is_told(site: Site, page: Page) -> None:
    await opened(site, page, asked("granted"))
    await expect(button(page)).to_be_visible()
    assert await page.evaluate("questions") == 0
    assert site.push.bodies == []
    assert (
        await page.evaluate("navigator.serviceWorker.getRegistrations().then(a => a.length)") == 0
    )
    await button(page).click()
    await expect(button(page, "mute")).to_be_visible()
    assert await page.evaluate("[questions, subscribed]") == [1, 1]
    assert site.push.bodies == [
        {"endpoint": ENDPOINT, "expirationTime": None, "keys": {"p256dh": "p", "auth": "a"}}
    ]
    assert site.push.told == {("in_transit", DEVICE): "en"}
    assert await page.text_content("#say") == "This device is notified when there is news."
    await expect(button(page)).to_be_hidden()
    scopes = "navigator.serviceWorker.getRegistrations().then(all => all.map(each => each.scope))"
    assert await page.evaluate(scopes) == [f"{site.url}/t/"]


async def test_it_stays_on_over_loads_and_updates_until_it_is_stopped(
    site: Site, page: Page
) -> None:
    await opened(site, page, asked("granted"))
    await button(page).click()
    await expect(button(page, "mute")).to_be_visible()
    await page.reload()
    await expect(button(page, "mute")).to_be_visible()
    assert await page.evaluate("questions") == 0
    site.views["in_transit"] = replace(out_for_delivery(version=6), push_key=KEY)
    await button(page, "mute").focus()
    site.line.update(6)
    await expect(page.locator("main")).to_have_attribute("data-version", "6")
    await expect(button(page, "mute")).to_be_visible()
    assert await page.evaluate("document.activeElement.id") == "mute"
    await page.keyboard.press("Enter")
    await expect(button(page)).to_be_visible()
    assert await page.evaluate("document.activeElement.id") == "notify"
    assert site.push.told == {}
    assert await page.evaluate("localStorage.push") == KEY, "other parcels may still need it"
    await page.reload()
    await expect(button(page)).to_be_visible()


async def test_another_parcel_asks_for_itself_with_the_same_subscription(
    site: Site, page: Page
) -> None:
    await opened(site, page, asked("granted"))
    await button(page).click()
    await expect(button(page, "mute")).to_be_visible()
    await page.goto(f"{site.url}/t/out_for_delivery")
    await button(page).click()
    await expect(button(page, "mute")).to_be_visible()
    assert set(site.push.told) == {("in_transit", DEVICE), ("out_for_delivery", DEVICE)}
    assert await page.evaluate("window.subscribed ?? 0") == 0


async def test_who_reads_in_another_language_is_told_in_that(site: Site, page: Page) -> None:
    await opened(site, page, asked("granted"))
    await button(page).click()
    await expect(button(page, "mute")).to_be_visible()
    await page.goto(f"{site.url}/t/in_transit?lang=lv")
    await expect(button(page, "mute")).to_have_text("Izslēgt paziņojumus")
    async with asyncio.timeout(10):
        while set(site.push.told.values()) != {"lv"}:  # noqa: ASYNC110 - told by the browser
            await asyncio.sleep(0.02)


async def test_a_subscription_made_with_another_key_is_made_anew(site: Site, page: Page) -> None:
    await opened(site, page, asked("granted"))
    old = KEY[:-1] + ("A" if KEY[-1] != "A" else "E")
    await page.evaluate(f"localStorage.push = '{old}', localStorage.permission = 'granted'")
    await page.reload()
    await button(page).click()
    await expect(button(page, "mute")).to_be_visible()
    assert await page.evaluate("[subscribed, localStorage.push]") == [1, KEY]


@pytest.mark.parametrize(
    ("answer", "text"), [("denied", "Notifications are blocked"), ("default", "")]
)
async def test_who_says_no_is_told_how_to_undo_it_and_not_asked_again(
    site: Site, page: Page, answer: str, text: str
) -> None:
    await opened(site, page, asked(answer))
    await button(page).click()
    if answer == "denied":
        await says(page, text)
        await expect(button(page)).to_be_hidden()
        assert (await page.inner_text("#push")).startswith(text)
    else:
        await expect(button(page)).to_be_visible()
        await expect(page.locator("#push [data-when=asking]")).to_be_hidden()
    assert site.push.bodies == []


async def test_a_site_that_does_not_take_it_says_so_and_may_be_tried_again(
    site: Site, page: Page
) -> None:
    site.push.answer = 503
    await opened(site, page, asked("granted"))
    await button(page).click()
    await says(page, "That did not work. Please try again.")
    site.push.answer = 200
    await button(page).click()
    await expect(button(page, "mute")).to_be_visible()
    site.push.answer = 503
    await button(page, "mute").click()
    await says(page, "That did not work. Please try again.")
    await expect(button(page, "mute")).to_be_visible()


IPHONE = """(() => {
    delete window.PushManager;
    Object.defineProperty(navigator, "standalone", {value: false});
})()"""


async def test_an_iphone_is_told_about_the_home_screen_first(site: Site, page: Page) -> None:
    await opened(site, page, IPHONE)
    await says(page, "first add this page to the home screen")
    await expect(button(page)).to_be_hidden()


@pytest.mark.parametrize("without", ["delete window.PushManager", "delete window.Notification"])
async def test_a_browser_that_cannot_is_offered_nothing(
    site: Site, page: Page, without: str
) -> None:
    await opened(site, page, without)
    await expect(page.locator("#push")).to_be_hidden()


async def test_over_http_nothing_is_offered(site: Site, page: Page) -> None:
    await opened(site, page, "delete Navigator.prototype.serviceWorker")
    await expect(page.locator("#push")).to_be_hidden()


async def test_nothing_is_offered_without_script_without_a_key_and_at_the_end(
    site: Site, page: Page
) -> None:
    context = await page.context.browser.new_context(java_script_enabled=False)
    plain = await context.new_page()
    site.views["in_transit"] = replace(STATES["in_transit"], push_key=KEY)
    site.views["delivered"] = replace(STATES["delivered"], push_key=KEY)
    await plain.goto(f"{site.url}/t/in_transit")
    assert await plain.locator("#push").count() == 1
    assert not await plain.locator("#push").is_visible()
    for name in ("delivered", "out_for_delivery"):
        await plain.goto(f"{site.url}/t/{name}")
        assert await plain.locator("#push").count() == 0
    await context.close()


SHOW = """(state) => {
    const card = document.querySelector("#push");
    card.hidden = false;
    for (const part of card.children) part.hidden = !part.dataset.when.split(" ").includes(state);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_state_is_accessible_and_fits_a_narrow_phone(
    site: Site, page: Page, scheme: str
) -> None:
    await opened(site, page, asked("granted"))
    await page.emulate_media(color_scheme=scheme)
    await page.set_viewport_size({"width": 320, "height": 640})
    found = {}
    for lang in ("ru", "lt") if scheme == "light" else ("en",):
        await page.goto(f"{site.url}/t/in_transit?lang={lang}")
        await expect(button(page)).to_be_visible()
        for state in STATES_OF_PUSH:
            await page.evaluate(SHOW, state)
            assert await page.locator("#push > :not([hidden])").count() >= 1
            result = await Axe().run(page, options=WCAG)
            wide = await page.evaluate("document.documentElement.scrollWidth")
            if result.violations_count or wide > 320:
                found[lang, state] = result.generate_report(), wide
    assert found == {}


def news(**changed: Any) -> dict[str, Any]:
    told = {"title": "Coming today", "body": "Shop: between 14 and 16", "lang": "lv"}
    page, tag = "https://track.example/t/in_transit", "T" * 32
    return {**told, "page": page, "tag": tag, "id": "n1", "at": 1000, **changed}


READ = """navigator.serviceWorker.ready
    .then(worker => worker.getNotifications())
    .then(all => all.map(({title, body, lang, tag, icon, silent, renotify, data}) =>
        ({title, body, lang, tag, icon: new URL(icon).pathname, silent, renotify, data})))"""


async def subscribed(site: Site, page: Page) -> Any:
    """A page that is told, and how to deliver a message to its worker."""
    await opened(site, page)
    await button(page).click()
    await expect(button(page, "mute")).to_be_visible()
    devtools = await page.context.new_cdp_session(page)
    found: asyncio.Queue[str] = asyncio.Queue()

    def registered(said: dict[str, Any]) -> None:
        for each in said["registrations"]:
            found.put_nowait(each["registrationId"])

    devtools.on("ServiceWorker.workerRegistrationUpdated", registered)
    await devtools.send("ServiceWorker.enable")
    registration = await asyncio.wait_for(found.get(), 10)

    async def deliver(text: str) -> None:
        told = {"origin": site.url, "registrationId": registration, "data": text}
        await devtools.send("ServiceWorker.deliverPushMessage", told)

    return deliver


async def shown(page: Page, *titles: str) -> list[dict[str, Any]]:
    """What lies there by title, once it is this. The browser shows in its own time."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(20):
        while [each["title"] for each in found] != list(titles):
            await asyncio.sleep(0.05)
            found = sorted(await page.evaluate(READ), key=lambda each: each["title"])
    return found


async def test_the_worker_shows_what_is_pushed(site: Site, page: Page) -> None:
    deliver = await subscribed(site, page)
    padded = json.dumps(news()).ljust(1024)
    await deliver(padded)
    (found,) = await shown(page, "Coming today")
    assert found["icon"].startswith("/static/icon-192.")
    assert {name: found[name] for name in ("body", "lang", "tag", "silent", "renotify")} == {
        "body": "Shop: between 14 and 16",
        "lang": "lv",
        "tag": "T" * 32,
        "silent": False,
        "renotify": True,
    }
    assert found["data"] == news()


async def test_the_newer_takes_the_place_of_the_older_in_whatever_order_they_come(
    site: Site, page: Page
) -> None:
    deliver = await subscribed(site, page)
    await deliver(json.dumps(news()))
    await shown(page, "Coming today")
    delivered = news(title="Delivered", id="n2", at=2000)
    await deliver(json.dumps(delivered))
    (found,) = await shown(page, "Delivered")
    assert (found["renotify"], found["silent"]) == (True, False)
    await deliver(json.dumps(news()))  # late
    await deliver(json.dumps({**delivered, "at": 2015}))  # a repeat
    other = news(title="Other parcel", tag="O" * 32, id="n3")
    await deliver(json.dumps(other))
    found = await shown(page, "Delivered", "Other parcel")
    assert [each["silent"] for each in found] == [True, False], "no second sound"


CLICK = """async ([page, open]) => {
    const done = [];
    WindowClient.prototype.focus = async function () { done.push("focus " + this.url); };
    clients.openWindow = async (address) => { done.push("open " + address); };
    await self.open(page);
    return done;
}"""


async def test_a_click_comes_to_the_open_page_or_opens_it(site: Site, page: Page) -> None:
    """Focus and windows are allowed in a real click only; what the click does is asked for."""
    await subscribed(site, page)
    worker: Worker = page.context.service_workers[0]
    here = f"{site.url}/t/in_transit?lang=en"
    assert await worker.evaluate(CLICK, ["/t/in_transit", 0]) == [f"focus {here}"]
    assert await worker.evaluate(CLICK, ["/t/another", 0]) == ["open /t/another"]
