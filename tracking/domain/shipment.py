"""The fold: the state of a parcel as a pure function of the set of its scans.

`fold` reads the whole set; `advance` adds one scan that is later than all others to a state that
`fold` made, and gives the same result. Facts are the difference between two states (facts.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.base import trusted
from schemas.scan import Confidence, Location, Pickup, Scan, Window
from schemas.shipment import STAGES, EntryKind, ShipmentState
from schemas.status import TERMINAL, Handover, Reason, Status
from tracking.domain.order import Placed, Received, in_order, is_doubtful, retracted, twins
from tracking.domain.silence import is_silence, was_silent

SAME_ATTEMPT = timedelta(hours=6)  # two reports of a failed attempt within this are one attempt

_ANNOUNCED = frozenset({Status.PENDING, Status.INFO_RECEIVED})
_MOVEMENT = frozenset(
    {
        Status.PENDING,
        Status.INFO_RECEIVED,
        Status.ACCEPTED,
        Status.IN_TRANSIT,
        Status.OUT_FOR_DELIVERY,
        Status.ATTEMPT_FAILED,
        Status.READY_FOR_PICKUP,
    }
)
_TO_THE_RECIPIENT = frozenset(
    {Handover.RECIPIENT, Handover.NEIGHBOUR, Handover.SAFE_PLACE, Handover.MAILBOX}
)
_STAGES = frozenset(STAGES)
_PAST_PICKUP = TERMINAL | {Status.RETURNING}


class _Life:
    """A state while it is being written; the fields of ShipmentState."""

    status: Status
    reason: Reason | None
    handover: Handover | None
    since: datetime | None
    since_confidence: Confidence
    decided_by: str | None
    stages: dict[Status, datetime]
    reasons: dict[Reason, datetime]
    attempts: int
    location: Location | None
    estimate: Window | None
    estimate_at: datetime | None
    pickup_place: Location | None
    pickup_until: datetime | None
    pickup_code: str | None
    pickup_qr: str | None
    signed_by: str | None
    first_scan_at: datetime | None
    last_scan_at: datetime | None

    def __init__(self, state: ShipmentState) -> None:
        self.__dict__.update(state.__dict__)
        self.stages = dict(state.stages)
        self.reasons = dict(state.reasons)

    def frozen(self) -> ShipmentState:
        return trusted(ShipmentState, dict(self.__dict__))


@dataclass(frozen=True, slots=True)
class Folded:
    """A parcel's life in order, its state, and which scans do not count (by key)."""

    state: ShipmentState
    ordered: Sequence[Placed]
    retracted: frozenset[bytes]
    twins: frozenset[bytes]
    last_at: datetime | None
    simple: bool  # nothing in the set needs the whole set to be read: `advance` may be used

    def kind_of(self, placed: Placed) -> EntryKind:
        if placed.key in self.retracted:
            return EntryKind.RETRACTED
        if placed.scan.retracts is not None:
            return EntryKind.RETRACTION
        if not placed.scan.recognised:
            return EntryKind.UNRECOGNISED
        return EntryKind.STATUS if placed.scan.status else EntryKind.INFORMATIONAL


def fold(received: Iterable[Received]) -> Folded:
    """The truth about one journey, from all that is known about it."""
    return fold_ordered(in_order(received))


def fold_ordered(ordered: Sequence[Placed]) -> Folded:
    gone = retracted(ordered)
    again = twins(ordered, gone)
    life = _Life(ShipmentState())
    for placed in ordered:
        if placed.key not in gone and placed.scan.retracts is None:
            _live(life, placed, counts=placed.key not in again)
    return Folded(
        state=life.frozen(),
        ordered=ordered,
        retracted=frozenset(gone),
        twins=frozenset(again),
        last_at=ordered[-1].at if ordered else None,
        simple=not any(needs_the_set(placed.scan) for placed in ordered),
    )


def needs_the_set(scan: Scan) -> bool:
    return scan.retracts is not None or is_doubtful(scan)


def advance(state: ShipmentState, placed: Placed) -> ShipmentState:
    """The state after one more scan, later than every other, in a life without doubts.

    Equal to folding the whole set again, which the property tests prove.
    """
    life = _Life(state)
    _live(life, placed, counts=True)
    return life.frozen()


