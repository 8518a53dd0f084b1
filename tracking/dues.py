"""What a shop owes for a parcel now: by the rules that hold, and by those it has granted by."""

from collections.abc import Sequence
from datetime import datetime

from schemas.compensation import CompensationState
from schemas.policy import PromiseOver, ShopPolicy
from tracking.domain.compensation import Owed, owed
from tracking.domain.kept import kept
from tracking.domain.promise import promises_of
from tracking.domain.truth import truth_of
from tracking.place import delivery_country, delivery_zone
from tracking.policies import calendar_of, policy_at
from tracking.store.compensations import Case, CompensationRow
from tracking.store.policies import PolicyVersion


def policy_of(case: Case, versions: Sequence[PolicyVersion]) -> PolicyVersion | None:
    """The one that holds for this parcel."""
    promises = promises_of(case.promises)
    began = promises.first.at if promises else case.registered_at
    return policy_at(versions, began, delivery_zone(case.carrier, case.country))


def due_now(
    case: Case,
    held: PolicyVersion | None,
    versions: Sequence[PolicyVersion],
    rows: Sequence[CompensationRow],
    now: datetime,
) -> Owed | None:
    """`rows`: what the policies have granted for it, each by the version that stands in it."""
    told = {row.policy_version for row in rows if row.entry.state is not CompensationState.PROPOSED}
    before = [owed_by(each, case, now) for each in versions if each.version in told]
    due = owed_by(held, case, now) if held else None
    return kept(due, before, [row.entry for row in rows])


def owed_by(version: PolicyVersion, case: Case, now: datetime) -> Owed | None:
    policy, country = version.policy, delivery_country(case.carrier, case.country)
    value = case.value_cents if case.value_currency == policy.currency else None
    zone = delivery_zone(case.carrier, case.country)
    truth = truth_of(promises_of(case.promises), case.state, value, country, zone)
    return owed(policy, truth, calendar_of(policy, country), now)


def needs_a_look(case: Case, policy: ShopPolicy, due: Owed) -> bool:
    """What is owed for being late by a promise that was over when it was told: one wrong month in a
    file of parcels would pay for all of them. What is lost is owed whatever was promised.
    """
    if policy.promise_over is PromiseOver.PAYS:
        return False
    promises = promises_of(case.promises)
    is_late = due.tier < len(policy.tiers) and policy.tiers[due.tier].late_by is not None
    return bool(is_late and promises and promises.measure.by <= promises.measure.at)
