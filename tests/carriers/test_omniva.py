import json

import pytest
from reading import by_code, read, said, state_of

from schemas.scan import LAST_DELIVERY, Confidence, Location
from schemas.status import Handover, Status
from tracking.carriers import CARRIERS
from tracking.carriers.base import ParseContext
from tracking.carriers.omniva import CODES


def test_the_xml_feed():
    parsed = read("omniva", "feed.xml")
    assert parsed.problems == []
    assert [(scan.tracking_number, scan.status) for scan in parsed.scans] == [
        ("CE000000011EE", Status.INFO_RECEIVED),
        ("CE000000011EE", Status.IN_TRANSIT),
        ("CE000000012EE", Status.READY_FOR_PICKUP),
    ]


def test_the_place_tells_the_locker_and_a_naive_time_is_estonian():
    waiting = read("omniva", "feed.xml").scans[2]
    assert waiting.handover is Handover.LOCKER
    assert waiting.time.confidence is Confidence.ASSUMED_ZONE
    assert waiting.time.at.isoformat() == "2026-11-18T08:30:00+00:00"
    assert waiting.location is not None
    assert waiting.location.name == "Rīgas Dārzciema pakomāts"


def test_the_json_of_omx_for_several_parcels():
    parsed = read("omniva", "omx.json")
    scans = by_code(parsed)
    assert scans["TRT_SHIPMENT_REGISTERED"].status is Status.INFO_RECEIVED
    assert scans["TRT_SHIPMENT_REGISTERED"].tracking_number == "CE000000014EE"
    assert scans["TRT_SHIPMENT_SOMETHING_NEW"].recognised is False
    assert [(problem.index, problem.field) for problem in parsed.problems] == [(1, "1.eventDate")]


def test_a_state_without_an_event_is_kept_and_changes_nothing():
    state = by_code(read("omniva", "omx.json"))["PACKET_STATE_DELIVERED_POSTOFFICE"]
    assert (state.status, state.recognised) == (None, True)


def test_a_delivery_marked_by_mistake_is_taken_back():
    parsed = read("omniva", "taken_back.json")
    assert by_code(parsed)["PACKET_EVENT_DELIVERY_CANCELLED"].retracts == LAST_DELIVERY
    state = state_of(parsed.scans)
    assert (state.status, state.handover) == (Status.READY_FOR_PICKUP, Handover.LOCKER)
    assert state_of(parsed.scans[::-1]) == state


@pytest.mark.parametrize("code", ["DELIVERED_POSTOFFICE", "PACKET_EVENT_DELIVERED_X", "CANCEL"])
def test_a_part_of_a_word_is_not_the_word(code):
    assert CARRIERS["omniva"].meaning(code) is None


@pytest.mark.parametrize("short", ["IPS_C", "IPS_D", "IPS_E"])
def test_the_short_and_the_long_form_are_the_same_thing(short):
    assert CODES[short] == CODES[short.replace("IPS_", "IPS_EM")]


def test_customs_clearance_is_not_a_hold():
    assert CODES["IPS_EME"].status is Status.IN_TRANSIT


def test_the_parcel_may_go_back():
    assert said_of("RETURN") is Status.RETURNING
    assert said_of("WRITING_OFF") is Status.EXCEPTION


def said_of(code: str) -> Status | None:
    meaning = CARRIERS["omniva"].meaning(f"PACKET_EVENT_{code}")
    assert meaning is not None
    return meaning.status


def test_back_at_the_depot_after_an_attempt_is_not_out_for_delivery():
    state = state_of(read("omniva", "attempt.json").scans)
    assert state.status is not Status.OUT_FOR_DELIVERY
    assert state.attempts == 1


def test_a_notice_says_nothing_new():
    notice = by_code(read("omniva", "taken_back.json"))["PACKET_EVENT_SEND_REC_EMAIL_NOTIF"]
    assert (said(notice), notice.recognised) == ((None, None, None), True)


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("Tallinn", Location(city="Tallinn", country="EE")),
        ("Riga", Location(city="Riga", country="LV")),
        (" ŠIAULIAI ", Location(city="ŠIAULIAI", country="LT")),
        ("Rīgas Dārzciema pakomāts", Location(name="Rīgas Dārzciema pakomāts")),
        ("Riga, Brīvības iela 1", Location(name="Riga, Brīvības iela 1")),
        ("parcel machine", Location(name="parcel machine")),
        ("", None),
        (None, None),
    ],
)
def test_a_town_is_told_from_a_locker(source, place):
    """With the link alone the page shows towns, and names of lockers it does not."""
    row = {"packetCode": "CE1", "eventCode": "SAVED", "eventDate": "2026-11-17T09:00:00Z"}
    body = json.dumps({"events": [row | {"eventSource": source}]}).encode()
    (scan,) = CARRIERS["omniva"].parse(body, ParseContext()).scans
    assert scan.location == place
