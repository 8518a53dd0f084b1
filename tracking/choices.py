"""What somebody wants to hear from a shop by one way: everything, what matters, or nothing."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from schemas.notice import Channel
from schemas.suppression import Level, SuppressionReason
from tracking.store.suppressions import EVERYBODY, Suppression, Suppressions


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
    EVERYWHERE = "everywhere"  # nothing, from whichever shop
    BAD_ADDRESS = "bad_address"


class Raising(StrEnum):
    """Where a person may ask to hear more than holds now."""

    HERE = "here"
    BY_MESSAGE = "by_message"  # by a link of a message that came by this way
    NOWHERE = "nowhere"


class ShopWay(NamedTuple):
    """One way of a shop to a person. `hashes` are those known of the address, the newest first."""

    merchant_id: UUID
    channel: Channel
    hashes: Sequence[bytes]


class Wish(NamedTuple):
    """What holds by one way, and where more may be asked for."""

    standing: Standing
    raising: Raising


# What a link takes back. Who reads a mail, or a text message, owns the mailbox or the number; a
# complaint ends only by the link that the mail has for this; a shop's link takes nothing back.
BY_STOP_LINK: Final = frozenset({SuppressionReason.ASKED, SuppressionReason.COMPLAINT})
BY_LINK_OF_NOTICE: Final = frozenset({SuppressionReason.ASKED})
BY_LINK_OF_SHOP: Final = frozenset[SuppressionReason]()

_LEVELS: Final = {Choice.IMPORTANT: Level.UNIMPORTANT, Choice.NOTHING: Level.ALL}
_HEARS: Final = {Choice.NOTHING: 0, Choice.IMPORTANT: 1, Choice.EVERYTHING: 2}


async def wishes(
    store: Suppressions,
    ways: Sequence[ShopWay],
    takes_back: Sequence[Collection[SuppressionReason]],
) -> list[Wish]:
    """Of each way, in one read; `takes_back` says for each what the visitor's link may."""
    found = await store.of([each for way in ways for each in way.hashes])
    return [_wish(found, way, may) for way, may in zip(ways, takes_back, strict=True)]


def _wish(
    found: Sequence[Suppression], way: ShopWay, takes_back: Collection[SuppressionReason]
) -> Wish:
    against = [
        each
        for each in found
        if each.address_hash in way.hashes
        and each.channel is way.channel
        and each.merchant_id in {way.merchant_id, EVERYBODY}
    ]
    return Wish(_standing(against), _raising(against, takes_back))


def _standing(against: Sequence[Suppression]) -> Standing:
    reasons = {each.reason for each in against}
    if SuppressionReason.STOP in reasons:
        return Standing.STOPPED
    if SuppressionReason.BAD_ADDRESS in reasons:
        return Standing.BAD_ADDRESS
    if any(each.level is Level.ALL and each.merchant_id == EVERYBODY for each in against):
        return Standing.EVERYWHERE
    if any(each.level is Level.ALL for each in against):
        return Standing.NOTHING
    return Standing.IMPORTANT if against else Standing.EVERYTHING


def _raising(against: Sequence[Suppression], takes_back: Collection[SuppressionReason]) -> Raising:
    reasons = {each.reason for each in against}
    if any(each.merchant_id == EVERYBODY for each in against) or not reasons <= BY_STOP_LINK:
        return Raising.NOWHERE
    return Raising.HERE if reasons <= set(takes_back) else Raising.BY_MESSAGE


async def choose(
    store: Suppressions,
    way: ShopWay,
    choice: Choice,
    takes_back: Collection[SuppressionReason],
    now: datetime,
) -> bool:
    """Twice is once. False, and nothing changed: it is more than the visitor's link may ask for."""
    (wish,) = await wishes(store, [way], [takes_back])
    if _HEARS[choice] <= _hears(wish.standing):
        if choice is not Choice.EVERYTHING:
            await store.suppress_further(_asked(way, _LEVELS[choice]), now=now)
        return True
    if wish.raising is not Raising.HERE:
        return False
    await _raise(store, way, choice, takes_back, now)
    return True


def _hears(standing: Standing) -> int:
    is_choice = standing in (Standing.EVERYTHING, Standing.IMPORTANT)
    return _HEARS[Choice(standing)] if is_choice else 0


async def _raise(
    store: Suppressions,
    way: ShopWay,
    choice: Choice,
    takes_back: Collection[SuppressionReason],
    now: datetime,
) -> None:
    """What shall still hold is kept before the rest ends: whoever breaks off hears less."""
    ended, asked = list(way.hashes), {SuppressionReason.ASKED}
    if choice is Choice.IMPORTANT:
        await store.suppress([_asked(way, _LEVELS[choice])], now=now)
        ended = ended[1:]
    await store.lift_suppressions(ended, way.channel, way.merchant_id, asked)
    others = set(takes_back) - asked
    await store.lift_suppressions(way.hashes, way.channel, way.merchant_id, others)


def _asked(way: ShopWay, level: Level) -> Suppression:
    return Suppression(way.hashes[0], way.channel, way.merchant_id, SuppressionReason.ASKED, level)
