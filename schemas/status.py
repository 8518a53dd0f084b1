"""Where a parcel is in its life. The only place where a status, reason or handover is born.

Three axes, because one list cannot say it: "in the locker", "collected from the locker" and
"given back to the sender" are three different things that carriers all call delivered.
"""

from enum import StrEnum


class Status(StrEnum):
    PENDING = "pending"
    INFO_RECEIVED = "info_received"
    ACCEPTED = "accepted"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    READY_FOR_PICKUP = "ready_for_pickup"
    ATTEMPT_FAILED = "attempt_failed"
    HELD = "held"
    DELIVERED = "delivered"
    RETURNING = "returning"
    RETURNED = "returned"
    EXCEPTION = "exception"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Reason(StrEnum):
    """Who and why, beside a status that is not simply progress."""

    CARRIER_DELAY = "carrier_delay"
    CARRIER_MISSORTED = "carrier_missorted"
    CARRIER_DAMAGED = "carrier_damaged"
    CARRIER_LOST = "carrier_lost"
    CARRIER_DESTROYED = "carrier_destroyed"
    CARRIER_CAPACITY = "carrier_capacity"
    CARRIER_VEHICLE = "carrier_vehicle"
    CARRIER_NO_TIME = "carrier_no_time"
    RECIPIENT_ABSENT = "recipient_absent"
    RECIPIENT_CLOSED = "recipient_closed"
    RECIPIENT_REFUSED = "recipient_refused"
    RECIPIENT_ADDRESS = "recipient_address"
    RECIPIENT_ACCESS = "recipient_access"
    RECIPIENT_PAYMENT = "recipient_payment"
    RECIPIENT_IDENTITY = "recipient_identity"
    RECIPIENT_REQUESTED = "recipient_requested"
    PICKUP_MISSED = "pickup_missed"
    LOCKER_FULL = "locker_full"
    LOCKER_FAULT = "locker_fault"
    OVERSIZED = "oversized"
    REDIRECTED = "redirected"
    SENDER_CANCELLED = "sender_cancelled"
    SENDER_DATA = "sender_data"
    SENDER_NOT_READY = "sender_not_ready"
    SENDER_PACKAGING = "sender_packaging"
    CUSTOMS_DELAY = "customs_delay"
    CUSTOMS_DOCUMENTS = "customs_documents"
    CUSTOMS_DUTIES = "customs_duties"
    CUSTOMS_INSPECTION = "customs_inspection"
    CUSTOMS_PROHIBITED = "customs_prohibited"
    WEATHER = "weather"
    FORCE_MAJEURE = "force_majeure"
    SECURITY = "security"
    OTHER = "other"


class Handover(StrEnum):
    """Into whose hands, or into what, the parcel was given or waits."""

    RECIPIENT = "recipient"
    NEIGHBOUR = "neighbour"
    SAFE_PLACE = "safe_place"
    MAILBOX = "mailbox"
    LOCKER = "locker"
    PICKUP_POINT = "pickup_point"
    SENDER = "sender"


TERMINAL = frozenset({Status.DELIVERED, Status.RETURNED})
"""The end of the story: left only by a retraction or a return journey."""

HINDERED = frozenset({Status.ATTEMPT_FAILED, Status.HELD, Status.EXCEPTION})
"""It does not go on by itself, or nobody knows when."""

# Life-cycle order, used to break ties of time and to read times that name two instants.
RANK: dict[Status, int] = {
    Status.PENDING: 0,
    Status.INFO_RECEIVED: 1,
    Status.ACCEPTED: 2,
    Status.IN_TRANSIT: 3,
    Status.EXCEPTION: 4,
    Status.HELD: 4,
    Status.OUT_FOR_DELIVERY: 5,
    Status.ATTEMPT_FAILED: 6,
    Status.READY_FOR_PICKUP: 7,
    Status.RETURNING: 8,
    Status.DELIVERED: 9,
    Status.RETURNED: 10,
    Status.CANCELLED: 11,
    Status.EXPIRED: 12,
}
