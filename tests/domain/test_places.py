"""Who may have how many of a sender's places: nobody's slowness takes the last one."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.domain.places import Held, Places, Room, room, share

SHOPS = [UUID(int=number) for number in range(8)]
PLACES = Places(at_once=64, of_webhook=4)


def held(**counts: int) -> list[Held]:
    """`quick0=3`: three posts of shop 0 that do not drag."""
    return [
        Held(SHOPS[int(name[-1])], name.startswith("slow"))
        for name, count in counts.items()
        for _ in range(count)
    ]


@pytest.mark.parametrize(
    ("taken", "free", "slow"),
    [
        ({}, 64, 32),
        ({"quick0": 16}, 48, 32),
        ({"quick0": 16, "quick1": 16, "quick2": 16}, 16, 16),
        ({"slow0": 16}, 48, 16),
        ({"slow0": 16, "slow1": 16}, 32, 0),
        ({"slow0": 16, "slow1": 16, "quick2": 16, "quick3": 16}, 0, 0),
        ({"quick0": 64}, 0, 0),
        ({"slow0": 40}, 32, 0),  # what turned slow is beyond the half, and not counted
        ({"slow0": 64}, 32, 0),
        ({"slow0": 64, "quick1": 32}, 0, 0),
        ({"slow0": 96}, 32, 0),
        ({"slow0": 110}, 18, 0),  # twice as many in all, whatever happens
        ({"slow0": 128}, 0, 0),
        ({"slow0": 140}, 0, 0),
    ],
)
def test_what_is_slow_has_half_of_the_places(taken, free, slow):
    found = room(PLACES, held(**taken))
    assert (found.free, found.slow) == (free, slow)


@pytest.mark.parametrize(
    ("taken", "left"),
    [({}, {}), ({"quick0": 1, "slow0": 2, "slow1": 16, "quick2": 20}, {0: 13, 1: 0, 2: 0})],
)
def test_a_shop_has_a_quarter_of_the_places(taken, left):
    found = room(PLACES, held(**taken))
    assert found.of_shop == 16
    assert found.of_shops == {SHOPS[shop]: count for shop, count in left.items()}


@pytest.mark.parametrize(("at_once", "slow", "shop"), [(64, 32, 16), (12, 6, 3), (2, 1, 1)])
def test_however_few_there_are_each_has_one(at_once, slow, shop):
    found = room(Places(at_once=at_once), [])
    assert (found.free, found.slow, found.of_shop) == (at_once, slow, shop)


@dataclass(frozen=True)
class Webhook:
    shop: int
    due: int
    is_slow: bool = False

    @property
    def merchant_id(self) -> UUID:
        return SHOPS[self.shop]


def left(free: int = 64, slow: int = 32, of_shop: int = 16, **of_shops: int) -> Room:
    return Room(free, slow, 4, of_shop, {SHOPS[int(name[-1])]: n for name, n in of_shops.items()})


SLOW = True


@pytest.mark.parametrize(
    ("wanting", "room", "given"),
    [
        ([], left(), []),
        ([Webhook(0, 4), Webhook(1, 2)], left(), [4, 2]),
        ([Webhook(0, 9)], left(), [4]),
        ([Webhook(0, 4), Webhook(1, 4), Webhook(2, 4)], left(free=2), [1, 1, 0]),
        ([Webhook(0, 4), Webhook(1, 4), Webhook(2, 4)], left(free=7), [3, 2, 2]),
        ([Webhook(0, 4), Webhook(1, 1)], left(free=4), [3, 1]),
        ([Webhook(0, 4)] * 5, left(), [4, 3, 3, 3, 3]),  # 16 of a shop
        ([Webhook(0, 4)] * 2 + [Webhook(1, 4)], left(shop0=3), [2, 1, 4]),
        ([Webhook(0, 4), Webhook(1, 4)], left(shop0=0), [0, 4]),
        ([Webhook(0, 4, SLOW), Webhook(1, 4)], left(slow=0), [0, 4]),
        ([Webhook(0, 4, SLOW), Webhook(1, 4, SLOW), Webhook(2, 4)], left(slow=3), [2, 1, 4]),
        ([Webhook(0, 4, SLOW), Webhook(1, 4)], left(free=3, slow=3), [2, 1]),
    ],
)
def test_one_for_each_before_a_second_for_any(wanting, room, given):
    assert share(wanting, room) == given


WEBHOOKS = st.builds(Webhook, st.integers(0, 7), st.integers(0, 5), st.booleans())
TAKEN = st.builds(Held, st.sampled_from(SHOPS), st.booleans())


@given(st.lists(WEBHOOKS, max_size=40), st.lists(TAKEN, max_size=140), st.integers(1, 64))
def test_whatever_is_taken_and_wanted_the_bounds_hold_and_no_place_stays_empty(
    wanting, taken, at_once
):
    places = Places(at_once=at_once)
    left = room(places, taken)
    given = share(wanting, left)
    pairs = list(zip(wanting, given, strict=True))
    slow = sum(count for each, count in pairs if each.is_slow)
    assert sum(given) <= left.free
    assert slow <= left.slow
    assert len(taken) + sum(given) <= max(places.most, len(taken))
    if slow:
        assert slow + sum(each.drags for each in taken) <= places.of_slow
    for shop in SHOPS:
        count = sum(count for each, count in pairs if each.merchant_id == shop)
        had = sum(each.merchant_id == shop for each in taken)
        assert count + had <= max(places.of_shop, had)
        if sum(given) < left.free and count + had < places.of_shop:
            unserved = [
                each
                for each, n in pairs
                if each.merchant_id == shop and not each.is_slow and n < min(each.due, 4)
            ]
            assert unserved == [], "there is room, and it is quick"
