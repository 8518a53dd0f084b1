"""The quarantine in the console: looked at and noted, mapped in words, tried again, closed."""

import re

import pytest
from shop_desk import ShopDesk

from schemas.staff import StaffRole
from tracking.decode import Decoder, Envelope
from tracking.ingest import Batch, ingest
from tracking.store.pool import connection
from tracking.store.quarantine import keep_quarantined

PATH = "/support/quarantine"


@pytest.fixture
async def desk(world):
    return await ShopDesk.opened(world, StaffRole.ADMIN)


async def arrives(desk, body: bytes, **options):
    """As from the queue of a courier."""
    deps, now = desk.world.deps, desk.world.clock()
    decoded = Decoder(deps.sealer).decode(
        body, Envelope("carrier.omniva", native=False, received_at=now, tracking_number=None)
    )
    await ingest(deps.pool, Batch(scans=decoded.scans), deps.sealer, now=now)
    if decoded.quarantined is not None:
        async with connection(deps.pool) as conn:
            await keep_quarantined(conn, [decoded.quarantined], deps.sealer, now)


async def unknown(desk, number="CE1"):
    await arrives(
        desk,
        b'{"carrier": "omniva", "tracking_number": "%s", "code": "ROBOT<b>",'
        b' "occurred_at": "2026-11-19T10:00:00+02:00"}' % number.encode(),
    )


async def only(desk):
    ids = await desk.world.pool.fetch("SELECT quarantine_id FROM quarantine")
    assert len(ids) == 1
    return f"{PATH}/{ids[0]['quarantine_id']}"


async def status(desk, number="CE1"):
    return await desk.world.pool.fetchval(
        "SELECT status FROM shipment WHERE tracking_number = $1", number
    )


async def test_a_code_is_given_a_meaning_and_what_came_with_it_is_read_so(desk):
    await unknown(desk)
    await unknown(desk, "CE2")
    page = await desk.page(PATH)
    assert "Code that nobody knows (1)" in page
    assert "2 times" in page
    entry = await only(desk)
    page = await desk.page(entry)
    assert "2 events came with it, of 2 parcels." in page
    assert "Out for delivery" in page
    done = await desk.sends(entry, do="map", status="out_for_delivery")
    assert (done.status, "1 entry is done with. 2 parcels changed." in done.text) == (200, True)
    assert await status(desk) == "out_for_delivery"
    assert "ROBOT<b>" in await desk.page(PATH)
    assert "ROBOT<b>" not in desk.browser.page.text, "escaped"
    assert await desk.audit() == [("code_mapped", {"what": "omniva ROBOT<b>: out_for_delivery"})]

    back = await desk.sends(PATH, do="unmap", carrier="omniva", code="ROBOT<b>")
    assert "2 parcels changed." in back.text
    assert await status(desk) == "pending"
    again = await desk.sends(PATH, do="unmap", carrier="omniva", code="ROBOT<b>")
    assert (again.status, "not mapped any more" in again.text) == (409, True)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"status": "lost_in_space"},
        {"status": "informational", "reason": "weather"},
        {"status": "retracts", "handover": "locker"},
        {"status": "held", "reason": "mood"},
    ],
)
async def test_what_is_not_clear_is_not_mapped_and_stays_chosen(desk, fields):
    await unknown(desk)
    entry = await only(desk)
    await desk.page(entry)
    answer = await desk.sends(entry, do="map", **fields)
    assert (answer.status, "Choose what the code means." in answer.text) == (422, True)
    if fields.get("reason") == "weather":
        assert '<option value="weather" selected>' in answer.text
    assert await desk.world.pool.fetchval("SELECT count(*) FROM code_map") == 0
    assert await desk.audit() == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"status": "in_transit", "reason": "recipient_absent"},
            "That cannot be why it stands so.",
        ),
        ({"status": "in_transit", "handover": "locker"}, "It cannot be in these hands so."),
    ],
)
async def test_what_cannot_be_is_refused_beside_its_field(desk, fields, said):
    await unknown(desk)
    entry = await only(desk)
    await desk.page(entry)
    answer = await desk.sends(entry, do="map", **fields)
    (name,) = fields.keys() - {"status"}
    box = answer.text.partition(f'name="{name}" aria-invalid="true"')[2].partition("<label")[0]
    assert (answer.status, said in box) == (422, True)
    assert f'<option value="{fields[name]}" selected>' in box
    assert await desk.world.pool.fetchval("SELECT count(*) FROM code_map") == 0
    assert await desk.audit() == []


