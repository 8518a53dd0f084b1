"""Make the pictures of the console in docs/images again, from a demo that runs:

    klat up --demo
    python tests/browser/console_screenshots.py .klat/demo.txt

A shopper asks where a late parcel is; support looks. Fonts as in screenshots.py.
"""

import asyncio
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from playwright.async_api import Browser, Page
from screenshots import DESKTOP, FOLDER, FONTS, PHONE
from site_of_parcels import browsing

TEXT = "Kur ir mana paka? Gaidu jau otro dienu."
PICTURES = (
    ("console", DESKTOP | {"height": 1100}, "en", "light"),
    ("console", PHONE, "lv", "dark"),
    ("cases", DESKTOP, "lv", "light"),
)


class Demo(NamedTuple):
    """What the text of the demo says."""

    url: str
    email: str
    password: str
    late: str

    @classmethod
    def read(cls, text: str) -> "Demo":
        email, password = re.findall(r"as (\S+@\S+), password (\S+)", text)[0]
        late = re.findall(r"^  late +\S+ +(http\S+)$", text, re.MULTILINE)[0]
        return cls(late.partition("/t/")[0], email, password, late)


async def ask(browser: Browser, demo: Demo) -> None:
    page = await browser.new_page()
    await page.goto(f"{demo.late}/help?topic=where_is_it&lang=lv")
    await page.locator("textarea").fill(TEXT)
    await page.locator("form:has(textarea) button").click()
    await page.wait_for_url("**sent**")
    await page.close()


async def log_in(page: Page, demo: Demo) -> None:
    await page.goto(f"{demo.url}/support")
    await page.locator("[name=email]").fill(demo.email)
    await page.locator("[name=password]").fill(demo.password)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/support")


async def take(
    browser: Browser, demo: Demo, name: str, size: dict[str, int], language: str, scheme: str
) -> None:
    scale = 1.5 if size is PHONE else 1
    page = await browser.new_page(viewport=size, color_scheme=scheme, device_scale_factor=scale)
    await log_in(page, demo)
    await page.goto(f"{demo.url}/support/cases?lang={language}")
    if name == "console":
        await page.locator(".hits a").first.click()
        await page.wait_for_url("**/parcels/**")
        if size is not PHONE:  # the list leads to the question further down
            await page.goto(page.url.partition("#")[0])
    device = "phone" if size is PHONE else "desktop"
    file = FOLDER / f"{name}-{device}-{language}-{scheme}.png"
    await page.screenshot(path=file, animations="disabled")
    await page.close()


async def main(demo: Demo) -> None:
    async with browsing() as browser:
        await ask(browser, demo)
        for picture in PICTURES:
            await take(browser, demo, *picture)


if __name__ == "__main__":
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as fonts:
        fonts.write(FONTS)
        fonts.flush()
        os.environ["FONTCONFIG_FILE"] = fonts.name  # for the browser that is started below
        asyncio.run(main(Demo.read(Path(sys.argv[1]).read_text())))
