import pytest
from reading import by_code, read, said, state_of

from schemas.status import Handover, Status
from tracking.carriers import CARRIERS
from tracking.carriers.base import Malformed, ParseContext


def test_oldest_first_ends_delivered():
    parsed = read("bpost", "tracking.xml")
    assert [said(scan) for scan in parsed.scans] == [
        (Status.IN_TRANSIT, None, None),
        (Status.OUT_FOR_DELIVERY, None, None),
        (Status.DELIVERED, None, None),
    ]
    assert state_of(parsed.scans).status is Status.DELIVERED


def test_fractions_of_a_second_are_kept():
    delivered = by_code(read("bpost", "tracking.xml"))["U01"]
    assert delivered.time.at.isoformat() == "2026-11-20T08:31:07.427000+00:00"


def test_the_time_of_delivery_is_no_estimate_and_a_pickup_point_says_nothing():
    scans = read("bpost", "tracking.xml").scans
    assert [(scan.estimate, scan.handover, scan.location) for scan in scans] == [
        (None, None, None)
    ] * 3


def test_the_addressee_is_not_read():
    assert "SOMEBODY" not in str(read("bpost", "tracking.xml"))


def test_a_code_nobody_published_is_told_by_the_word_of_its_state():
    scan = by_code(read("bpost", "several.xml"))["Q17"]
    assert said(scan) == (Status.RETURNED, None, Handover.SENDER)


def test_neither_code_nor_word_known_is_not_guessed():
    new = by_code(read("bpost", "several.xml"))["Q18"]
    assert (new.status, new.recognised) == (None, False)


def test_a_time_without_an_offset_is_belgian():
    scan = by_code(read("bpost", "several.xml"))["T00"]
    assert scan.time.at.isoformat() == "2026-11-20T06:00:00+00:00"


def test_what_is_wrong_is_named():
    problems = read("bpost", "several.xml").problems
    assert [(problem.index, problem.field) for problem in problems] == [
        (0, "3.time"),
        (1, "itemCode"),
    ]


def test_another_answer_is_refused():
    with pytest.raises(Malformed, match="itemTracking"):
        CARRIERS["bpost"].parse(b"<error>no such item</error>", ParseContext())
