"""How people are written, and what is not them."""

import json
import time
from uuid import UUID

import pytest

from schemas.contact import Recipient
from tracking.person.about import About, Work
from tracking.person.traces import finder, traces_of

ANNA = Recipient(
    name="Anna Ozoliņa-Bērza", phone="+37120000345", email="Anna.Ozolina@Example.LV",
    postcode="LV-1050", country="LV",
)  # fmt: skip
FINDER = finder(traces_of([ANNA]))


@pytest.mark.parametrize(
    "text",
    [
        "+37120000345",
        "call 20000345 now",
        "00371 20 000 345",
        "(+371) 2000-0345",
        "+371 20.000.345",
        "%2B37120000345",
        "ANNA.OZOLINA@example.lv",
        "anna.ozolina%40example.lv",
        json.dumps({"to": "anna.ozolina@example.lv"}),
    ],
)
def test_a_phone_and_an_address_are_found_anywhere(text):
    assert FINDER.finds_anywhere(text)
    assert FINDER.finds_beside(text)


@pytest.mark.parametrize(
    "text",
    [
        "Left with Ozoliņa",
        "OZOLINA",
        "Озолина",
        json.dumps("Bērza"),
        "anna",
        "LV-1050",
        "lv 1050",
        '{"postcode": "1050"}',
    ],
)
def test_names_and_postcodes_are_found_beside_their_parcels_only(text):
    assert FINDER.finds_beside(text)
    assert not FINDER.finds_anywhere(text)


@pytest.mark.parametrize(
    "text",
    [
        "120000345",
        "200003456",
        "2000034",
        "xanna.ozolinab",
        "Annas",
        "Ozols",
        "1050 EUR",
        "LV-10505",
    ],
)
def test_what_only_looks_like_it_is_not_them(text):
    assert not FINDER.finds_beside(text)


def test_who_stays_is_not_looked_for():
    buyer = Recipient(name="Juris Bērza", phone="+37120000345", email="juris@example.lv")
    found = finder(traces_of([ANNA]).without(traces_of([buyer])))
    assert not found.finds_beside("Bērza")
    assert not found.finds_anywhere("+37120000345")
    assert found.finds_beside("Anna")


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        ("CE123456", True),
        ('"CE123456"', True),
        ("CE1234567", False),
        ("ACE123456", False),
        ("a b 123456", True),
        ("in 2026", False),
        ("2026-11-28", False),
        ("EXPRESSED", False),
    ],
)
def test_a_number_is_that_parcels_where_it_stands_whole_and_tells_something(text, speaks):
    """A shop may register a parcel 2026, or EXPRESSED."""
    numbers = ("CE123456", "A B 123456", "2026", "2026-11", "EXPRESSED")
    about = About.of(Work(numbers=numbers))
    assert about.names_parcel(text.upper() if " " in text else text) is speaks


def test_nobody_is_found_where_there_is_nothing_to_look_for():
    nobody = About.of(Work())
    assert not nobody.speaks("+37120000345 anna@example.lv CE12")


def test_a_parcel_is_found_by_its_id_wherever_it_stands_in_a_text():
    own = UUID("0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d")
    about = About.of(Work(parcels=(own,)))
    other = UUID(int=1)
    for text in (f"{own}", f"/t/{own}?x", f"ff{own}ff", f"{other}-{own}", f"{other}{own}"):
        assert about.names_parcel(text), text
    for text in ("", f"{own}"[1:], f"{own}"[:-1], str(own).upper(), str(other)):
        assert not about.names_parcel(text), text


def test_a_text_is_read_once_however_many_parcels_they_have():
    """A look for each of them took a millisecond a row for five hundred."""
    about = About.of(Work(parcels=tuple(UUID(int=n) for n in range(10_000))))
    text = json.dumps({"id": str(UUID(int=2**100)), "text": "x" * 600})
    started = time.perf_counter()
    assert not any(about.names_parcel(text) for _ in range(100))
    assert time.perf_counter() - started < 0.3
