"""A parcel as far as its promise goes: what lateness and compensation are reckoned from. Pure."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from schemas.policy import Exclusion
from schemas.promise import Mover
from schemas.shipment import ShipmentState
from schemas.status import Reason
from tracking.domain.promise import Promises
from tracking.domain.silence import LOST
from tracking.domain.slip import VOID, arrived_at

_DOING: Final[Mapping[Exclusion, frozenset[Reason]]] = {
    Exclusion.SHOPPER_HELD: frozenset(
        {
            Reason.RECIPIENT_ABSENT,
            Reason.RECIPIENT_CLOSED,
            Reason.RECIPIENT_ADDRESS,
            Reason.RECIPIENT_ACCESS,
            Reason.RECIPIENT_PAYMENT,
            Reason.RECIPIENT_IDENTITY,
            Reason.PICKUP_MISSED,
            Reason.CUSTOMS_DUTIES,
        }
    ),
    Exclusion.SHOPPER_MOVED: frozenset({Reason.RECIPIENT_REQUESTED}),
    Exclusion.REFUSED: frozenset({Reason.RECIPIENT_REFUSED}),
}


class Truth(NamedTuple):
    """Instants are aware; `deadline` None: nothing was promised. `value` in cents, of the policy's
    currency, None where the shop told none. `stopped`: from when on it was the shopper's doing.
    `is_void`: it was cancelled.
    """

    deadline: datetime | None
    arrived_at: datetime | None
    is_lost: bool
    value: int | None
    country: str
    zone: str
    stopped: Mapping[Exclusion, datetime] = MappingProxyType({})
    is_void: bool = False


def truth_of(
    promises: Promises | None, state: ShipmentState, value: int | None, country: str, zone: str
) -> Truth:
    return Truth(
        deadline=promises.measure.by if promises else None,
        arrived_at=arrived_at(state),
        is_lost=state.reason in LOST,
        value=value,
        country=country,
        zone=zone,
        stopped=_stopped(promises, state),
        is_void=state.status in VOID,
    )


def _stopped(promises: Promises | None, state: ShipmentState) -> Mapping[Exclusion, datetime]:
    found: dict[Exclusion, datetime] = {}
    heard = state.reasons
    if not heard and state.reason and state.since:  # a state that the release before has made
        heard = {state.reason: state.since}
    for why, reasons in _DOING.items():
        told = [at for reason, at in heard.items() if reason in reasons]
        if why is Exclusion.SHOPPER_MOVED and promises and _is_theirs(promises):
            told.append(promises.measure.at)
        if told:
            found[why] = min(told)
    return found


def _is_theirs(promises: Promises) -> bool:
    return promises.measure.mover is Mover.SHOPPER
