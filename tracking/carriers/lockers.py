"""What a locker says, whoever operates it, and how a place's name tells a locker from a counter."""

from collections.abc import Mapping

from schemas.status import Handover, Reason, Status
from tracking.carriers.base import INFORMATIONAL, Meaning
from tracking.carriers.towns import plain

LOCKER_CODES: Mapping[str, Meaning] = {
    # The sender's side.
    "deposited_by_sender": Meaning(Status.ACCEPTED),
    "collected_by_courier": Meaning(Status.IN_TRANSIT),  # also an expired parcel on its way out
    "collected_by_sender": Meaning(Status.RETURNED, handover=Handover.SENDER),
    # The recipient's side.
    "stored": Meaning(Status.READY_FOR_PICKUP, handover=Handover.LOCKER),
    "collected_by_recipient": Meaning(Status.DELIVERED, handover=Handover.LOCKER),
    "full": Meaning(Status.ATTEMPT_FAILED, Reason.LOCKER_FULL),
    "relocated": Meaning(Status.IN_TRANSIT, Reason.REDIRECTED),
    "expired": Meaning(Status.HELD, Reason.PICKUP_MISSED),
    "removed": Meaning(Status.HELD),
    "door_fault": Meaning(Status.HELD, Reason.LOCKER_FAULT),
    # An opened door is not a collected parcel.
    "door_opened": INFORMATIONAL,
    "door_closed": INFORMATIONAL,
    "reserved": INFORMATIONAL,
    "code_sent": INFORMATIONAL,
    "reminder_sent": INFORMATIONAL,
    "extended": INFORMATIONAL,
}
"""Events of a locker; any operator may post these codes in Klāt's own format."""

_LOCKER_WORDS = (
    "locker",
    "parcel machine",
    "parcel terminal",
    "self-service terminal",
    "pakomat",
    "pastomat",
    "postomat",
    "paczkomat",
    "pakiautomaat",
    "pakettiautomaatti",
    "пакомат",
    "постомат",
    "постамат",
)
_COUNTER_WORDS = (
    "post office",
    "postkontor",
    "pasta nodala",
    "pasto skyrius",
    "pickup",
    "pick-up",
    "pick up",
    "parcel shop",
    "parcelshop",
    "service point",
)


def waits_in(place: str | None) -> Handover | None:
    """LOCKER or PICKUP_POINT where the name of the place says so in a Baltic or nearby language."""
    name = plain(place or "")
    if any(word in name for word in _LOCKER_WORDS):
        return Handover.LOCKER
    return Handover.PICKUP_POINT if any(word in name for word in _COUNTER_WORDS) else None
