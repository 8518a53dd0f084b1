"""Events by hand: a lead tells what the carrier does not, or takes back what it told wrongly."""

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from test_console_actions import becomes, noted
from test_console_login import Browser, made
from test_console_parcel import NUMBER, Desk

from schemas.staff import StaffRole
from tracking.by_hand import TELLABLE
from tracking.carriers import CARRIERS
from tracking.carriers.base import ParseContext
from tracking.incoming import incoming
from tracking.ingest import Batch, ingest
from tracking.staff.audit import detail_of
from tracking.store.shipments import Shipments
from tracking.store.staff import StaffStore

WHY = "The depot said so on the telephone"


@pytest.fixture
async def desk(world):
    """A parcel that was delivered, says its carrier; a lead stands before it."""
    made_ = await world.register(await world.key("merchant", "Shop"))
    await world.scanned(NUMBER, "accepted", "out_for_delivery", "delivered")
    browser = Browser(world)
    await browser.enters(await made(world))
    desk = Desk(world, browser, made_.json["shipment_id"])
    await becomes(desk, StaffRole.LEAD)
    await desk.page()
    return desk


async def applied(desk: Desk) -> None:
    """What the broker was given is read and applied as any carrier's."""
    world = desk.world
    for message in world.broker.messages:
        assert message.routing_key == "carrier.omniva"
        parsed = CARRIERS["klat"].parse(message.body, ParseContext())
        assert not parsed.problems
        batch = [incoming(each, world.clock(), world.deps.sealer) for each in parsed.scans]
        await ingest(world.pool, Batch(scans=batch), world.deps.sealer, now=world.clock())
    world.broker.messages.clear()


async def status(desk: Desk) -> str:
    return await desk.world.pool.fetchval("SELECT status FROM shipment")


async def keys(desk: Desk) -> dict[str, str]:
    """Of each status, the key of the scan that told it."""
    history = await Shipments(desk.world.pool).history(desk.id)
    return {each.scan.status: each.key for each in history if each.scan.status}


async def tell(desk: Desk, event: str, at: str = "", why: str = WHY, form: str = "", **more: str):
    await desk.page()
    return await desk.browser.post(
        f"{desk.path}/events", event=event, at=at, why=why, id=form or str(uuid4()), **more
    )


async def test_a_delivery_that_was_none_is_taken_back_and_again_told(desk):
    key = (await keys(desk))["delivered"]
    answer = await desk.browser.post(f"{desk.path}/events/{key}/retract", why=WHY)
    assert (answer.status, await status(desk)) == (303, "delivered")
    await applied(desk)
    assert await status(desk) == "out_for_delivery"
    form, loaded = str(uuid4()), desk.world.clock().isoformat()
    for _ in range(2):  # the form is posted twice, by hands that take their time
        desk.world.clock.pass_by(seconds=2)
        told = await tell(desk, "delivered_neighbour", form=form, loaded=loaded)
        assert told.status == 303
    assert len({message.body for message in desk.world.broker.messages}) == 1
    await applied(desk)
    assert await status(desk) == "delivered"
    lines = "SELECT count(*) FROM audit WHERE action = 'event_added'"
    assert await desk.world.pool.fetchval(lines) == 1
    assert await desk.world.pool.fetchval("SELECT count(*) FROM scan") == 5
    page = await desk.page()
    assert "told by support" in page
    assert "took an event back" in page
    assert WHY in page
    assert await noted(desk) == {"event_added", "event_retracted"}


async def test_why_is_for_the_audit_log_alone(desk):
    await tell(desk, "lost")
    (message,) = desk.world.broker.messages
    assert WHY not in message.body.decode()
    details = await desk.world.pool.fetch("SELECT detail FROM audit WHERE detail IS NOT NULL")
    assert details
    assert not any("depot" in row["detail"] for row in details), "sealed"


async def test_whatever_can_be_told_can_be_read(desk):
    for event in TELLABLE:
        assert (await tell(desk, event)).status == 303
    assert len(desk.world.broker.messages) == len(TELLABLE)
    await applied(desk)


CANNOT_BE = [
    ("", "", WHY, "Choose what happened."),
    ("exploded", "", WHY, "Choose what happened."),
    ("lost", "yesterday", WHY, "When: a day and a time"),
    ("lost", "2099-01-01T10:00", WHY, "When: a day and a time"),
    ("lost", "2001-01-01T10:00", WHY, "When: a day and a time"),
    ("lost", "", " ", "Say why in a few words."),
]


async def test_what_cannot_be_told_is_said_by_its_field(desk):
    for event, at, why, said in CANNOT_BE:
        answer = await tell(desk, event, at, why)
        assert (answer.status, said in answer.text) == (422, True), (event, at, why)
        assert f'value="{at}"' in answer.text
    assert (desk.world.broker.messages, await noted(desk)) == ([], set())


async def test_a_time_is_that_of_the_place_of_delivery(desk):
    local = desk.world.clock().astimezone(ZoneInfo("Europe/Riga")) - timedelta(hours=1)
    assert (await tell(desk, "lost", at=f"{local:%Y-%m-%dT%H:%M}")).status == 303
    (event,) = desk.world.broker.events()
    told = datetime.fromisoformat(event["occurred_at"])
    assert timedelta(hours=1) <= desk.world.clock() - told < timedelta(hours=1, minutes=1)


async def test_while_the_broker_is_away_it_says_so_and_keeps_what_was_typed(desk):
    desk.world.broker.away = True
    form = str(uuid4())
    answer = await tell(desk, "lost", form=form)
    assert (answer.status, "Try again in a minute" in answer.text) == (503, True)
    assert f'value="{form}"' in answer.text, "the same event, should the first have come through"
    assert f'value="{WHY}"' in answer.text


async def test_what_is_corrected_and_sent_again_is_noted_as_it_is_told(desk):
    desk.world.broker.away, form = True, str(uuid4())
    assert (await tell(desk, "delivered_neighbour", form=form)).status == 503
    desk.world.broker.away = False
    for _ in range(2):  # the button is pressed twice
        assert (await tell(desk, "lost", form=form)).status == 303
    ids = {event["event_id"] for event in desk.world.broker.events()}
    assert (len(ids), {each["status"] for each in desk.world.broker.events()}) == (1, {"exception"})
    rows = await StaffStore(desk.world.pool).audit_of_shipment(desk.id, 9, None)
    details = [detail_of(row, desk.world.deps.sealer) for row in rows]
    told = sorted(each["event"] for each in details if "event" in each)
    assert told == ["delivered_neighbour", "lost"]


async def test_support_tells_nothing_and_sees_no_form(desk):
    key = (await keys(desk))["delivered"]
    await becomes(desk, StaffRole.SUPPORT)
    page = await desk.page()
    assert "Take it back" not in page
    assert "in the place of the carrier" not in page
    for path in ("events", f"events/{key}/retract"):
        answer = await desk.browser.post(f"{desk.path}/{path}", event="lost", why=WHY)
        assert answer.status == 403
    assert desk.world.broker.messages == []


async def test_a_scan_of_another_parcel_is_not_found(desk):
    for key in ("0" * 32, "x", "%00"):
        answer = await desk.browser.post(f"{desk.path}/events/{key}/retract", why=WHY)
        assert answer.status == 404
    assert desk.world.broker.messages == []


async def test_without_a_reason_nothing_is_taken_back(desk):
    key = (await keys(desk))["delivered"]
    answer = await desk.browser.post(f"{desk.path}/events/{key}/retract", why="")
    assert (answer.status, "Say why in a few words." in answer.text) == (422, True)
    assert desk.world.broker.messages == []
