"""Of which parcels bytes speak that could not be applied. Pure.

It is said of all of them or of none: so what one shop has erased takes nothing along that may be
another's.
"""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from schemas.shipment import shipment_id
from tracking.carriers import CARRIERS
from tracking.carriers.base import Malformed, ParseContext
from tracking.carriers.payload import read_json

_NOTHING: Final[frozenset[UUID]] = frozenset()


def parcels_told(
    body: bytes, carrier: str, tracking_number: str | None, *, is_native: bool
) -> frozenset[UUID]:
    """Journey 1 of every number in it; empty where one of them may be missed.

    `tracking_number`: given beside it, and holds for what names none itself.
    """
    told = _native(body, carrier, tracking_number) if is_native else _plain(body)
    if told is None:
        return _ids([(carrier, tracking_number)]) if tracking_number else _NOTHING
    return _ids(told)


def _ids(told: Iterable[tuple[str, str]]) -> frozenset[UUID]:
    return frozenset(shipment_id(*each) for each in told)


def _native(body: bytes, carrier: str, number: str | None) -> list[tuple[str, str]] | None:
    """None where it cannot be read at all."""
    reader = CARRIERS.get(carrier)
    if reader is None:
        return None
    try:
        parsed = reader.parse(body, ParseContext(tracking_number=number))
    except Malformed:
        return None
    except Exception:  # noqa: BLE001 - it may be parked for breaking its reader
        return []
    scans = [] if parsed.problems else parsed.scans
    return [(scan.carrier, scan.tracking_number) for scan in scans]


def _plain(body: bytes) -> list[tuple[str, str]] | None:
    """Of Klāt's own events, scans and facts: every item says whose it is."""
    try:
        found = read_json(body)
    except Malformed:
        return None
    named = [_named(item) for item in (found if isinstance(found, list) else [found])]
    return [] if None in named else [each for each in named if each is not None]


def _named(item: Any) -> tuple[str, str] | None:
    match item:
        case {"carrier": str(carrier), "tracking_number": str(number)}:
            return carrier, number
    return None
