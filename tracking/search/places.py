"""Where parcels wait, by words: "akropole" or "9901" finds what is in that locker. Pure."""

from schemas.shipment import ShipmentState
from schemas.status import Status
from tracking.search.names import words_in


def waits_at(state: ShipmentState) -> str | None:
    """Words of the place's name and id with blanks between them, while something waits there."""
    place = state.pickup_place
    if state.status is not Status.READY_FOR_PICKUP or place is None:
        return None
    return " ".join(words_in(f"{place.place_id or ''} {place.name or ''}")) or None
