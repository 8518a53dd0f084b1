"""Plain words for each status, handover and reason: every text of the page that is chosen by data.

English here, translated where used (catalog.py). Sentences are whole, never glued from pieces.
"""

from typing import Final

from markupsafe import Markup

from schemas.status import Handover, Reason, Status
from tracking.words.catalog import N_, Words

STATUS: Final[dict[Status, str]] = {
    Status.PENDING: N_("Waiting for the first scan"),
    Status.INFO_RECEIVED: N_("Registered"),
    Status.ACCEPTED: N_("Handed over"),
    Status.IN_TRANSIT: N_("On the way"),
    Status.OUT_FOR_DELIVERY: N_("Out for delivery"),
    Status.READY_FOR_PICKUP: N_("Ready to collect"),
    Status.ATTEMPT_FAILED: N_("Delivery attempt failed"),
    Status.HELD: N_("On hold"),
    Status.DELIVERED: N_("Delivered"),
    Status.RETURNING: N_("Going back"),
    Status.RETURNED: N_("Back with the sender"),
    Status.EXCEPTION: N_("Problem"),
    Status.CANCELLED: N_("Cancelled"),
    Status.EXPIRED: N_("No news"),
}
"""The status word."""

COLLECTED: Final = N_("Collected")

# What happened, as a line of the history.
_EVENT: Final[dict[Status, str]] = {
    Status.PENDING: N_("The parcel number is known"),
    Status.INFO_RECEIVED: N_("The sender registered the parcel with the carrier"),
    Status.ACCEPTED: N_("The carrier received the parcel"),
    Status.IN_TRANSIT: N_("On the way"),
    Status.OUT_FOR_DELIVERY: N_("Out for delivery"),
    Status.READY_FOR_PICKUP: N_("Ready to collect"),
    Status.ATTEMPT_FAILED: N_("Delivery attempt failed"),
    Status.HELD: N_("On hold"),
    Status.DELIVERED: N_("Delivered"),
    Status.RETURNING: N_("On the way back to the sender"),
    Status.RETURNED: N_("Given back to the sender"),
    Status.EXCEPTION: N_("A problem was reported"),
    Status.CANCELLED: N_("The shipment was cancelled"),
    Status.EXPIRED: N_("Tracking ended without news"),
}
_READY: Final[dict[Handover, str]] = {
    Handover.LOCKER: N_("Placed in the locker"),
    Handover.PICKUP_POINT: N_("Arrived at the pickup point"),
}
_DELIVERED: Final[dict[Handover, str]] = {
    Handover.RECIPIENT: N_("Delivered to the recipient"),
    Handover.NEIGHBOUR: N_("Left with a neighbour"),
    Handover.SAFE_PLACE: N_("Left in a safe place"),
    Handover.MAILBOX: N_("Put in the mailbox"),
    Handover.LOCKER: N_("Collected from the locker"),
    Handover.PICKUP_POINT: N_("Collected from the pickup point"),
    Handover.SENDER: N_("Given back to the sender"),
}

CAUSE: Final[dict[Reason, str]] = {
    Reason.CARRIER_DELAY: N_("The carrier is running late."),
    Reason.CARRIER_MISSORTED: N_("The parcel was sent the wrong way and has to be redirected."),
    Reason.CARRIER_DAMAGED: N_("The parcel was damaged."),
    Reason.CARRIER_LOST: N_("The carrier cannot find the parcel."),
    Reason.CARRIER_DESTROYED: N_("The parcel was destroyed."),
    Reason.CARRIER_CAPACITY: N_("The carrier has more parcels than it can handle."),
    Reason.CARRIER_VEHICLE: N_("The carrier had trouble with its vehicle."),
    Reason.CARRIER_NO_TIME: N_("The courier ran out of time."),
    Reason.RECIPIENT_ABSENT: N_("Nobody was there to receive it."),
    Reason.RECIPIENT_CLOSED: N_("The place was closed."),
    Reason.RECIPIENT_REFUSED: N_("The parcel was refused."),
    Reason.RECIPIENT_ADDRESS: N_("The address is wrong or incomplete."),
    Reason.RECIPIENT_ACCESS: N_("The courier could not get to the door."),
    Reason.RECIPIENT_PAYMENT: N_("A payment is still due."),
    Reason.RECIPIENT_IDENTITY: N_("The recipient's identity could not be confirmed."),
    Reason.RECIPIENT_REQUESTED: N_("The recipient asked for a change."),
    Reason.PICKUP_MISSED: N_("The parcel was not collected in time."),
    Reason.LOCKER_FULL: N_("The locker was full."),
    Reason.LOCKER_FAULT: N_("The locker is out of order."),
    Reason.OVERSIZED: N_("The parcel is too large."),
    Reason.REDIRECTED: N_("The parcel was redirected to another place."),
    Reason.SENDER_CANCELLED: N_("The sender cancelled the shipment."),
    Reason.SENDER_DATA: N_("Details from the sender are wrong or missing."),
    Reason.SENDER_NOT_READY: N_("The sender did not have the parcel ready."),
    Reason.SENDER_PACKAGING: N_("The packaging is not good enough."),
    Reason.CUSTOMS_DELAY: N_("Customs is taking longer than usual."),
    Reason.CUSTOMS_DOCUMENTS: N_("Customs needs more documents."),
    Reason.CUSTOMS_DUTIES: N_("Duty or tax has to be paid."),
    Reason.CUSTOMS_INSPECTION: N_("Customs is inspecting the parcel."),
    Reason.CUSTOMS_PROHIBITED: N_("Customs does not allow the contents."),
    Reason.WEATHER: N_("The weather is slowing things down."),
    Reason.FORCE_MAJEURE: N_("Events beyond the carrier's control are slowing things down."),
    Reason.SECURITY: N_("The parcel is going through a security check."),
    Reason.OTHER: N_("The carrier did not say why."),
}

