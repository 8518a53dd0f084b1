"""Who may have how many of a sender's places, so that a slow shop delays no other. Pure.

A webhook is quick once it has shown it; what is not, new ones too, has half of the places together,
and a shop has a quarter. A post to a quick one that drags on all the same is from then on counted
with the slow: what these have beyond their half is not counted, up to as many places again.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Places:
    """Posts at once: of a process, and to one webhook, of all processes."""

    at_once: int = 64
    of_webhook: int = 4

    @property
    def of_slow(self) -> int:
        return max(self.at_once // 2, 1)

    @property
    def of_shop(self) -> int:
        return max(self.at_once // 4, 1)

    @property
    def most(self) -> int:
        """While posts drag on, those that are not counted too."""
        return 2 * self.at_once


class Held(NamedTuple):
    """A place that is taken. `drags`: by a post to a slow webhook, or one that takes long."""

    merchant_id: UUID
    drags: bool


@dataclass(frozen=True, slots=True)
class Room:
    """How many posts may begin: in all, to slow webhooks, to one, to those of a shop.

    `of_shops` is what is left to shops that have something in hand.
    """

    free: int
    slow: int
    of_webhook: int
    of_shop: int
    of_shops: Mapping[UUID, int]


class Wanting(Protocol):
    """A webhook to which so many are due that may be in hand."""

    @property
    def merchant_id(self) -> UUID: ...
    @property
    def is_slow(self) -> bool: ...
    @property
    def due(self) -> int: ...


def room(places: Places, held: Collection[Held]) -> Room:
    """What is left beside these."""
    dragging = sum(each.drags for each in held)
    beyond = max(dragging - places.of_slow, 0)
    free = max(min(places.at_once + beyond, places.most) - len(held), 0)
    return Room(
        free=free,
        slow=min(max(places.of_slow - dragging, 0), free),
        of_webhook=places.of_webhook,
        of_shop=places.of_shop,
        of_shops={
            merchant_id: max(places.of_shop - count, 0)
            for merchant_id, count in Counter(each.merchant_id for each in held).items()
        },
    )


def share(wanting: Sequence[Wanting], room: Room) -> list[int]:
    """How many each may have: one for each before a second for any, the first ones first."""
    free, slow, of_shops = room.free, room.slow, dict(room.of_shops)
    given = [0] * len(wanting)
    for _ in range(room.of_webhook):
        for place, each in enumerate(wanting):
            left = of_shops.get(each.merchant_id, room.of_shop)
            if given[place] < each.due and min(free, left) > 0 and (slow > 0 or not each.is_slow):
                given[place] += 1
                free, slow = free - 1, slow - each.is_slow
                of_shops[each.merchant_id] = left - 1
    return given
