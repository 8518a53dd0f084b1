"""What a registration says that is taken, and yet looks like a slip. Pure."""

from collections.abc import Set as AbstractSet
from datetime import datetime

from schemas.api import FieldWarning, ShipmentBody, ShipmentRegistration
from schemas.promise import PromiseBody
from tracking.carriers import READERS
from tracking.mapping import did_you_mean, near
from tracking.words.language import SUPPORTED


def hints(
    told: ShipmentRegistration, couriers: AbstractSet[str], made: ShipmentBody, now: datetime
) -> list[FieldWarning]:
    """`couriers`: who has a key. `made`: what came of it."""
    found = {
        "/carrier": None if made.history else _of_carrier(told.carrier, READERS | couriers),
        "/promise/by": _of_promise(made.promise, now),
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


def _of_promise(made: PromiseBody | None, now: datetime) -> str | None:
    if made is None or made.by > now:
        return None
    return (
        "is over already: the parcel counts as late from then on; what is owed for a promise that"
        " was over when it was told waits for your yes"
    )


def _of_language(code: str | None) -> str | None:
    if code is None or code in SUPPORTED:
        return None
    return (
        f"pages and messages are written in {', '.join(SUPPORTED)}; this one's come in the shop's"
        " language if that is set, else in English, and the page in the browser's before English"
    )
