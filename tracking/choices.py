"""What somebody wants to hear from a shop by one way: everything, what matters, or nothing."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from schemas.suppression import Level, SuppressionReason
from tracking.store.suppressions import EVERYBODY, Suppression, Suppressions
from tracking.suppression import StopLink


class Choice(StrEnum):
    """What a person may choose."""

    EVERYTHING = "everything"
    IMPORTANT = "important"
    NOTHING = "nothing"


class Standing(StrEnum):
    """What holds now: a choice, or what only the person's phone or the operator can undo."""

    EVERYTHING = "everything"
    IMPORTANT = "important"
    NOTHING = "nothing"
    STOPPED = "stopped"
    BAD_ADDRESS = "bad_address"


_CHOSEN: Final = (SuppressionReason.ASKED, SuppressionReason.COMPLAINT)
_LEVELS: Final = {Choice.IMPORTANT: Level.UNIMPORTANT, Choice.NOTHING: Level.ALL}


async def standing(store: Suppressions, links: Sequence[StopLink]) -> list[Standing]:
    """Of each link, in one read."""
    found = await store.of([each.address_hash for each in links])
    return [_standing(found, each) for each in links]


def _standing(found: Sequence[Suppression], link: StopLink) -> Standing:
    against = [
        (each.reason, each.level)
        for each in found
        if each.address_hash == link.address_hash
        and each.channel is link.channel
        and each.merchant_id in {link.merchant_id, EVERYBODY}
    ]
    reasons = {reason for reason, _ in against}
    if SuppressionReason.STOP in reasons:
        return Standing.STOPPED
    if SuppressionReason.BAD_ADDRESS in reasons:
        return Standing.BAD_ADDRESS
    if any(level is Level.ALL for _, level in against):
        return Standing.NOTHING
    return Standing.IMPORTANT if against else Standing.EVERYTHING


async def choose(store: Suppressions, link: StopLink, choice: Choice, now: datetime) -> None:
    """Twice is once. A complaint about the shop ends with the wish to hear of it again."""
    if choice is not Choice.NOTHING:
        await store.lift_suppressions([link.address_hash], link.channel, link.merchant_id, _CHOSEN)
    if choice is not Choice.EVERYTHING:
        new = Suppression(
            link.address_hash,
            link.channel,
            link.merchant_id,
            SuppressionReason.ASKED,
            _LEVELS[choice],
        )
        await store.suppress([new], now=now)
