from reading import by_code, read, said, state_of

from schemas.scan import Confidence
from schemas.status import Handover, Reason, Status
from tracking.carriers.gls import CARRIER, CODES


def test_the_summary_of_a_parcel_is_not_a_scan():
    scans = read("gls", "parcels.json").scans
    state = state_of([scan for scan in scans if scan.tracking_number == "51770001231"])
    assert state.status is Status.ACCEPTED
    assert not [scan for scan in scans if scan.tracking_number == "51770001242"]


def test_both_spellings_of_initial():
    scans = by_code(read("gls", "parcels.json"))
    assert scans["INITIAL.PREADVICE"].status is Status.INFO_RECEIVED
    assert scans["INTIAL.NORMAL"].status is Status.ACCEPTED
    for rest in ("PREADVICE", "NORMAL"):
        assert CODES[f"INTIAL.{rest}"] is CODES[f"INITIAL.{rest}"]


def test_an_offset_without_a_colon_is_exact():
    scan = by_code(read("gls", "parcels.json"))["INTIAL.NORMAL"]
    assert scan.time.at.isoformat() == "2026-11-19T08:40:30+00:00"
    assert scan.time.confidence is Confidence.EXACT


def test_a_local_time_is_read_where_the_parcel_is():
    scan = by_code(read("gls", "parcels.json"))["DELIVEREDPS"]
    assert scan.time.at.isoformat() == "2026-11-20T09:30:00+00:00"
    assert scan.time.confidence is Confidence.ASSUMED_ZONE


def test_delivered_to_a_shop_is_not_delivered():
    scan = by_code(read("gls", "parcels.json"))["DELIVEREDPS"]
    assert said(scan) == (Status.READY_FOR_PICKUP, None, Handover.PICKUP_POINT)


def test_a_new_code_and_a_bad_time_cost_only_themselves():
    parsed = read("gls", "parcels.json")
    new = by_code(parsed)["MOON.LANDING"]
    assert (new.status, new.recognised) == (None, False)
    assert [(problem.index, problem.field) for problem in parsed.problems] == [
        (2, "1.eventDateTime")
    ]


def test_the_numbers_of_mygls():
    parsed = read("gls", "mygls.json")
    scans = by_code(parsed)
    assert {scan.tracking_number for scan in parsed.scans} == {"90010020030"}
    assert said(scans["01"]) == (Status.ACCEPTED, None, None)
    assert said(scans["97"]) == (Status.READY_FOR_PICKUP, None, Handover.LOCKER)
    assert scans["51"].time.at.isoformat() == "2026-11-20T10:00:00+00:00"
    assert scans["97"].location is not None
    assert scans["97"].location.place_id == "HU0042"
    assert not scans["54"].recognised
    assert [problem.field for problem in parsed.problems] == ["4.StatusDate"]


def test_numbers_are_read_with_and_without_leading_zeros():
    assert CARRIER.meaning("05") is CARRIER.meaning("5") is CODES["5"]


def test_refused_is_not_delivered_and_a_full_locker_is_a_failed_attempt():
    assert CODES["35"].reason is Reason.RECIPIENT_REFUSED
    assert CODES["35"].status is Status.ATTEMPT_FAILED
    assert CODES["401"].reason is Reason.LOCKER_FULL
