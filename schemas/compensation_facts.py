"""Facts of money: what a shopper gets for a late or lost parcel, and what becomes of it."""

from collections.abc import Mapping
from typing import Literal, get_args
from uuid import UUID

from schemas.api import Money
from schemas.compensation import CompensationState
from schemas.policy import BonusKind
from schemas.shipment_fact import ShipmentFact


class _CompensationFact(ShipmentFact):
    """What a shopper gets by one tier of the shop's policy, as it is after the change. `used`: what
    of it cannot be taken back.
    """

    compensation_id: UUID
    tier: int
    kind: BonusKind
    amount: Money
    used: Money
    why: str | None = None


class CompensationProposed(_CompensationFact):
    """It waits for somebody's yes."""

    type: Literal["compensation.proposed"] = "compensation.proposed"


class CompensationApproved(_CompensationFact):
    """The shop's endpoint is asked to carry it out."""

    type: Literal["compensation.approved"] = "compensation.approved"


class CompensationIssued(_CompensationFact):
    """The shopper has it, or it is worth another sum than before."""

    type: Literal["compensation.issued"] = "compensation.issued"


class CompensationRedeemed(_CompensationFact):
    """All of it is used."""

    type: Literal["compensation.redeemed"] = "compensation.redeemed"


class CompensationRevoked(_CompensationFact):
    """It turned out not to be owed, and what was not used is taken back."""

    type: Literal["compensation.revoked"] = "compensation.revoked"


class CompensationRefused(_CompensationFact):
    """Somebody said no."""

    type: Literal["compensation.refused"] = "compensation.refused"


class CompensationFailed(_CompensationFact):
    """The shop's endpoint does not carry it out."""

    type: Literal["compensation.failed"] = "compensation.failed"


CompensationFact = (
    CompensationProposed
    | CompensationApproved
    | CompensationIssued
    | CompensationRedeemed
    | CompensationRevoked
    | CompensationRefused
    | CompensationFailed
)

COMPENSATION_FACTS: Mapping[CompensationState, type[CompensationFact]] = {
    CompensationState(kind.model_fields["type"].default.removeprefix("compensation.")): kind
    for kind in get_args(CompensationFact)
}
