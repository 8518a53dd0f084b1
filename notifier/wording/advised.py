"""What to do next, in the words of the tracking page, as far as it fits who reads it."""

from typing import Final

from notifier.outside import typed
from notifier.values import Values
from notifier.wording.channels import PICKUP
from schemas.notice import Addressee, Occasion
from schemas.status import Handover, Status
from tracking.web import advice

COLLECT_IN_TIME: Final = advice.usual(Status.READY_FOR_PICKUP, None, None).text
# Where the tracking page's advice for a status holds for the notice too.
_STATUS: Final[dict[Occasion, Status]] = {
    Occasion.REGISTERED: Status.INFO_RECEIVED,
    Occasion.ACCEPTED: Status.ACCEPTED,
    Occasion.OUT_FOR_DELIVERY: Status.OUT_FOR_DELIVERY,
    Occasion.DELIVERY_TIME_CHANGED: Status.OUT_FOR_DELIVERY,
    Occasion.ARRIVING_NEXT: Status.OUT_FOR_DELIVERY,
    Occasion.ATTEMPT_FAILED: Status.ATTEMPT_FAILED,
    Occasion.HELD: Status.HELD,
    Occasion.DELIVERED: Status.DELIVERED,
    Occasion.RETURNING: Status.RETURNING,
}
# These speak to whoever stands at the door or before the locker.
_AT_THE_DOOR: Final = PICKUP | {
    Occasion.OUT_FOR_DELIVERY,
    Occasion.DELIVERY_TIME_CHANGED,
    Occasion.ARRIVING_NEXT,
    Occasion.DELIVERED,
}


def advised(values: Values, *, when_is_known: bool) -> str | None:
    """A text of the page's catalogue."""
    if values.occasion in _AT_THE_DOOR and values.addressee is not Addressee.RECIPIENT:
        return None
    if values.occasion in PICKUP:
        return _to_collect(values)
    if values.occasion is Occasion.DELAYED:
        return None if when_is_known else advice.ASK_IF_LATE.text
    status = _STATUS.get(values.occasion)
    return advice.usual(status, values.reason, values.handover).text if status else None


def _to_collect(values: Values) -> str | None:
    """The code stands in the notice where we have it."""
    if values.handover is None or (values.handover is Handover.LOCKER and typed(values.code)):
        return None
    usual = advice.usual(Status.READY_FOR_PICKUP, None, values.handover).text
    return usual if usual != COLLECT_IN_TIME else None
