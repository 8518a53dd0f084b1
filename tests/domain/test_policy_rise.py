"""Who may write a new policy: what may cost more than before is an admin's."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.policy import ShopPolicy
from tracking.domain.policy_rise import Rise, Why, needs_admin
from tracking.policies import policies_from
from tracking.policy_file import read_policy
from tracking.store.policies import PolicyVersion

TODAY = date(2026, 11, 28)
HEAD = """\
name = "standard"
currency = "EUR"
valid_from = 2026-11-28
approval_above = "20.00"
budget_month = "1000.00"
borne_by = "shop"
endpoint = "https://shop.example/klat"
"""
REST = """
[caps]
shipment = "30.00"
shopper_month = "50.00"
[goodwill]
lead = "40.00"
[[tiers]]
late_by = "1d"
bonus = { kind = "code", amount = "3.00" }
[[tiers]]
late_by = "3d"
bonus = { kind = "code", amount = "5.00" }
[[tiers]]
lost = true
bonus = { kind = "refund", share = "50%" }
"""
OLD = HEAD + REST
FIRST, SECOND, LOST = (("tiers", number, "bonus") for number in range(3))
STORM = """
[[force_majeure]]
starts = 2026-11-28
ends = 2026-11-29
reason = "storm"
"""
SERVICE = """
[promise]
closed = [2026-12-24]
[[promise.services]]
days = 1
"""

LEADS = [
    ("", ""),
    ('name = "standard"', 'name = "winter"'),
    ("2026-11-28", "2026-12-24"),
    ('"20.00"', '"0"'),
    ('"1000.00"', '"999.99"'),
    ('shipment = "30.00"', 'shipment = "3.00"'),
    ('"3.00"', '"2.99"'),
    ('"3.00"', '"3.0"'),
    ('"50%"', '"49.99%"'),
    ('late_by = "1d"', 'late_by = "25h"'),
    ('kind = "code", amount = "3.00"', 'kind = "apology"'),
    ('late_by = "1d"\nbonus = { kind = "code", amount = "3.00" }\n[[tiers]]\n', ""),
    ('[[tiers]]\nlost = true\nbonus = { kind = "refund", share = "50%" }\n', ""),
    (
        '[[tiers]]\nlate_by = "3d"',
        '[[tiers]]\nlate_by = "2d"\nbonus = { kind = "apology" }\n[[tiers]]\nlate_by = "3d"',
    ),
    ("[caps]", "tell_withdrawn = false\nbonus_valid_days = 30\nextra_term_days = 14\n[caps]"),
    ("[caps]", 'exclude = ["refused"]\n[caps]'),
    (REST, REST + STORM),
    (REST, REST + SERVICE),
]
ADMINS = [
    ("2026-11-28", "2026-11-27", [(("valid_from",), Why.PAST)]),
    ('approval_above = "20.00"', 'approval_above = "20.01"', [(("approval_above",), Why.LIMIT)]),
    ('approval_above = "20.00"\n', "", [(("approval_above",), Why.LIMIT)]),
    ('budget_month = "1000.00"', 'budget_month = "2000"', [(("budget_month",), Why.LIMIT)]),
    ('budget_month = "1000.00"\n', "", [(("budget_month",), Why.LIMIT)]),
    ('shipment = "30.00"', 'shipment = "100.00"', [(("caps", "shipment"), Why.LIMIT)]),
    ('shopper_month = "50.00"\n', "", [(("caps", "shopper_month"), Why.LIMIT)]),
    ('borne_by = "shop"', 'borne_by = "carrier"', [(("borne_by",), Why.OTHER)]),
    ("https://shop.example/", "https://my.example/", [(("endpoint",), Why.OTHER)]),
    ('endpoint = "https://shop.example/klat"\n', "", [(("endpoint",), Why.OTHER)]),
    ('lead = "40.00"', 'lead = "41.00"', [(("goodwill",), Why.OTHER)]),
    ('borne_by = "shop"', 'promise_over = "pays"', [(("promise_over",), Why.OTHER)]),
    ('lead = "40.00"', 'lead = "39.00"', [(("goodwill",), Why.OTHER)]),
    ('[goodwill]\nlead = "40.00"\n', "", [(("goodwill",), Why.OTHER)]),
    ('"EUR"', '"SEK"', [(("currency",), Why.OTHER)]),
    ('"3.00"', '"3.01"', [(FIRST, Why.TIER)]),
    ('"5.00"', '"10.00"', [(SECOND, Why.TIER)]),
    ('"50%"', '"100%"', [(LOST, Why.TIER)]),
    ('share = "50%"', 'amount = "6.00"', [(LOST, Why.TIER)]),
    ('amount = "5.00"', 'share = "1%"', [(SECOND, Why.TIER)]),
    ('late_by = "1d"', 'late_by = "23h"', [(FIRST, Why.TIER)]),
    ('late_by = "3d"', 'late_by = "2d"', [(SECOND, Why.TIER)]),
    ('kind = "code", amount = "5.00"', 'kind = "refund", amount = "5.00"', [(SECOND, Why.TIER)]),
    (
        "[[tiers]]\nlost",
        '[[tiers]]\nlate_by = "9d"\nbonus = { kind = "code", amount = "6.00" }\n[[tiers]]\nlost',
        [(LOST, Why.TIER)],
    ),
    (
        'late_by = "1d"\nbonus = { kind = "code", amount = "3.00" }\n[[tiers]]\nlate_by = "3d"',
        'late_by = "1bd"',
        [(FIRST, Why.TIER)],
    ),
]


def changed(was: str, is_: str) -> ShopPolicy:
    assert was in OLD
    return read_policy(OLD.replace(was, is_, 1) if was else OLD)


@pytest.mark.parametrize(("was", "is_"), LEADS)
def test_a_lead_may_write_what_costs_no_more(was, is_):
    assert needs_admin(read_policy(OLD), changed(was, is_), TODAY) == []


@pytest.mark.parametrize(("was", "is_", "rises"), ADMINS)
def test_what_may_cost_more_is_an_admins_and_is_named_by_its_place(was, is_, rises):
    found = needs_admin(read_policy(OLD), changed(was, is_), TODAY)
    assert found == [Rise(*each) for each in rises]


def test_a_limit_where_there_was_none_costs_no_more():
    before = changed('approval_above = "20.00"\n', "")
    assert needs_admin(before, read_policy(OLD), TODAY) == []


def test_every_place_is_named_at_once():
    new = read_policy(OLD.replace("2026-11-28", "2026-01-01").replace('"5.00"', '"500.00"'))
    assert {each.why for each in needs_admin(read_policy(OLD), new, TODAY)} == {Why.PAST, Why.TIER}


def test_with_the_first_one_an_admin_says_in_which_money():
    assert needs_admin(None, read_policy(OLD), TODAY) == [Rise(("currency",), Why.FIRST)]


TIERS = st.lists(
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    min_size=1,
    max_size=4,
    unique_by=lambda t: t[0],
)


def of_tiers(tiers: list[tuple[int, int]]) -> ShopPolicy:
    sums = sorted(cents for _, cents in tiers)
    late = sorted(days for days, _ in tiers)
    bonus = 'bonus = {{ kind = "code", amount = "{}" }}\n'
    said = (
        f'[[tiers]]\nlate_by = "{days}d"\n' + bonus.format(amount)
        for days, amount in zip(late, sums, strict=True)
    )
    return read_policy(HEAD + "".join(said))


def paid(policy: ShopPolicy, days: int) -> Decimal:
    reached = (each for each in policy.tiers if each.late_by and each.late_by.span.days <= days)
    return max((Decimal(each.bonus.amount or 0) for each in reached), default=Decimal(0))


@given(TIERS, TIERS)
def test_a_lead_may_just_what_pays_no_more_on_any_day(before, after):
    old, new = of_tiers(before), of_tiers(after)
    more = any(paid(new, days) > paid(old, days) for days in range(1, 10))
    assert bool(needs_admin(old, new, TODAY)) is more


@pytest.mark.parametrize(
    ("valid_from", "held"),
    [
        ([], []),
        ([-9], [1]),
        ([-9, -9], [2]),
        ([-9, 0], [2]),
        ([-9, 5], [1, 2]),
        ([-9, 5, 3], [1, 3]),
        ([-9, 3, 5], [1, 2, 3]),
        ([5, -9], [2]),
        ([5], [1]),
    ],
)
def test_it_is_compared_with_all_that_hold_today_or_will(valid_from, held):
    """By days from today on: the last that was loaded is not always the one that holds."""
    versions = [
        PolicyVersion(
            number, date.fromordinal(TODAY.toordinal() + days), read_policy(OLD), "",
            datetime(2026, 1, 1, tzinfo=UTC),
        )
        for number, days in enumerate(valid_from, 1)
    ]  # fmt: skip
    assert [each.version for each in policies_from(versions, TODAY)] == held
