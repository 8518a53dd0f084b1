"""What a code cannot mean is refused by its field; whatever a carrier has said so far may be."""

import pytest

from schemas.status import Handover, Reason, Status
from tracking.carriers import CARRIERS
from tracking.domain.meanings import cannot_be


@pytest.mark.parametrize(
    ("status", "reason", "handover", "field"),
    [
        (Status.IN_TRANSIT, Reason.RECIPIENT_ABSENT, None, "reason"),
        (Status.IN_TRANSIT, None, Handover.LOCKER, "handover"),
        (Status.IN_TRANSIT, Reason.CARRIER_LOST, None, "reason"),
        (Status.DELIVERED, Reason.RECIPIENT_REFUSED, None, "reason"),
        (Status.DELIVERED, None, Handover.SENDER, "handover"),
        (Status.RETURNED, None, Handover.NEIGHBOUR, "handover"),
        (Status.READY_FOR_PICKUP, None, Handover.MAILBOX, "handover"),
        (None, Reason.WEATHER, None, "reason"),
        (None, None, Handover.LOCKER, "handover"),
        (None, None, None, None),
        (Status.IN_TRANSIT, Reason.WEATHER, None, None),
        (Status.DELIVERED, Reason.RECIPIENT_ABSENT, Handover.NEIGHBOUR, None),
        (Status.READY_FOR_PICKUP, Reason.RECIPIENT_ABSENT, Handover.PICKUP_POINT, None),
        (Status.RETURNED, Reason.OVERSIZED, Handover.SENDER, None),
    ],
)
def test_what_cannot_be_is_named(status, reason, handover, field):
    assert cannot_be(status, reason, handover) == field


@pytest.mark.parametrize("status", Status)
def test_a_status_alone_may_always_be(status):
    assert cannot_be(status, None, None) is None


def test_the_tables_of_the_release_say_nothing_that_cannot_be():
    for carrier in CARRIERS.values():
        for code, meaning in carrier.codes.items():
            found = cannot_be(meaning.status, meaning.reason, meaning.handover)
            assert found is None, (carrier.code, code)
