import pytest
from reading import by_code, read, said, sample, state_of

from schemas.scan import Confidence
from schemas.status import Handover, Status
from tracking.carriers import CARRIERS
from tracking.carriers.base import ParseContext

NUMBER = "05808000000017"


def life_cycle():
    return read("dpd", "life_cycle.xml", NUMBER)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("BetweenDepots", (Status.IN_TRANSIT, None, None)),
        ("Courier", (Status.OUT_FOR_DELIVERY, None, None)),
        ("DeliveryFailure", (Status.ATTEMPT_FAILED, None, None)),
        ("ParcelShop", (Status.READY_FOR_PICKUP, None, Handover.PICKUP_POINT)),
        ("PickedUp/DPD has received your parcel.", (Status.ACCEPTED, None, None)),
        ("ReturningFromDelivery", (Status.ATTEMPT_FAILED, None, None)),
    ],
)
def test_the_steps_of_the_life_cycle(code, expected):
    scan = by_code(life_cycle())[code]
    assert (said(scan), scan.tracking_number) == (expected, NUMBER)


def test_back_at_the_depot_is_not_out_for_delivery():
    assert state_of(life_cycle().scans).status is Status.ATTEMPT_FAILED


def test_picked_up_by_whom_is_told_by_the_text_only():
    new = by_code(life_cycle())["PickedUp/Picked up by somebody."]
    assert (new.status, new.recognised) == (None, False)


def test_a_step_nobody_mapped_is_not_guessed():
    assert not by_code(life_cycle())["Beamed"].recognised


def test_what_is_only_foreseen_is_no_scan():
    assert {"Delivered", "SHIPMENT"}.isdisjoint(by_code(life_cycle()))


def test_the_twelve_hour_clock_in_the_zone_of_the_depot():
    scans = by_code(life_cycle())
    assert scans["BetweenDepots"].time.at.isoformat() == "2026-11-18T18:11:26+00:00"
    assert scans["Courier"].time.at.isoformat() == "2026-11-18T23:05:00+00:00"  # 12:05 AM
    assert scans["DeliveryFailure"].time.at.isoformat() == "2026-11-19T11:30:00+00:00"  # PM
    assert scans["ReturningFromDelivery"].time.at.isoformat() == "2026-11-20T17:11:26+00:00"
    assert scans["Courier"].time.confidence is Confidence.ASSUMED_ZONE


def test_the_depot():
    spot = by_code(life_cycle())["ReturningFromDelivery"].location
    assert spot is not None
    assert (spot.city, spot.country) == ("London", "GB")


def test_a_bad_date_costs_only_its_step():
    assert [problem.field for problem in life_cycle().problems] == ["9.date"]


def test_without_a_number_nothing_is_read():
    parsed = CARRIERS["dpd"].parse(sample("dpd", "life_cycle.xml"), ParseContext())
    assert parsed.scans == []
    assert [problem.field for problem in parsed.problems] == ["parcelLabelNumber"]


def test_the_baltic_words_of_a_parcel_brought_to_a_pickup_point():
    scans = [scan for scan in read("dpd", "baltic.json").scans if scan.tracking_number[-2:] == "17"]
    assert [said(scan) for scan in scans] == [
        (Status.ACCEPTED, None, None),
        (Status.IN_TRANSIT, None, None),
        (Status.READY_FOR_PICKUP, None, Handover.PICKUP_POINT),
        (Status.DELIVERED, None, Handover.PICKUP_POINT),
    ]
    assert scans[0].time.at.isoformat() == "2026-11-18T15:00:00+00:00"


def test_the_numbered_scans_and_their_countries():
    parsed = read("dpd", "baltic.json")
    scans = by_code(parsed)
    assert said(scans["10"]) == (Status.IN_TRANSIT, None, None)
    assert scans["10"].time.at.isoformat() == "2026-11-19T03:00:00+00:00"
    assert scans["10"].location is not None
    assert (scans["10"].location.city, scans["10"].location.country) == ("Strykow", "PL")
    assert not scans["77"].recognised
    assert [(problem.index, problem.field) for problem in parsed.problems] == [(1, "4.dateTime")]


def test_the_hours_of_the_round_are_an_estimate_unless_they_make_no_sense():
    rounds = [scan for scan in read("dpd", "baltic.json").scans if scan.code == "03"]
    assert [scan.estimate is not None for scan in rounds] == [True, False]
    assert rounds[0].estimate is not None
    assert rounds[0].estimate.starts is not None
    assert rounds[0].estimate.starts.isoformat() == "2026-11-20T10:00:00+00:00"
