"""What to do next: of each way to be stuck, one thing to do; three at the most."""

from uuid import uuid4

import pytest
from test_console_cases import sits_down
from test_console_login import Browser
from test_console_parcel import NUMBER, Desk

from schemas.status import Reason, Status
from tracking.web.console.steps import NOTHING, WHERE
from tracking.web.console.trouble import (
    ADDRESS,
    BACK,
    CUSTOMS,
    HELD,
    LOST,
    MISSED,
    NOT_SENT,
    OVERDUE,
    PAPERS,
    REFUSED,
    RETURNED,
    SILENT,
    TRIED,
    TROUBLE_AT,
    WRONG,
)


async def before_a_parcel(world, **fields) -> Desk:
    made = await world.register(await world.key("merchant", "Shop"), **fields)
    desk = Desk(world, Browser(world), made.json["shipment_id"])
    await sits_down(world)
    return desk


@pytest.fixture
async def desk(world):
    return await before_a_parcel(world)


@pytest.mark.parametrize(
    ("status", "reason", "step"),
    [
        (Status.ATTEMPT_FAILED, Reason.RECIPIENT_ABSENT, TRIED),
        (Status.ATTEMPT_FAILED, Reason.RECIPIENT_ADDRESS, ADDRESS),
        (Status.ATTEMPT_FAILED, Reason.RECIPIENT_REFUSED, REFUSED),
        (Status.HELD, None, HELD),
        (Status.HELD, Reason.CUSTOMS_DOCUMENTS, PAPERS),
        (Status.HELD, Reason.CUSTOMS_INSPECTION, CUSTOMS),
        (Status.HELD, Reason.PICKUP_MISSED, MISSED),
        (Status.HELD, Reason.RECIPIENT_REQUESTED, NOTHING),
        (Status.EXCEPTION, None, WRONG),
        (Status.EXCEPTION, Reason.CARRIER_LOST, LOST),
        (Status.RETURNING, Reason.RECIPIENT_REFUSED, BACK),
        (Status.RETURNED, None, RETURNED),
        (Status.IN_TRANSIT, Reason.WEATHER, NOTHING),
        (Status.DELIVERED, None, NOTHING),
    ],
)
async def test_what_does_not_go_on_by_itself_says_what_to_do(desk, world, status, reason, step):
    await world.scanned(NUMBER, "accepted", status, reason=reason)
    assert await desk.steps() == [step]
    if step in TROUBLE_AT:
        assert f'<a href="#{WHERE[step]}">{step}</a>' in await desk.page()


async def test_what_is_late_is_asked_for_where_it_is(desk, world):
    await desk.later(days=1, hours=8)
    assert (await desk.steps())[0] == NOT_SENT
    await world.scanned(NUMBER, "accepted", "in_transit")
    assert (await desk.steps())[0] == OVERDUE
    await world.scanned(NUMBER, "accepted", "in_transit", "delivered")
    assert OVERDUE not in await desk.steps()


async def test_what_is_silent_for_days_is_asked_for_too(world):
    desk = await before_a_parcel(world, promise=None)
    await world.scanned(NUMBER, "accepted", "in_transit")
    await desk.later(days=2)
    assert await desk.steps() == [NOTHING], "Friday to Sunday"
    await desk.later(days=2)
    assert await desk.steps() == [SILENT]


async def test_what_has_long_been_back_is_nobodys_to_do(desk, world):
    await world.scanned(NUMBER, "accepted", "returned")
    await desk.later(days=13)
    assert RETURNED in await desk.steps()
    await desk.later(days=2)
    assert RETURNED not in await desk.steps()


async def test_a_code_that_nobody_is_known_to_have_is_sent_again(desk, world):
    await world.waits_in_locker(NUMBER)
    await desk.noted("sent")
    assert await desk.steps() == [NOTHING]
    await desk.later(days=1, hours=23)
    again = "It has waited for two days, and nothing says that the code arrived. Send it again."
    assert again in await desk.steps()
    await world.pool.execute("UPDATE notice SET state = 'delivered'")
    assert again not in await desk.steps()


async def test_three_things_are_the_most_and_the_most_urgent_comes_first(desk, world):
    await world.waits_in_locker(NUMBER)
    await world.pool.execute("UPDATE registration SET contact = NULL")
    await desk.page()
    await desk.browser.post(f"{desk.path}/cases", topic="damaged", text="x", id=str(uuid4()))
    await desk.later(days=2, hours=1)
    steps = await desk.steps()
    assert [each[:8] for each in steps] == ["It waits", "It waits", "The shop"]
