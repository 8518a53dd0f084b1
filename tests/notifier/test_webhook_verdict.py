"""What follows from a try: for the delivery its schedule, for the webhook a pause or its end."""

from datetime import UTC, datetime, timedelta

import pytest

from consumers.webhooks.health import (
    LONGEST_PAUSE,
    PAUSES_FROM,
    SLOW_AFTER,
    SLOW_FOR,
    Tried,
    after,
    pause,
)
from consumers.webhooks.verdict import SCHEDULE, Verdict, verdict
from notifier.channels.webhook import Failure, Reply
from schemas.webhook import DeliveryState, DisabledReason
from tracking.store.deliveries import Health

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def tried(*verdicts: Verdict) -> list[Tried]:
    """Quick ones."""
    return [Tried(each, 0.0) for each in verdicts]


def test_the_schedule_is_the_standards():
    """0, 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h: 75 h 35 min 5 s."""
    assert len(SCHEDULE) == 10
    assert sum(SCHEDULE, timedelta(0)) == timedelta(hours=75, minutes=35, seconds=5)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_2xx_is_a_success(status):
    assert verdict(Reply(status), 1, NOW, 0) == Verdict(DeliveryState.DELIVERED, None, "delivered")


@pytest.mark.parametrize("tries", range(1, 10))
@pytest.mark.parametrize(
    "reply",
    [*map(Reply, (199, 300, 301, 400, 404, 500)), Reply(failure=Failure.TIMEOUT)],
    ids=str,
)
def test_anything_else_is_tried_again_after_the_pause_and_never_before(reply, tries):
    found = verdict(reply, tries, NOW, 0)
    assert (found.state, found.due_at) == (DeliveryState.WAITING, NOW + SCHEDULE[tries])
    latest = verdict(reply, tries, NOW, 1).due_at
    assert latest == NOW + SCHEDULE[tries] * 1.1


@pytest.mark.parametrize("tries", [10, 11])
def test_after_the_tenth_it_is_given_up(tries):
    found = verdict(Reply(500), tries, NOW, 0)
    assert (found.state, found.due_at) == (DeliveryState.FAILED, None)


@pytest.mark.parametrize("tries", [1, 10])
def test_410_is_the_end_at_once(tries):
    found = verdict(Reply(410), tries, NOW, 0)
    assert (found.state, found.is_gone) == (DeliveryState.FAILED, True)


@pytest.mark.parametrize(
    ("status", "asked", "tries", "waits"),
    [
        (429, 60, 1, 60),  # longer than 5 s
        (503, 60, 1, 60),
        (502, 60, 1, 60),
        (504, 60, 1, 60),
        (429, 60, 2, 300),  # shorter than 5 min
        (429, 10**9, 1, 86_400),  # a day at the most
        (429, 0, 1, 5),
        (500, 60, 1, 5),  # not of these four
        (404, 60, 1, 5),
    ],
)
def test_it_waits_as_long_as_it_is_asked_to(status, asked, tries, waits):
    found = verdict(Reply(status, retry_after=asked), tries, NOW, 0)
    assert found.due_at == NOW + timedelta(seconds=waits)


@pytest.mark.parametrize("asked", [60, 10**9])
def test_and_so_does_whatever_else_goes_there(asked):
    found = verdict(Reply(429, retry_after=asked), 1, NOW, 0)
    health = after(Health(), tried(found), NOW)
    assert health.paused_until == NOW + timedelta(seconds=min(asked, 86_400))


FAILED, GONE = verdict(Reply(500), 1, NOW, 0), verdict(Reply(410), 1, NOW, 0)
DONE = verdict(Reply(200), 1, NOW, 0)


