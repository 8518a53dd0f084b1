"""What becomes of cases: one matter is one case, who comes back is counted, twice is once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.case import CaseState, Opener, Topic
from schemas.notice import Channel
from schemas.status import Status
from tracking.domain.cases import (
    REPEAT_WITHIN,
    Asked,
    Case,
    answered,
    asked,
    assigned,
    reopened,
    solved,
)
from tracking.domain.help import ASKABLE, questions, topics_to_ask

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ANNA, BEN = UUID(int=100), UUID(int=101)
OPEN, ANSWERED, SOLVED = CaseState
A_SECOND = timedelta(seconds=1)


def by(number: int = 1, topic: Topic = Topic.DAMAGED, **fields) -> Asked:
    told = {
        "shipment_id": UUID(int=7),
        "case_id": UUID(int=number),
        "merchant_id": UUID(int=8),
        "topic": topic,
        "opened_by": Opener.SHOPPER,
        "language": "lv",
        "reply_by": Channel.EMAIL,
    }
    return Asked(**{**told, **fields})


def a_case(state: CaseState = OPEN, *, since: datetime = NOW - DAY, **fields) -> Case:
    case = asked([], by(**fields), since)
    if state is ANSWERED:
        return answered(case, ANNA, since + HOUR)
    return (
        solved(answered(case, ANNA, since + HOUR), ANNA, since + HOUR) if state is SOLVED else case
    )


@pytest.mark.parametrize(
    ("before", "topic", "case_id", "contacts", "follows"),
    [
        ([], Topic.DAMAGED, 2, 1, None),
        ([a_case()], Topic.DAMAGED, 1, 2, None),
        ([a_case(ANSWERED)], Topic.DAMAGED, 1, 2, None),
        ([a_case()], Topic.BONUS, 2, 1, None),  # another matter
        ([a_case(SOLVED)], Topic.DAMAGED, 2, 1, 1),
        ([a_case(SOLVED)], Topic.BONUS, 2, 1, None),
        ([a_case(SOLVED, since=NOW - REPEAT_WITHIN - HOUR)], Topic.DAMAGED, 2, 1, 1),
        ([a_case(SOLVED, since=NOW - REPEAT_WITHIN - HOUR - A_SECOND)], Topic.DAMAGED, 2, 1, None),
        ([a_case(SOLVED, since=NOW - 5 * DAY), a_case(SOLVED, number=3)], Topic.DAMAGED, 2, 1, 3),
    ],
)
def test_the_same_matter_is_the_same_case(before, topic, case_id, contacts, follows):
    case = asked(before, by(2, topic), NOW)
    assert (case.case_id.int, case.contacts) == (case_id, contacts)
    assert case.follows == (UUID(int=follows) if follows else None)
    assert (case.state, case.asked_at) == (OPEN, NOW)


@pytest.mark.parametrize(
    ("before", "since"),
    [
        (a_case(), NOW - DAY),  # it waits as before: to write again costs no turn
        (asked([a_case()], by(2), NOW - HOUR), NOW - DAY),
        (a_case(ANSWERED), NOW),
        (a_case(SOLVED), NOW),
        (reopened(a_case(SOLVED), NOW - HOUR), NOW - DAY),
        (reopened(a_case(ANSWERED), NOW - HOUR), NOW - DAY),
    ],
)
def test_who_writes_again_while_waiting_keeps_the_place_in_the_line(before, since):
    assert asked([before], by(2), NOW).waits_since == since


def test_who_writes_again_says_how_the_answer_shall_come_now():
    again = by(2, language="ru", reply_by=None)
    case = asked([a_case(ANSWERED)], again, NOW)
    assert (case.language, case.reply_by, case.opened_by) == ("ru", None, Opener.SHOPPER)


def test_who_has_the_link_only_says_so_of_a_new_case_only():
    again = by(2, language="ru", reply_by=None, proven=False)
    case = asked([a_case(ANSWERED)], again, NOW)
    assert (case.language, case.reply_by) == ("lv", Channel.EMAIL)
    assert (case.state, case.contacts) == (OPEN, 2)
    fresh = asked([a_case(SOLVED)], again, NOW)
    assert (fresh.language, fresh.reply_by) == ("ru", None)


def test_the_first_answer_is_kept_through_all_that_follows():
    case = answered(a_case(), ANNA, NOW)
    later = asked([case], by(2), NOW + HOUR)
    assert answered(later, BEN, NOW + DAY).answered_at == NOW
    assert answered(later, BEN, NOW + DAY).assigned_to == ANNA, "it was taken before"


@pytest.mark.parametrize(
    ("opened_by", "is_answered"),
    [(Opener.SHOPPER, False), (Opener.SURVEY, False), (Opener.STAFF, True)],
)
def test_what_was_settled_on_the_line_was_answered_then(opened_by, is_answered):
    case = solved(asked([], by(opened_by=opened_by), NOW), ANNA, NOW + HOUR)
    assert case.answered_at == (NOW + HOUR if is_answered else None)
    assert (case.state, case.solved_at, case.assigned_to) == (SOLVED, NOW + HOUR, ANNA)


def test_an_answer_to_what_was_settled_waits_for_the_shopper_again():
    case = answered(a_case(SOLVED), BEN, NOW)
    assert (case.state, case.solved_at) == (ANSWERED, None)


def test_what_is_opened_again_is_no_contact():
    case = reopened(a_case(SOLVED), NOW)
    assert (case.state, case.solved_at, case.contacts) == (OPEN, None, 1)
    assert case.asked_at == case.waits_since == NOW - DAY, "it waits since the shopper wrote"


@pytest.mark.parametrize("to", [ANNA, BEN, None])
def test_what_is_handed_over_after_an_answer_waits_again_and_is_no_contact(to):
    before = a_case(ANSWERED)
    case = assigned(before, to, NOW)
    assert (case.state, case.waits_since, case.assigned_to) == (OPEN, NOW, to)
    counted = (case.contacts, case.asked_at, case.answered_at)
    assert counted == (before.contacts, before.asked_at, before.answered_at)


def test_what_waits_keeps_its_place_and_what_is_closed_stays_closed_when_handed_over():
    assert assigned(a_case(), BEN, NOW).waits_since == NOW - DAY
    assert assigned(a_case(SOLVED), BEN, NOW).state is SOLVED


@pytest.mark.parametrize("deed", [lambda c: solved(c, ANNA, NOW), lambda c: reopened(c, NOW)])
def test_twice_is_once(deed):
    once = deed(a_case(ANSWERED))
    assert deed(once) == once
    handed = assigned(once, BEN, NOW)
    assert assigned(handed, BEN, NOW + HOUR) == handed


FORMS = st.lists(
    st.tuples(st.sampled_from([Topic.DAMAGED, Topic.BONUS]), st.integers(1, 6)), max_size=12
)
DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.integers(1, 6)),
        st.tuples(st.sampled_from(["answer", "solve", "reopen", "assign"]), st.integers(0, 3)),
    ),
    max_size=20,
)


def replayed(deeds: Sequence[tuple[str, int]]) -> tuple[dict[UUID, Case], set[int]]:
    """As tracking.cases does it: a form that is known changes nothing."""
    cases: dict[UUID, Case] = {}
    known: set[int] = set()
    for hour, (deed, number) in enumerate(deeds):
        now, order = NOW + hour * HOUR, sorted(cases.values(), key=lambda case: case.case_id)
        if deed == "ask":
            if number not in known:
                topic = (Topic.DAMAGED, Topic.BONUS)[number % 2]
                case = asked(order, by(1000 + hour, topic), now)
                cases[case.case_id] = case
            known.add(number)
        elif number < len(order):
            case = order[number]
            made = {
                "answer": lambda c, at=now: answered(c, ANNA, at),
                "solve": lambda c, at=now: solved(c, ANNA, at),
                "reopen": lambda c, at=now: reopened(c, at),
                "assign": lambda c, at=now: assigned(c, BEN, at),
            }[deed]
            cases[case.case_id] = made(case)
    return cases, known


@given(DEEDS)
def test_every_message_is_counted_once_and_cases_hold_together(deeds):
    cases, known = replayed(deeds)
    assert sum(case.contacts for case in cases.values()) == len(known)
    for case in cases.values():
        assert (case.solved_at is not None) == (case.state is SOLVED)
        assert (case.waits_since is not None) == (case.state is OPEN)
        assert case.opened_at <= case.asked_at <= case.changed_at
        if case.state is ANSWERED:
            assert case.answered_at is not None
        if case.follows is not None:
            before = cases[case.follows]
            assert before.topic is case.topic
            assert before.opened_at < case.opened_at


@given(DEEDS, st.randoms(use_true_random=False))
def test_a_form_that_comes_again_at_any_time_changes_nothing(deeds, random):
    forms = [number for deed, number in deeds if deed == "ask"]
    doubled = list(deeds)
    for number in forms:
        first = next(n for n, each in enumerate(doubled) if each == ("ask", number))
        doubled.insert(random.randint(first + 1, len(doubled)), ("assign", 99))
    repeated = (
        [("ask", forms[0]) if each == ("assign", 99) else each for each in doubled]
        if forms
        else doubled
    )
    assert replayed(doubled) == replayed(repeated)


@given(FORMS)
def test_at_most_one_case_of_a_topic_waits_when_nothing_is_opened_again(forms):
    cases: list[Case] = []
    for hour, (topic, deed) in enumerate(forms):
        now = NOW + hour * HOUR
        case = asked(cases, by(hour + 1, topic), now)
        case = {1: answered(case, ANNA, now), 2: solved(case, ANNA, now)}.get(deed, case)
        cases = [*(each for each in cases if each.case_id != case.case_id), case]
        for each in Topic:
            going_on = [c for c in cases if c.topic is each and c.state is not SOLVED]
            assert len(going_on) <= 1
    opened = sorted(case.opened_at for case in cases)
    assert all(one < other for one, other in pairwise(opened))


@pytest.mark.parametrize("status", Status)
def test_help_has_three_to_five_questions_and_each_once(status):
    for has_bonus in (False, True):
        found = questions(status, has_bonus=has_bonus)
        assert 3 <= len(found) <= 5
        assert len(set(found)) == len(found)
        assert (Topic.BONUS in found) == has_bonus


@pytest.mark.parametrize(
    ("status", "first"),
    [
        (Status.DELIVERED, Topic.NOT_RECEIVED),
        (Status.READY_FOR_PICKUP, Topic.PICKUP),
        (Status.OUT_FOR_DELIVERY, Topic.CHANGE_OF_ADDRESS),
        (Status.ATTEMPT_FAILED, Topic.CHANGE_OF_ADDRESS),
        (Status.IN_TRANSIT, Topic.WHERE_IS_IT),
        (Status.RETURNING, Topic.CHANGE_OF_ADDRESS),
    ],
)
def test_the_question_that_fits_comes_first_and_what_was_chosen_before_it(status, first):
    assert questions(status)[0] is first
    asked_for = topics_to_ask(status, Topic.OTHER, has_bonus=True)
    assert asked_for[:2] == [Topic.OTHER, first]
    assert set(asked_for) == set(ASKABLE)
    assert Topic.BONUS not in topics_to_ask(status, has_bonus=False)
    assert topics_to_ask(status, Topic.FEEDBACK, has_bonus=False)[0] is first


def test_a_slow_clock_takes_no_time_back():
    case = replace(a_case(), asked_at=NOW + HOUR, changed_at=NOW + HOUR)
    assert asked([case], by(2), NOW).asked_at == NOW + HOUR
