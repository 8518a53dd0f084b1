"""Whom to ask how it was, what about, and which marks are low."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from schemas.shipment import ShipmentState
from schemas.status import Handover, Status
from schemas.survey import Packaging, SurveyAnswer
from tracking.domain.survey import asks_of_courier, is_low, is_to_be_asked

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "days", "is_asked"),
    [
        (Status.DELIVERED, 0, True),
        (Status.DELIVERED, 30, True),
        (Status.DELIVERED, 31, False),
        (Status.RETURNED, 1, False),
        (Status.READY_FOR_PICKUP, 1, False),
        (Status.IN_TRANSIT, 1, False),  # so it is where a delivery was taken back
    ],
)
def test_who_got_it_lately_is_asked(status, days, is_asked):
    state = ShipmentState(status=status, since=NOW - timedelta(days=days))
    assert is_to_be_asked(state, NOW) is is_asked


@pytest.mark.parametrize("handover", [None, *Handover])
def test_a_courier_is_asked_about_where_there_was_one(handover):
    nobody = {Handover.LOCKER, Handover.PICKUP_POINT, Handover.SENDER}
    assert asks_of_courier(ShipmentState(handover=handover)) is (handover not in nobody)


@pytest.mark.parametrize(
    ("marks", "low"),
    [
        ({"recommend": 6}, True),
        ({"recommend": 0}, True),
        ({"recommend": 7}, False),
        ({"courier": 2}, True),
        ({"courier": 3, "recommend": 10}, False),
        ({"packaging": "damaged", "recommend": 10}, True),
        ({"packaging": "too_big"}, False),
        ({"word": "never again"}, False),
    ],
)
def test_which_marks_are_low(marks, low):
    assert is_low(SurveyAnswer(**marks)) is low


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"word": " \n\u200b"},
        {"recommend": 11},
        {"recommend": -1},
        {"courier": 0},
        {"courier": 6},
        {"packaging": "lost"},
        {"word": "x" * 1001},
        {"recommend": "many"},
    ],
)
def test_what_is_no_answer(fields):
    with pytest.raises(ValidationError):
        SurveyAnswer(**fields)


def test_an_answer_as_a_form_sends_it():
    told = SurveyAnswer(recommend="0", courier="5", packaging="too_big", word=" so\r\n\r\nbig\x07 ")
    assert (told.recommend, told.courier, told.packaging) == (0, 5, Packaging.TOO_BIG)
    assert told.word == "so\nbig"
