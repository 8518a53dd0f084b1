"""Facts owed: the difference between what was true before and what is true now.

A scan that is older than what we know changes the history and owes nothing; a parcel first seen
when it is already delivered owes one fact, not five.
"""

from collections.abc import Set as AbstractSet
from typing import Literal, NamedTuple

from schemas.shipment import ShipmentState
from schemas.status import TERMINAL, Status

Detail = Literal["estimate", "pickup", "handover", "reason", "registration"]
Kind = Literal["status", "delivery_retracted", "corrected", "details_changed"]

_GOING_BACK = frozenset({Status.RETURNING, Status.RETURNED})


class Owed(NamedTuple):
    """One fact to publish, about the state that is true now."""

    kind: Kind
    changed: tuple[Detail, ...] = ()


def owed(
    before: ShipmentState, after: ShipmentState, retracted: AbstractSet[str] = frozenset()
) -> Owed | None:
    """The fact that this change owes, or None.

    `retracted` holds the hex keys of the scans that no longer count.
    """
    if after.status is not before.status:
        return _status_owed(before, after, retracted)
    if _attempted_again(before, after):
        return Owed("status")
    changed = _details(before, after)
    return Owed("details_changed", changed) if changed else None


def _status_owed(
    before: ShipmentState, after: ShipmentState, retracted: AbstractSet[str]
) -> Owed | None:
    if before.status in TERMINAL and after.status not in TERMINAL | _GOING_BACK:
        return Owed("delivery_retracted")
    taken_back = before.decided_by in retracted
    if taken_back and before.status is Status.DELIVERED:
        return Owed("delivery_retracted")
    if after.status is Status.PENDING or (taken_back and not _is_later(before, after)):
        return Owed("corrected")
    return Owed("status")


def _is_later(before: ShipmentState, after: ShipmentState) -> bool:
    """Whether the status of now was reached after the former one: then it is news of its own."""
    return before.since is not None and after.since is not None and after.since > before.since


def _attempted_again(before: ShipmentState, after: ShipmentState) -> bool:
    return (
        after.status is Status.ATTEMPT_FAILED
        and _is_later(before, after)
        and after.attempts > before.attempts
    )


def _details(before: ShipmentState, after: ShipmentState) -> tuple[Detail, ...]:
    changed: list[Detail] = []
    if after.estimate != before.estimate and not after.is_over:
        changed.append("estimate")
    if after.status is Status.READY_FOR_PICKUP and _pickup(after) != _pickup(before):
        changed.append("pickup")
    if after.handover is not before.handover:
        changed.append("handover")
    if after.reason is not before.reason:
        changed.append("reason")
    return tuple(changed)


def _pickup(state: ShipmentState) -> tuple[object, ...]:
    place = state.pickup_place
    return (
        state.pickup_until,
        state.pickup_code,
        state.pickup_qr,
        place and (place.place_id or place.name),
    )
