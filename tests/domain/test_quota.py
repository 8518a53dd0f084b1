"""Quotas, as pure decisions: who is refused, what is told of, when a day begins."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.domain.quota import (
    ALL_SHOPS,
    DAY,
    HOUR,
    PREFIX,
    SPEND,
    Draw,
    Mark,
    Meter,
    begin,
    marks,
    refused,
    totals,
)

NOW = datetime(2026, 11, 20, 10, 59, 59, tzinfo=UTC)
SHOP, OTHER = UUID(int=1), UUID(int=2)


def meter(shop=SHOP, kind=SPEND):
    return Meter(shop, kind, "EUR", begin(NOW, DAY))


def draw(amount, limit, shop=SHOP, kind=SPEND):
    return Draw(meter(shop, kind), amount, limit, f"{kind}_of_{shop.int}")


def asked(*draws):
    return {UUID(int=100 + n): tuple(each) for n, each in enumerate(draws)}


def used(asks, before):
    added = totals(each for draws in asks.values() for each in draws)
    return {each: before.get(each, 0) + amount for each, amount in added.items()}


def refusals(asks, before=None):
    found = refused(asks, used(asks, before or {}))
    return {key.int - 100: each.reason for key, each in found.items()}


@pytest.mark.parametrize(
    ("before", "amounts", "limit", "over"),
    [
        (0, [4, 4, 2], 10, []),  # 4 + 4 + 2 = 10
        (0, [4, 4, 3], 10, [2]),
        (0, [4, 7, 3, 3], 10, [1]),  # a dear one leaves room for the cheap ones after it
        (10, [1], 10, [0]),
        (12, [1], 10, [0]),  # the cap was lowered
        (0, [11], 10, [0]),
        (0, [1], 0, [0]),
        (0, [0], 0, []),
        (5, [100, 100], None, []),  # only counted
    ],
)
def test_each_takes_what_it_needs_while_there_is_enough(before, amounts, limit, over):
    asks = asked(*([draw(amount, limit)] for amount in amounts))
    assert sorted(refusals(asks, {meter(): before})) == over


def test_who_is_refused_by_one_meter_takes_nothing_of_the_others():
    one = [draw(6, 10), draw(6, 5, ALL_SHOPS)]
    other = [draw(5, 5, OTHER), draw(5, 5, ALL_SHOPS)]
    assert refusals(asked(one, other)) == {0: f"spend_of_{ALL_SHOPS.int}"}


def test_one_shop_at_its_cap_stops_no_other():
    asks = asked([draw(9, 5)], [draw(4, 5, OTHER)])
    assert refusals(asks) == {0: "spend_of_1"}


amounts = st.lists(
    st.tuples(st.sampled_from([SHOP, OTHER]), st.integers(0, 30)), min_size=1, max_size=30
)


@given(amounts, st.integers(0, 200), st.integers(0, 100), st.integers(0, 50))
def test_what_is_granted_never_exceeds_a_cap_and_nobody_is_refused_without_need(
    wanted, cap, shop_cap, before
):
    asks = asked(
        *([draw(amount, shop_cap, shop), draw(amount, cap, ALL_SHOPS)] for shop, amount in wanted)
    )
    over = refused(asks, used(asks, {meter(ALL_SHOPS): before}))
    granted = [draws for key, draws in asks.items() if key not in over]
    levels = totals(each for draws in granted for each in draws)
    everything = levels.get(meter(ALL_SHOPS), 0)
    assert everything == 0 or before + everything <= cap
    assert all(levels.get(meter(shop), 0) <= shop_cap for shop in (SHOP, OTHER))
    for key in over:
        shop_draw, all_draw = asks[key]
        assert (
            levels.get(shop_draw.meter, 0) + shop_draw.amount > shop_cap
            or before + everything + all_draw.amount > cap
        )


@pytest.mark.parametrize(
    ("level", "added", "told"),
    [
        (79, 10, []),
        (80, 1, [False]),
        (85, 10, [False]),  # from 75: it crossed the line
        (90, 10, []),  # from 80: it was told of before
        (100, 100, [False]),
    ],
)
def test_it_is_told_when_four_fifths_are_spent(level, added, told):
    found = marks([draw(added, 100)], [], {meter(): level})
    assert [each.is_reached for each in found] == told


def test_it_is_told_when_somebody_is_refused_and_that_alone():
    found = marks([draw(50, 100)], [draw(60, 100)], {meter(): 90})
    assert found == [Mark(meter(), 100, is_reached=True)]


def test_of_neighbours_it_is_told_only_when_one_is_refused():
    alike = draw(1, 20, kind=PREFIX)
    assert marks([alike] * 18, [], {alike.meter: 18}) == []
    assert marks([], [alike], {alike.meter: 20}) == [Mark(alike.meter, 20, is_reached=True)]


@pytest.mark.parametrize(
    ("now", "day", "hour"),
    [
        (NOW, (20, 0), (20, 10)),
        (datetime(2026, 11, 20, 0, 0, tzinfo=UTC), (20, 0), (20, 0)),
        (datetime(2026, 11, 21, 1, 30, tzinfo=timezone(timedelta(hours=2))), (20, 0), (20, 23)),
    ],
)
def test_a_day_and_an_hour_begin_by_utc(now, day, hour):
    assert begin(now, DAY) == datetime(2026, 11, *day, tzinfo=UTC)
    assert begin(now, HOUR) == datetime(2026, 11, *hour, tzinfo=UTC)
