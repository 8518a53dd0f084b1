"""What staff grant by hand: within their role's limit at once, beyond it after a yes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.compensation import GOODWILL, CompensationState
from schemas.policy import BonusKind, Goodwill
from schemas.staff import StaffRole
from tracking.domain.compensation import Room
from tracking.domain.goodwill import (
    ABOVE_ROLE,
    grant,
    is_by_hand,
    limit_of,
    may_approve,
    next_tier,
)
from tracking.domain.ledger import Entry, approve, refuse, settle

_S = CompensationState


@pytest.mark.parametrize(
    ("role", "cents"),
    [(StaffRole.SUPPORT, 500), (StaffRole.LEAD, 5000), (StaffRole.ADMIN, 50000)],
)
def test_each_role_has_its_limit(role, cents):
    assert limit_of(role, Goodwill()) == cents


def test_a_lead_may_grant_no_less_than_support():
    with pytest.raises(ValidationError, match="more than the one before"):
        Goodwill(support="10.00", lead="5.00")


@pytest.mark.parametrize(
    ("before", "cents", "state"),
    [
        ([], 500, _S.ISSUED),
        ([], 501, _S.PROPOSED),
        ([(500, _S.ISSUED)], 1, _S.PROPOSED),
        ([(300, _S.ISSUED)], 200, _S.ISSUED),
        ([(300, _S.REDEEMED)], 201, _S.PROPOSED),
        ([(900, _S.PROPOSED)], 1, _S.PROPOSED),  # what may still be said yes to counts
        ([(900, _S.REFUSED)], 500, _S.ISSUED),
    ],
)
def test_the_limit_holds_for_all_that_was_granted_for_the_parcel(before, cents, state):
    entries = [
        Entry(GOODWILL + number, BonusKind.CODE, sum_, was)
        for number, (sum_, was) in enumerate(before)
    ]
    entry = grant(cents, entries, 500)
    assert (entry.state, entry.tier) == (state, GOODWILL + len(before))
    assert entry.reason == (ABOVE_ROLE if state is _S.PROPOSED else None)


def test_what_the_policy_granted_leaves_the_limit_as_it_is():
    owed = Entry(0, BonusKind.CODE, 5000, _S.ISSUED)
    assert grant(500, [owed], 500).state is _S.ISSUED
    assert not is_by_hand(owed)


def test_who_may_grant_as_much_may_say_yes_to_it():
    asked = grant(2000, [], 500)
    rules = Goodwill()
    assert not may_approve(asked, [asked], StaffRole.SUPPORT, rules)
    assert may_approve(asked, [asked], StaffRole.LEAD, rules)
    assert approve(asked).state is _S.ISSUED
    assert refuse(asked, "no").state is _S.REFUSED


@pytest.mark.parametrize(
    ("cents", "others", "lead"),
    [
        (5000, [], True),
        (5001, [], False),
        (2000, [Entry(0, BonusKind.CODE, 3000, _S.ISSUED)], True),
        (2001, [Entry(0, BonusKind.CODE, 3000, _S.ISSUED)], False),
        (2001, [Entry(0, BonusKind.REFUND, 3000, _S.APPROVED)], False),
        (2001, [Entry(0, BonusKind.CODE, 3000, _S.PROPOSED)], False),
        (5000, [Entry(0, BonusKind.CODE, 3000, _S.REFUSED)], True),  # nobody has it
        (5000, [Entry(GOODWILL, BonusKind.CODE, 3000, _S.ISSUED)], True),  # reckoned apart
    ],
)
def test_of_what_the_policy_owes_a_lead_says_yes_within_the_same_limit(cents, others, lead):
    """Or a tier would be a way around it; to what is more an admin says yes."""
    waits = Entry(1, BonusKind.CODE, cents, _S.PROPOSED)
    assert may_approve(waits, [*others, waits], StaffRole.LEAD, Goodwill()) is lead
    assert may_approve(waits, [*others, waits], StaffRole.ADMIN, Goodwill())


def test_an_admin_says_yes_to_whatever_a_lost_parcel_was_worth():
    waits = Entry(0, BonusKind.REFUND, 90000, _S.PROPOSED)
    assert may_approve(waits, [waits], StaffRole.ADMIN, Goodwill())
    by_hand = Entry(GOODWILL, BonusKind.CODE, 90000, _S.PROPOSED)
    assert not may_approve(by_hand, [by_hand], StaffRole.ADMIN, Goodwill())


@given(st.lists(st.integers(1, 3000), max_size=8), st.integers(0, 5000))
def test_nobody_gives_more_than_the_limit_however_it_is_split(sums, limit):
    entries: list[Entry] = []
    for cents in sums:
        assert next_tier(entries) == GOODWILL + len(entries)
        entries.append(grant(cents, entries, limit))
    assert sum(each.cents for each in entries if each.state is _S.ISSUED) <= limit


def test_the_policy_would_take_back_what_is_no_tier_of_its_own():
    """Why what is by hand is kept from it (tracking/judge.py)."""
    assert settle(None, [grant(500, [], 500)], Room()) != []
