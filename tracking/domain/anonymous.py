"""A scan without whoever it may name: what happened, when and in which town stays. Pure.

Texts of couriers, places to the door, signatures and codes go. So do the hashes that were made of
them: an unkeyed hash of a name can be tried out.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from schemas.scan import SCAN, Location, Pickup, Scan, scan_digest
from schemas.shipment import ShipmentState
from tracking.domain.journeys import REST
from tracking.domain.reckon import Journey


class Identity(NamedTuple):
    """What tells a scan from another one: its key, and the digest of what it says."""

    key: bytes
    digest: bytes


def anonymous_scan(scan: Scan) -> Scan:
    """Twice is once. Id, code, status, times, carrier, town and country stay."""
    return scan.model_copy(
        update={
            "description": None,
            "location": _town(scan.location),
            "pickup": _until(scan.pickup),
            "signed_by": None,
            "note": None,
        }
    )


def _town(place: Location | None) -> Location | None:
    if place is None or not (place.city or place.country):
        return None
    return Location(city=place.city, country=place.country)


def _until(pickup: Pickup | None) -> Pickup | None:
    return Pickup(until=pickup.until) if pickup and pickup.until else None


def pointing_on(scan: Scan, renamed: Mapping[bytes, bytes]) -> Scan:
    """What takes back a scan by its key takes it back under its new one."""
    old = (scan.retracts or "").removeprefix(SCAN)
    new = {key.hex(): then.hex() for key, then in renamed.items()}.get(old)
    if new is None or old == scan.retracts:
        return scan
    return scan.model_copy(update={"retracts": f"{SCAN}{new}"})


def anonymous_identity(known: Identity, scan: Scan) -> Identity:
    """`scan` is the anonymous one. What goes by its contents goes by what is left of them."""
    digest = scan_digest(scan)
    return Identity(digest if known.key == known.digest else known.key, digest)


def anonymous_state(state: ShipmentState) -> ShipmentState:
    """What the fold makes of anonymous scans, as far as that can be said without them."""
    return state.model_copy(
        update={
            "location": _town(state.location),
            "pickup_place": _town(state.pickup_place),
            "pickup_code": None,
            "pickup_qr": None,
            "signed_by": None,
        }
    )


def is_of_erased(scan: Scan, journeys: Mapping[int, Journey], erased: Iterable[int]) -> bool:
    """Whether it tells of a parcel that names nobody any more, and not of the next one.

    Carriers use their numbers again: what happens 60 days after the end is another parcel's, and so
    is what came before the first of the journeys that are known. In doubt it is of the erased.
    """
    return any(_is_within(scan.time.at, number, journeys) for number in erased)


def _is_within(at: datetime, number: int, journeys: Mapping[int, Journey]) -> bool:
    mine = journeys[number]
    first = mine.state.first_scan_at or mine.registered_at
    is_first, is_last = number == min(journeys), number == max(journeys)
    begins = None if is_first or first is None else first - REST
    ends = mine.last_at + REST if mine.last_at and (mine.state.is_over or not is_last) else None
    return (begins is None or at >= begins) and (ends is None or at <= ends)
