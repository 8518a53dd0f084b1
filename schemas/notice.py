"""Notices: what may be said to a shopper, by which way, and what became of it."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from schemas.said import Said


class Occasion(StrEnum):
    """Why somebody is written to; one notice of each for a parcel, a channel and a person."""

    REGISTERED = "registered"
    ACCEPTED = "accepted"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERY_TIME_CHANGED = "delivery_time_changed"
    ARRIVING_NEXT = "arriving_next"
    READY_FOR_PICKUP = "ready_for_pickup"
    PICKUP_HALF_TIME = "pickup_half_time"
    PICKUP_LAST_DAY = "pickup_last_day"
    PICKUP_LAST_HOURS = "pickup_last_hours"
    ATTEMPT_FAILED = "attempt_failed"
    HELD = "held"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RETURNING = "returning"
    DELIVERY_RETRACTED = "delivery_retracted"
    BONUS_GRANTED = "bonus_granted"
    BONUS_WITHDRAWN = "bonus_withdrawn"
    SURVEY = "survey"
    CASE_REPLY = "case_reply"


class Channel(StrEnum):
    SMS = "sms"
    EMAIL = "email"
    PUSH = "push"


class Addressee(StrEnum):
    """Who of the registration. A pickup code is for the recipient only."""

    RECIPIENT = "recipient"
    BUYER = "buyer"


class NoticeState(StrEnum):
    """Where a notice is on its way. Left from the top downwards, never back, but for a retry."""

    PLANNED = "planned"  # waits until it is due
    CLAIMED = "claimed"  # a sender has it in hand, and nothing has left yet
    HANDED = "handed"  # being given to the provider: whether it left is not known
    SENT = "sent"  # the provider accepted it
    DELIVERED = "delivered"  # the provider says that it arrived
    FAILED = "failed"  # it did not arrive and is not tried again this way
    UNKNOWN = "unknown"  # it may have left; not repeated, a receipt may settle it
    DROPPED = "dropped"  # decided not to be sent, for the reason that stands beside it


MAY_HAVE_ARRIVED = frozenset(
    {NoticeState.HANDED, NoticeState.SENT, NoticeState.DELIVERED, NoticeState.UNKNOWN}
)


class Key(NamedTuple):
    """What makes a notice one of its kind for its parcel; `round` tells a second time."""

    occasion: Occasion
    round: str
    channel: Channel
    addressee: Addressee


class Told(NamedTuple):
    """A notice that was decided before, and what became of it by `at`.

    `said`: what its reader goes by, from when it was handed over; None where nobody knows.
    """

    key: Key
    state: NoticeState
    due_at: datetime
    at: datetime
    reason: str | None = None
    until: datetime | None = None
    said: Said | None = None


class Decision(NamedTuple):
    """To be sent at `due_at` unless it is `until`; with a reason: not to be sent."""

    key: Key
    due_at: datetime
    until: datetime
    reason: str | None = None


class Offer(NamedTuple):
    """What may be said at once because somebody asks for it; with a reason: why it cannot be."""

    key: Key
    reason: str | None = None
