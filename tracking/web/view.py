"""What the tracking page is made from: everything a shopper may see, decided before rendering."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from schemas.api import Money
from schemas.scan import Window
from schemas.shipment import HistoryEntry, ShipmentState
from tracking.domain.cases import Case
from tracking.store.cases import SupportText


class UnlockState(StrEnum):
    """How far the shopper got with the second factor (postcode or last digits of the phone)."""

    IMPOSSIBLE = "impossible"  # no contact is known, so there is nothing to ask for
    LOCKED = "locked"
    WRONG = "wrong"  # the last answer was wrong; `tries_left` says how often one may try
    PAUSED = "paused"  # too many wrong answers; `paused_until` says when to come back
    UNLOCKED = "unlocked"


@dataclass(frozen=True, slots=True)
class BonusView:
    """What a bonus code is worth, and until when; `code` is there for the recipient only.

    `for_delay` False: support granted it, for whatever reason.
    """

    amount: Money
    until: datetime
    code: str | None = None
    for_delay: bool = True


@dataclass(frozen=True, slots=True)
class SurveyView:
    """What is asked of a delivery; `wrong`: why an answer was none, `typed` what it was."""

    is_answered: bool = False
    asks_of_courier: bool = True
    wrong: str | None = None
    typed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParcelView:
    """One parcel as the holder of the link may see it. Instants are aware.

    `state.pickup_code`, `state.pickup_qr`, `state.signed_by` and the descriptions and addresses of
    `history` are present only when `unlock` is UNLOCKED; `has_pickup_code` says that a code waits,
    also while it may not be shown. `to_collect` says whether the parcel goes to a locker or pickup
    point rather than to a door, None when nobody said so yet. `zone` is the IANA zone of the
    delivery place, in which every time is shown. `history` is newest first. `push_key` is the
    public half of the VAPID key; None: no browser can be told. `bonus` is what is left of its code.
    `own_help` is what the shop says in place of our help, in the language of the page; `cases` are
    the questions that were asked; `can_ask`: there is a form for another one.
    `survey` None: nobody is asked how it was.
    """

    state: ShipmentState
    history: Sequence[HistoryEntry]
    version: int
    as_of: datetime
    carrier_name: str
    tracking_number: str
    zone: str
    path: str  # /t/<token>: forms and the stream hang below it
    carrier_page: str | None = None
    merchant_name: str | None = None
    merchant_help: str | None = None  # https://, mailto: or tel: address
    promise: Window | None = None
    expected: Window | None = None  # by what is known of others, where the carrier says nothing
    unlock: UnlockState = UnlockState.IMPOSSIBLE
    tries_left: int = 0
    paused_until: datetime | None = None
    has_pickup_code: bool = False
    to_collect: bool | None = None
    push_key: str | None = None
    bonus: BonusView | None = None
    own_help: Sequence[SupportText] = ()
    cases: Sequence[Case] = ()
    can_ask: bool = False
    survey: SurveyView | None = None
