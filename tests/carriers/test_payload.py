"""Lenient reading: what is missing is named, what is hostile is refused, the rest is kept."""

import pytest

from schemas.scan import Confidence
from tracking.carriers import CARRIERS
from tracking.carriers.base import Malformed, ParseContext, text
from tracking.carriers.payload import (
    collect,
    deadline,
    fields_of,
    first,
    nested,
    obj,
    place,
    raw_code,
    read_json,
    read_xml,
    required,
    rows,
    when,
)


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff", b"{", b"[1,]", b"[NaN]", b'["\xed\xa0\x80"]', b"[" * 100_000, b"1" * 5_000],
)
def test_what_is_not_json_is_malformed(body):
    with pytest.raises(Malformed):
        read_json(body)


def test_a_byte_order_mark_and_blanks_are_nothing():
    assert read_json(b'\n\xef\xbb\xbf {"a": 1}\n') == {"a": 1}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<a>",
        b"<a>\x00</a>",
        b'<?xml version="1.0" encoding="utf-7"?><a/>',
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b'<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>',
    ],
)
def test_what_is_not_plain_xml_is_malformed(body):
    with pytest.raises(Malformed):
        read_xml(body)


def test_deep_xml_is_read_without_falling_over():
    assert read_xml(b"<a>" * 100_000 + b"</a>" * 100_000).tag == "a"


def test_xml_names_lose_their_namespace_and_a_row_reads_like_json():
    root = read_xml(b'<x:a xmlns:x="urn:x" x:id="1"><x:b>two</x:b><c/><d><e/></d></x:a>')
    assert fields_of(root) == {"id": "1", "b": "two", "c": ""}


@pytest.mark.parametrize("value", [None, "", "  ", "string", "N/A", "null", True, [], {}, "\u200b"])
def test_a_placeholder_says_nothing(value):
    assert text(value) is None


@pytest.mark.parametrize(("value", "said"), [(0, "0"), (7.5, "7.5"), (" a\x00b ", "ab")])
def test_a_number_or_a_word_says_itself_cleaned(value, said):
    assert text(value) == said


def test_the_first_field_that_says_something_is_taken():
    assert first({"a": "", "b": "string", "c": "yes"}, "a", "b", "c") == "yes"


def test_a_missing_field_is_named():
    with pytest.raises(Malformed, match="packetCode: is missing"):
        required({"packetCode": " "}, "packetCode", "barcode")


def test_a_bad_time_is_named_by_the_field_it_stood_in():
    with pytest.raises(Malformed, match="date:"):
        when({"date_iso": "", "date": "soon"}, "Europe/Riga", "date_iso", "date")


@pytest.mark.parametrize(
    ("value", "expected"),
    [([1], [1]), ({"items": [1]}, [1]), ({"items": {"a": 1}}, [{"a": 1}]), ({"a": 1}, [{"a": 1}])],
)
def test_one_or_several_are_both_a_list(value, expected):
    assert rows(value, "items") == expected


def test_a_point_in_the_gulf_of_guinea_is_no_place():
    assert place({"lat": 0, "lng": "0.0", "city": ""}, lat="lat", lon="lng", city="city") is None


@pytest.mark.parametrize("bad", ["north", 91, "nan", "inf", None])
def test_an_impossible_point_costs_only_itself(bad):
    found = place({"lat": bad, "lng": 24.1, "city": "Rīga"}, lat="lat", lon="lng", city="city")
    assert found is not None
    assert (found.city, found.lat, found.lon) == ("Rīga", None, None)


@pytest.mark.parametrize(("said", "country"), [("lv", "LV"), ("Latvia", None), ("", None)])
def test_a_country_is_two_letters_or_nothing(said, country):
    found = place({"city": "Rīga", "cc": said}, city="city", country="cc")
    assert found is not None
    assert found.country == country


def test_a_code_keeps_its_parts_in_order():
    assert (raw_code(9, "Delivered"), raw_code(None, ""), raw_code(0)) == ("9/Delivered", None, "0")


def test_a_deadline_that_is_a_day_means_to_its_end():
    until = deadline({"expiryDate": "2026-11-20"}, "Europe/Riga", "expiryDate")
    assert until is not None
    assert until.isoformat() == "2026-11-20T22:00:00+00:00"
    assert deadline({"expiryDate": "soon"}, "Europe/Riga", "expiryDate") is None


def test_a_bad_item_costs_only_itself_and_keeps_its_index():
    parsed = collect([{"a": "1"}, "x", {}], lambda item: required(obj(item), "a") and None)
    assert [(p.index, p.field, p.problem) for p in parsed.problems] == [
        (1, "", "must be an object"),
        (2, "a", "is missing or empty"),
    ]


def test_a_problem_inside_a_parcel_says_where_in_the_body():
    body = [{"n": "1", "events": [{"a": "1"}, {}]}, {"events": "none"}]
    parsed = nested(body, "events", lambda _, row: required(obj(row), "a") and None)
    assert [(p.index, p.field) for p in parsed.problems] == [(0, "1.a"), (1, "events")]


def test_the_operators_zone_replaces_the_carriers():
    body = (
        b'{"mailBarcode": "UN1LT", "publicEventType": "SENT", "eventDate": "2026-11-20T10:00:00"}'
    )
    parsed = CARRIERS["unisend"].parse(body, ParseContext(zone="Europe/Warsaw"))
    assert parsed.scans[0].time.at.hour == 9
    assert parsed.scans[0].time.confidence is Confidence.ASSUMED_ZONE
