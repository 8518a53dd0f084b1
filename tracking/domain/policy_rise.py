"""What of a shop's new policy is for an admin to load, as it pays more than the one before. Pure.

Whoever may say yes to a sum would otherwise write themselves the rule that owes it. Promises,
exclusions, force majeure and lower sums are a lead's own: by them no parcel can cost more than
before.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from schemas.policy import BonusKind, LateBy, ShopPolicy, Tier

Place = tuple[str | int, ...]
_OTHER: Final = ("currency", "borne_by", "endpoint", "goodwill", "promise_over")
"""`borne_by` is on whose bill all of it stands; the endpoint is told of shoppers and settles."""


class Why(StrEnum):
    """FIRST: there is none to compare with. PAST: what was promised already is judged anew. OTHER:
    it is not for a lead to change, whichever way. LIMIT: it is higher, or gone. TIER: no tier
    before has paid as much, as early, in this kind.
    """

    FIRST = "first"
    PAST = "past"
    OTHER = "other"
    LIMIT = "limit"
    TIER = "tier"


class Rise(NamedTuple):
    """`place` as of a fault: ("tiers", 1, "bonus")."""

    place: Place
    why: Why


def needs_admin(before: ShopPolicy | None, after: ShopPolicy, today: date) -> Sequence[Rise]:
    """Each place of `after` for which an admin is needed; none: a lead may load it."""
    past = [Rise(("valid_from",), Why.PAST)] if after.valid_from < today else []
    if before is None:
        return [*past, Rise(("currency",), Why.FIRST)]
    other = [
        Rise((name,), Why.OTHER) for name in _OTHER if getattr(before, name) != getattr(after, name)
    ]
    tiers = [
        Rise(("tiers", number, "bonus"), Why.TIER)
        for number, tier in enumerate(after.tiers)
        if not any(_covers(each, tier) for each in before.tiers)
    ]
    return [*past, *other, *_limits(before, after), *tiers]


def _limits(before: ShopPolicy, after: ShopPolicy) -> Iterator[Rise]:
    limits: tuple[tuple[Place, str | None, str | None], ...] = (
        (("approval_above",), before.approval_above, after.approval_above),
        (("budget_month",), before.budget_month, after.budget_month),
        (("caps", "shipment"), before.caps.shipment, after.caps.shipment),
        (("caps", "shopper_month"), before.caps.shopper_month, after.caps.shopper_month),
    )
    for place, was, is_ in limits:
        if was is not None and (is_ is None or Decimal(is_) > Decimal(was)):
            yield Rise(place, Why.LIMIT)


def _covers(before: Tier, after: Tier) -> bool:
    """Whether what this one owes was owed before, for every parcel."""
    if after.bonus.kind is BonusKind.APOLOGY:
        return True
    return (
        before.bonus.kind is after.bonus.kind
        and _is_reached_first(before.late_by, after.late_by)
        and _is_as_much(before.bonus.amount, after.bonus.amount)
        and _is_as_much(before.bonus.share, after.bonus.share)
    )


def _is_reached_first(before: LateBy | None, after: LateBy | None) -> bool:
    """What is lost, hours, and working days have nothing to do with each other."""
    if before is None or after is None:
        return before is after
    return bool(before.working_days) is bool(after.working_days) and before <= after


def _is_as_much(before: str | None, after: str | None) -> bool:
    """Of a sum and a share nobody knows which is more."""
    if before is None or after is None:
        return before is after
    return Decimal(before.rstrip("%")) >= Decimal(after.rstrip("%"))
