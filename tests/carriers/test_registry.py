"""Every carrier keeps the promises of the registry, whatever it is sent."""

import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from reading import SAMPLES, read

from schemas.scan import CarrierCode, Scan
from tracking.carriers import CARRIERS, carrier
from tracking.carriers.base import Carrier, Malformed, Meaning, ParseContext, Parsed

CONTEXTS = (ParseContext(), ParseContext(tracking_number="AB123456789LV", zone="Europe/Riga"))
HOSTILE = {
    "nothing": b"",
    "blanks": b" \n ",
    "no UTF-8": b"\xff",
    "NUL": b"\x00",
    "object": b"{}",
    "array": b"[]",
    "null": b"null",
    "number": b"17",
    "text": b'"delivered"',
    "array of anything": b'[null, 1, "a", [], {}, [[]], true]',
    "events of anything": b'{"events": [null, 1, "a", [], {}], "status": [], "payload": 1}',
    "deep array": b"[" * 100_000 + b"]" * 100_000,
    "deep object": b'{"a":' * 100_000,
    "deep but legal": b'{"events":' * 150 + b"1" + b"}" * 150,
    "long number": b'{"events": [{"time": ' + b"9" * 4_000 + b"}]}",
    "element": b"<a/>",
    "broken element": b"<a><b></a>",
    "deep elements": b"<event>" * 50_000 + b"</event>" * 50_000,
    "entity": b'<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>',
}
every_carrier = pytest.mark.parametrize("known", CARRIERS.values(), ids=CARRIERS.keys())


def attempt(known: Carrier, body: bytes, context: ParseContext) -> Parsed | None:
    """What the carrier makes of it; None where the whole body is malformed. Nothing else may be."""
    try:
        parsed = known.parse(body, context)
    except Malformed:
        return None
    assert all(isinstance(scan, Scan) for scan in parsed.scans)
    return parsed


@every_carrier
def test_a_carrier_is_what_its_row_says(known):
    assert carrier(known.code) is known
    assert ZoneInfo(known.zone)
    assert all(isinstance(meaning, Meaning) for meaning in known.codes.values())
    assert TypeAdapter(CarrierCode).validate_python(known.code) == known.code
    assert known.tracking_page is None or known.tracking_page.count("{number}") == 1


@every_carrier
def test_every_code_of_the_table_can_be_found_by_its_own_name(known):
    assert {code for code in known.codes if known.meaning(code) is not known.codes[code]} == set()


@every_carrier
def test_a_code_nobody_mapped_means_nothing(known):
    assert known.meaning("no-such-code-17") is None


def test_an_unknown_carrier_is_none():
    assert carrier("nobody") is None


@every_carrier
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("context", CONTEXTS, ids=["alone", "asked"])
def test_nothing_that_is_sent_makes_a_carrier_fall_over(known, body, context):
    attempt(known, body, context)


WORDS = st.sampled_from(
    [
        *("events", "parcels", "items", "status", "payload", "eventLog", "tracking_details"),
        *("event", "code", "time", "location", "city", "lat", "lng", "date", "date_iso", "data"),
        *("packetCode", "eventCode", "eventDate", "eventSource", "stateCode", "barcode"),
        *("pack_no", "pack_status", "mailBarcode", "publicEventType", "publicStateType"),
        *("timestamp", "eventDescription", "main", "event_ts", "tracking_number", "datetime"),
        *("shipmentNumber", "type", "name", "openCode", "qrCode", "operations", "expiryDate"),
        *("carrier", "occurred_at", "description", "pickupPoint", "consumerSearchShipments"),
    ]
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["2026-11-20T14:03:00", "2026-11-20", "AB123456789LV", "omniva", "DELIVERED"]),
    st.sampled_from(
        ["READY_TO_PICKUP", "PARCEL_STATUS", "The item has been delivered", "9", "EMI"]
    ),
)
JSON = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=8),
    max_leaves=30,
)


@every_carrier
@settings(max_examples=40)
@given(value=JSON)
def test_any_json_is_read_or_refused(known, value):
    for context in CONTEXTS:
        attempt(known, json.dumps(value).encode(), context)


@every_carrier
@settings(max_examples=40)
@given(value=st.dictionaries(WORDS, VALUES, max_size=12), held=st.booleans())
def test_any_event_is_read_or_refused(known, value, held):
    for context in CONTEXTS:
        attempt(known, json.dumps({"events": [value]} if held else value).encode(), context)


@every_carrier
@settings(max_examples=20)
@given(body=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(known, body):
    attempt(known, body, CONTEXTS[1])


EVERY_SAMPLE = sorted(
    (path.parent.name, path.name) for path in SAMPLES.glob("*/*") if path.parent.name in CARRIERS
)


@pytest.mark.parametrize(("code", "name"), EVERY_SAMPLE)
def test_every_sample_is_read_and_stays_readable_when_stored(code, name):
    for scan in read(code, name, "AB123456789LV").scans:
        assert Scan.model_validate_json(scan.model_dump_json()) == scan
