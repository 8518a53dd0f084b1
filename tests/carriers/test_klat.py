"""Klāt's own format: one event, many, or one a line; the bad are told, the good are kept."""

import json
from datetime import UTC, datetime

import pytest
from reading import read, said, sample

from schemas.scan import LAST_DELIVERY, Confidence, Pickup, Scan, Window, scan_key
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
        ({"estimate": {"from": "soon"}}, "estimate.from"),
        ({"estimate": {"from": "2026-11-22", "to": "2026-11-20"}}, "estimate"),
        ({"estimate": {"from": "2026-11-21", "until": "2026-11-22"}}, "estimate.until"),
        ({"pickup": {"until": "tomorrow"}}, "pickup.until"),
        ({"location": {"place_id": "9" * 201}}, "location.place_id"),
        ({"description": "a\0b"}, "description"),
        ({"event_id": "a\nb"}, "event_id"),
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


LONG = "Ļoti garš teikums. " * 200


@pytest.mark.parametrize(
    ("changed", "read", "limit"),
    [
        ({"description": LONG}, lambda scan: scan.description, 2000),
        ({"description": "x" * 2000}, lambda scan: scan.description, 2000),
        ({"location": {"name": LONG}}, lambda scan: scan.location.name, 200),
        ({"location": {"address": LONG}}, lambda scan: scan.location.address, 200),
        ({"location": {"city": LONG}}, lambda scan: scan.location.city, 200),
        ({"location": {"postcode": LONG}}, lambda scan: scan.location.postcode, 200),
    ],
)
def test_a_long_sentence_is_cut_and_the_news_beside_it_stays(changed, read, limit):
    scan = only(parse(event(**changed)))
    text = read(scan)
    assert limit - 5 <= len(text) <= limit
    assert text.endswith("…" if "Ļoti" in text else "x")
    assert Scan.model_validate_json(scan.model_dump_json()) == scan


@pytest.mark.parametrize(
    ("estimate", "starts", "ends", "day_only"),
    [
        pytest.param(
            {"from": "2026-11-21"}, "2026-11-20T22:00", None, True, id="from its day's beginning"
        ),
        pytest.param({"to": "2026-11-21"}, None, "2026-11-21T22:00", True, id="to its day's end"),
        pytest.param(
            {"from": "2026-11-21", "to": "2026-11-22"},
            *("2026-11-20T22:00", "2026-11-22T22:00", True),
            id="two days",
        ),
        pytest.param(
            {"from": "2026-11-21", "to": "2026-11-21T12:00"},
            *("2026-11-20T22:00", "2026-11-21T10:00", False),
            id="a day and an hour",
        ),
        pytest.param(
            {"from": "2026-11-21T09:00:00", "to": "2026-11-21T12:00:00"},
            *("2026-11-21T07:00", "2026-11-21T10:00", False),
            id="local hours",
        ),
        pytest.param(
            {"from": "2026-11-21T09:00:00+01:00"}, "2026-11-21T08:00", None, False, id="an offset"
        ),
        pytest.param(
            {"to": "2026-10-25T03:30:00"}, None, "2026-10-25T01:30", False, id="an hour twice"
        ),
        pytest.param(
            {"from": "2026-11-21T09:00:00+02:00", "day_only": True},
            *("2026-11-21T07:00", None, True),
            id="said to be a day",
        ),
        pytest.param(
            {"from": "2026-11-21", "to": None}, "2026-11-20T22:00", None, True, id="an empty end"
        ),
    ],
)
def test_an_estimate_may_be_days_or_local_hours(estimate, starts, ends, day_only):
    window = only(parse(event(estimate=estimate))).estimate
    assert (_utc(window.starts), _utc(window.ends), window.day_only) == (starts, ends, day_only)
    assert Window.model_validate_json(window.model_dump_json()) == window


@pytest.mark.parametrize("until", ["2026-11-24", "2026-11-20", "2026-11-24T23:00:00"])
def test_an_estimate_that_ends_before_it_begins_is_refused(until):
    parsed = parse(event(estimate={"from": "2026-11-25", "to": until}))
    assert [(each.field, each.problem) for each in parsed.problems] == [
        ("estimate", "'from' is later than 'to'")
    ]


def _utc(at: datetime | None) -> str | None:
    return at and at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize(
    ("carrier", "until", "read"),
    [
        ("omniva", "2026-11-23T21:00:00", "2026-11-23T19:00"),
        ("inpost", "2026-11-23T21:00:00", "2026-11-23T20:00"),
        ("omniva", "2026-11-23", "2026-11-23T22:00"),
        ("omniva", "2026-11-23T00:00:00", "2026-11-22T22:00"),
        ("omniva", "2026-11-23T21:00:00Z", "2026-11-23T21:00"),
        ("omniva", "9999-12-31", None),
    ],
)
def test_a_parcel_waits_until_a_local_time_or_the_end_of_a_day(carrier, until, read):
    scan = only(parse(event(carrier=carrier, pickup={"until": until})))
    assert _utc(scan.pickup.until) == read


def test_the_operators_zone_of_a_carrier_holds_for_every_time():
    body = json.dumps(
        event(
            occurred_at="2026-11-20T14:00:00",
            estimate={"from": "2026-11-21"},
            pickup={"until": "2026-11-23T21:00:00"},
        )
    ).encode()
    scan = only(CARRIERS["klat"].parse(body, ParseContext(zone="Atlantic/Azores")))  # UTC-1
    assert _utc(scan.time.at) == "2026-11-20T15:00"
    assert _utc(scan.estimate.starts) == "2026-11-21T01:00"
    assert _utc(scan.pickup.until) == "2026-11-23T22:00"


@pytest.mark.parametrize(
    "told",
    [
        {"status": "in_transit"},
        {"handover": "locker"},
        {"estimate": {"from": "2026-11-21"}},
        {"pickup": {"code": "1"}},
    ],
)
def test_what_takes_another_event_back_cannot_tell_what_is_true_now(told):
    (problem,) = parse(event(**{"status": None, "retracts": "last_delivery"} | told)).problems
    (name,) = told
    assert f"{name}: does not go with 'retracts'" in problem.problem
    assert "an event of its own" in problem.problem


def test_why_and_where_it_was_taken_back_may_be_said():
    told = {"reason": "carrier_missorted", "description": "Kļūda", "location": {"city": "Rīga"}}
    scan = only(parse(event(status=None, retracts="e-7", code="stored", **told)))
    assert (scan.retracts, scan.status, scan.code) == ("e-7", None, "stored")
    assert (scan.reason, scan.description) == (Reason.CARRIER_MISSORTED, "Kļūda")


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("2026-12-31T23:59:60Z", "2026-12-31T23:59:59+00:00"),
        ("2027-01-01T01:59:60+02:00", "2026-12-31T23:59:59+00:00"),
        ("2026-12-31T23:59:60.5Z", "2026-12-31T23:59:59.500000+00:00"),
        ("2026-12-31T23:59:60", "2026-12-31T21:59:59+00:00"),
    ],
)
def test_a_leap_second_is_the_second_before_it(told, read):
    scan = only(parse(event(occurred_at=told)))
    assert (scan.time.at.isoformat(), scan.time.raw) == (read, told)


def test_a_key_that_nobody_knows_is_named_without_what_no_log_can_hold():
    (problem,) = parse(event(**{f"a\0\u202eb{'c' * 100}": 1})).problems
    assert problem.field == f"ab{'c' * 58}"
