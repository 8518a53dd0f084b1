"""What staff grant by hand, within what their role may: beside what the policy owes. Pure.

A grant by hand is a tier of its own, from GOODWILL on: no policy's, so that nothing that turns out
later takes it back, and what the policy owes is not less for it.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from schemas.compensation import GOODWILL, CompensationState
from schemas.policy import BonusKind, Goodwill
from schemas.staff import StaffRole
from tracking.domain.ledger import Entry

ABOVE_ROLE: Final = "above_role"
_STANDS: Final = frozenset(
    {CompensationState.PROPOSED, CompensationState.ISSUED, CompensationState.REDEEMED}
)


def is_by_hand(entry: Entry) -> bool:
    return entry.tier >= GOODWILL


def limit_of(role: StaffRole, rules: Goodwill) -> int:
    """In cents, for one parcel, together with what others have granted for it by hand."""
    sums = {
        StaffRole.SUPPORT: rules.support,
        StaffRole.LEAD: rules.lead,
        StaffRole.ADMIN: rules.admin,
    }
    return int(Decimal(sums[role]) * 100)


def next_tier(entries: Sequence[Entry]) -> int:
    return max((each.tier + 1 for each in entries if is_by_hand(each)), default=GOODWILL)


def at_once(entries: Sequence[Entry], limit: int) -> int:
    """What is left of the limit after all that was granted or asked for by hand."""
    before = sum(each.cents for each in entries if is_by_hand(each) and each.state in _STANDS)
    return max(0, limit - before)


def grant(cents: int, entries: Sequence[Entry], limit: int) -> Entry:
    """What is above the limit waits for somebody's yes."""
    tier = next_tier(entries)
    if cents <= at_once(entries, limit):
        return Entry(tier, BonusKind.CODE, cents, CompensationState.ISSUED)
    return Entry(tier, BonusKind.CODE, cents, CompensationState.PROPOSED, reason=ABOVE_ROLE)


def may_approve(entry: Entry, entries: Sequence[Entry], role: StaffRole, rules: Goodwill) -> bool:
    """No more than the role may grant itself: of what was asked for by hand; and, reckoned apart,
    of what the policy owes and held back. To that an admin says yes, whatever it comes to.
    """
    limit = limit_of(role, rules)
    others = [each for each in entries if each.tier != entry.tier]
    if is_by_hand(entry):
        return grant(entry.cents, others, limit).state is CompensationState.ISSUED
    owed = sum(each.committed for each in others if not is_by_hand(each))
    return role is StaffRole.ADMIN or owed + entry.cents <= limit
