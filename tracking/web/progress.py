"""How far a parcel is, in four or five steps that fit its way: door, pickup or back."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from markupsafe import Markup

from schemas.shipment import ShipmentState
from schemas.status import Status
from tracking.web.view import ParcelView
from tracking.web.wording import COLLECTED, COLLECTED_FROM, STATUS
from tracking.words.catalog import Words


class StepState(StrEnum):
    DONE = "done"
    NOW = "now"
    PROBLEM = "problem"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class Step:
    label: Markup
    state: StepState
    current: bool


_START: Final = (Status.INFO_RECEIVED, Status.ACCEPTED, Status.IN_TRANSIT)
_TO_A_DOOR: Final = (*_START, Status.OUT_FOR_DELIVERY, Status.DELIVERED)
_TO_A_PICKUP: Final = (*_START, Status.READY_FOR_PICKUP, Status.DELIVERED)
_NOT_KNOWN_YET: Final = (*_START, Status.DELIVERED)
_STOPPED: Final = frozenset(
    {
        Status.ATTEMPT_FAILED,
        Status.HELD,
        Status.EXCEPTION,
        Status.CANCELLED,
        Status.EXPIRED,
    }
)


def progress(view: ParcelView, words: Words) -> list[Step]:
    state, way = view.state, _way(view)
    reached = _reached(state, way)
    return [
        Step(
            label=words.gettext(_label(view, way, index, reached)),
            state=_step_state(state, index, reached),
            current=index == reached,
        )
        for index in range(len(way))
    ]


def _way(view: ParcelView) -> tuple[Status, ...]:
    state = view.state
    if Status.RETURNING in state.stages or state.status in {Status.RETURNING, Status.RETURNED}:
        return _way_back(state)
    if state.status is Status.READY_FOR_PICKUP or state.handover in COLLECTED_FROM:
        return _TO_A_PICKUP
    if view.to_collect is not None:
        return _TO_A_PICKUP if view.to_collect else _TO_A_DOOR
    if Status.READY_FOR_PICKUP in state.stages and state.status is not Status.DELIVERED:
        return _TO_A_PICKUP
    return _TO_A_DOOR if _went_to_a_door(state) else _NOT_KNOWN_YET


def _way_back(state: ShipmentState) -> tuple[Status, ...]:
    if state.status is Status.DELIVERED:  # given to the recipient after all
        return (*_START, Status.RETURNING, Status.DELIVERED)
    return (*_START, Status.RETURNING, Status.RETURNED)


def _went_to_a_door(state: ShipmentState) -> bool:
    known = state.status in {Status.OUT_FOR_DELIVERY, Status.ATTEMPT_FAILED}
    return known or state.handover is not None or Status.OUT_FOR_DELIVERY in state.stages


def _reached(state: ShipmentState, way: tuple[Status, ...]) -> int:
    """The index of the step where the parcel is, or was stopped."""
    if state.status in way:
        return way.index(state.status)
    if state.status in {Status.OUT_FOR_DELIVERY, Status.ATTEMPT_FAILED}:
        door = Status.OUT_FOR_DELIVERY in way
        return way.index(Status.OUT_FOR_DELIVERY if door else Status.IN_TRANSIT)
    been = [way.index(stage) for stage in state.stages if stage in way and stage is not way[-1]]
    return max(been, default=0)


def _label(view: ParcelView, way: tuple[Status, ...], index: int, reached: int) -> str:
    status = view.state.status
    if index == reached and (status in _STOPPED or status is Status.OUT_FOR_DELIVERY):
        return STATUS[status]
    if way[index] is Status.DELIVERED and _is_collected(view.state, way):
        return COLLECTED
    return STATUS[way[index]]


def _is_collected(state: ShipmentState, way: tuple[Status, ...]) -> bool:
    if state.status is Status.DELIVERED:
        return state.handover in COLLECTED_FROM
    return way == _TO_A_PICKUP


def _step_state(state: ShipmentState, index: int, reached: int) -> StepState:
    if index != reached:
        return StepState.DONE if index < reached else StepState.AHEAD
    if state.status in _STOPPED:
        return StepState.PROBLEM
    return StepState.DONE if state.is_over else StepState.NOW
