import pytest
from reading import by_code, read, said, state_of

from schemas.scan import Confidence
from schemas.status import Handover, Reason, Status
from tracking.carriers.names import signer
from tracking.carriers.ups import CODES


def test_the_pair_decides_and_not_the_simplified_text():
    scans = by_code(read("ups", "track.json"))
    assert said(scans["X/SR"]) == (Status.IN_TRANSIT, None, None)
    assert scans["D/KB"].status is Status.DELIVERED
    assert scans["I/OT"].status is Status.OUT_FOR_DELIVERY


def test_a_placeholder_is_no_number_and_a_clock_time_no_signer():
    parsed = read("ups", "track.json")
    assert {scan.tracking_number for scan in parsed.scans} == {"1Z999AA10123456784"}
    assert by_code(parsed)["D/KB"].signed_by is None
    assert by_code(parsed)["D/KB"].handover is Handover.SAFE_PLACE


def test_the_gmt_pair_before_the_local_one():
    scan = by_code(read("ups", "track.json"))["D/KB"]
    assert scan.time.at.isoformat() == "2026-11-20T19:30:00+00:00"
    assert scan.time.confidence is Confidence.EXACT


def test_local_time_without_its_leading_zero_in_the_zone_of_the_state():
    scans = by_code(read("ups", "track.json"))
    assert scans["I/OT"].time.at.isoformat() == "2026-11-20T14:30:00+00:00"
    assert scans["X/SR"].time.at.isoformat() == "2026-11-19T17:15:00+00:00"
    assert scans["X/SR"].time.confidence is Confidence.ASSUMED_ZONE
    assert scans["M/MP"].time.confidence is Confidence.DATE_ONLY
    assert scans["M/MP"].time.at.isoformat() == "2026-11-17T22:00:00+00:00"


def test_the_day_of_delivery_is_no_estimate():
    parsed = read("ups", "track.json")
    assert [scan.estimate for scan in parsed.scans] == [None] * 4
    assert state_of(parsed.scans).status is Status.DELIVERED


def test_delivered_to_an_access_point_waits_there():
    scan = by_code(read("ups", "track_open.json"))["D/KB"]
    assert said(scan) == (Status.READY_FOR_PICKUP, None, Handover.PICKUP_POINT)


def test_a_pair_nobody_mapped_is_told_by_the_documented_status_code_or_type():
    scans = by_code(read("ups", "track_open.json"))
    assert said(scans["X/Q1"]) == (Status.ATTEMPT_FAILED, None, None)
    assert scans["P/Q3"].status is Status.ACCEPTED


def test_a_pair_nobody_mapped_is_otherwise_not_guessed():
    new = by_code(read("ups", "track_open.json"))["X/Q2"]
    assert (new.status, new.recognised) == (None, False)


def test_the_rescheduled_day_and_its_hours_on_the_newest_event():
    parsed = read("ups", "track_open.json")
    (carrying,) = [scan for scan in parsed.scans if scan.estimate]
    assert carrying.code == "X/Q2"
    assert carrying.estimate is not None
    assert carrying.estimate.starts is not None
    assert carrying.estimate.starts.isoformat() == "2026-11-24T08:15:00+00:00"
    assert not carrying.estimate.day_only


def test_a_number_without_news_and_an_activity_without_a_date():
    parsed = read("ups", "track_open.json")
    assert [(problem.index, problem.field) for problem in parsed.problems] == [(0, "0.4.date")]


def test_the_alert_and_its_day():
    (scan,) = read("ups", "alert.json").scans
    assert said(scan) == (Status.IN_TRANSIT, None, None)
    assert scan.time.at.isoformat() == "2026-11-20T16:15:00+00:00"
    assert scan.location is not None
    assert (scan.location.city, scan.location.postcode) == ("Portland", None)
    assert scan.estimate is not None
    assert scan.estimate.day_only
    assert scan.estimate.starts is not None
    assert scan.estimate.starts.isoformat() == "2026-11-23T08:00:00+00:00"


def test_released_by_customs_is_not_held_and_a_clearance_question_is():
    assert CODES["014"].status is Status.IN_TRANSIT
    assert CODES["058"].reason is Reason.CUSTOMS_DOCUMENTS


@pytest.mark.parametrize(
    "said_by_carrier",
    ["163000", "16:30", "", "string", "DRIVER RELEASE", "Signature not required", "...", None, 7],
)
def test_what_is_no_name_signs_nothing(said_by_carrier):
    assert signer(said_by_carrier) is None


def test_a_name_signs():
    assert signer(" J.BĒRZIŅŠ ") == "J.BĒRZIŅŠ"
