"""How the page feels about each status: its colour and its picture."""

from enum import StrEnum
from typing import Final

from schemas.status import Status


class Mood(StrEnum):
    """How the page feels; always said in words too."""

    CALM = "calm"
    GOOD = "good"
    ATTENTION = "attention"
    BAD = "bad"


ICON: Final[dict[Status, str]] = {
    Status.PENDING: "box",
    Status.INFO_RECEIVED: "box",
    Status.ACCEPTED: "box",
    Status.IN_TRANSIT: "truck",
    Status.OUT_FOR_DELIVERY: "truck",
    Status.READY_FOR_PICKUP: "locker",
    Status.ATTEMPT_FAILED: "alert",
    Status.HELD: "pause",
    Status.DELIVERED: "check",
    Status.RETURNING: "back",
    Status.RETURNED: "back",
    Status.EXCEPTION: "alert",
    Status.CANCELLED: "cross",
    Status.EXPIRED: "clock",
}
MOOD: Final[dict[Status, Mood]] = {
    Status.READY_FOR_PICKUP: Mood.GOOD,
    Status.DELIVERED: Mood.GOOD,
    Status.ATTEMPT_FAILED: Mood.ATTENTION,
    Status.HELD: Mood.ATTENTION,
    Status.RETURNING: Mood.ATTENTION,
    Status.RETURNED: Mood.ATTENTION,
    Status.CANCELLED: Mood.ATTENTION,
    Status.EXPIRED: Mood.ATTENTION,
    Status.EXCEPTION: Mood.BAD,
}
