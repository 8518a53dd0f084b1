"""Order never matters, twice never hurts: proven on generated lives."""

import random
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st
from lives import Book, receipts, received, scan, scans

from schemas.scan import LAST_DELIVERY
from schemas.status import TERMINAL, Status
from tracking.domain.order import Received
from tracking.domain.shipment import fold

lives = st.lists(receipts(), max_size=14)
seeds = st.integers(0, 2**32)
sets_of_scans = st.lists(scans.map(received), max_size=12, unique_by=lambda each: each.key)


def told(life: list[Received], seed: int) -> Book:
    """The same life told in another order, with repeats, in other batches."""
    chance = random.Random(seed)
    messages = life + chance.choices(life, k=len(life) // 2) if life else []
    chance.shuffle(messages)
    book = Book()
    while messages:
        size = chance.randint(1, 4)
        book.apply(messages[:size])
        messages = messages[size:]
    return book


@settings(max_examples=200)
@given(lives, seeds)
def test_any_order_repetition_and_batching_ends_in_the_same_state_and_history(life, seed):
    at_once = Book()
    at_once.apply(life)
    assert told(life, seed).truth() == at_once.truth()


@settings(max_examples=200)
@given(lives, seeds)
def test_who_listens_to_the_facts_ends_with_the_truth(life, seed):
    """Facts differ with the batches (a first sight of a finished parcel is one announcement), but
    the last one about a journey always tells its status, and none is told twice.
    """
    book = told(life, seed)
    for number, journey in book.journeys.items():
        mine = [each for each in book.announced if each[0] == number]
        last = mine[-1][3].status if mine else Status.PENDING
        assert last == journey.state.status
        versions = [version for _, version, _, _ in mine]
        assert versions == sorted(set(versions))


@settings(max_examples=150)
@given(lives, seeds)
def test_a_repeated_telling_owes_nothing(life, seed):
    book = told(life, seed)
    before = len(book.announced), dict(book.journeys)
    book.apply(life)
    assert (len(book.announced), dict(book.journeys)) == before


@settings(max_examples=150)
@given(sets_of_scans, scans.map(received))
def test_a_terminal_state_is_left_only_by_a_retraction_or_a_return(life, one_more):
    if one_more.key in {each.key for each in life}:
        return
    before, after = fold(life), fold([*life, one_more])
    if before.state.status in TERMINAL and after.state.status not in TERMINAL:
        went_back = after.state.status is Status.RETURNING or Status.RETURNING in after.state.stages
        assert went_back or one_more.scan.retracts is not None


@settings(max_examples=150)
@given(sets_of_scans, scans.map(received))
def test_no_field_once_known_is_lost_to_another_scan(life, one_more):
    if one_more.scan.retracts is not None or one_more.key in {each.key for each in life}:
        return
    before, after = fold(life).state, fold([*life, one_more]).state
    for name in ("location", "estimate", "first_scan_at", "last_scan_at"):
        assert getattr(before, name) is None or getattr(after, name) is not None
    if one_more.scan.status is Status.READY_FOR_PICKUP:
        return  # a stay of its own, before: what opened its door opens no other
    if before.status is after.status is Status.READY_FOR_PICKUP and before.since == after.since:
        for name in ("pickup_place", "pickup_until", "pickup_code"):
            assert getattr(before, name) is None or getattr(after, name) is not None


@given(st.lists(st.sampled_from(list(Status)), min_size=1, max_size=10), seeds)
def test_scans_that_follow_each_other_take_the_quick_way(statuses, seed):
    """The quick way is really taken, or the property above would prove nothing about it."""
    life = [received(scan(hour, status)) for hour, status in enumerate(statuses)]
    book = Book()
    for one, other in pairwise([None, *life]):
        assert one is None or one.key != other.key
        book.apply([other])
    assert book.followed == len(life)
    assert book.journeys[1].state == fold(life).state


@example(order=[2, 1, 0])
@given(st.permutations([0, 1, 2]))
def test_a_retraction_may_come_before_what_it_retracts(order):
    life = [
        received(scan(1, Status.READY_FOR_PICKUP)),
        received(scan(2, Status.DELIVERED)),
        received(scan(3, retracts=LAST_DELIVERY)),
    ]
    book = Book()
    for index in order:
        book.apply([life[index]])
    assert book.journeys[1].state.status is Status.READY_FOR_PICKUP
