"""Questions in a real browser: a shopper asks without a script; support answers by keyboard."""

import pytest
from playwright.async_api import expect
from site_of_parcels import browsing
from test_ask_http import NUMBER, shopper_of
from test_console_cases import sits_down
from test_console_in_browser import looked_at

from schemas.case import CaseState, Topic
from tracking.besides import Besides
from tracking.staff.login import session_hash


@pytest.fixture
def also_set():
    return {"smtp_url": "smtp://127.0.0.1:2525", "mail_from": "parcels@shop.example"}


@pytest.fixture
async def shopper(world):
    shopper = await shopper_of(world)
    await world.waits_in_locker(NUMBER)
    return shopper


async def test_a_shopper_asks_and_reads_without_a_script(shopper, world):
    async with browsing() as browser:
        page = await browser.new_page(java_script_enabled=False)
        await page.goto(f"{world.url}{shopper.path}?lang=en")
        await page.get_by_text("How do I collect it?").click()
        await expect(page.get_by_text("Where: Rīga Akropole.")).to_be_visible()
        await page.locator("#help-pickup").get_by_role("link", name="Write to us about it").click()
        await expect(page.get_by_label("What is it about?")).to_have_value("pickup")
        await page.get_by_label("Your question").fill(" ")
        await page.get_by_role("button", name="Send").click()
        await expect(page.get_by_role("alert")).to_contain_text("Write what it is about")
        await page.get_by_label("Your question").fill("The door\ndoes not open")
        await page.get_by_label("On this page only").check()
        await page.get_by_role("button", name="Send").click()
        await expect(page.get_by_role("heading", name="We have your question")).to_be_visible()
        await expect(page.get_by_text("The answer will stand on this page.")).to_be_visible()
        await expect(page.get_by_text("does not open")).to_have_count(0)
        await page.get_by_label("Postcode").fill("LV-1010")
        await page.get_by_role("button", name="Show").click()
        await expect(page.get_by_text("does not open")).to_be_visible()
    (thread,) = await shopper.threads()
    assert (thread.case.topic, thread.messages[0].text) == (
        Topic.PICKUP, "The door\ndoes not open",
    )  # fmt: skip


async def sits_again(world) -> None:
    await world.pool.execute(
        "INSERT INTO staff_session (session_hash, staff_id, second, created_at, seen_at) "
        "SELECT $1, staff_id, true, $2, $2 FROM staff",
        session_hash("of-anna"),
        world.clock(),
    )


async def test_a_question_half_written_outlives_a_wrong_answer_and_the_right_one(shopper, world):
    async with browsing() as browser:
        page = await browser.new_page()
        await page.goto(f"{world.url}{shopper.path}/help?lang=en")
        await page.get_by_label("Your question").fill("The door")
        for answer in ("9999", "LV-1010"):
            await page.get_by_label("Postcode").fill(answer)
            await page.get_by_role("button", name="Show").click()
            if answer == "9999":
                await expect(page.get_by_role("alert")).to_contain_text("That does not match.")
                await looked_at(page)
            await expect(page.get_by_label("Your question")).to_have_value("The door")
        await expect(page.get_by_label("Postcode")).to_have_count(0)


@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "lv")])
async def test_axe_finds_nothing_on_the_shoppers_page(shopper, world, scheme, language):
    await shopper.asks()
    async with browsing() as browser:
        page = await browser.new_page(color_scheme=scheme)
        await page.goto(f"{world.url}{shopper.path}/help?lang={language}&topic=pickup")
        await looked_at(page)
        await page.goto(f"{world.url}{shopper.path}?lang=en")
        await page.locator("#help-pickup summary").click()
        await looked_at(page)
        await page.goto(f"{world.url}{shopper.path}/help?lang={language}&sent")
        await page.locator("#answer").fill("LV-1010")
        await page.keyboard.press("Enter")
        await expect(page.locator(".thread")).to_be_visible()
        await looked_at(page)


async def test_support_answers_with_a_prepared_answer_and_closes(shopper, world):
    await shopper.asks("No code came", data={"topic": "pickup"})
    await sits_down(world)
    async with browsing() as browser:
        context = await browser.new_context()
        await context.add_cookies([{"name": "klat_staff", "value": "of-anna", "url": world.url}])
        page = await context.new_page()
        await page.goto(f"{world.url}/support/cases?lang=en")
        await looked_at(page)
        await page.keyboard.press("j")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("No code came").first).to_be_visible()
        await looked_at(page)
        await page.locator("summary", has_text="Prepared answers").click()
        await page.locator(".prepared a").first.click()
        answer = page.get_by_label("Your answer")
        assert NUMBER in await answer.input_value()
        assert "{" not in await answer.input_value()
        await expect(answer).to_be_focused()
        await page.get_by_role("button", name="Send and close").click()
        await expect(page.get_by_text("Done.")).to_be_visible()
        await expect(page.get_by_text("E-mail: Answer to a question")).to_be_visible()
    (thread,) = await shopper.threads()
    assert (thread.case.state, len(thread.messages)) == (CaseState.SOLVED, 2)


