"""Why a late or lost parcel was compensated, or was not: for whoever is asked, in lines."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from schemas.compensation import CompensationBody, Evidence
from schemas.policy import Exclusion
from tracking.compensations import compensations
from tracking.domain.compensation import thresholds
from tracking.domain.promise import Promises, promises_of
from tracking.domain.truth import Truth, truth_of
from tracking.place import delivery_country, delivery_zone
from tracking.policies import calendar_of, policy_at
from tracking.sealing import Sealer
from tracking.store.compensations import Case, cases
from tracking.store.policies import PolicyVersion, policies_of
from tracking.store.pool import connection


class WhyNot(StrEnum):
    """What stands against a bonus, or what it waits for."""

    NO_POLICY = "no_policy"
    NO_PROMISE = "no_promise"
    CANCELLED = "cancelled"
    IN_TIME = "in_time"
    STILL_TO_COME = "still_to_come"
    LATE = "late"
    SHOPPER_HELD = "shopper_held"
    SHOPPER_MOVED = "shopper_moved"
    REFUSED = "refused"
    FIRST_TIER = "first_tier"


class NotPaid(NamedTuple):
    """`at`: of the promise, of what stopped it, or when the first tier is reached; `there`: when it
    arrived. `policy` is its name.
    """

    why: WhyNot
    at: datetime | None = None
    there: datetime | None = None
    policy: str | None = None


_STOPPED: Final = {
    Exclusion.SHOPPER_HELD: WhyNot.SHOPPER_HELD,
    Exclusion.SHOPPER_MOVED: WhyNot.SHOPPER_MOVED,
    Exclusion.REFUSED: WhyNot.REFUSED,
}
_SAID: Final = {
    WhyNot.NO_POLICY: "the shop has no policy that was valid on the day of the promise",
    WhyNot.NO_PROMISE: "nothing was promised, and it is not lost",
    WhyNot.CANCELLED: "it was cancelled",
    WhyNot.IN_TIME: "promised by {at}, and there at {there}",
    WhyNot.STILL_TO_COME: "promised by {at}, which is still to come",
    WhyNot.LATE: "promised by {at}, late and {there}",
    WhyNot.SHOPPER_HELD: "the carrier could not hand it over to the shopper at {at}: no later time"
    " counts",
    WhyNot.SHOPPER_MOVED: "the shopper asked for another time at {at}: no later time counts",
    WhyNot.REFUSED: "the shopper refused it at {at}: no later time counts",
    WhyNot.FIRST_TIER: "the first tier of {policy} is reached at {at}",
}


async def why_paid(
    pool: asyncpg.Pool, sealer: Sealer, shipment_id: UUID, *, now: datetime
) -> list[str]:
    """Raises StoreUnavailable."""
    found = await compensations(pool, sealer, shipment_id)
    if found:
        return [line for each in found for line in _paid(each)]
    return [f"no bonus: {_said(each)}" for each in await why_not_paid(pool, shipment_id, now=now)]


async def why_not_paid(pool: asyncpg.Pool, shipment_id: UUID, *, now: datetime) -> list[NotPaid]:
    """Of a parcel of a shop for which nothing was granted. Raises StoreUnavailable."""
    async with connection(pool) as conn:
        known = await cases(conn, [shipment_id])
        if not known:
            return []
        case = known[0]
        versions = (await policies_of(conn, [case.merchant_id])).get(case.merchant_id, ())
    return list(_not_paid(case, versions, now))


def _said(each: NotPaid) -> str:
    there = _at(each.there) if each.there else ""
    if each.why is WhyNot.LATE:
        there = f"there at {there}" if there else "not there yet"
    at = _at(each.at) if each.at else ""
    return _SAID[each.why].format(at=at, there=there, policy=each.policy)


def _paid(each: CompensationBody) -> Iterator[str]:
    money = f"{each.amount.amount} {each.amount.currency}"
    code = f" {each.code}" if each.code else ""
    why = f" ({each.reason})" if each.reason else ""
    yield f"{each.rule}: {each.kind}{code}, {money}: {each.state}{why}, {each.used.amount} used"
    yield f"    by {each.policy}, version {each.policy_version}, borne by the {each.borne_by}"
    yield f"    as {_stands_on(each.evidence)}"
    for move in each.moves:
        said = f": {move.why}" if move.why else ""
        yield f"    {_at(move.at)}  {move.state}, {move.amount.amount}, by {move.by}{said}"


def _stands_on(evidence: Evidence) -> str:
    by = evidence.promised_by
    promised = f"promised by {_at(by)}" if by else "not promised"
    arrived = f"arrived {_at(evidence.arrived_at)}" if evidence.arrived_at else "not there yet"
    reason = f" ({evidence.reason})" if evidence.reason else ""
    return f"{promised}, {arrived}, {evidence.status}{reason} at version {evidence.version}"


def _not_paid(case: Case, versions: Sequence[PolicyVersion], now: datetime) -> Iterator[NotPaid]:
    promises, zone = promises_of(case.promises), delivery_zone(case.carrier, case.country)
    held = policy_at(versions, promises.first.at if promises else case.registered_at, zone)
    if held is None:
        yield NotPaid(WhyNot.NO_POLICY)
        return
    if promises is None:
        yield NotPaid(WhyNot.NO_PROMISE)
        return
    country = delivery_country(case.carrier, case.country)
    truth = truth_of(promises, case.state, None, country, zone)
    standing = _standing(promises, truth, now)
    yield standing
    for why, at in truth.stopped.items():
        if why in held.policy.exclude:
            yield NotPaid(_STOPPED[why], at)
    late = thresholds(held.policy, truth, calendar_of(held.policy, country))
    if late and standing.why in {WhyNot.STILL_TO_COME, WhyNot.LATE}:
        yield NotPaid(WhyNot.FIRST_TIER, late[0], policy=held.policy.name)


def _standing(promises: Promises, truth: Truth, now: datetime) -> NotPaid:
    by, there = promises.measure.by, truth.arrived_at
    if truth.is_void:
        return NotPaid(WhyNot.CANCELLED)
    if there is not None and there <= by:
        return NotPaid(WhyNot.IN_TIME, by, there)
    if there is None and now < by:
        return NotPaid(WhyNot.STILL_TO_COME, by)
    return NotPaid(WhyNot.LATE, by, there)


def _at(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%MZ}"