EXPLAINED: Final[dict[Status, str]] = {
    Status.PENDING: N_("We know the parcel number. The carrier has not scanned the parcel yet."),
    Status.INFO_RECEIVED: N_("The sender has registered it and will hand it over."),
}
WENT_WRONG: Final[dict[Reason, str]] = {
    Reason.CARRIER_DAMAGED: N_("The parcel was damaged on the way"),
    Reason.CARRIER_LOST: N_("The carrier cannot find the parcel"),
    Reason.CARRIER_DESTROYED: N_("The parcel was destroyed on the way"),
}
UNCLEAR: Final = N_(
    "The carrier has reported something, but we cannot tell from it where the parcel is."
    " You find it in the history."
)
# Where it waits: (in a locker or at a pickup point; whether the place and the limit are known).
WAITING: Final[dict[tuple[Handover | None, bool, bool], str]] = {
    (Handover.LOCKER, True, True): N_("Waiting in the locker %(place)s %(until)s"),
    (Handover.LOCKER, True, False): N_("Waiting in the locker %(place)s"),
    (Handover.LOCKER, False, True): N_("Waiting in the locker %(until)s"),
    (Handover.LOCKER, False, False): N_("Waiting in the locker"),
    (Handover.PICKUP_POINT, True, True): N_("Waiting at the pickup point %(place)s %(until)s"),
    (Handover.PICKUP_POINT, True, False): N_("Waiting at the pickup point %(place)s"),
    (Handover.PICKUP_POINT, False, True): N_("Waiting at the pickup point %(until)s"),
    (Handover.PICKUP_POINT, False, False): N_("Waiting at the pickup point"),
    (None, True, True): N_("Ready to collect at %(place)s %(until)s"),
    (None, True, False): N_("Ready to collect at %(place)s"),
    (None, False, True): N_("Ready to collect %(until)s"),
    (None, False, False): N_("Ready to collect"),
}

CUSTOMS: Final = frozenset(
    {
        Reason.CUSTOMS_DELAY,
        Reason.CUSTOMS_DOCUMENTS,
        Reason.CUSTOMS_DUTIES,
        Reason.CUSTOMS_INSPECTION,
        Reason.CUSTOMS_PROHIBITED,
    }
)
COLLECTED_FROM: Final = frozenset({Handover.LOCKER, Handover.PICKUP_POINT})


def status_word(words: Words, status: Status, handover: Handover | None) -> Markup:
    if status is Status.DELIVERED and handover in COLLECTED_FROM:
        return words.gettext(COLLECTED)
    return words.gettext(STATUS[status])


def event(words: Words, status: Status, handover: Handover | None) -> Markup:
    """One line of the history: what happened."""
    text = _EVENT[status]
    if handover and status is Status.READY_FOR_PICKUP:
        text = _READY.get(handover, text)
    if handover and status is Status.DELIVERED:
        text = _DELIVERED[handover]
    return words.gettext(text)


def handed(words: Words, handover: Handover) -> Markup:
    """Into whose hands a delivered parcel went, as a label."""
    return words.gettext(_DELIVERED[handover])


def cause(words: Words, reason: Reason | None) -> Markup | None:
    return words.gettext(CAUSE[reason]) if reason else None
