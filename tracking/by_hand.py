"""An event that support tells in the place of a carrier, or takes back: made here, applied as all.

It goes the way of every event, so it is ordered, folded, deduplicated and published like one; who
it was and why stands in the audit log. Pure.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from schemas.scan import SCAN, Event
from schemas.status import Handover, Reason, Status

BY_SUPPORT: Final = "support:"
"""Begins the ids of events that support told."""


class Told(NamedTuple):
    status: Status
    handover: Handover | None = None
    reason: Reason | None = None


TELLABLE: Final[Mapping[str, Told]] = {
    "accepted": Told(Status.ACCEPTED),
    "in_transit": Told(Status.IN_TRANSIT),
    "out_for_delivery": Told(Status.OUT_FOR_DELIVERY),
    "attempt_failed": Told(Status.ATTEMPT_FAILED),
    "held": Told(Status.HELD),
    "delivered": Told(Status.DELIVERED, Handover.RECIPIENT),
    "delivered_neighbour": Told(Status.DELIVERED, Handover.NEIGHBOUR),
    "delivered_safe_place": Told(Status.DELIVERED, Handover.SAFE_PLACE),
    "delivered_mailbox": Told(Status.DELIVERED, Handover.MAILBOX),
    "collected": Told(Status.DELIVERED, Handover.LOCKER),
    "lost": Told(Status.EXCEPTION, reason=Reason.CARRIER_LOST),
    "damaged": Told(Status.EXCEPTION, reason=Reason.CARRIER_DAMAGED),
    "returning": Told(Status.RETURNING),
    "returned": Told(Status.RETURNED),
}
"""What people hear on the telephone from a carrier. What opens a locker, only its system tells."""


def told_event(carrier: str, tracking_number: str, told: Told, at: datetime, once: UUID) -> Event:
    """`once` makes one event of what is posted twice; `at` is aware."""
    return Event(
        event_id=f"{BY_SUPPORT}{once}",
        carrier=carrier,
        tracking_number=tracking_number,
        occurred_at=at.isoformat(),
        status=told.status,
        handover=told.handover,
        reason=told.reason,
    )


def taken_back(carrier: str, tracking_number: str, key: str, now: datetime, once: UUID) -> Event:
    """Takes back the scan of this key (hex), whoever told it."""
    return Event(
        event_id=f"{BY_SUPPORT}{once}",
        carrier=carrier,
        tracking_number=tracking_number,
        occurred_at=now.isoformat(),
        retracts=f"{SCAN}{key}",
    )


def is_by_support(event_id: str | None) -> bool:
    return event_id is not None and event_id.startswith(BY_SUPPORT)
