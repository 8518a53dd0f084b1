"""What time makes of a parcel: told once, of the truth of now, however often somebody looks."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.promise import Slip
from schemas.shipment import ShipmentState
from schemas.status import Status
from tracking.domain.standing import (
    OVERDUE,
    PICKUP_EXPIRED,
    REVIEWED,
    STALLED,
    DeadlineKind,
    Published,
    Watched,
    standing,
)
from tracking.domain.statutory import statutory

DEADLINE = datetime(2026, 11, 20, 16, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MOVING = ShipmentState(status=Status.IN_TRANSIT, last_scan_at=DEADLINE - DAY)
NEW = Published()


def arrived(at: datetime) -> ShipmentState:
    return ShipmentState(status=Status.DELIVERED, stages={Status.DELIVERED: at})


def waiting(until: datetime) -> ShipmentState:
    return ShipmentState(
        status=Status.READY_FOR_PICKUP,
        stages={Status.READY_FOR_PICKUP: DEADLINE - DAY},
        pickup_until=until,
    )


PROMISED = Watched(MOVING, DEADLINE, thresholds=[DEADLINE + DAY, DEADLINE + 3 * DAY])
BROKEN = Published(Slip.BROKEN)


@pytest.mark.parametrize(
    ("watched", "before", "now", "news"),
    [
        (Watched(MOVING), NEW, DEADLINE, []),
        (PROMISED, NEW, DEADLINE - HOUR, []),
        (PROMISED._replace(expected_by=DEADLINE + HOUR), NEW, DEADLINE - HOUR, ["promise.at_risk"]),
        (PROMISED, NEW, DEADLINE, ["promise.broken"]),
        (PROMISED, BROKEN, DEADLINE + HOUR, []),
        (PROMISED, BROKEN, DEADLINE + DAY, [OVERDUE]),
        (PROMISED, Published(Slip.BROKEN, 1), DEADLINE + 2 * DAY, []),
        (PROMISED, Published(Slip.BROKEN, 1), DEADLINE + 3 * DAY, [OVERDUE]),
        # After downtime it is told once, not step by step.
        (PROMISED, NEW, DEADLINE + 9 * DAY, ["promise.broken"]),
        (PROMISED._replace(state=arrived(DEADLINE)), NEW, DEADLINE + DAY, ["promise.kept"]),
        (
            PROMISED._replace(state=arrived(DEADLINE)),
            BROKEN,
            DEADLINE + DAY,
            ["promise.kept_late_scan"],
        ),
        (PROMISED._replace(state=arrived(DEADLINE + HOUR)), BROKEN, DEADLINE + 9 * DAY, []),
        (
            PROMISED._replace(state=arrived(DEADLINE + 2 * DAY)),
            BROKEN,
            DEADLINE + 9 * DAY,
            [OVERDUE],
        ),
        (Watched(MOVING, stalls_at=DEADLINE), NEW, DEADLINE, [STALLED]),
        (
            Watched(MOVING, stalls_at=DEADLINE),
            Published(silent_since=MOVING.last_scan_at),
            DEADLINE + DAY,
            [],
        ),
        (
            Watched(MOVING, stalls_at=DEADLINE),
            Published(silent_since=DEADLINE - 9 * DAY),
            DEADLINE,
            [STALLED],
        ),
        (Watched(waiting(DEADLINE)), NEW, DEADLINE - HOUR, []),
        (Watched(waiting(DEADLINE)), NEW, DEADLINE, [PICKUP_EXPIRED]),
        (Watched(waiting(DEADLINE)), Published(pickup_until=DEADLINE), DEADLINE + DAY, []),
        (
            Watched(waiting(DEADLINE)),
            Published(pickup_until=DEADLINE - DAY),
            DEADLINE,
            [PICKUP_EXPIRED],
        ),
    ],
)
def test_news_is_what_was_not_told(watched, before, now, news):
    found = standing(watched, before, now)
    assert found.news == news
    assert standing(watched, found.published, now).news == []


def test_a_review_is_told_where_nothing_else_is():
    known = PROMISED._replace(is_registered=True)
    assert standing(known, BROKEN, DEADLINE + HOUR, is_review=True).news == [REVIEWED]
    unpromised = Watched(MOVING, is_registered=True)  # it may be lost, and owed for
    assert standing(unpromised, NEW, DEADLINE, is_review=True).news == [REVIEWED]
    assert standing(PROMISED, NEW, DEADLINE + HOUR, is_review=True).news == ["promise.broken"]
    assert standing(Watched(MOVING), NEW, DEADLINE, is_review=True).news == []


@pytest.mark.parametrize(
    ("watched", "now", "deadlines"),
    [
        (PROMISED, DEADLINE - HOUR, {DeadlineKind.PROMISE: DEADLINE}),
        (PROMISED, DEADLINE, {DeadlineKind.OVERDUE: DEADLINE + DAY}),
        (PROMISED, DEADLINE + DAY, {DeadlineKind.OVERDUE: DEADLINE + 3 * DAY}),
        (PROMISED, DEADLINE + 3 * DAY, {}),
        (PROMISED._replace(state=arrived(DEADLINE + HOUR)), DEADLINE + 2 * HOUR, {}),
        (Watched(waiting(DEADLINE)), DEADLINE - HOUR, {DeadlineKind.PICKUP: DEADLINE}),
        (Watched(waiting(DEADLINE)), DEADLINE, {}),
        (Watched(MOVING, stalls_at=DEADLINE), DEADLINE - HOUR, {DeadlineKind.STALLED: DEADLINE}),
        (Watched(MOVING, expires_at=DEADLINE), DEADLINE - HOUR, {DeadlineKind.EXPIRED: DEADLINE}),
        (Watched(MOVING, expires_at=DEADLINE), DEADLINE, {DeadlineKind.EXPIRED: DEADLINE + DAY}),
    ],
)
def test_when_to_look_again(watched, now, deadlines):
    assert standing(watched, NEW, now).deadlines == deadlines


HOURS = st.integers(-60, 120).map(lambda hours: DEADLINE + hours * HOUR)
MAYBE = st.none() | HOURS
WATCHED = st.builds(
    Watched,
    state=st.sampled_from([MOVING, ShipmentState(), ShipmentState(status=Status.CANCELLED)])
    | st.builds(arrived, HOURS)
    | st.builds(waiting, HOURS),
    deadline=MAYBE,
    expected_by=MAYBE,
    thresholds=st.lists(HOURS, max_size=3).map(sorted),
    stalls_at=MAYBE,
    expires_at=MAYBE,
    estimate_over=MAYBE,
    statutory=st.none()
    | st.builds(statutory, st.just("LV"), HOURS, HOURS, st.none() | st.just(DAY)),
)


@given(WATCHED, HOURS, st.lists(HOURS, max_size=8))
def test_whoever_looks_at_the_deadlines_alone_tells_all_that_others_tell(watched, began, others):
    """Looks that nobody asked for add nothing; those at the deadlines are enough."""

    def told(*looks: datetime) -> list[str]:
        known, news, last = NEW, [], began
        due = {began, *looks}
        while due:
            last = min(due)
            due.discard(last)
            found = standing(watched, known, last)
            news += found.news
            known = found.published
            due |= {at for at in found.deadlines.values() if at <= began + 9 * DAY}
        return news

    assert told() == told(*[at for at in others if at > began])
