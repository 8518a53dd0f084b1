"""Of which parcels bytes speak that could not be applied: of all of them, or nothing is said."""

import json

import pytest

from schemas.shipment import shipment_id
from tracking.person.told import parcels_told

OWN, OTHER = shipment_id("omniva", "CE1"), shipment_id("omniva", "CE2")
EVENT = {"carrier": "omniva", "tracking_number": "CE1", "code": "X"}
DHL = "00340434161094042557"


def native(*numbers: str) -> bytes:
    event = {"timestamp": "2026-11-20T09:00:00+01:00", "statusCode": "transit"}
    return json.dumps({"shipments": [{"id": each, "events": [event]} for each in numbers]}).encode()


@pytest.mark.parametrize(
    ("body", "given", "told"),
    [
        (EVENT, None, {OWN}),
        ([EVENT, {**EVENT, "tracking_number": "CE2"}], None, {OWN, OTHER}),
        ([EVENT, {"carrier": "omniva"}], None, set()),
        ([EVENT, "CE2"], None, set()),
        ({**EVENT, "tracking_number": 1}, None, set()),
        ([], None, set()),
        ("CE1", None, set()),
        (b"CE1 was here", None, set()),
        (b"CE1 was here", "CE1", {OWN}),
        (b"[" * 100_000, None, set()),
        ({**EVENT, "tracking_number": "CE2"}, "CE1", {OTHER}),
    ],
)
def test_every_item_says_whose_it_is(body, given, told):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert parcels_told(content, "omniva", given, is_native=False) == told


@pytest.mark.parametrize(
    ("body", "given", "told"),
    [
        (native(DHL), None, {DHL}),
        (native(DHL, "JJD1"), None, {DHL, "JJD1"}),
        (b'{"shipments": "none"}', None, set()),
        (b"{", DHL, {DHL}),
    ],
)
def test_a_payload_is_read_by_its_carriers_reader(body, given, told):
    found = parcels_told(body, "dhl", given, is_native=True)
    assert found == {shipment_id("dhl", each) for each in told}


def test_what_no_reader_knows_is_of_nobody():
    assert parcels_told(native(DHL), "nobody", None, is_native=True) == set()