async def test_an_entry_of_a_mapped_code_says_what_it_means_by_now(desk):
    await unknown(desk)
    entry = await only(desk)
    assert "Nobody has said yet what this code means." in await desk.page(entry)
    await desk.sends(entry, do="map", status="held", reason="weather")
    page = await desk.page(entry)
    assert "Nobody has said yet" not in page
    assert re.search(r"It means: [^:]+: .+\. That was said .+, and can be changed below", page)
    assert "Tas nozīmē:" in await desk.page(entry, lang="lv")


@pytest.mark.parametrize(
    ("chosen", "kept"),
    [
        ({"status": "informational"}, (None, None, None, False)),
        ({"status": "retracts"}, (None, None, None, True)),
        ({"status": "held", "reason": "weather"}, ("held", "weather", None, False)),
        ({"status": "delivered", "handover": "mailbox"}, ("delivered", None, "mailbox", False)),
    ],
)
async def test_whatever_a_code_can_mean_can_be_chosen(desk, chosen, kept):
    await unknown(desk)
    entry = await only(desk)
    await desk.page(entry)
    await desk.sends(entry, do="map", **chosen)
    row = await desk.world.pool.fetchrow("SELECT status, reason, handover, retracts FROM code_map")
    assert tuple(row) == kept
    page = await desk.page(entry)
    assert f'<option value="{chosen["status"]}" selected>' in page


async def test_bytes_are_shown_to_who_asks_and_that_is_written_down_first(desk):
    await arrives(desk, b'{"name": "<i>An\xc4\x81\xff", ')
    entry = await only(desk)
    page = await desk.page(entry)
    assert "Anā" not in page
    assert await desk.audit() == []
    shown = await desk.sends(entry, do="open")
    assert '{"name": "<i>Anā\\xff", ' in shown.text
    assert "<i>An" not in (await desk.browser.post(entry, do="open", once="")).text
    assert {action for action, _ in await desk.audit()} == {"payload_seen"}


async def test_it_is_tried_again_and_closed(desk):
    await arrives(desk, b"{")
    entry = await only(desk)
    await desk.page(entry)
    answer = await desk.sends(entry, do="retry")
    assert (answer.status, "could still not be applied" in answer.text) == (200, True)
    answer = await desk.sends(PATH, do="retry")
    assert "1 entry still waits." in answer.text
    closed = await desk.sends(entry, do="dismiss")
    assert (closed.status, closed.headers["Location"]) == (303, f"{PATH}?done")
    assert "Nothing waits here." in await desk.page(PATH)
    noted = [action for action, _ in await desk.audit()]
    assert sorted(noted) == ["quarantine_dismissed", "quarantine_retried", "quarantine_retried"]


async def test_only_of_one_reason(desk):
    await arrives(desk, b"{")
    await unknown(desk)
    whole = await desk.page(PATH)
    assert len(re.findall(rf'<li><p><a href="{PATH}/', whole)) == 2
    for reason, rows in (("malformed", 1), ("too_large", 0), ("nonsense", 2)):
        page = await desk.page(f"{PATH}?reason={reason}")
        assert len(re.findall(rf'<li><p><a href="{PATH}/', page)) == rows, reason


async def test_nothing_of_it_is_there_for_who_does_not_see_all_shops(desk):
    await unknown(desk)
    entry = await only(desk)
    await desk.page(entry)
    for role, shops in ((StaffRole.ADMIN, [desk.shop]), (StaffRole.LEAD, None)):
        await desk.becomes(role, shops)
        for path in (PATH, entry):
            assert (await desk.browser.get(path)).status == 403
        assert (await desk.sends(entry, do="open")).status == 403
    assert await desk.audit() == []


async def test_what_is_not_there_is_not_found(desk):
    await unknown(desk)
    entry = await only(desk)
    await desk.page(entry)
    assert (await desk.sends(entry, do="nothing")).status == 404
    assert (await desk.sends(PATH, do="nothing")).status == 404
    for name in ("x", "00000000-0000-0000-0000-000000000000"):
        assert (await desk.browser.get(f"{PATH}/{name}")).status == 404
