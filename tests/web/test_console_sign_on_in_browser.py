"""Logging in by a provider of identities in a real browser, which has rules of its own."""

import pytest
from axe_playwright_python.async_playwright import Axe
from identity_provider import CLIENT, SECRET, IdentityProvider
from playwright.async_api import expect
from site_of_parcels import browsing
from test_console_sign_on import made
from test_page_narrow import WIDE


@pytest.fixture
async def provider():
    provider = IdentityProvider()
    runner = await provider.started(host="localhost")  # to a browser another site than 127.0.0.1
    yield provider
    provider.lets_go()
    await runner.cleanup()


@pytest.fixture
def also_set(provider):
    return {
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SECRET,
        "oidc_name": "Zvejnieks",
    }


async def test_there_and_back_by_keyboard_on_a_telephone(world, provider):
    """The cookie comes back from another site, and no policy holds the way there."""
    await made(world)
    provider.now, provider.back_to = world.clock, world.url
    async with browsing() as browser:
        page = await browser.new_page(viewport={"width": 320, "height": 640})
        await page.goto(f"{world.url}/support")
        assert not (await Axe().run(page)).response["violations"]
        assert await page.evaluate(WIDE) == []
        button = page.get_by_role("link", name="Log in with Zvejnieks")
        await button.focus()
        await page.keyboard.press("Enter")
        await page.get_by_role("link", name="It is me").click()
        await expect(page.get_by_label("Find a parcel")).to_be_focused()
        names = {each["name"] for each in await page.context.cookies()}
        assert "klat_oidc" not in names, "taken away"
        await page.go_back()
        await page.get_by_role("link", name="It is me").click()
        await expect(page.get_by_role("alert")).to_contain_text("Begin again")
        assert not (await Axe().run(page)).response["violations"]
