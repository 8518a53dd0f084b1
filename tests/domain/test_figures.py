"""From counts to figures: rates with what they are of, percentiles from bins, periods in order."""

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.measures import By, Score
from tracking.domain.measures import (
    EDGES,
    LEAST,
    Counted,
    Tally,
    before,
    figures,
    following,
    has_moved,
    has_rate_moved,
    has_score_moved,
    has_time_moved,
    periods,
    quantile,
    share,
    together,
    whole_months,
)


def of(**counts: int) -> Counted:
    return Counted(Tally(**counts))


@pytest.mark.parametrize(
    ("answers", "promoters", "detractors", "score"),
    [
        (0, 0, 0, None),
        (4, 4, 0, None),  # of four nothing is said
        (5, 5, 0, 100),
        (5, 0, 5, -100),
        (10, 5, 2, 30),  # 50 % - 20 %
        (3, 1, 1, None),
        (7, 3, 1, 29),  # 2 / 7 = 28.57
    ],
)
def test_the_score_is_promoters_less_detractors(answers, promoters, detractors, score):
    found = figures(of(recommended=answers, promoters=promoters, detractors=detractors)).recommend
    assert found.score == score
    assert (found.answers, found.passives) == (answers, answers - promoters - detractors)


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [(0, 0, None), (1, 4, None), (0, 5, 0.0), (1, 6, 16.7), (5, 5, 100.0), (999, 1000, 99.9)],
)
def test_a_share_stands_beside_what_it_is_of(part, whole, percent):
    found = share(part, whole)
    assert (found.part, found.whole, found.percent) == (part, whole, percent)


def test_each_figure_is_of_its_own_counts():
    found = figures(
        of(
            parcels=2000, judged=100, on_time=91, cases=30, contacts=50, repeats=20, solved=25,
            solved_in_one=20, starred=10, stars=43, packed=40, too_big=6, damaged=2,
            sms_tried=100, sms_went=95, sms_confirmed=90, email_tried=50, email_went=50,
        )
    )  # fmt: skip
    assert found.on_time.percent == 91.0
    assert found.contacts_per_thousand == 25.0
    assert (found.repeats.percent, found.solved_in_one.percent) == (40.0, 80.0)
    assert found.courier.average == 4.3
    assert (found.packaging.part, found.packaging.percent) == (8, 20.0)
    assert (found.too_big.percent, found.damaged.percent) == (15.0, 5.0)
    assert (found.messages["sms"].went.percent, found.messages["sms"].confirmed) == (95.0, 90)
    assert (found.messages["email"].went.percent, found.messages["push"].went.percent) == (
        100,
        None,
    )
    assert (found.messages_went.part, found.messages_went.whole) == (145, 150)


def test_currencies_are_never_added_up():
    counted = Counted(
        Tally(parcels=100),
        notices={"EUR": 4_510_000, "SEK": 20_000_000},
        bonuses={"EUR": 1_250, "SEK": 0},
    )
    found = figures(counted)
    assert [(each.total.amount, each.total.currency) for each in found.message_cost] == [
        ("4.510000", "EUR"),
        ("20.000000", "SEK"),
    ]
    assert [each.per_parcel.amount for each in found.message_cost] == ["0.045100", "0.200000"]
    assert [each.total.amount for each in found.bonus_cost] == ["12.500000"]
    few = figures(Counted(Tally(parcels=4), notices={"EUR": 10}))
    assert few.message_cost[0].per_parcel is None


def place_of(seconds: float) -> int:
    return max(place for place, edge in enumerate(EDGES) if edge <= seconds)


@pytest.mark.parametrize(
    ("minutes", "p50", "p90"),
    [
        ([10] * 10, 9.7, 11.0),  # the bin from 8 to 11.3 minutes: 8 + 0.5 * 3.3, 8 + 0.9 * 3.3
        ([1.1] * 5 + [600] * 5, 1.4, 681.7),  # the end of the first bin; 512 + 0.8 * 212
        ([60 * 24 * 60] * 5, 32768.0, 32768.0),  # longer than all edges
        ([0.0] * 5, 0.5, 0.9),
    ],
)
def test_times_come_out_of_bins(minutes, p50, p90):
    answered: dict[int, int] = {}
    for each in minutes:
        place = place_of(each * 60)
        answered[place] = answered.get(place, 0) + 1
    found = figures(Counted(answered=answered)).first_answer
    assert (found.p50_minutes, found.p90_minutes) == pytest.approx((p50, p90), abs=0.06)
    assert found.cases == len(minutes)


def test_of_four_times_nothing_is_said():
    found = figures(Counted(answered={7: 4})).first_answer
    assert (found.cases, found.p50_minutes, found.p90_minutes) == (4, None, None)


