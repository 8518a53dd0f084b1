import json

import pytest
from reading import by_code, read, said, state_of

from schemas.scan import Confidence, scan_key
from schemas.status import Handover, Reason, Status
from tracking.carriers import CARRIERS
from tracking.carriers.base import ParseContext, Parsed


def parse(body: bytes) -> Parsed:
    return CARRIERS["venipak"].parse(body, ParseContext())


def test_a_locker_parcels_life():
    parsed = read("venipak", "locker.json")
    assert parsed.problems == []
    assert [said(scan) for scan in parsed.scans] == [
        (Status.INFO_RECEIVED, None, None),
        (Status.IN_TRANSIT, None, None),
        (Status.IN_TRANSIT, None, None),
        (Status.OUT_FOR_DELIVERY, None, None),
        (Status.READY_FOR_PICKUP, None, Handover.LOCKER),
        (Status.DELIVERED, None, Handover.LOCKER),
    ]
    assert {scan.time.confidence for scan in parsed.scans} == {Confidence.EXACT}


def test_at_terminal_repeats_and_is_no_duplicate():
    terminals = [s for s in read("venipak", "locker.json").scans if s.code == "2/At terminal"]
    assert len({scan_key(scan) for scan in terminals}) == 2


def test_nine_is_final_only_beside_delivered():
    scans = by_code(read("venipak", "multiple.json"))
    assert said(scans["9/Forwarding"]) == (Status.IN_TRANSIT, Reason.REDIRECTED, None)
    assert said(scans["9/Returning"]) == (Status.RETURNING, None, None)
    assert scans["9/Something"].recognised is False


def test_a_reserved_code_is_not_guessed():
    assert by_code(read("venipak", "multiple.json"))["4/Something"].recognised is False


def test_several_parcels_keep_their_numbers():
    numbers = {scan.tracking_number for scan in read("venipak", "multiple.json").scans}
    assert numbers == {"V00001E0000022", "V00001E0000023"}


def test_the_old_list_has_a_text_and_a_local_time():
    (scan,) = read("venipak", "ws.json").scans
    assert (scan.status, scan.code) == (Status.IN_TRANSIT, "At terminal")
    assert scan.time.confidence is Confidence.ASSUMED_ZONE
    assert scan.time.at.isoformat() == "2026-07-08T10:42:24+00:00"


@pytest.mark.parametrize(
    ("place", "handover"),
    [
        ("Venipak paštomatas, Teika", Handover.LOCKER),
        ("Narvesen Teika", Handover.PICKUP_POINT),
        ("", None),
    ],
)
def test_only_the_place_tells_a_locker_from_a_counter(place, handover):
    event = {
        "pack_no": "V00001E0000025",
        "pack_status": 6,
        "event": "At pickup point",
        "location": {"place": place},
        "date_iso": "2026-11-18T12:00:00+02:00",
    }
    (scan,) = parse(json.dumps([event]).encode()).scans
    assert said(scan) == (Status.READY_FOR_PICKUP, None, handover)


@pytest.mark.parametrize("body", [b"[]", b'{"message": "No events found"}'])
def test_no_events_yet_is_no_fault(body):
    assert parse(body) == Parsed()


def test_the_order_of_the_list_decides_nothing():
    scans = read("venipak", "locker.json").scans
    assert state_of(scans) == state_of(scans[::-1])
    assert state_of(scans).status is Status.DELIVERED