@pytest.mark.parametrize(
    ("verdicts", "failures"),
    [
        ([], 0),
        ([DONE], 0),
        ([FAILED], 1),
        ([FAILED] * 3, 3),
        ([FAILED, DONE], 0),
        ([DONE, FAILED, FAILED], 2),
        ([FAILED, DONE, FAILED], 1),
    ],
)
def test_failures_count_from_the_latest_success(verdicts, failures):
    health = after(Health(), tried(*verdicts), NOW)
    assert health.failures == failures
    assert (health.failing_since is None) == (failures == 0)


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(1, 0), (4, 0), (5, 15), (6, 30), (7, 60), (8, 120), (9, 240), (10, 480), (11, 600)],
)
def test_after_a_few_in_a_row_there_are_pauses(failures, seconds):
    """15 s * 2^(n - 5), ten minutes at the most."""
    assert pause(failures) == timedelta(seconds=seconds)
    found = after(Health(failures - 1, NOW if failures > 1 else None), tried(FAILED), NOW)
    assert found.paused_until == NOW + timedelta(seconds=seconds)


def test_the_longest_pause_holds_however_many_there_are():
    assert pause(10**6) == LONGEST_PAUSE
    assert PAUSES_FROM == 5


@pytest.mark.parametrize(
    ("since", "verdicts", "reason"),
    [
        (5 * DAY - SECOND, [FAILED], None),
        (5 * DAY, [FAILED], DisabledReason.FAILING),
        (5 * DAY, [DONE], None),
        (5 * DAY, [DONE, FAILED], None),
        (5 * DAY, [FAILED, DONE], DisabledReason.FAILING),  # it was over before
        (0 * DAY, [GONE], DisabledReason.GONE),
        (9 * DAY, [GONE], DisabledReason.GONE),
        (0 * DAY, [GONE, DONE], DisabledReason.GONE),
    ],
)
def test_what_only_failed_for_five_days_or_is_gone_is_disabled(since, verdicts, reason):
    assert after(Health(3, NOW - since), tried(*verdicts), NOW).reason == reason


@pytest.mark.parametrize("failure", [each for each in Failure if each.is_ours])
def test_what_is_no_fault_of_the_shops_says_nothing_about_it(failure):
    before, found = Health(3, NOW - 6 * DAY), verdict(Reply(failure=failure), 1, NOW, 0)
    assert after(before, [Tried(found, 15.0)], NOW) == before


QUICK, SLOW = SLOW_AFTER, SLOW_AFTER + 0.001
TOLD = Verdict(DeliveryState.DELIVERED, None, "delivered")
REFUSED = Verdict(DeliveryState.WAITING, NOW, "refused")


@pytest.mark.parametrize(
    ("before", "tries", "slowness"),
    [
        (0, [(TOLD, QUICK)] * 9, 0),
        (1, [(TOLD, QUICK)], 0),  # a new one has shown it
        (1, [(TOLD, SLOW)], SLOW_FOR),
        (0, [(TOLD, SLOW)], SLOW_FOR),
        (0, [(REFUSED, SLOW)], SLOW_FOR),  # one that hangs until we give up, too
        (1, [(REFUSED, QUICK)], 0),
        (SLOW_FOR, [(TOLD, QUICK)] * (SLOW_FOR - 1), 1),
        (SLOW_FOR, [(TOLD, QUICK)] * SLOW_FOR, 0),
        (1, [(TOLD, SLOW), (TOLD, QUICK)], SLOW_FOR - 1),  # in this order
        (1, [(TOLD, QUICK), (TOLD, SLOW)], SLOW_FOR),
    ],
)
def test_who_answers_slowly_once_has_to_be_quick_some_times(before, tries, slowness):
    found = after(Health(slowness=before), [Tried(*each) for each in tries], NOW)
    assert found.slowness == slowness


@pytest.mark.parametrize("tries", [1, 10, 11])
def test_what_was_interrupted_is_due_again_at_once(tries):
    found = verdict(Reply(failure=Failure.INTERRUPTED), tries, NOW, 0)
    assert (found.state, found.due_at) == (DeliveryState.WAITING, NOW)


def test_what_is_no_longer_kept_is_given_up():
    found = verdict(Reply(failure=Failure.NOT_KEPT), 1, NOW, 0)
    assert found.state is DeliveryState.FAILED


def test_a_fault_of_ours_is_tried_again_and_not_for_ever():
    fault = Reply(failure=Failure.FAULT)
    assert verdict(fault, 1, NOW, 0).due_at == NOW + 5 * SECOND
    assert verdict(fault, 10, NOW, 0).state is DeliveryState.FAILED
