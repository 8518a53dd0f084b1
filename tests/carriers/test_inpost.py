from reading import by_code, read, said, state_of

from schemas.scan import scan_key
from schemas.status import Handover, Reason, Status
from tracking.carriers.base import Parsed

WAITING = "520000000000000000000004"


def test_the_webhook_and_its_odd_time():
    (scan,) = read("inpost", "webhook.json").scans
    assert (scan.status, scan.tracking_number) == (
        Status.OUT_FOR_DELIVERY,
        "520000000000000000000001",
    )
    assert scan.time.at.isoformat() == "2026-11-18T09:15:00+00:00"


def test_a_webhook_without_a_status_is_known_by_its_event():
    (scan,) = read("inpost", "webhook_confirmed.json").scans
    assert (scan.status, scan.code) == (Status.INFO_RECEIVED, "shipment_confirmed")


def test_an_offer_before_there_is_a_number_says_nothing():
    assert read("inpost", "webhook_offers.json") == Parsed()


def test_the_tracking_of_a_shipment():
    parsed = read("inpost", "tracking.json")
    assert parsed.problems == []
    scans = by_code(parsed)
    assert said(scans["delivered"]) == (Status.DELIVERED, None, Handover.LOCKER)
    assert said(scans["ready_to_pickup"]) == (Status.READY_FOR_PICKUP, None, Handover.LOCKER)
    assert said(scans["delay_in_delivery"]) == (Status.IN_TRANSIT, Reason.CARRIER_DELAY, None)
    waits = scans["ready_to_pickup"].location
    assert waits is not None
    assert (waits.name, waits.address, waits.lat) == ("KRA01X", "Prosta 1", 50.06)
    moves = scans["adopted_at_sorting_center"].location
    assert moves is not None
    assert moves.name == "WSO"


def test_a_reminder_says_nothing_new():
    reminder = by_code(read("inpost", "tracking.json"))["pickup_reminder_sent"]
    assert (reminder.status, reminder.recognised) == (None, True)


def test_a_shipment_tells_its_latest_status_only():
    (scan,) = read("inpost", "shipment.json").scans
    assert (scan.status, scan.note is not None) == (Status.ACCEPTED, True)


def test_the_codes_come_with_the_latest_event_that_made_it_ready():
    parsed = read("inpost", "app_waiting.json")
    pickup = by_code(parsed)["READY_TO_PICKUP"].pickup
    assert pickup is not None
    assert (pickup.code, pickup.qr) == ("246810", "P|  SAMPLE |246810")
    assert pickup.until is not None
    assert pickup.until.isoformat() == "2026-11-20T07:00:00+00:00"
    assert [scan.pickup for scan in parsed.scans if scan.code != "READY_TO_PICKUP"] == [None] * 4


def test_the_codes_are_gone_once_it_is_collected():
    parsed = read("inpost", "app_collected.json")
    assert [scan.pickup for scan in parsed.scans] == [None, None]
    assert said(parsed.scans[0]) == (Status.DELIVERED, None, Handover.LOCKER)


def test_both_answers_together_end_collected_and_without_a_code():
    scans = read("inpost", "app_collected.json").scans + read("inpost", "app_waiting.json").scans
    assert {scan.tracking_number for scan in scans} == {WAITING}
    state = state_of(scans)
    assert (state.status, state.pickup_code, state.pickup_qr) == (Status.DELIVERED, None, None)


def test_adopted_at_a_branch_twice_is_no_duplicate():
    adopted = [
        scan
        for scan in read("inpost", "app_waiting.json").scans
        if scan.code == "ADOPTED_AT_SOURCE_BRANCH"
    ]
    assert len({scan_key(scan) for scan in adopted}) == 2


def test_another_kind_of_entry_is_kept_and_not_guessed():
    assert by_code(read("inpost", "app_waiting.json"))["TRANSACTION/EXPANDED"].recognised is False


def test_an_opened_door_is_not_a_collected_parcel():
    assert read("inpost", "open_session.json") == Parsed()
