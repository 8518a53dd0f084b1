"""What to do about a parcel that does not go on by itself, or is late or silent. Pure.

At most one thing of each parcel: whoever asks the carrier asks once.
"""

from datetime import datetime, timedelta
from typing import Final

from schemas.case import CaseState
from schemas.shipment import ShipmentState
from schemas.status import Reason, Status
from tracking.domain.silence import LOST as GONE
from tracking.domain.silence import stalls_at
from tracking.domain.slip import VOID, arrived_at
from tracking.domain.working_days import WorkingDays
from tracking.place import delivery_country
from tracking.web.console.life import Life
from tracking.words.catalog import N_

TRIED: Final = N_("It could not be handed over. Agree another day or place, and tell the shopper.")
ADDRESS: Final = N_("The address is not right. Ask the shopper, correct it, and tell the carrier.")
REFUSED: Final = N_("The shopper refused it. Ask why, and agree with the shop what next.")
PAPERS: Final = N_("Customs hold it until papers or duties are there. Tell the shopper what to do.")
CUSTOMS: Final = N_("Customs hold it. Ask the carrier whether anything is missing.")
MISSED: Final = N_("It was not collected in time. Ask the carrier whether it still can be.")
HELD: Final = N_("It is on hold. Ask the carrier what it waits for, and tell the shopper.")
LOST: Final = N_("It will not come. Agree with the shop: a new one, or the money back.")
WRONG: Final = N_("Something went wrong on the way. Ask the carrier what, and tell the shopper.")
BACK: Final = N_(
    "It goes back to the sender. Agree with the shop: send it again, or the money back."
)
RETURNED: Final = N_(
    "It is back with the sender. Agree with the shop: send it again, or the money back."
)
OVERDUE: Final = N_("It is late and not there. Ask the carrier where it is.")
NOT_SENT: Final = N_("It is late, and the carrier never had it. Ask the shop whether it was sent.")
SILENT: Final = N_("The carrier has said nothing for days. Ask where it is.")
TROUBLE_AT: Final = {
    TRIED: "say",
    ADDRESS: "people",
    PAPERS: "say",
    HELD: "say",
    WRONG: "say",
    CUSTOMS: "facts",
    MISSED: "facts",
    OVERDUE: "facts",
    SILENT: "facts",
    REFUSED: "do",
    LOST: "do",
    BACK: "do",
    RETURNED: "do",
    NOT_SENT: "do",
}
_STUCK_WHY: Final = {
    Reason.RECIPIENT_ADDRESS: ADDRESS,
    Reason.SENDER_DATA: ADDRESS,
    Reason.RECIPIENT_REFUSED: REFUSED,
    Reason.CUSTOMS_DOCUMENTS: PAPERS,
    Reason.CUSTOMS_DUTIES: PAPERS,
    Reason.CUSTOMS_DELAY: CUSTOMS,
    Reason.CUSTOMS_INSPECTION: CUSTOMS,
    Reason.CUSTOMS_PROHIBITED: CUSTOMS,
    Reason.PICKUP_MISSED: MISSED,
    **dict.fromkeys(GONE, LOST),
}
_STUCK: Final = {
    Status.ATTEMPT_FAILED: TRIED,
    Status.HELD: HELD,
    Status.EXCEPTION: WRONG,
    Status.RETURNING: BACK,
    Status.RETURNED: RETURNED,
    Status.EXPIRED: SILENT,
}
_NOT_HAD: Final = frozenset({Status.PENDING, Status.INFO_RECEIVED})
_BACK_FOR: Final = timedelta(days=14)  # then whoever had to agree on something has done so


def trouble(life: Life, now: datetime) -> str | None:
    """A text to be translated; None where it goes its way."""
    state = life.row.state
    return _stopped(state, now) or _late(life, now) or _silent(life, now)


def _stopped(state: ShipmentState, now: datetime) -> str | None:
    if state.reason is Reason.RECIPIENT_REQUESTED and state.status is Status.HELD:
        return None
    if state.status is Status.RETURNED and state.since and state.since + _BACK_FOR <= now:
        return None
    usual = _STUCK.get(state.status)
    if usual in {TRIED, HELD, WRONG} and state.reason is not None:
        return _STUCK_WHY.get(state.reason, usual)
    return usual


def _late(life: Life, now: datetime) -> str | None:
    """Its promise has passed. Where a case goes on or a bonus was granted, somebody has it."""
    promise, state = life.promised.promise, life.row.state
    is_over = state.is_over or state.status in VOID or arrived_at(state) is not None
    is_asked = any(each.case.state is not CaseState.SOLVED for each in life.threads)
    if promise is None or promise.by > now or is_over or life.paid or is_asked:
        return None
    return NOT_SENT if state.status in _NOT_HAD else OVERDUE


def _silent(life: Life, now: datetime) -> str | None:
    """By the same rule as the shop is told, without the days on which it is closed."""
    country = life.registration.country if life.registration else None
    calendar = WorkingDays(delivery_country(life.row.carrier, country))
    stalls = stalls_at(life.row.state, life.view.zone, calendar)
    return SILENT if stalls is not None and stalls <= now else None
