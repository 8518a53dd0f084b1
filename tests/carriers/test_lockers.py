"""In the locker, collected from it, taken out of it: three facts, three codes."""

import pytest

from schemas.status import Handover, Reason, Status
from tracking.carriers.base import INFORMATIONAL, Meaning
from tracking.carriers.lockers import LOCKER_CODES, waits_in


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("stored", Meaning(Status.READY_FOR_PICKUP, handover=Handover.LOCKER)),
        ("collected_by_recipient", Meaning(Status.DELIVERED, handover=Handover.LOCKER)),
        ("collected_by_courier", Meaning(Status.IN_TRANSIT)),
        ("collected_by_sender", Meaning(Status.RETURNED, handover=Handover.SENDER)),
        ("expired", Meaning(Status.HELD, Reason.PICKUP_MISSED)),
        ("door_fault", Meaning(Status.HELD, Reason.LOCKER_FAULT)),
        ("door_opened", INFORMATIONAL),
    ],
)
def test_what_a_locker_says(code, meaning):
    assert LOCKER_CODES[code] == meaning


def test_only_the_recipient_ends_the_story_as_delivered():
    delivered = {code for code, said in LOCKER_CODES.items() if said.status is Status.DELIVERED}
    assert delivered == {"collected_by_recipient"}


@pytest.mark.parametrize(
    "name",
    [
        "parcel machine",
        "Rīgas Dārzciema pakomāts",
        "AKROPOLIS paštomatas",
        "Kaubamaja pakiautomaat",
        "Posti Pakettiautomaatti Kallio",
        "Paczkomat WAW01",
        "Пакомат Иманта",
        "Venipak Pickup Locker",
    ],
)
def test_the_name_of_a_locker_tells_it(name):
    assert waits_in(name) is Handover.LOCKER


@pytest.mark.parametrize("name", ["Post office 10", "Rīgas 10. pasta nodaļa", "Pickup point Teika"])
def test_the_name_of_a_counter_tells_it(name):
    assert waits_in(name) is Handover.PICKUP_POINT


@pytest.mark.parametrize("name", [None, "", "Vilnius terminal", "Riga"])
def test_any_other_name_tells_nothing(name):
    assert waits_in(name) is None
