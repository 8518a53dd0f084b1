"""Kept, at risk or broken: of the truth of now, whatever was published before."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.promise import Slip
from schemas.shipment import ShipmentState
from schemas.status import Status
from tracking.domain.slip import arrived_at, fact_of, slip_of

DEADLINE = datetime(2026, 11, 20, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)
BEFORE, AFTER = DEADLINE - HOUR, DEADLINE + HOUR


def state(status: Status, **stages: datetime) -> ShipmentState:
    return ShipmentState(
        status=status, stages={Status(name): when for name, when in stages.items()}
    )


COMING = state(Status.IN_TRANSIT)


@pytest.mark.parametrize(
    ("found", "expected_by", "now", "slip"),
    [
        (COMING, None, BEFORE, Slip.AWAITED),
        (COMING, DEADLINE, BEFORE, Slip.AWAITED),
        (COMING, AFTER, BEFORE, Slip.AT_RISK),
        (COMING, None, DEADLINE, Slip.BROKEN),
        (COMING, BEFORE, AFTER, Slip.BROKEN),
        (state(Status.DELIVERED, delivered=DEADLINE), None, AFTER, Slip.KEPT),
        (state(Status.DELIVERED, delivered=AFTER), None, AFTER, Slip.BROKEN),
        # In the locker in time, collected days later.
        (
            state(Status.READY_FOR_PICKUP, ready_for_pickup=BEFORE),
            None,
            AFTER,
            Slip.KEPT,
        ),
        (
            state(Status.DELIVERED, ready_for_pickup=BEFORE, delivered=AFTER + 48 * HOUR),
            None,
            AFTER + 50 * HOUR,
            Slip.KEPT,
        ),
        (
            state(Status.READY_FOR_PICKUP, ready_for_pickup=AFTER),
            None,
            AFTER,
            Slip.BROKEN,
        ),
        # The delivery was a mistake: the stage stands in no state that is not delivered.
        (state(Status.IN_TRANSIT, delivered=BEFORE), None, AFTER, Slip.BROKEN),
        (state(Status.CANCELLED), None, AFTER, Slip.VOID),
        (state(Status.RETURNED), None, AFTER, Slip.BROKEN),
        (state(Status.EXCEPTION), AFTER, BEFORE, Slip.AT_RISK),
    ],
)
def test_how_a_promise_stands(found, expected_by, now, slip):
    assert slip_of(DEADLINE, found.status, arrived_at(found), expected_by, now) is slip


@pytest.mark.parametrize(
    ("published", "found", "fact"),
    [
        (None, Slip.AWAITED, None),
        (None, Slip.AT_RISK, "promise.at_risk"),
        (None, Slip.BROKEN, "promise.broken"),
        (None, Slip.KEPT, "promise.kept"),
        (Slip.AT_RISK, Slip.KEPT, "promise.kept"),
        (Slip.AT_RISK, Slip.AWAITED, None),
        (Slip.BROKEN, Slip.KEPT, "promise.kept_late_scan"),
        (Slip.KEPT, Slip.BROKEN, "promise.broken"),  # a retraction
        (Slip.BROKEN, Slip.VOID, None),
        *((each, each, None) for each in Slip),
    ],
)
def test_what_is_published_when_it_changes(published, found, fact):
    assert fact_of(published, found) == fact
