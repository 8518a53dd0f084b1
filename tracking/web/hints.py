"""What a registration says that is taken, and yet looks like a slip. Pure."""

from collections.abc import Set as AbstractSet

from schemas.api import FieldWarning, ShipmentRegistration
from tracking.carriers import READERS
from tracking.mapping import did_you_mean, near
from tracking.words.language import SUPPORTED


def hints(
    told: ShipmentRegistration, couriers: AbstractSet[str], *, heard: bool
) -> list[FieldWarning]:
    """`couriers`: who has a key. `heard`: the carrier has told something of this parcel."""
    found = {
        "/carrier": None if heard else _of_carrier(told.carrier, READERS | couriers),
        "/recipient/language": _of_language(told.recipient.language if told.recipient else None),
    }
    return [FieldWarning(pointer=place, warning=hint) for place, hint in found.items() if hint]


def _of_carrier(code: str, known: AbstractSet[str]) -> str | None:
    if code in known:
        return None
    return (
        "no reader and no courier's key is known for this carrier, so its events may never come"
        + did_you_mean(near(code, known))
    )


def _of_language(code: str | None) -> str | None:
    if code is None or code in SUPPORTED:
        return None
    return (
        f"pages and messages are written in {', '.join(SUPPORTED)}; this one's come in the shop's"
        " language if that is set, else in English, and the page in the browser's before English"
    )
