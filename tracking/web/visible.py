"""What of a parcel is shown to whom: with the link alone, and with the second factor. Pure."""

from collections.abc import Sequence

from schemas.scan import Location, Pickup, Scan
from schemas.shipment import HistoryEntry, ShipmentState
from schemas.status import Handover, Status
from tracking.incoming import pickup_context
from tracking.sealing import Sealer

_WAITING = frozenset({Handover.LOCKER, Handover.PICKUP_POINT})
_SERVICES = {
    "locker": True,
    "parcel_machine": True,
    "pickup_point": True,
    "parcel_shop": True,
    "post_office": True,
    "courier": False,
    "door": False,
    "home": False,
}


def public_state(state: ShipmentState) -> ShipmentState:
    """No names, no codes; of places the city, but the whole of a public pickup place."""
    return state.model_copy(
        update={
            "location": _city(state.location),
            "pickup_code": None,
            "pickup_qr": None,
            "signed_by": None,
        }
    )


def full_state(
    state: ShipmentState, sealer: Sealer, carrier: str, tracking_number: str
) -> ShipmentState:
    """All of it, the pickup code opened. Raises SealBroken."""
    context = pickup_context(carrier, tracking_number)
    code, qr = state.pickup_code, state.pickup_qr
    return state.model_copy(
        update={
            "pickup_code": code and sealer.open_text(code, f"{context}:code"),
            "pickup_qr": qr and sealer.open_text(qr, f"{context}:qr"),
        }
    )


def public_history(history: Sequence[HistoryEntry]) -> list[HistoryEntry]:
    return [entry.model_copy(update={"scan": _public_scan(entry.scan)}) for entry in history]


def full_history(history: Sequence[HistoryEntry]) -> list[HistoryEntry]:
    """All but the pickup codes, which belong to the present and stand in the state."""
    return [
        entry.model_copy(update={"scan": entry.scan.model_copy(update=_no_code(entry.scan))})
        for entry in history
    ]


def _public_scan(scan: Scan) -> Scan:
    waits = scan.status is Status.READY_FOR_PICKUP
    hidden = {"description": None, "signed_by": None, "note": None, "event_id": None}
    return scan.model_copy(
        update={
            **hidden,
            "location": scan.location if waits else _city(scan.location),
            **_no_code(scan),
        }
    )


def _no_code(scan: Scan) -> dict[str, Pickup | None]:
    return {"pickup": scan.pickup and Pickup(until=scan.pickup.until)}


def _city(place: Location | None) -> Location | None:
    if place is None or not (place.city or place.country):
        return None
    return Location(city=place.city, country=place.country)


def is_to_collect(state: ShipmentState, service: str | None) -> bool | None:
    """Whether it goes to a locker or counter; None when nobody said so yet."""
    if state.handover in _WAITING or Status.READY_FOR_PICKUP in state.stages:
        return True
    if state.handover is not None:
        return False
    return _SERVICES.get((service or "").casefold().replace("-", "_").replace(" ", "_"))
