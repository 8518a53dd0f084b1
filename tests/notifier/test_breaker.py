"""The breaker: what is a provider's fault, when it opens, how it is probed, when it closes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.breaker import (
    FAULTS_TO_OPEN,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    Breaker,
    Position,
    is_fault,
)
from notifier.channels.base import Handed, Outcome

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
TIMEOUT = Handed(Outcome.AMBIGUOUS, "timeout")
TAKEN = Handed(Outcome.ACCEPTED, provider_id="p")
REFUSED = Handed(Outcome.REFUSED, "21211", address_is_bad=True)
FULL = Handed(Outcome.RETRY, "4.2.2")


@pytest.mark.parametrize(
    ("handed", "fault"),
    [
        (TAKEN, False),
        (REFUSED, False),  # it works, and answers
        (TIMEOUT, True),
        (Handed(Outcome.AMBIGUOUS, "http_502"), True),
        (Handed(Outcome.AMBIGUOUS, "fault"), True),  # ours, and as costly
        (Handed(Outcome.RETRY, "unreachable"), True),
        (Handed(Outcome.RETRY, "20003"), True),  # wrong credentials: no message goes
        (Handed(Outcome.RETRY, "http_429"), True),
        (Handed(Outcome.RETRY, "4.3.2"), True),  # the mail system takes no mails
        (Handed(Outcome.RETRY, "4.7.0"), True),
        (FULL, None),  # a mailbox is full
        (Handed(Outcome.RETRY, "4.1.8"), None),
    ],
)
def test_what_is_a_fault_of_the_provider(handed, fault):
    assert is_fault(handed) is fault


def after(*handed, breaker=None, now=NOW):
    breaker = breaker or Breaker()
    for each in handed:
        breaker = breaker.after(each, now)
    return breaker


def opened():
    return after(*[TIMEOUT] * FAULTS_TO_OPEN)


@pytest.mark.parametrize(
    ("handed", "position"),
    [
        ([TIMEOUT] * (FAULTS_TO_OPEN - 1), Position.CLOSED),
        ([TIMEOUT] * FAULTS_TO_OPEN, Position.OPEN),
        ([*[TIMEOUT] * (FAULTS_TO_OPEN - 1), TAKEN, TIMEOUT], Position.CLOSED),
        ([*[TIMEOUT] * (FAULTS_TO_OPEN - 1), REFUSED, TIMEOUT], Position.CLOSED),
        ([*[TIMEOUT] * (FAULTS_TO_OPEN - 1), FULL, TIMEOUT], Position.OPEN),
        ([FULL] * 50, Position.CLOSED),
    ],
)
def test_it_opens_after_so_many_faults_in_a_row(handed, position):
    assert after(*handed).position(NOW) is position


def test_it_is_half_open_when_the_pause_is_over():
    breaker = opened()
    assert breaker.until == NOW + FIRST_PAUSE
    assert breaker.position(breaker.until - timedelta(microseconds=1)) is Position.OPEN
    assert breaker.position(breaker.until) is Position.HALF_OPEN


def test_the_pause_doubles_with_each_probe_that_fails_up_to_the_longest():
    breaker, pauses = opened(), []
    for _ in range(7):
        began = breaker.until
        breaker = breaker.after(TIMEOUT, began)
        pauses.append((breaker.until - began).total_seconds())
    assert pauses == [30, 60, 120, 240, 300, 300, 300]  # 15 x 2, x 4 ... 15 x 32 = 480 > 300
    assert LONGEST_PAUSE.total_seconds() == 300


def test_a_probe_that_is_taken_closes_it_and_all_is_forgotten():
    breaker = opened()
    assert breaker.after(TAKEN, breaker.until) == Breaker()


def test_those_under_way_when_it_opened_make_the_pause_no_longer():
    breaker = opened()
    assert after(*[TIMEOUT] * 20, breaker=breaker, now=NOW + timedelta(seconds=1)) == breaker


@pytest.mark.parametrize(("asked", "pause"), [(1, 15), (60, 60), (86_400, 3600)])
def test_what_the_provider_asks_for_counts_where_it_is_longer(asked, pause):
    busy = Handed(Outcome.RETRY, "http_429", retry_after=asked)
    breaker = after(*[busy] * FAULTS_TO_OPEN)
    assert breaker.until == NOW + timedelta(seconds=pause)


@given(st.lists(st.sampled_from([TIMEOUT, TAKEN, REFUSED, FULL]), max_size=60))
def test_whatever_happened_one_success_closes_it(handed):
    assert after(*handed, TAKEN).position(NOW) is Position.CLOSED


@given(st.lists(st.sampled_from([TIMEOUT, TAKEN, FULL]), max_size=60))
def test_it_is_open_only_after_enough_faults_without_a_success(handed):
    since = handed[max((n + 1 for n, each in enumerate(handed) if each is TAKEN), default=0) :]
    expected = since.count(TIMEOUT) >= FAULTS_TO_OPEN
    assert (after(*handed).position(NOW) is Position.OPEN) == expected
