"""Why a late or lost parcel was compensated, or was not: for whoever is asked, in lines."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
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

_STOPPED = {
    Exclusion.SHOPPER_HELD: "the carrier could not hand it over to the shopper",
    Exclusion.SHOPPER_MOVED: "the shopper asked for another time",
    Exclusion.REFUSED: "the shopper refused it",
}


async def why_paid(
    pool: asyncpg.Pool, sealer: Sealer, shipment_id: UUID, *, now: datetime
) -> list[str]:
    """Raises StoreUnavailable."""
    found = await compensations(pool, sealer, shipment_id)
    if found:
        return [line for each in found for line in _paid(each)]
    async with connection(pool) as conn:
        known = await cases(conn, [shipment_id])
        if not known:
            return []
        case = known[0]
        versions = (await policies_of(conn, [case.merchant_id])).get(case.merchant_id, ())
    return [f"no bonus: {line}" for line in _not_paid(case, versions, now)]


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


def _not_paid(case: Case, versions: Sequence[PolicyVersion], now: datetime) -> Iterator[str]:
    promises, zone = promises_of(case.promises), delivery_zone(case.carrier, case.country)
    held = policy_at(versions, promises.first.at if promises else case.registered_at, zone)
    if held is None:
        yield "the shop has no policy that was valid on the day of the promise"
        return
    if promises is None:
        yield "nothing was promised, and it is not lost"
        return
    country = delivery_country(case.carrier, case.country)
    truth = truth_of(promises, case.state, None, country, zone)
    yield from _in_time(promises, truth, now)
    for why, at in truth.stopped.items():
        if why in held.policy.exclude:
            yield f"{_STOPPED[why]} at {_at(at)}: no later time counts"
    late = thresholds(held.policy, truth, calendar_of(held.policy, country))
    if late:
        yield f"the first tier of {held.policy.name} is reached at {_at(late[0])}"


def _in_time(promises: Promises, truth: Truth, now: datetime) -> Iterator[str]:
    by = promises.measure.by
    if truth.is_void:
        yield "it was cancelled"
    elif truth.arrived_at is not None and truth.arrived_at <= by:
        yield f"promised by {_at(by)}, and there at {_at(truth.arrived_at)}"
    elif truth.arrived_at is None and now < by:
        yield f"promised by {_at(by)}, which is still to come"
    else:
        there = f"there at {_at(truth.arrived_at)}" if truth.arrived_at else "not there yet"
        yield f"promised by {_at(by)}, late and {there}"


def _at(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%MZ}"
