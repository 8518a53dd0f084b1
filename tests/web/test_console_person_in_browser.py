"""The page of a person's data in a real browser: narrow and wide, dark and light, by keyboard."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect
from site_of_parcels import browsing
from test_console_in_browser import enters

NUMBER = "CE123456789EE"


async def test_an_admin_erases_by_keyboard_on_a_narrow_dark_screen(world):
    made = await world.register(await world.key("merchant", "Zaļā Lapa"))
    await world.waits_in_locker(NUMBER)
    at = f"{world.url}/support/parcels/{made.json['shipment_id']}/person"
    async with browsing() as browser:
        page = await browser.new_page()
        await enters(page, world)
        await expect(page.get_by_label("Find a parcel")).to_be_visible()
        await world.pool.execute("UPDATE staff SET role = 'admin', totp = 'x'")
        await world.pool.execute("UPDATE staff_session SET second = true")
        for width, scheme, lang in ((320, "dark", "lv"), (1280, "light", "en")):
            await page.set_viewport_size({"width": width, "height": 900})
            await page.emulate_media(color_scheme=scheme)
            await page.goto(f"{at}?lang={lang}")
            found = await Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await page.get_by_label("Type the number").fill(NUMBER)
        await page.get_by_label("Also what is under way").focus()
        await page.keyboard.press("Space")
        await page.get_by_label("Type the number").press("Enter")
        await expect(page.get_by_role("heading", name="Erased")).to_be_visible()
        found = await Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