@given(
    st.lists(st.floats(60, 20 * 24 * 3600), min_size=LEAST, max_size=200),
    st.sampled_from([0.5, 0.9]),
)
def test_what_is_said_of_a_time_is_in_the_bin_of_the_true_one(seconds, wanted):
    answered: dict[int, int] = {}
    for each in seconds:
        answered[place_of(each)] = answered.get(place_of(each), 0) + 1
    true = sorted(seconds)[math.ceil(wanted * len(seconds)) - 1]
    found = quantile(answered, wanted)
    assert EDGES[place_of(true)] <= found <= EDGES[place_of(true) + 1]


@given(st.lists(st.builds(lambda a, b: Counted(Tally(parcels=a, judged=b), {a % 9: b}, {"EUR": a}),
                          st.integers(0, 99), st.integers(0, 99)), max_size=8))  # fmt: skip
def test_days_may_be_added_up_in_any_order(counted):
    assert figures(together(counted)) == figures(together(reversed(counted)))


@pytest.mark.parametrize(
    ("first", "last", "by", "begins"),
    [
        ("2026-11-03", "2026-11-05", By.DAY, ["2026-11-03", "2026-11-04", "2026-11-05"]),
        ("2026-11-01", "2026-11-09", By.WEEK, ["2026-10-26", "2026-11-02", "2026-11-09"]),
        ("2025-12-31", "2026-02-01", By.MONTH, ["2025-12-01", "2026-01-01", "2026-02-01"]),
        ("2026-11-03", "2026-11-03", By.MONTH, ["2026-11-01"]),
        ("2024-02-28", "2024-03-01", By.DAY, ["2024-02-28", "2024-02-29", "2024-03-01"]),
    ],
)
def test_all_periods_are_there_in_their_order(first, last, by, begins):
    found = periods(date.fromisoformat(first), date.fromisoformat(last), by)
    assert [each.isoformat() for each in found] == begins


@pytest.mark.parametrize(
    ("first", "last", "earlier"),
    [
        ("2026-11-01", "2026-11-30", ("2026-10-01", "2026-10-31")),  # a month with a month
        ("2026-01-01", "2026-03-31", ("2025-10-01", "2025-12-31")),
        ("2025-12-01", "2026-11-30", ("2024-12-01", "2025-11-30")),
        ("2026-11-01", "2026-11-20", ("2026-10-12", "2026-10-31")),  # twenty days with twenty
        ("2026-11-16", "2026-11-22", ("2026-11-09", "2026-11-15")),
        ("2026-11-20", "2026-11-20", ("2026-11-19", "2026-11-19")),
    ],
)
def test_it_is_compared_with_as_long_a_time_before(first, last, earlier):
    found = before(date.fromisoformat(first), date.fromisoformat(last))
    assert tuple(each.isoformat() for each in found) == earlier


@pytest.mark.parametrize(
    ("first", "end", "months"),
    [
        ("2026-01-01", "2027-01-01", ("2026-01-01", "2027-01-01")),
        ("2026-01-02", "2026-11-21", ("2026-02-01", "2026-11-01")),
        ("2026-10-12", "2026-11-01", None),
        ("2026-10-12", "2026-11-21", None),
        ("2026-10-01", "2026-11-01", ("2026-10-01", "2026-11-01")),
        ("2026-11-20", "2026-11-21", None),
    ],
)
def test_whole_months_are_read_as_months(first, end, months):
    found = whole_months(date.fromisoformat(first), date.fromisoformat(end))
    assert tuple(each.isoformat() for each in found) == (months or (end, end))


def test_december_is_followed_by_january():
    assert following(date(2026, 12, 1), By.MONTH) == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("now", "then", "moved"),
    [
        ((89, 100), (85, 100), False),  # chance: 4 points, 4.8 are 1 error
        ((8900, 10000), (8500, 10000), True),
        ((5, 5), (0, 5), True),
        ((4, 4), (0, 4), False),  # of four nothing is said
        ((100, 100), (100, 100), False),
        ((0, 50), (0, 70), False),
    ],
)
def test_a_share_has_moved_where_chance_rarely_would(now, then, moved):
    assert has_moved(share(*now), share(*then)) is moved


def marks(promoters: int, detractors: int, answers: int) -> Score:
    return figures(
        of(recommended=answers, promoters=promoters, detractors=detractors)
    ).recommend  # fmt: skip


def test_so_does_a_score():
    assert not has_score_moved(marks(50, 20, 100), marks(45, 20, 100))
    assert has_score_moved(marks(5000, 2000, 10000), marks(4500, 2000, 10000))
    assert not has_score_moved(marks(5, 0, 5), marks(4, 0, 4))
    assert has_score_moved(marks(5, 0, 5), marks(0, 5, 5))


def test_so_do_contacts_and_times():
    some, more = figures(of(contacts=100, parcels=2000)), figures(of(contacts=110, parcels=2000))
    many = figures(of(contacts=150, parcels=2000))
    assert not has_rate_moved(more, some)
    assert has_rate_moved(many, some)
    assert not has_rate_moved(some, figures(of(contacts=1, parcels=3)))
    assert [has_time_moved(60.0, each) for each in (None, 55.0, 45.0, 80.0, 0.0)] == [
        *(False, False, True, True, False),
    ]
