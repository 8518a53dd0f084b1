"""Make the pictures in docs/images again: `python tests/browser/screenshots.py`.

Each picture is what a visitor sees first, without scrolling, in Roboto as on a phone; install
fonts-roboto, or the pictures have the font of this machine.
"""

import asyncio
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

from messages import Office, open_office
from parcels import NOW
from playwright.async_api import Browser
from site_of_parcels import Site, browsing, serving

FOLDER = Path(__file__).parents[2] / "docs" / "images"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}


class Picture(NamedTuple):
    state: str
    language: str
    size: dict[str, int]
    scheme: str = "light"

    @property
    def file(self) -> Path:
        device = "phone" if self.size is PHONE else "desktop"
        return FOLDER / f"{self.state}-{device}-{self.language}-{self.scheme}.png"


PICTURES = [
    Picture("out_for_delivery", "lv", PHONE),
    Picture("out_for_delivery", "en", PHONE, "dark"),
    Picture("out_for_delivery", "lv", DESKTOP),
    Picture("ready_locked", "en", PHONE),
    Picture("ready_unlocked", "lv", PHONE),
    Picture("ready_unlocked", "lv", PHONE, "dark"),
    Picture("ready_unlocked", "en", DESKTOP),
    Picture("attempt_failed", "lv", PHONE),
    Picture("attempt_failed", "en", DESKTOP, "dark"),
    Picture("held_customs", "en", PHONE),
    Picture("promised_with_estimate", "lv", PHONE),
    Picture("late_with_estimate", "lv", PHONE),
    Picture("bonus_unlocked", "lv", PHONE),
    Picture("delivered", "en", PHONE),
    Picture("delivered", "lv", DESKTOP, "dark"),
]


_ROBOTO = """
  <match target="pattern">
    <test name="family"><string>{}</string></test>
    <edit name="family" mode="prepend" binding="strong"><string>Roboto</string></edit>
  </match>"""
FONTS = f"""<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  {"".join(map(_ROBOTO.format, ("system-ui", "sans-serif", "sans")))}
</fontconfig>
"""


async def take(browser: Browser, site: Site, picture: Picture) -> None:
    page = await browser.new_page(
        viewport=picture.size,
        color_scheme=picture.scheme,
        device_scale_factor=1.5 if picture.size is PHONE else 1,
    )
    await page.clock.install(time=NOW)
    await page.goto(f"{site.url}/t/{picture.state}?lang={picture.language}")
    await page.screenshot(path=picture.file, animations="disabled")
    await page.close()


MESSAGES = {
    "inbox": ("/demo/inbox?lang=lv", {"width": 1280, "height": 900}),
    "samples": ("/support/notices?language=lv&price=0.045", {"width": 1280, "height": 1500}),
}


async def take_messages(browser: Browser, office: Office, name: str) -> None:
    path, size = MESSAGES[name]
    page = await browser.new_page(viewport=size, color_scheme="light")
    await page.goto(office.url + path)
    for frame in page.frames[1:]:
        await frame.wait_for_load_state()
    file = FOLDER / f"{name}-desktop-lv-light.png"
    await page.screenshot(path=file, animations="disabled")
    await page.close()


async def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with open_office() as office, browsing() as browser:
        for name in MESSAGES:
            await take_messages(browser, office, name)
    async with serving() as site, browsing() as browser:
        for picture in PICTURES:
            await take(browser, site, picture)


if __name__ == "__main__":
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as fonts:
        fonts.write(FONTS)
        fonts.flush()
        os.environ["FONTCONFIG_FILE"] = fonts.name  # for the browser that is started below
        asyncio.run(main())
