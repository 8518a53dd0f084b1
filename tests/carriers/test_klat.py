"""Klāt's own format: one event, many, or one a line; the bad are told, the good are kept."""

import json

import pytest
from reading import read, said, sample

from schemas.scan import LAST_DELIVERY, Confidence, Pickup, Scan, scan_key
from schemas.status import Handover, Reason, Status
from tracking.carriers import CARRIERS
from tracking.carriers.base import Malformed, ParseContext, Parsed


def parse(*events: dict[str, object]) -> Parsed:
    return CARRIERS["klat"].parse(json.dumps(list(events)).encode(), ParseContext())


def event(**changed: object) -> dict[str, object]:
    usual = {
        "carrier": "omniva",
        "tracking_number": "CE000000011EE",
        "occurred_at": "2026-11-20T14:03:00+02:00",
        "status": "in_transit",
    }
    return {key: value for key, value in {**usual, **changed}.items() if value is not None}


def only(parsed: Parsed) -> Scan:
    assert parsed.problems == []
    (scan,) = parsed.scans
    return scan


def test_a_list_of_events():
    first, second = read("klat", "events.json").scans
    assert (first.tracking_number, first.event_id) == ("CE000000011EE", "e-1")
    assert (first.status, first.code) == (Status.ACCEPTED, "PACKET_EVENT_IPS_A")
    assert said(second) == (Status.READY_FOR_PICKUP, None, Handover.LOCKER)
    assert second.description == "Paciņa gaida pakomātā"
    assert second.location is not None
    assert second.location.place_id == "9901"
    assert second.pickup is not None
    assert second.pickup.code == "481516"


def test_one_event_a_line():
    scans = read("klat", "events.ndjson").scans
    assert [scan.tracking_number for scan in scans] == ["RV-1", "RV-2"]
    assert scans[1].handover is Handover.NEIGHBOUR


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\r\n  "])
def test_one_event_on_many_lines(before):
    parsed = CARRIERS["klat"].parse(before + sample("klat", "event.json"), ParseContext())
    assert said(only(parsed)) == (Status.ATTEMPT_FAILED, Reason.RECIPIENT_ABSENT, None)


def test_a_single_event_whose_first_line_looks_whole():
    body = json.dumps(event(location={})).encode().replace(b"{}}", b"{}\n}")
    assert CARRIERS["klat"].parse(body, ParseContext()).scans == parse(event(location={})).scans


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"location": {"lat": 91}}, "location.lat"),
        ({"occurred_at": "soon"}, "occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at"),
        ({"status": "lost"}, "status"),
        ({"status": None}, ""),
        ({"colour": "red"}, "colour"),
        ({"tracking_number": None}, "tracking_number"),
        ({"estimate": {}}, "estimate"),
    ],
)
def test_a_bad_event_is_told_by_its_place_and_the_good_ones_are_kept(changed, field):
    parsed = parse(event(), event(**changed), event(event_id="last"))
    assert [(problem.index, problem.field) for problem in parsed.problems] == [(1, field)]
    assert [scan.event_id for scan in parsed.scans] == [None, "last"]


def test_a_bad_line_costs_only_itself():
    lines = [json.dumps(event(event_id=str(at))).encode() for at in range(3)]
    lines[0] = b"oops"
    parsed = CARRIERS["klat"].parse(b"\n".join(lines), ParseContext())
    assert [problem.index for problem in parsed.problems] == [0]
    assert [scan.event_id for scan in parsed.scans] == ["1", "2"]


@pytest.mark.parametrize("body", [b"", b"[", b'[{"carrier": "omniva"}', b'{"carrier":\n"omniva"'])
def test_a_broken_body_is_malformed(body):
    with pytest.raises(Malformed):
        CARRIERS["klat"].parse(body, ParseContext())


def test_a_problem_never_repeats_what_was_sent():
    (problem,) = parse(event(pickup={"code": "S3CRET" * 10})).problems
    assert "S3CRET" not in problem.problem + problem.field


def test_a_code_is_read_by_the_table_of_its_carrier():
    scan = only(parse(event(status=None, code="PACKET_EVENT_DELIVERING_TRY")))
    assert said(scan) == (Status.ATTEMPT_FAILED, None, None)


def test_then_by_the_table_of_locker_events():
    scan = only(parse(event(status=None, code="Collected_By_Recipient")))
    assert said(scan) == (Status.DELIVERED, None, Handover.LOCKER)


def test_a_code_that_nobody_mapped_is_kept_and_changes_nothing():
    scan = only(parse(event(status=None, code="WARP")))
    assert (scan.status, scan.recognised, scan.code) == (None, False, "WARP")


def test_the_status_wins_over_the_code_which_is_kept():
    scan = only(parse(event(status="held", code="stored")))
    assert (said(scan), scan.code) == ((Status.HELD, None, None), "stored")


def test_what_the_event_says_wins_over_what_the_code_implies():
    scan = only(parse(event(status=None, code="stored", handover="pickup_point")))
    assert said(scan) == (Status.READY_FOR_PICKUP, None, Handover.PICKUP_POINT)


def test_a_code_may_take_the_latest_delivery_back():
    scan = only(parse(event(status=None, code="PACKET_EVENT_DELIVERY_CANCELLED")))
    assert (scan.status, scan.retracts) == (None, LAST_DELIVERY)


def test_an_event_may_take_another_back():
    scan = only(parse(event(status=None, code="WARP", retracts="e-7")))
    assert (scan.retracts, scan.recognised) == ("e-7", True)


@pytest.mark.parametrize(("carrier", "hour"), [("posti", 12), ("inpost", 13), ("nobody-knows", 12)])
def test_a_local_time_is_read_where_the_carrier_works(carrier, hour):
    scan = only(parse(event(carrier=carrier, occurred_at="2026-11-20T14:00:00")))
    assert (scan.time.at.hour, scan.time.confidence) == (hour, Confidence.ASSUMED_ZONE)


def test_the_repeated_hour_keeps_both_readings():
    scan = only(parse(event(occurred_at="2026-10-25T03:30:00")))
    assert scan.time.alternative is not None


def test_a_day_is_a_day():
    assert only(parse(event(occurred_at="2026-11-20"))).time.confidence is Confidence.DATE_ONLY


def test_the_fast_scan_is_the_same_as_a_validated_one():
    for scan in read("klat", "events.json").scans:
        again = Scan(**scan.__dict__)
        assert again == scan
        assert scan_key(again) == scan_key(scan)
        assert Scan.model_validate_json(scan.model_dump_json()) == scan
        assert scan.model_copy(update={"pickup": Pickup(code="1")}).pickup == Pickup(code="1")


def test_a_year_that_nobody_means_says_nothing():
    never, soon = "9999-12-31T23:59:59-12:00", "2026-11-21T12:00:00Z"
    body = [
        event(estimate={"to": never}, pickup={"until": "0001-01-01T00:00:00+05:00"}),
        event(estimate={"from": soon, "to": never}),
    ]
    first, second = CARRIERS["klat"].parse(json.dumps(body).encode(), ParseContext()).scans
    assert first.estimate is None
    assert first.pickup.until is None
    assert second.estimate.starts.isoformat() == "2026-11-21T12:00:00+00:00"
    assert second.estimate.ends is None
