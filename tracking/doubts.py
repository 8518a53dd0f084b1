"""What of a registration is taken, and yet looks like a slip: by place in its body. Pure."""

from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import StrEnum

from schemas.api import ShipmentRegistration
from tracking.words.language import SUPPORTED


class Doubt(StrEnum):
    """A carrier of whom nobody ever hears, a promise that is over when it is told, a language in
    which nothing is written.
    """

    CARRIER = "/carrier"
    PROMISE = "/promise/by"
    LANGUAGE = "/recipient/language"


def doubts(
    body: ShipmentRegistration, carriers: AbstractSet[str], by: datetime | None, now: datetime
) -> list[Doubt]:
    """`carriers`: from whom something may come. `by`: the end of its promise."""
    language = body.recipient.language if body.recipient else None
    found = {
        Doubt.CARRIER: body.carrier not in carriers,
        Doubt.PROMISE: by is not None and by <= now,
        Doubt.LANGUAGE: language is not None and language not in SUPPORTED,
    }
    return [doubt for doubt, is_so in found.items() if is_so]
