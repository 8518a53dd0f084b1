"""What a code cannot mean: a reason or a hand that its status rules out. Pure."""

from collections.abc import Mapping
from typing import Final, Literal

from schemas.status import Handover, Reason, Status

Field = Literal["reason", "handover"]

_BEFORE_THE_DOOR: Final = frozenset(
    {
        Status.PENDING,
        Status.INFO_RECEIVED,
        Status.ACCEPTED,
        Status.IN_TRANSIT,
        Status.OUT_FOR_DELIVERY,
    }
)
_AT_THE_DOOR: Final = frozenset(
    {
        Reason.RECIPIENT_ABSENT,
        Reason.RECIPIENT_CLOSED,
        Reason.RECIPIENT_REFUSED,
        Reason.RECIPIENT_PAYMENT,
        Reason.RECIPIENT_IDENTITY,
        Reason.PICKUP_MISSED,
    }
)
"""Only who was tried can have been away, or have refused."""
_GONE: Final = frozenset({Reason.CARRIER_LOST, Reason.CARRIER_DESTROYED})
_THERE: Final = frozenset({Status.READY_FOR_PICKUP, Status.DELIVERED, Status.RETURNED})
_NOT_GIVEN: Final = frozenset({Reason.RECIPIENT_REFUSED, Reason.PICKUP_MISSED})
_HANDS: Final[Mapping[Status, frozenset[Handover]]] = {
    Status.READY_FOR_PICKUP: frozenset({Handover.LOCKER, Handover.PICKUP_POINT}),
    Status.DELIVERED: frozenset(Handover) - {Handover.SENDER},
    Status.RETURNED: frozenset({Handover.SENDER}),
}


def cannot_be(
    status: Status | None, reason: Reason | None, handover: Handover | None
) -> Field | None:
    """The field that does not fit the status; None where it all may be.

    Only what is plainly a slip: carriers have more reasons than anybody thinks of.
    """
    if reason is not None and not _may_be_why(status, reason):
        return "reason"
    hands: frozenset[Handover] = _HANDS.get(status, frozenset()) if status else frozenset()
    return "handover" if handover is not None and handover not in hands else None


def _may_be_why(status: Status | None, reason: Reason) -> bool:
    if status is None:
        return False
    if status in _BEFORE_THE_DOOR:
        return reason not in _AT_THE_DOOR | _GONE
    if status in _THERE and reason in _GONE:
        return False
    return status is not Status.DELIVERED or reason not in _NOT_GIVEN
