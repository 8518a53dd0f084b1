import pytest
from reading import by_code, read, said, state_of

from schemas.scan import Confidence
from schemas.status import Handover, Reason, Status
from tracking.carriers.fedex import CODES


def test_all_results_of_one_number_are_reported_under_it():
    parsed = read("fedex", "two_results.json")
    assert {scan.tracking_number for scan in parsed.scans} == {"770000000017"}
    assert (len(parsed.scans), parsed.problems) == (10, [])


def test_the_life_of_both_results_together():
    state = state_of(read("fedex", "two_results.json").scans)
    assert (state.status, state.handover) == (Status.DELIVERED, Handover.RECIPIENT)
    assert (state.attempts, state.signed_by) == (1, "P.OZOLS")
    assert state.since is not None
    assert state.since.isoformat() == "2026-11-20T16:00:00+00:00"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("OC", (Status.INFO_RECEIVED, None, None)),
        ("PU", (Status.ACCEPTED, None, None)),
        ("AO", (None, None, None)),
        ("AF/A3", (Status.IN_TRANSIT, None, None)),
        ("DY/A52", (Status.IN_TRANSIT, Reason.CARRIER_DELAY, None)),
        ("HP", (Status.READY_FOR_PICKUP, None, Handover.PICKUP_POINT)),
        ("OD", (Status.OUT_FOR_DELIVERY, None, None)),
        ("DE/08", (Status.ATTEMPT_FAILED, Reason.RECIPIENT_ABSENT, None)),
        ("DE/A47", (Status.IN_TRANSIT, Reason.REDIRECTED, None)),
        ("DL", (Status.DELIVERED, None, Handover.RECIPIENT)),
    ],
)
def test_what_each_event_says(code, expected):
    scan = by_code(read("fedex", "two_results.json"))[code]
    assert said(scan) == expected
    assert scan.recognised


def test_who_signed_stands_on_the_delivery_only():
    scans = read("fedex", "two_results.json").scans
    assert {scan.code for scan in scans if scan.signed_by} == {"DL"}


def test_offsets_are_kept_apart():
    scans = by_code(read("fedex", "two_results.json"))
    assert scans["OC"].time.at.isoformat() == "2026-11-18T15:00:00+00:00"
    assert scans["PU"].time.at.isoformat() == "2026-11-18T23:00:00+00:00"
    assert scans["PU"].time.confidence is Confidence.EXACT


def test_where_it_waits():
    spot = by_code(read("fedex", "two_results.json"))["HP"].location
    assert spot is not None
    assert (spot.address, spot.city, spot.place_id) == ("1 MAIN ST", "BOISE", "XXRA")


def test_express_07_is_refused_and_ground_007_is_nobody_there():
    assert CODES["DE/07"].reason is Reason.RECIPIENT_REFUSED
    assert said(by_code(read("fedex", "open.json"))["DE/007"]) == (
        Status.ATTEMPT_FAILED,
        Reason.RECIPIENT_ABSENT,
        None,
    )


@pytest.mark.parametrize("code", ["DE/Q7", "ZZ"])
def test_an_event_or_a_reason_nobody_mapped_is_not_guessed(code):
    new = by_code(read("fedex", "open.json"))[code]
    assert (new.status, new.recognised) == (None, False)


def test_a_time_without_an_offset_is_read_in_the_zone_of_the_state():
    scan = by_code(read("fedex", "open.json"))["OD"]
    assert scan.time.at.isoformat() == "2026-11-20T15:00:00+00:00"
    assert scan.time.confidence is Confidence.ASSUMED_ZONE


def test_left_at_the_door_is_signed_by_nobody():
    scan = by_code(read("fedex", "open.json"))["DL"]
    assert (scan.handover, scan.signed_by) == (Handover.SAFE_PLACE, None)


def test_the_estimate_stands_on_the_newest_event_of_an_open_parcel():
    (carrying,) = [scan for scan in read("fedex", "open.json").scans if scan.estimate]
    assert carrying.code == "DE/Q7"
    assert carrying.estimate is not None
    assert carrying.estimate.ends is not None
    assert carrying.estimate.ends.isoformat() == "2026-11-21T22:00:00+00:00"


def test_an_event_without_a_type_and_a_number_without_news():
    parsed = read("fedex", "open.json")
    assert [(problem.index, problem.field) for problem in parsed.problems] == [(0, "0.4.eventType")]
    assert "770000000039" not in {scan.tracking_number for scan in parsed.scans}
