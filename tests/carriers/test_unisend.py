from itertools import permutations

from reading import by_code, read, said, state_of

from schemas.scan import Confidence
from schemas.status import Handover, Status
from tracking.carriers import CARRIERS
from tracking.carriers.base import ParseContext


def test_a_parcel_from_locker_to_locker():
    parsed = read("unisend", "collected.json")
    assert parsed.problems == []
    assert [said(scan)[0] for scan in parsed.scans] == [
        Status.DELIVERED,
        Status.READY_FOR_PICKUP,
        Status.IN_TRANSIT,
        Status.ACCEPTED,
        Status.INFO_RECEIVED,
    ]
    assert {scan.tracking_number for scan in parsed.scans} == {"UN000000002LT"}
    assert parsed.scans[0].handover is Handover.LOCKER


def test_in_the_locker_is_not_collected():
    scan = by_code(read("unisend", "repeated_hour.json"))["PARCEL_DELIVERED"]
    assert said(scan) == (Status.READY_FOR_PICKUP, None, Handover.LOCKER)


def test_the_courier_taking_it_out_is_not_a_collection():
    meaning = CARRIERS["unisend"].meaning("PARCEL_PICKED_UP_BY_DELIVERYAGENT")
    assert meaning is not None
    assert meaning.status is Status.IN_TRANSIT


def test_the_repeated_hour_is_settled_by_the_life_of_the_parcel():
    scans = read("unisend", "repeated_hour.json").scans
    assert {scan.time.confidence for scan in scans} == {Confidence.ASSUMED_ZONE}
    for order in permutations(scans):
        state = state_of(list(order))
        assert (state.status, state.handover) == (Status.READY_FOR_PICKUP, Handover.LOCKER)
        assert state.since is not None
        assert state.since.isoformat() == "2026-10-25T01:05:00+00:00"


def test_the_coarse_state_helps_only_an_unknown_event():
    scans = by_code(read("unisend", "doubtful.json"))
    assert scans["QUANTUM_LEAP/ON_THE_WAY"].status is Status.IN_TRANSIT
    assert scans["EMG"].status is Status.IN_TRANSIT
    meaning = CARRIERS["unisend"].meaning("DA_RETURNING/ON_THE_WAY")
    assert meaning is not None
    assert meaning.status is Status.RETURNING


def test_coarse_delivered_alone_never_closes_a_parcel():
    scans = by_code(read("unisend", "doubtful.json"))
    for code in ("QUANTUM_LEAP/PARCEL_DELIVERED", "/PARCEL_DELIVERED", "PARCEL_PICKED_UP"):
        assert (scans[code].status, scans[code].recognised) == (None, False)


def test_stored_waits_for_pickup_only_where_the_place_is_named():
    in_town, in_locker = [
        scan for scan in read("unisend", "doubtful.json").scans if scan.code == "STORING"
    ]
    assert (said(in_town), in_town.recognised) == ((None, None, None), True)
    assert said(in_locker) == (Status.READY_FOR_PICKUP, None, Handover.LOCKER)


def test_an_event_without_any_word_is_a_problem():
    body = b'{"mailBarcode": "UN1LT", "eventDate": "2026-11-17T10:00:00"}'
    parsed = CARRIERS["unisend"].parse(body, ParseContext())
    assert [problem.field for problem in parsed.problems] == ["publicEventType"]