def _live(life: _Life, placed: Placed, *, counts: bool) -> None:
    scan = placed.scan
    if is_silence(scan):
        counts = counts and was_silent(placed.at, life.last_scan_at)
    else:
        life.first_scan_at = life.first_scan_at or placed.at
        life.last_scan_at = placed.at
    status = _meant(life, scan)
    if life.status in TERMINAL and status is None:
        _fill_in(life, scan)
        return
    if counts and status is not None:
        _enter(life, status, placed)
    _learn(life, placed, status)


def _meant(life: _Life, scan: Scan) -> Status | None:
    """What the scan makes of the status here and now; None where it changes nothing."""
    status = scan.status
    if status is None:
        return None
    if status is Status.DELIVERED and scan.handover is Handover.SENDER:
        status = Status.RETURNED
    if life.status is Status.RETURNED:
        return None
    if life.status is Status.DELIVERED:
        return status if status in {Status.RETURNING, Status.RETURNED} else None
    if Status.RETURNING in life.stages:
        return _on_the_way_back(life, status, scan.handover)
    if status in _ANNOUNCED and (_has_moved(life) or status is Status.PENDING):
        return None
    if status is Status.ACCEPTED and _is_under_way(life):
        return Status.IN_TRANSIT
    return status


def _on_the_way_back(life: _Life, status: Status, handover: Handover | None) -> Status | None:
    if status is Status.DELIVERED:
        # Carriers say "delivered" when the sender has it back; only a named hand says otherwise.
        return Status.DELIVERED if handover in _TO_THE_RECIPIENT else Status.RETURNED
    if status in _MOVEMENT:
        return None if life.status is Status.RETURNING else Status.RETURNING
    return None if status in {Status.CANCELLED, Status.EXPIRED} else status


def _has_moved(life: _Life) -> bool:
    return life.status not in _ANNOUNCED and life.status not in {Status.CANCELLED, Status.EXPIRED}


def _is_under_way(life: _Life) -> bool:
    return Status.IN_TRANSIT in life.stages or Status.OUT_FOR_DELIVERY in life.stages


def _enter(life: _Life, status: Status, placed: Placed) -> None:
    scan, again = placed.scan, status is life.status
    if status in _STAGES:
        life.stages.setdefault(status, placed.at)
    if status is Status.ATTEMPT_FAILED:
        again = again and life.since is not None and placed.at - life.since < SAME_ATTEMPT
        life.attempts += not again
    if not again:
        if life.status is Status.READY_FOR_PICKUP or _is_past_pickup(life):
            _forget_pickup(life)
        life.since, life.since_confidence = placed.at, placed.confidence
        life.status, life.decided_by = status, placed.key.hex()
        life.reason, life.handover = scan.reason, scan.handover
    elif status in {Status.IN_TRANSIT, Status.RETURNING}:
        life.reason = scan.reason  # it moves again: what held it up is over
    else:
        life.reason = scan.reason or life.reason
        life.handover = scan.handover or life.handover


def _is_past_pickup(life: _Life) -> bool:
    """Delivered, or on its way back: what opens a door now is not for the recipient."""
    return not _PAST_PICKUP.isdisjoint(life.stages)


def _forget_pickup(life: _Life) -> None:
    """A code opens one door only; once the parcel is out of it, it opens nothing."""
    life.pickup_place = life.pickup_until = life.pickup_code = life.pickup_qr = None


def _learn(life: _Life, placed: Placed, status: Status | None) -> None:
    """Each attribute is the latest that says something; silence never erases."""
    scan = placed.scan
    if scan.reason is not None:
        life.reasons.setdefault(scan.reason, placed.at)
    life.location = scan.location or life.location
    if scan.estimate:
        life.estimate, life.estimate_at = scan.estimate, placed.at
    life.signed_by = scan.signed_by or life.signed_by
    if _is_past_pickup(life):
        return
    if status is Status.READY_FOR_PICKUP:
        life.pickup_place = scan.location or life.pickup_place
    if scan.pickup is not None:
        _learn_pickup(life, scan.pickup)


def _fill_in(life: _Life, scan: Scan) -> None:
    """After the end a scan adds what was missing and replaces nothing."""
    life.location = life.location or scan.location
    life.estimate = life.estimate or scan.estimate
    if scan.status is Status.DELIVERED:
        life.handover = life.handover or scan.handover
        life.signed_by = life.signed_by or scan.signed_by


def _learn_pickup(life: _Life, pickup: Pickup) -> None:
    life.pickup_until = pickup.until or life.pickup_until
    life.pickup_code = pickup.code or life.pickup_code
    life.pickup_qr = pickup.qr or life.pickup_qr
