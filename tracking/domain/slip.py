"""Whether a promise is kept, at risk or broken, and what is published when that changes. Pure.

It is reckoned from the truth of now each time, so late, repeated and retracted scans lead to the
same: what was published before is corrected, once.
"""

from datetime import datetime
from typing import Final

from schemas.promise import Slip
from schemas.scan import Window
from schemas.shipment import ShipmentState
from schemas.status import Status

VOID: Final = frozenset({Status.CANCELLED})
_FACT: Final = {
    Slip.AT_RISK: "promise.at_risk",
    Slip.BROKEN: "promise.broken",
    Slip.KEPT: "promise.kept",
}
_KEPT_LATE_SCAN: Final = "promise.kept_late_scan"


def arrived_at(state: ShipmentState) -> datetime | None:
    """When it was where the shopper can have it: handed over, or waiting to be collected.

    Whoever collects it days later was not kept waiting.
    """
    waited = state.stages.get(Status.READY_FOR_PICKUP)
    if waited is not None:
        return waited
    return state.stages.get(Status.DELIVERED) if state.status is Status.DELIVERED else None


def expected_by(estimate: Window | None) -> datetime | None:
    """By when the carrier says that it comes. Of days it is their beginning: in doubt in time."""
    if estimate is None:
        return None
    return estimate.starts if estimate.day_only else estimate.ends


def slip_of(
    deadline: datetime,
    status: Status,
    arrived: datetime | None,
    expected: datetime | None,
    now: datetime,
) -> Slip:
    """`arrived` as `arrived_at` says; `expected`: by when it comes as far as can be reckoned, None
    where nobody can say.
    """
    if arrived is not None:
        return Slip.KEPT if arrived <= deadline else Slip.BROKEN
    if status in VOID:
        return Slip.VOID
    if now >= deadline:
        return Slip.BROKEN
    is_late = expected is not None and expected > deadline
    return Slip.AT_RISK if is_late else Slip.AWAITED


def fact_of(published: Slip | None, found: Slip) -> str | None:
    """The type of the fact that tells of it; None where it was told, or is no news.

    A promise that was said to be broken and then turns out kept: a late scan proves it.
    """
    if published is found:
        return None
    if published is Slip.BROKEN and found is Slip.KEPT:
        return _KEPT_LATE_SCAN
    return _FACT.get(found)
