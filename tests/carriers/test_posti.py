import json

import pytest
from reading import by_code, read, said, state_of

from schemas.scan import scan_key
from schemas.status import Handover, Status
from tracking.carriers import CARRIERS
from tracking.carriers.base import ParseContext

NUMBER = "JJFI00000000000000009"


def test_a_parcel_that_waits_in_a_locker():
    parsed = read("posti", "waiting.json")
    assert parsed.problems == []
    assert {scan.tracking_number for scan in parsed.scans} == {"JJFI00000000000000001"}
    ready = by_code(parsed)["Item is ready for a pick up."]
    assert said(ready) == (Status.READY_FOR_PICKUP, None, Handover.LOCKER)
    assert ready.pickup is not None
    assert ready.pickup.code == "4711"
    assert ready.pickup.until is not None
    assert ready.pickup.until.isoformat() == "2026-11-25T22:00:00+00:00"


def test_two_events_of_one_timestamp_are_two_events():
    same = [s for s in read("posti", "waiting.json").scans if s.time.raw.startswith("2026-11-18")]
    assert len({scan_key(scan) for scan in same}) == 2


def test_delivered_to_the_sender_is_returned():
    parsed = read("posti", "returned.json", NUMBER)
    back = by_code(parsed)["RETURN_DELIVERED/The item has been delivered"]
    assert said(back) == (Status.RETURNED, None, Handover.SENDER)
    assert state_of(parsed.scans).status is Status.RETURNED
    assert by_code(parsed)["Item is ready for a pick up"].pickup is None


def test_the_main_status_decides_where_no_text_is_understood():
    parsed = read("posti", "delivered_in_finnish.json", NUMBER)
    *texts, end = parsed.scans
    assert [scan.recognised for scan in texts] == [False, False]
    assert (end.status, end.code) == (Status.DELIVERED, "DELIVERED")
    assert end.time.at.isoformat() == "2026-11-18T12:30:00+00:00"


@pytest.mark.parametrize("main", ["IN_TRANSPORT", ""])
def test_the_text_alone_delivers_nothing(main):
    event = {
        "timestamp": "2026-11-18T08:00:00Z",
        "eventDescription": "The item has been delivered",
    }
    body = json.dumps({"status": {"main": main}, "events": [event]})
    (scan,) = CARRIERS["posti"].parse(body.encode(), ParseContext(tracking_number=NUMBER)).scans
    assert (scan.status, scan.recognised) == (None, False)


def test_without_a_number_there_is_nothing_to_attach_to():
    parsed = read("posti", "returned.json")
    assert parsed.scans == []
    assert {problem.field for problem in parsed.problems} == {
        f"{at}.trackingNumber" for at in range(3)
    }
