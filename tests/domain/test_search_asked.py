"""One text, everything that it could mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.search.asked import LONGEST, order_begun, read_asked, serial_of

PHONE = "+37120000001"


@pytest.mark.parametrize(
    "typed",
    [
        "+37120000001",
        "+371 20 000 001",
        "0037120000001",
        "00371 2000-0001",
        "37120000001",
        "20000001",
        "20 00 00 01",
        "(371) 2000.0001",
        "+371\u00a020000001",
    ],
)
def test_a_phone_is_read_however_it_is_spelled(typed):
    asked = read_asked(typed)
    assert PHONE in asked.phones
    assert asked.phone_end == "0000001"


@pytest.mark.parametrize(
    ("typed", "phone"), [("8 612 34567", "+37061234567"), ("5123 4567", "+37251234567")]
)
def test_the_neighbours_write_theirs_without_the_prefix(typed, phone):
    assert phone in read_asked(typed).phones


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("ce123456789ee", ("CE123456789EE",)),
        ("CE 123 456 789 EE", ("CE123456789EE",)),
        ("  JJFI-6000 ", ("JJFI6000",)),
        ("Ozoliņa", ()),
        ("Anna", ()),
    ],
)
def test_a_number_is_read_as_it_is_read_out(typed, numbers):
    assert read_asked(typed).numbers == numbers


@pytest.mark.parametrize(
    ("typed", "serials"),
    [
        ("111222333", ("111222333",)),
        ("111 222 333", ("111222333",)),
        ("11122233", ()),
        ("CE111222333EE", ()),
    ],
)
def test_the_digits_of_a_number_are_read_alone(typed, serials):
    assert read_asked(typed).serials == serials


@pytest.mark.parametrize(
    ("number", "serial"),
    [("CE111222333EE", "111222333"), ("CE 111-222-333 EE", "111222333"), ("111222333", None)],
)
def test_which_digits_of_a_number_are_read_out(number, serial):
    assert serial_of(number) == serial


@pytest.mark.parametrize(
    ("order", "begun"),
    [
        ("W-77/1", "w-77"),
        ("W-77", "w"),
        ("1001", "1001"),
        ("A-2026-000123", "a-2026-000123"),
        ("ŽĀ/2", "žā"),
    ],
)
def test_an_order_is_looked_for_without_the_number_of_its_parcel(order, begun):
    assert order_begun(order) == begun


def test_an_order_may_have_a_hash_before_it():
    assert read_asked("#1001").orders == ("#1001", "1001")
    assert read_asked("A/17 b").orders == ("A/17 b",)


@pytest.mark.parametrize(
    ("typed", "postcode"),
    [
        ("LV-1010", "LV1010"),
        ("lv 1010", "LV1010"),
        ("1010", "1010"),
        ("SW1A 1AA", "SW1A1AA"),
        ("Rīga", None),
    ],
)
def test_a_postcode_is_read_in_any_spelling(typed, postcode):
    assert read_asked(typed).postcode == postcode


@pytest.mark.parametrize(
    ("typed", "words", "area"),
    [
        ("Anna Ozoliņa", ("anna", "ozolina"), None),
        ("ozoliņa LV-1010", ("ozolina",), "LV1010"),
        ("1010 Ozoliņa", ("ozolina",), "1010"),
        ("20000001", (), None),
        ("anna@example.lv", (), None),
        ("a b", (), None),
        ("viens divi trīs četri pieci", ("viens", "divi", "tris", "cetri"), None),
    ],
)
def test_a_name_may_have_a_postcode_beside_it(typed, words, area):
    asked = read_asked(typed)
    assert (asked.words, asked.area) == (words, area)


def test_an_address_is_read_in_any_case():
    assert read_asked(" Anna@Example.LV ").email == "anna@example.lv"


@pytest.mark.parametrize("typed", ["", " ", "x", "\u202e\u202e", "\x00\x00", "y" * (LONGEST + 1)])
def test_too_little_or_too_much_is_said(typed):
    with pytest.raises(ValueError, match="type "):
        read_asked(typed)


@given(st.text(min_size=2, max_size=LONGEST))
def test_nobody_can_type_what_breaks_it(typed):
    try:
        asked = read_asked(typed)
    except ValueError:
        return  # nothing that can be seen is left of it
    assert len(asked.words) <= 4
    assert len(asked.phones) <= 9
