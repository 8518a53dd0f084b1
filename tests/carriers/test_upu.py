import pytest
from reading import by_code, read

from schemas.scan import Confidence
from schemas.status import Reason, Status
from tracking.carriers import CARRIERS


def test_items_and_their_events():
    parsed = read("upu", "items.json")
    assert parsed.problems == []
    assert [(scan.tracking_number, scan.code) for scan in parsed.scans] == [
        ("RR000000017LV", "EMA"),
        ("RR000000017LV", "EME"),
        ("RR000000017LV", "EDC"),
        ("RR000000018LV", "EDH"),
        ("RR000000018LV", "EZZ"),
    ]


def test_released_by_customs_is_not_held():
    scans = by_code(read("upu", "items.json"))
    assert (scans["EME"].status, scans["EME"].reason) == (Status.HELD, Reason.CUSTOMS_INSPECTION)
    assert (scans["EDC"].status, scans["EDC"].reason) == (Status.IN_TRANSIT, None)


def test_a_collection_point_may_be_a_locker_or_a_counter():
    ready = by_code(read("upu", "items.json"))["EDH"]
    assert (ready.status, ready.handover) == (Status.READY_FOR_PICKUP, None)
    assert ready.time.confidence is Confidence.ASSUMED_ZONE


def test_a_country_and_an_office_make_a_place():
    posted = by_code(read("upu", "items.json"))["EMA"].location
    assert posted is not None
    assert (posted.name, posted.country) == ("Rīga 10", "LV")


@pytest.mark.parametrize("code", ["emi", " EMI "])
def test_a_code_is_known_however_it_is_typed(code):
    meaning = CARRIERS["upu"].meaning(code)
    assert meaning is not None
    assert meaning.status is Status.DELIVERED
