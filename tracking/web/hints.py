"""What a registration says that is taken, and yet looks like a slip. Pure."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

from schemas.api import FieldWarning, ShipmentBody, ShipmentRegistration
from tracking.carriers import READERS
from tracking.doubts import Doubt, doubts
from tracking.mapping import did_you_mean, near
from tracking.words.language import SUPPORTED

_SAID: Final[Mapping[Doubt, str]] = {
    Doubt.CARRIER: "no reader and no courier's key is known for this carrier, so its events may"
    " never come",
    Doubt.PROMISE: "is over already: the parcel counts as late from then on; what is owed for a"
    " promise that was over when it was told waits for your yes, unless your policy lets it pay",
    Doubt.LANGUAGE: f"pages and messages are written in {', '.join(SUPPORTED)}; this one's come in"
    " the shop's language if that is set, else in English, and the page in the browser's before"
    " English",
}


def hints(
    told: ShipmentRegistration, couriers: AbstractSet[str], made: ShipmentBody, now: datetime
) -> list[FieldWarning]:
    """`couriers`: who has a key. `made`: what came of it."""
    known = READERS | couriers
    heard = known | {told.carrier} if made.history else known
    found = doubts(told, heard, made.promise.by if made.promise else None, now)
    return [FieldWarning(pointer=each, warning=_said(each, told, known)) for each in found]


def _said(doubt: Doubt, told: ShipmentRegistration, known: AbstractSet[str]) -> str:
    asked = did_you_mean(near(told.carrier, known)) if doubt is Doubt.CARRIER else ""
    return _SAID[doubt] + asked
