"""The steps fit the way of the parcel and are honest about where it stopped."""

import pytest
from parcels import BROUGHT_STAGES, STAGES, STATES, in_transit, out_for_delivery, parcel, stopped

from schemas.status import Handover, Reason, Status
from tracking.web.progress import progress
from tracking.web.view import ParcelView
from tracking.words.catalog import words_of

DONE, NOW_, PROBLEM, AHEAD = "+", ">", "!", "-"
SIGNS = {"done": DONE, "now": NOW_, "problem": PROBLEM, "ahead": AHEAD}


def steps(view: ParcelView) -> str:
    return " ".join(SIGNS[step.state] + str(step.label) for step in progress(view, words_of("en")))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("pending", ">Registered -Handed over -On the way -Delivered"),
        ("in_transit", "+Registered +Handed over >On the way -Delivered"),
        ("out_for_delivery", "+Registered +Handed over +On the way >Out for delivery -Delivered"),
        ("ready_locked", "+Registered +Handed over +On the way >Ready to collect -Collected"),
        ("delivered", "+Registered +Handed over +On the way +Ready to collect +Collected"),
        (
            "attempt_failed",
            "+Registered +Handed over +On the way !Delivery attempt failed -Delivered",
        ),
        ("held_customs", "+Registered +Handed over !On hold -Delivered"),
        ("exception", "+Registered +Handed over +On the way !Problem -Delivered"),
        ("returning", "+Registered +Handed over +On the way >Going back -Back with the sender"),
        ("returned", "+Registered +Handed over +On the way +Going back +Back with the sender"),
        ("cancelled", "+Registered +Handed over !Cancelled -Delivered"),
        ("expired", "+Registered +Handed over !No news -Delivered"),
    ],
)
def test_the_steps_of_each_state(state: str, expected: str) -> None:
    assert steps(STATES[state]) == expected


def test_a_parcel_for_a_locker_is_shown_its_way_from_the_start() -> None:
    way = "+Registered +Handed over >On the way -Ready to collect -Collected"
    assert steps(in_transit(to_collect=True)) == way
    courier = "+Registered +Handed over >Out for delivery -Ready to collect -Collected"
    assert steps(out_for_delivery(to_collect=True)) == courier


def test_a_parcel_for_a_door_is_shown_its_way_from_the_start() -> None:
    way = "+Registered +Handed over >On the way -Out for delivery -Delivered"
    assert steps(in_transit(to_collect=False)) == way


def test_held_after_it_waited_is_stopped_there() -> None:
    stages = {**STAGES, Status.READY_FOR_PICKUP: STAGES[Status.IN_TRANSIT]}
    held = stopped(Status.HELD, Reason.PICKUP_MISSED, state={"stages": stages})
    assert steps(held) == "+Registered +Handed over +On the way !On hold -Collected"


def test_given_to_the_recipient_on_the_way_back() -> None:
    stages = {**BROUGHT_STAGES, Status.RETURNING: STAGES[Status.IN_TRANSIT]}
    state = {"status": Status.DELIVERED, "handover": Handover.RECIPIENT, "stages": stages}
    assert steps(parcel(state, [])) == "+Registered +Handed over +On the way +Going back +Delivered"


@pytest.mark.parametrize("status", Status)
def test_there_is_exactly_one_current_step(status: Status) -> None:
    for to_collect in (True, False, None):
        view = stopped(status, to_collect=to_collect)
        assert [step.current for step in progress(view, words_of("lv"))].count(True) == 1
