"""What to do next: one sentence for each status and reason, and who can help with it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from schemas.status import HINDERED, Handover, Reason, Status
from tracking.words.catalog import N_


class Helper(StrEnum):
    CARRIER = "carrier"
    SHOP = "shop"


class Advice(NamedTuple):
    text: str
    ask: Helper | None = None


NOTHING: Final = Advice(N_("You do not need to do anything."))
_ARRANGE: Final = Advice(
    N_("Arrange a new time or another place with the carrier."), Helper.CARRIER
)
_ADDRESS: Final = Advice(N_("Check the delivery address with the carrier."), Helper.CARRIER)
_PAY: Final = Advice(
    N_("Ask the carrier how to pay. Pay only to the courier or on the carrier's own page."),
    Helper.CARRIER,
)
_IDENTITY: Final = Advice(
    N_("Have an identity document ready and arrange a new time with the carrier."), Helper.CARRIER
)
_REFUSED: Final = Advice(
    N_("If this is a mistake, tell the shop soon: otherwise the parcel goes back."), Helper.SHOP
)
_OTHER_LOCKER: Final = Advice(
    N_("Wait for the message that the parcel is ready. The carrier looks for another place.")
)
_MISSED: Final = Advice(
    N_("Ask the carrier soon whether you can still collect it: it may go back to the sender."),
    Helper.CARRIER,
)
_SHOP_ACTS: Final = Advice(N_("The shop has to act. Contact it if nothing happens."), Helper.SHOP)
_SHOP_SETTLES: Final = Advice(
    N_("Contact the shop. It can settle this with the carrier."), Helper.SHOP
)
_ASK_CARRIER: Final = Advice(N_("Ask the carrier what it needs to go on."), Helper.CARRIER)

_HINDRANCE: Final[Mapping[Reason, Advice]] = {
    Reason.CARRIER_DAMAGED: _SHOP_SETTLES,
    Reason.CARRIER_LOST: _SHOP_SETTLES,
    Reason.CARRIER_DESTROYED: _SHOP_SETTLES,
    Reason.CARRIER_DELAY: NOTHING,
    Reason.CARRIER_MISSORTED: NOTHING,
    Reason.CARRIER_CAPACITY: NOTHING,
    Reason.CARRIER_VEHICLE: NOTHING,
    Reason.CARRIER_NO_TIME: NOTHING,
    Reason.RECIPIENT_ABSENT: _ARRANGE,
    Reason.RECIPIENT_CLOSED: _ARRANGE,
    Reason.RECIPIENT_ACCESS: _ARRANGE,
    Reason.RECIPIENT_REQUESTED: NOTHING,
    Reason.RECIPIENT_REFUSED: _REFUSED,
    Reason.RECIPIENT_ADDRESS: _ADDRESS,
    Reason.RECIPIENT_PAYMENT: _PAY,
    Reason.RECIPIENT_IDENTITY: _IDENTITY,
    Reason.PICKUP_MISSED: _MISSED,
    Reason.LOCKER_FULL: _OTHER_LOCKER,
    Reason.LOCKER_FAULT: _OTHER_LOCKER,
    Reason.OVERSIZED: _OTHER_LOCKER,
    Reason.REDIRECTED: NOTHING,
    Reason.SENDER_CANCELLED: _SHOP_ACTS,
    Reason.SENDER_DATA: _SHOP_ACTS,
    Reason.SENDER_NOT_READY: _SHOP_ACTS,
    Reason.SENDER_PACKAGING: _SHOP_ACTS,
    Reason.CUSTOMS_DELAY: NOTHING,
    Reason.CUSTOMS_INSPECTION: NOTHING,
    Reason.CUSTOMS_DOCUMENTS: Advice(
        N_("Send the documents that the carrier asks for."), Helper.CARRIER
    ),
    Reason.CUSTOMS_DUTIES: Advice(
        N_(
            "Pay only on the carrier's or the customs authority's own page,"
            " not through a link in a message."
        ),
        Helper.CARRIER,
    ),
    Reason.CUSTOMS_PROHIBITED: _SHOP_SETTLES,
    Reason.WEATHER: NOTHING,
    Reason.FORCE_MAJEURE: NOTHING,
    Reason.SECURITY: NOTHING,
    Reason.OTHER: _ASK_CARRIER,
}
"""What to do about a reason while the parcel is held up."""

_USUAL: Final[Mapping[Status, Advice]] = {
    Status.PENDING: Advice(N_("You do not need to do anything. The first scan will show here.")),
    Status.INFO_RECEIVED: Advice(
        N_("You do not need to do anything. The journey begins when the carrier gets the parcel.")
    ),
    Status.ACCEPTED: NOTHING,
    Status.IN_TRANSIT: NOTHING,
    Status.OUT_FOR_DELIVERY: Advice(N_("Keep your phone at hand: the courier may call.")),
    Status.READY_FOR_PICKUP: Advice(
        N_("Collect the parcel in time: after that it may go back to the sender.")
    ),
    Status.ATTEMPT_FAILED: _ARRANGE,
    Status.HELD: _ASK_CARRIER,
    Status.DELIVERED: Advice(N_("If you do not have the parcel, tell the shop."), Helper.SHOP),
    Status.RETURNING: Advice(N_("Contact the shop if you still want the parcel."), Helper.SHOP),
    Status.RETURNED: Advice(
        N_("Contact the shop about a new delivery or your money back."), Helper.SHOP
    ),
    Status.EXCEPTION: _SHOP_SETTLES,
    Status.CANCELLED: Advice(N_("Contact the shop if you did not expect this."), Helper.SHOP),
    Status.EXPIRED: Advice(N_("Contact the shop. It can ask the carrier."), Helper.SHOP),
}

OPEN_WITH_SENT_CODE: Final = Advice(N_("Open the locker with the code that the carrier sent you."))
_READY: Final[Mapping[Handover | None, Advice]] = {
    Handover.LOCKER: OPEN_WITH_SENT_CODE,
    Handover.PICKUP_POINT: Advice(
        N_("Give the parcel number at the counter. You may be asked for an identity document.")
    ),
}
_LEFT_AT: Final[Mapping[Handover | None, Advice]] = {
    Handover.NEIGHBOUR: Advice(
        N_("Ask your neighbours. If nobody has the parcel, tell the shop."), Helper.SHOP
    ),
    Handover.SAFE_PLACE: Advice(
        N_("Look in the safe place. If the parcel is not there, tell the shop."), Helper.SHOP
    ),
    Handover.MAILBOX: Advice(
        N_("Look in your mailbox. If the parcel is not there, tell the shop."), Helper.SHOP
    ),
}
OPEN_WITH_CODE: Final = Advice(N_("Open the locker with the code on this page."))
UNLOCK_CODE: Final = Advice(
    N_("Confirm on this page that it is you to see the code that opens the locker.")
)
CODE_LATER: Final = Advice(
    N_(
        "Open the locker with the code that the carrier sent you,"
        " or come back later to see it here."
    )
)
TOO_LATE: Final = _MISSED
COLLECT_LATER: Final = Advice(N_("You do not need to do anything until it is ready to collect."))
ASK_IF_LATE: Final = Advice(
    N_("Contact the shop if it does not come soon. It can ask the carrier."), Helper.SHOP
)


def usual(status: Status, reason: Reason | None, handover: Handover | None) -> Advice:
    """What to do, as far as status, reason and handover decide it."""
    if status in HINDERED and reason:
        return _HINDRANCE[reason]
    if status is Status.READY_FOR_PICKUP:
        return _READY.get(handover, _USUAL[status])
    if status is Status.DELIVERED:
        return _LEFT_AT.get(handover, _USUAL[status])
    return _USUAL[status]
