"""Our help as a sample parcel shows it, for who writes another one in its place. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from markupsafe import Markup

from schemas.api import Money
from schemas.case import Topic
from schemas.scan import Location
from schemas.shipment import ShipmentState
from schemas.status import Handover, Status
from tracking.carriers.klat import HOME_ZONE
from tracking.web.help import help_answers
from tracking.web.view import BonusView, ParcelView, UnlockState
from tracking.words.catalog import words_of
from tracking.words.dates import Calendar

_STANDS: Final[Mapping[Topic, Status]] = {
    Topic.WHERE_IS_IT: Status.IN_TRANSIT,
    Topic.CHANGE_OF_ADDRESS: Status.IN_TRANSIT,
    Topic.NOT_RECEIVED: Status.DELIVERED,
    Topic.DAMAGED: Status.DELIVERED,
    Topic.PACKAGING_RETURN: Status.DELIVERED,
    Topic.PICKUP: Status.READY_FOR_PICKUP,
    Topic.BONUS: Status.DELIVERED,
    Topic.FEEDBACK: Status.DELIVERED,
    Topic.OTHER: Status.DELIVERED,
}


def sample_help(topic: Topic, language: str, now: datetime) -> Sequence[Markup]:
    """Its lines; none where nobody knows the answer before it is asked."""
    words = words_of(language)
    found = help_answers(_view(_STANDS[topic], now), (), words, Calendar(words, HOME_ZONE, now))
    return next((each.lines for each in found if each.topic is topic), ())


def _view(status: Status, now: datetime) -> ParcelView:
    since, until = now - timedelta(hours=20), now + timedelta(days=3)
    waits = status is Status.READY_FOR_PICKUP
    state = ShipmentState(
        status=status,
        handover=Handover.RECIPIENT if status is Status.DELIVERED else None,
        since=since,
        last_scan_at=since,
        pickup_place=Location(name="Centrs") if waits else None,
        pickup_until=until if waits else None,
    )
    return ParcelView(
        state=state,
        history=(),
        version=1,
        as_of=now,
        carrier_name="Omniva",
        tracking_number="CE123456789EE",
        zone=HOME_ZONE,
        path="/",
        unlock=UnlockState.LOCKED,
        has_pickup_code=waits,
        bonus=BonusView(Money(amount="5.00", currency="EUR"), now + timedelta(days=30)),
        can_ask=True,
    )
