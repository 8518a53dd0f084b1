"""The demo as it comes: without a provider, what a shopper gets stands in the inbox."""

import asyncio
import html
import re

import pytest
from test_demo import Simulator, call, commands_in
from test_told import CODE, NUMBER, is_night, registered, scanned, somewhere_by_day, waiting

from tracking.role import Role

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def environment(environment) -> dict[str, str]:
    return environment | {"KLAT_DEMO": "1"}


async def inbox(stack, query: str = "lang=lv") -> str:
    async with stack.http.get(f"{stack.url}/demo/inbox?{query}") as answer:
        assert answer.status == 200
        return html.unescape(await answer.text())


async def shows(stack, word: str) -> str:
    """The inbox once it stands in it."""
    async with asyncio.timeout(30):
        while word not in (page := await inbox(stack)):  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.1)
    return page


async def test_an_event_ends_as_a_bubble_and_a_mail_once_whoever_is_killed(stack):
    country = somewhere_by_day()
    await registered(stack, country)
    await shows(stack, "Sūtījums ir reģistrēts (pasūtījums 1001)")
    for _ in range(2):
        await scanned(stack, "ready_for_pickup", event_id="e1", **waiting())
    page = await shows(stack, "Sūtījums ir gatavs saņemšanai (pasūtījums 1001)")
    if is_night(country):
        assert "Īsziņa" in page.partition('<ol class="waiting">')[2]
    else:
        page = await shows(stack, f"Kods: {CODE}")
        assert page.count(f"Kods: {CODE}") == 1
        assert "pakomātā Rīga Akropole" in page
        await the_page_opens(stack, page)
    await stack.kill(Role.NOTICES)
    await scanned(stack, "delivered", handover="locker")
    page = await shows(stack, "Sūtījums izņemts no pakomāta (pasūtījums 1001)")
    assert len(re.findall(r'<li id="m-', page)) == 3
    await the_mail_opens(stack, page)
    assert await stack.pool.fetchval("SELECT count(DISTINCT provider) FROM notice") == 1


async def the_page_opens(stack, page: str) -> None:
    (link,) = re.findall(rf'href="({stack.url}/t/[^"]+)"', page)
    async with stack.http.get(link) as answer:
        assert NUMBER in await answer.text()


async def the_mail_opens(stack, page: str) -> None:
    (path,) = re.findall(r'href="/demo/inbox\?([^"]*)"[^>]*><bdi[^>]*>Sūtījums ir gatavs', page)
    opened = await inbox(stack, path.partition("#")[0])
    (frame,) = re.findall(r'<iframe[^>]* src="([^"]+)"', opened)
    async with stack.http.get(stack.url + frame) as answer:
        assert answer.headers["Content-Security-Policy"].startswith("sandbox ")
        mail = await answer.text()
    assert CODE in mail
    assert "Rīga Akropole" in mail


async def test_the_text_of_the_demo_leads_to_messages_that_are_there(stack, environment):
    """The parcels tell their story at once; the visitor's own event tells another."""
    async with Simulator(environment) as text:
        assert f"  {stack.url}/demo/inbox\n" in text
        assert f"  {stack.url}/support/notices\n" in text
        await shows(stack, "Sūtījums ir gatavs saņemšanai")
        post, *_ = commands_in(text)
        assert (await call(stack, post))[0] == 202
        await shows(stack, "Your parcel is out for delivery")
    await nobody_was_reached(stack)


async def nobody_was_reached(stack) -> None:
    ways = await stack.pool.fetch(
        "SELECT DISTINCT provider FROM notice WHERE state <> 'dropped' AND provider IS NOT NULL"
    )
    assert [row["provider"] for row in ways] == ["inbox"]


class TestWithAMailServerOfTheVisitor:
    @pytest.fixture
    def environment(self, environment) -> dict[str, str]:
        """Nobody listens there: what is not even tried can do no harm."""
        smtp = {"KLAT_SMTP_URL": "smtp://127.0.0.1:1", "KLAT_MAIL_FROM": "shop@example.org"}
        return environment | smtp

    async def test_no_mail_leaves_for_people_who_are_made_up(self, stack, environment):
        async with Simulator(environment):
            await told_of(stack, "email")
        reasons = await stack.pool.fetch(
            "SELECT DISTINCT reason FROM notice WHERE channel = 'email'"
        )
        assert [row["reason"] for row in reasons] == ["shop_does_not_want"]


async def told_of(stack, channel: str) -> None:
    async with asyncio.timeout(30):
        while not await stack.pool.fetchval(  # noqa: ASYNC110 - other processes
            "SELECT count(*) > 5 FROM notice WHERE channel = $1", channel
        ):
            await asyncio.sleep(0.1)
