"""Every move of a compensation: legal ones only, and at the end what is owed, never twice."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.compensation import LEGAL, CompensationState
from schemas.policy import BonusKind
from tracking.domain.compensation import Owed, Room
from tracking.domain.ledger import (
    CARRIED_OUT_THERE,
    Entry,
    IllegalMove,
    approve,
    carried_out,
    failed,
    left_of,
    redeem,
    refuse,
    settle,
)

S = CompensationState
CODE, REFUND, APOLOGY = BonusKind.CODE, BonusKind.REFUND, BonusKind.APOLOGY
ANY = Room()


def test_a_higher_tier_tops_up_to_its_own_sum():
    (first,) = settle(Owed(0, 300, CODE), [], ANY)
    assert first == Entry(0, CODE, 300, S.ISSUED)
    assert settle(Owed(1, 500, CODE), [first], ANY) == [Entry(1, CODE, 200, S.ISSUED)]
    refund = settle(Owed(1, 500, REFUND), [first], ANY)
    assert refund == [Entry(1, REFUND, 200, S.APPROVED)]


def test_what_is_not_owed_after_all_is_taken_back_unless_it_is_used():
    issued = Entry(0, CODE, 300, S.ISSUED)
    assert settle(None, [issued], ANY) == [Entry(0, CODE, 0, S.REVOKED, reason="not_owed")]
    (used,) = redeem([issued], 120)
    assert used == Entry(0, CODE, 300, S.ISSUED, 120)
    assert settle(None, [used], ANY) == [Entry(0, CODE, 120, S.REDEEMED, 120, "not_owed")]
    done = carried_out(Entry(0, REFUND, 300, S.APPROVED))
    assert settle(None, [done], ANY) == []
    assert settle(None, [Entry(0, REFUND, 300, S.APPROVED)], ANY)[0].state is S.REVOKED


def test_and_granted_again_when_it_is_owed_after_all():
    gone = Entry(0, CODE, 0, S.REVOKED, reason="not_owed")
    assert settle(Owed(0, 300, CODE), [gone], ANY) == [Entry(0, CODE, 300, S.ISSUED)]


def test_more_than_a_shop_grants_alone_waits_for_a_yes():
    (waits,) = settle(Owed(0, 3_000, CODE), [], Room(alone=2_000))
    assert waits == Entry(0, CODE, 3_000, S.PROPOSED, reason="above_approval")
    assert settle(Owed(0, 3_000, CODE), [waits], Room(alone=2_000)) == []
    assert approve(waits) == Entry(0, CODE, 3_000, S.ISSUED)
    assert settle(Owed(0, 3_000, CODE), [approve(waits)], Room(alone=2_000)) == []
    no = refuse(waits, "known to us")
    assert settle(Owed(0, 3_000, CODE), [no], ANY) == [], "a refusal is final"
    assert settle(None, [no], ANY) == []
    assert settle(None, [waits], ANY)[0].state is S.REVOKED


def test_where_the_budget_is_spent_it_waits_too():
    (waits,) = settle(Owed(0, 300, CODE), [], Room(budget=299))
    assert (waits.state, waits.reason) == (S.PROPOSED, "budget_spent")


def test_what_the_shops_endpoint_cannot_do_is_not_tried_in_another_way():
    broken = failed(Entry(0, REFUND, 300, S.APPROVED), "refused")
    assert settle(Owed(0, 300, REFUND), [broken], ANY) == []
    assert settle(Owed(1, 500, REFUND), [broken], ANY) == [Entry(1, REFUND, 200, S.APPROVED)]


def test_an_apology_is_said_and_costs_nothing():
    (said,) = settle(Owed(0, 0, APOLOGY), [], ANY)
    assert said == Entry(0, APOLOGY, 0, S.ISSUED)
    assert settle(Owed(0, 0, APOLOGY), [said], ANY) == []
    assert settle(Owed(1, 300, CODE), [said], ANY) == [Entry(1, CODE, 300, S.ISSUED)]
    assert settle(None, [said], ANY)[0].state is S.REVOKED


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("move", [approve, lambda e: refuse(e, "no"), carried_out,
                                  lambda e: failed(e, "no")])  # fmt: skip
def test_people_and_endpoints_make_legal_moves_only(state, move):
    entry = Entry(0, REFUND, 300, state)
    try:
        after = move(entry)
    except IllegalMove:
        return
    assert after.state in LEGAL[state]


def test_no_more_is_redeemed_than_is_left_and_earlier_tiers_first():
    both = [Entry(1, CODE, 200, S.ISSUED), Entry(0, CODE, 300, S.ISSUED)]
    assert left_of(both) == 500
    assert redeem(both, 400) == [
        Entry(0, CODE, 300, S.REDEEMED, 300),
        Entry(1, CODE, 200, S.ISSUED, 100),
    ]
    with pytest.raises(IllegalMove):
        redeem(both, 501)
    assert left_of([Entry(0, CODE, 300, S.PROPOSED), Entry(1, REFUND, 300, S.ISSUED)]) == 0


TIERS = {0: CODE, 1: CODE, 2: REFUND, 3: APOLOGY}
CENTS = st.integers(0, 2_000)
OWED = st.none() | st.tuples(st.integers(0, 3), CENTS).map(
    lambda told: Owed(told[0], 0 if TIERS[told[0]] is APOLOGY else told[1], TIERS[told[0]])
)
STEP = st.one_of(
    st.tuples(st.just("judge"), OWED),
    st.tuples(st.just("killed"), OWED),
    st.tuples(st.just("redeem"), CENTS),
    st.tuples(st.just("approve"), st.integers(0, 3)),
    st.tuples(st.just("carry"), st.integers(0, 3)),
)


class Book:
    """The rows of one parcel; every change of them is checked."""

    def __init__(self) -> None:
        self.entries: dict[int, Entry] = {}

    def keep(self, changed: list[Entry]) -> None:
        for each in changed:
            before = self.entries.get(each.tier)
            assert each != before, "no move that moves nothing"
            assert each.state in LEGAL[before.state if before else None]
            assert 0 <= each.used <= each.cents
            assert each.used >= (before.used if before else 0), "what is used stays used"
            self.entries[each.tier] = each

    def judge(self, owed: Owed | None, room: Room = ANY) -> None:
        self.keep(settle(owed, list(self.entries.values()), room))

    def step(self, kind: str, told: object, room: Room) -> None:
        entries = list(self.entries.values())
        match kind:
            case "judge":
                self.judge(told, room)
            case "killed":
                settle(told, entries, room)  # decided, and not committed
            case "redeem":
                self.keep(redeem(entries, min(told, left_of(entries))))
            case "approve" if (
                self.entries.get(told, Entry(0, CODE, 0, S.ISSUED)).state is S.PROPOSED
            ):
                self.keep([approve(self.entries[told])])
            case "carry" if self.entries.get(told, Entry(0, CODE, 0, S.ISSUED)).state is S.APPROVED:
                self.keep([carried_out(self.entries[told])])

    @property
    def granted(self) -> int:
        return sum(each.granted for each in self.entries.values())

    @property
    def used(self) -> int:
        return sum(each.used for each in self.entries.values())


@settings(max_examples=400)
@given(st.lists(STEP, max_size=16), OWED)
def test_whatever_happened_before_the_last_truth_is_what_is_granted(steps, last):
    book = Book()
    for kind, told in steps:
        book.step(kind, told, ANY)
    book.judge(last)
    assert book.granted == max(last.cents if last else 0, book.used)
    again = settle(last, list(book.entries.values()), ANY)
    assert again == []
    if last is None:
        assert left_of(list(book.entries.values())) == 0


@settings(max_examples=300)
@given(st.lists(STEP, max_size=16), OWED, CENTS, CENTS, CENTS)
def test_never_more_by_itself_than_there_is_room(steps, last, shopper, budget, alone):
    book, agreed = Book(), 0
    for kind, told in [*steps, ("judge", last)]:
        room = Room(shopper - book.granted, budget - book.granted, alone)
        before = book.granted
        book.step(kind, told, room)
        if kind == "approve":
            agreed += book.granted - before
        else:
            assert book.granted <= max(before, min(shopper, budget, max(alone, before)))
    assert book.granted <= max(shopper, 0) + agreed


def test_the_kinds_that_the_shop_carries_out():
    assert {BonusKind.REFUND, BonusKind.POINTS} == CARRIED_OUT_THERE
    assert replace(Entry(0, REFUND, 1, S.ISSUED), used=1).granted == 1