async def test_what_comes_beside_the_scans_stands_on_the_open_page_also_when_all_is_over(
    shopper, world
):
    await world.scanned(NUMBER, "accepted", "ready_for_pickup", "delivered")
    (key,) = [row["shipment_id"] for row in await world.pool.fetch("SELECT * FROM shipment")]
    await sits_down(world)
    besides = Besides(world.pool, world.deps.hub)
    async with browsing() as browser:
        context = await browser.new_context()
        await context.add_cookies([{"name": "klat_staff", "value": "of-anna", "url": world.url}])
        page = await context.new_page()
        async with page.expect_response("**/stream*"):
            await page.goto(f"{world.url}/support/parcels/{key}?lang=en")
        await besides.tell()
        await expect(page.get_by_text("The shopper waits for an answer.")).to_have_count(0)
        await shopper.asks("No code came")
        async with page.expect_response("**/stream*"):  # it listens on
            await besides.tell()
        await expect(page.get_by_text("The shopper waits for an answer.")).to_be_visible()
        await page.get_by_label("Note for colleagues").fill("She calls again")
        world.clock.pass_by(minutes=1)
        await shopper.asks("Still none")
        await besides.tell()
        news = page.get_by_text("There is news. Load the page again.")
        await expect(news).to_be_visible()
        assert (await news.bounding_box())["height"] < 60, "on one line"
        await expect(page.get_by_label("Note for colleagues")).to_have_value("She calls again")
        await news.click()
        await expect(page.get_by_text("Still none").first).to_be_visible()
        await expect(page.get_by_label("Note for colleagues")).to_have_value("She calls again")
        await world.pool.execute("DELETE FROM staff_session")
        await page.get_by_role("button", name="Write it down").click()
        await expect(page.get_by_text("You were logged out.")).to_be_visible()
        await sits_again(world)
        await page.goto(f"{world.url}/support/parcels/{key}?lang=en")
        await expect(page.get_by_label("Note for colleagues")).to_have_value("She calls again")
        await page.get_by_role("button", name="Write it down").click()
        await expect(page.get_by_text("Done.")).to_be_visible()
        await expect(page.get_by_label("Note for colleagues")).to_have_value("")
        await page.get_by_label("Note for colleagues").fill("And again")
        await page.reload()
        await expect(page.get_by_label("Note for colleagues")).to_have_value("And again")


async def test_an_open_page_outlives_a_fault_and_hears_the_rest_afterwards(shopper, world):
    (key,) = [row["shipment_id"] for row in await world.pool.fetch("SELECT * FROM shipment")]
    await sits_down(world)
    besides, fault = Besides(world.pool, world.deps.hub), ["503"]

    async def fresh(route):
        match fault:
            case ["503"]:
                main = '<main id="main">That did not work</main>'
                await route.fulfill(status=503, content_type="text/html", body=main)
            case ["away"]:
                await route.abort()
            case _:
                await route.continue_()

    async with browsing() as browser:
        context = await browser.new_context()
        await context.add_cookies([{"name": "klat_staff", "value": "of-anna", "url": world.url}])
        page = await context.new_page()
        await page.add_init_script("Math.random = () => -0.98")  # it tries again at once
        await page.route("**/*fresh", fresh)
        async with page.expect_response("**/stream*"):
            await page.goto(f"{world.url}/support/parcels/{key}?lang=en")
        await shopper.asks("No code came")
        for now in ("503", "away"):
            fault[:] = [now]
            async with page.expect_response("**/stream*"):  # afterwards it listens again
                await besides.tell()
            await expect(page.get_by_text("There is news. Load the page again.")).to_be_visible()
            await expect(page.get_by_text("That did not work")).to_have_count(0)
            await expect(page.get_by_label("Note for colleagues")).to_be_visible()
        fault.clear()
        await besides.tell()
        await expect(page.get_by_text("The shopper waits for an answer.")).to_be_visible()
        await expect(page.get_by_text("There is news. Load the page again.")).to_be_hidden()


async def test_the_texts_of_a_shop_are_changed_without_a_fault(shopper, world):
    await sits_down(world)
    await world.pool.execute("UPDATE staff SET role = 'lead', totp = 'x'")
    async with browsing() as browser:
        context = await browser.new_context()
        await context.add_cookies([{"name": "klat_staff", "value": "of-anna", "url": world.url}])
        page = await context.new_page()
        await page.goto(f"{world.url}/support/texts?lang=en&language=en")
        await page.locator("summary", has_text="How do I collect it?").first.click()
        await looked_at(page)
        await page.locator("#help-pickup-0-text").fill("Ring https://shop.example")
        await page.get_by_role("button", name="Save").first.click()
        await expect(page.get_by_text("Done.")).to_be_visible()
        await page.goto(f"{world.url}{shopper.path}?lang=en")
        await page.get_by_text("How do I collect it?").click()
        await expect(page.get_by_role("link", name="https://shop.example")).to_be_visible()
