"""Whom to ask how it was, what about, and which marks somebody has to look at. Pure."""

from datetime import datetime, timedelta
from typing import Final

from schemas.shipment import ShipmentState
from schemas.status import Handover, Status
from schemas.survey import Packaging, SurveyAnswer

ASKED_FOR: Final = timedelta(days=30)  # after the delivery; then nobody remembers
DETRACTOR: Final = 6  # of 10, and below (NPS: F. Reichheld, Harvard Business Review, 2003)
FEW_STARS: Final = 2
_BY_HAND: Final = frozenset(
    {None, Handover.RECIPIENT, Handover.NEIGHBOUR, Handover.SAFE_PLACE, Handover.MAILBOX}
)


def is_to_be_asked(state: ShipmentState, now: datetime) -> bool:
    """Of what was delivered, and not taken back, while it is remembered."""
    since = state.since
    return state.status is Status.DELIVERED and since is not None and now - since <= ASKED_FOR


def asks_of_courier(state: ShipmentState) -> bool:
    """Who collected it from a locker or a counter has met none."""
    return state.handover in _BY_HAND


def is_low(answer: SurveyAnswer) -> bool:
    """Whether somebody should turn to this shopper."""
    return (
        (answer.recommend is not None and answer.recommend <= DETRACTOR)
        or (answer.courier is not None and answer.courier <= FEW_STARS)
        or answer.packaging is Packaging.DAMAGED
    )
