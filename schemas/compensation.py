"""What a shop owes a shopper for a late or lost parcel, and what became of it."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal
from uuid import UUID

from schemas.api import Money, Reference
from schemas.base import Frozen, Instant
from schemas.policy import Bearer, BonusKind
from schemas.promise import Mover
from schemas.status import Reason, Status


class CompensationState(StrEnum):
    """PROPOSED waits for somebody's yes, APPROVED for the shop's endpoint; ISSUED: the shopper has
    it. REDEEMED: all of it is used. REVOKED: it turned out not to be owed, and what was not used is
    taken back. REFUSED by somebody, or by a cap. FAILED: the shop's endpoint does not carry it out.
    """

    PROPOSED = "proposed"
    APPROVED = "approved"
    ISSUED = "issued"
    REDEEMED = "redeemed"
    REVOKED = "revoked"
    REFUSED = "refused"
    FAILED = "failed"


_S = CompensationState
LEGAL: Final[Mapping[CompensationState | None, frozenset[CompensationState]]] = MappingProxyType(
    {
        None: frozenset({_S.PROPOSED, _S.APPROVED, _S.ISSUED, _S.REFUSED}),
        _S.PROPOSED: frozenset({_S.PROPOSED, _S.APPROVED, _S.ISSUED, _S.REFUSED, _S.REVOKED}),
        _S.APPROVED: frozenset({_S.APPROVED, _S.ISSUED, _S.FAILED, _S.REVOKED, _S.REFUSED}),
        _S.ISSUED: frozenset({_S.ISSUED, _S.REDEEMED, _S.REVOKED, _S.APPROVED, _S.REFUSED}),
        _S.REDEEMED: frozenset({_S.ISSUED, _S.REDEEMED}),
        _S.REVOKED: frozenset({_S.PROPOSED, _S.APPROVED, _S.ISSUED}),
        _S.REFUSED: frozenset(),
        _S.FAILED: frozenset({_S.APPROVED, _S.REVOKED}),
    }
)
"""To which states each may go. The same again: its sum changed. A refusal is final; what was
revoked may turn out to be owed after all.
"""


GOODWILL: Final = 1000
"""Tiers from here on are no policy's: somebody of support granted them."""
BY_HAND: Final = "by_hand"
"""What stands in the place of their rule."""


class Evidence(Frozen):
    """On what it stands: the promise, the scans, and what was reckoned. Instants are UTC.

    `decided_by` is the id of the line of the history that began this status.
    """

    promised_by: Instant | None = None
    first_promised_by: Instant | None = None
    promise_made_by: Mover | None = None
    arrived_at: Instant | None = None
    status: Status
    reason: Reason | None = None
    decided_by: str | None = None
    last_scan_at: Instant | None = None
    judged_at: Instant
    version: int


class CompensationMove(Frozen):
    """Who or what moved it, when and why. `amount` is what it was worth then."""

    at: Instant
    state: CompensationState
    amount: Money
    by: str
    why: str | None = None


class CompensationBody(Frozen):
    """`amount` is what is granted by this tier now, `used` what of it cannot be taken back.

    `code` is the end of the bonus code; the whole code is the shopper's.
    """

    id: UUID
    shipment_id: UUID
    tier: int
    state: CompensationState
    kind: BonusKind
    amount: Money
    used: Money
    code: str | None = None
    policy: str
    policy_version: int
    rule: str
    borne_by: Bearer
    reason: str | None = None
    evidence: Evidence
    created_at: Instant
    changed_at: Instant
    moves: list[CompensationMove]


class CompensationList(Frozen):
    """By tier."""

    compensations: list[CompensationBody]


class Payout(Frozen):
    """What is posted to the shop's endpoint: do this, once for each `webhook-id`. `total` is what
    it has done with it for this tier.
    """

    type: Literal["compensation.carry_out"] = "compensation.carry_out"
    compensation_id: UUID
    shipment_id: UUID
    carrier: str
    tracking_number: str
    order: str | None = None
    kind: BonusKind
    amount: Money
    total: Money
    rule: str


class Redemption(Frozen):
    """`POST /v1/bonuses/{code}/redeem`: so much of it is taken off a new order."""

    amount: Money
    order: Reference


class Refusal(Frozen):
    """Why not: kept with it, for whoever asks."""

    why: Reference


class BonusBody(Frozen):
    """A bonus code as the shop sees it: what is left of it, and what was used of it in all."""

    left: Money
    redeemed: Money
    valid_until: Instant
