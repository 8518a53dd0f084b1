"""A support person's day, in a browser: a shopper on the line, from the telephone to the end."""

import pytest
from people import NAME, PHONE
from playwright.async_api import expect
from site_of_parcels import browsing
from test_ask_http import shopper_of
from test_console_in_browser import NUMBER, enters

from schemas.compensation import GOODWILL
from schemas.notice import Channel
from schemas.staff import StaffRole
from tracking.policy_load import load_policy

POLICY = """
name = "standard"
currency = "EUR"
valid_from = 2026-01-01
approval_above = "2.00"
[[tiers]]
late_by = "1d"
bonus = { kind = "code", amount = "3.00" }
"""
RIGHT = "+371 20 000 099"


@pytest.fixture
def also_set():
    return {"smtp_url": "smtp://127.0.0.1:2525", "mail_from": "parcels@shop.example"}


@pytest.fixture
async def shopper(world):
    """It waits in a locker. The text came back: there is no such number. She has written since."""
    shopper = await shopper_of(world)
    await world.waits_in_locker(NUMBER)
    (shop,) = await world.pool.fetch("SELECT name, merchant_id FROM merchant")
    await load_policy(world.pool, shop["merchant_id"], POLICY, now=world.clock())
    await world.pool.execute(
        """
        INSERT INTO notice (shipment_id, occasion, round, channel, addressee, notice_id, state,
                            reason, due_at, until, version, planned_at, changed_at)
        VALUES ($1, 'ready_for_pickup', '9901', 'sms', 'recipient', gen_random_uuid(), 'failed',
                'bad_address', $2, $2, 1, $2, $2)
        """,
        shopper.id,
        world.clock(),
    )
    await shopper.asks("Where is my code?", data={"topic": "pickup"})
    return shopper


async def test_from_the_call_to_the_closed_case(shopper, world):
    async with browsing() as browser:
        page = await browser.new_page()
        await enters(page, world)
        await page.get_by_label("Find a parcel").fill(PHONE.removeprefix("+371"))
        await page.keyboard.press("Enter")
        await expect(page.locator(".hits li")).to_contain_text(NAME)
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")

        # Why no text came.
        await expect(page.get_by_text("nothing can arrive there").first).to_be_visible()
        await expect(page.locator("#next + ol")).to_contain_text("Tell the shopper now")

        await page.get_by_text("Correct the recipient").click()
        await page.get_by_label("Phone").fill(RIGHT)
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Done.")).to_be_visible()
        say = page.locator("section", has=page.get_by_role("heading", name="Send a message now"))
        await say.get_by_label("Text message").check()
        await say.get_by_role("button", name="Send").click()
        await expect(page.get_by_text("had a message sent").first).to_be_visible()

        await page.get_by_text("Grant a bonus by hand").click()
        await page.get_by_label("Amount in EUR").fill("5")
        await page.get_by_label("Why", exact=True).fill("Nobody told her")
        await page.get_by_role("button", name="Grant").click()
        await expect(page.get_by_text("granted a sum by hand").first).to_be_visible()

        # Another one is more than her role may: a lead says yes.
        await page.get_by_text("Grant a bonus by hand").click()
        await page.get_by_label("Amount in EUR").fill("20,00")
        await page.get_by_label("Why", exact=True).fill("She came twice")
        await page.get_by_role("button", name="Grant").click()
        await expect(page.get_by_text("It waits for a yes: of a lead")).to_be_visible()
        await world.pool.execute("UPDATE staff SET role = $1, totp = 'x'", StaffRole.LEAD)
        await world.pool.execute("UPDATE staff_session SET second = true")
        await page.reload()
        await page.get_by_role("button", name="Say yes").click()
        await expect(page.get_by_text("said yes to a compensation").first).to_be_visible()

        case = page.locator("section.case")
        await case.get_by_label("Your answer").fill("We have sent you the code by text message.")
        await case.get_by_label("On the page only").check()
        await case.get_by_role("button", name="Send and close").click()
        await expect(page.locator("section.case.open")).to_have_count(0)

    (thread,) = await shopper.threads()
    assert thread.case.state == "solved"
    (sent,) = await world.pool.fetch("SELECT * FROM notice WHERE round LIKE '%asked%'")
    assert (sent["channel"], sent["state"]) == (Channel.SMS, "planned")
    granted = await world.pool.fetch(
        "SELECT tier, cents, state FROM compensation WHERE tier >= $1 ORDER BY tier", GOODWILL
    )
    assert [tuple(row) for row in granted] == [
        (GOODWILL, 500, "issued"),
        (GOODWILL + 1, 2000, "issued"),
    ]
