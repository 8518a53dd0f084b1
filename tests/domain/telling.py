"""Telling parcels' lives in the carriers' own words, in every order, and in batches."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import permutations

from lives import Book, received

from schemas.scan import Scan
from schemas.shipment import ShipmentState
from tracking.carriers import CARRIERS
from tracking.carriers.base import ParseContext
from tracking.domain.shipment import fold

# What each carrier calls the number, the code and the time of an event.
_FIELDS = {
    "omniva": ("packetCode", "eventCode", "eventDate"),
    "unisend": ("barcode", "publicEventType", "eventDate"),
    "upu": ("itemId", "code", "time"),
}


def events(carrier: str, *told: tuple[str, str]) -> list[Scan]:
    """What the carrier says: (code, time) each."""
    number, code, time = _FIELDS[carrier]
    return read(carrier, [{number: "CE1", code: said, time: at} for said, at in told])


def read(carrier: str, payload: object) -> list[Scan]:
    parsed = CARRIERS[carrier].parse(json.dumps(payload).encode(), ParseContext("CE1"))
    assert parsed.problems == []
    return parsed.scans


def truth(*scans: Scan) -> ShipmentState:
    """The state of the parcel, the same in whatever order its scans are told."""
    states = _states(scans)
    state = next(states)
    assert all(each == state for each in states)
    return state


def _states(scans: tuple[Scan, ...]) -> Iterator[ShipmentState]:
    for order in permutations(scans):
        yield fold(map(received, order)).state


def announced(*batches: list[Scan]) -> list[tuple[str, str]]:
    """What the world is told of scans that come in these batches: (kind, status) of each fact."""
    book = Book()
    for batch in batches:
        book.apply([received(each) for each in batch])
    return [(owed.kind, state.status.value) for _, _, owed, state in book.announced]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)
