"""One browser per run; a site and a page of its own per test."""

from collections.abc import AsyncIterator

import pytest
from parcels import NOW
from playwright.async_api import Browser, Page
from site_of_parcels import Site, browsing, serving


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with browsing() as browser:
        yield browser


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving() as site:
        yield site


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A phone; what the content security policy refused fails the test."""
    context = await browser.new_context(viewport={"width": 390, "height": 844})
    page = await context.new_page()
    await page.clock.install(time=NOW)
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "Policy" in said.text else None)
    page.on("pageerror", lambda error: refused.append(str(error)))
    yield page
    await context.close()
    assert refused == []
