"""What is promised for a parcel: as its shop says, else as the shop's rules make it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from schemas.api import ShipmentRegistration
from schemas.promise import ExpectedBody, Mover, PromiseBody, Slip
from tracking.domain.promise import Promise, is_same, promised, promises_of, told
from tracking.domain.working_days import NoWorkingDayError
from tracking.place import delivery_country, delivery_zone
from tracking.policies import calendar_for, policy_at, service_of
from tracking.store.estimates import eta_of
from tracking.store.policies import policies_of
from tracking.store.promises import insert_promise, promise_rows
from tracking.store.promises import promises_of as stored_promises


async def promise_now(
    conn: asyncpg.Connection,
    shipment_id: UUID,
    merchant_id: UUID,
    body: ShipmentRegistration,
    now: datetime,
) -> Promise | None:
    """What holds once this is registered; what is new of it is kept.

    What was promised is not taken back by saying nothing of it.
    """
    before = promises_of(await stored_promises(conn, shipment_id))
    made = told_by(body, now)
    if made is None and before is None:
        made = await _by_rule(conn, merchant_id, body, now)
    if made is None or (before and is_same(made, before.now)):
        return before.now if before else None
    await insert_promise(conn, shipment_id, made)
    return made


def told_by(body: ShipmentRegistration, now: datetime) -> Promise | None:
    """What the shop says of it, if it does."""
    if body.promise is None:
        return None
    said = body.promise
    zone = delivery_zone(body.carrier, _country(body))
    return told(said.starts, said.by, Mover(said.moved_by), now, zone)


async def _by_rule(
    conn: asyncpg.Connection, merchant_id: UUID, body: ShipmentRegistration, now: datetime
) -> Promise | None:
    """None where the shop has no rule for this service, or never delivers by it."""
    zone = delivery_zone(body.carrier, _country(body))
    versions = (await policies_of(conn, [merchant_id])).get(merchant_id, ())
    held = policy_at(versions, now, zone)
    rule = held.policy.promise.rule_for(body.service) if held else None
    if held is None or rule is None:
        return None
    country = delivery_country(body.carrier, _country(body))
    calendar = calendar_for(held.policy.promise, rule, country)
    try:
        return promised(service_of(rule), now, zone, calendar)
    except NoWorkingDayError:
        return None


def _country(body: ShipmentRegistration) -> str | None:
    return body.recipient.country if body.recipient else None


class Promised(NamedTuple):
    """By when a parcel was promised and how that stands; when it is expected by what is known."""

    promise: PromiseBody | None = None
    expected: ExpectedBody | None = None


async def promised_for(pool: asyncpg.Pool, shipment_id: UUID) -> Promised:
    """For whoever asks. Raises StoreUnavailable."""
    made, standing = await promise_rows(pool, shipment_id)
    eta = await eta_of(pool, shipment_id)
    expected = None
    if eta is not None:
        expected = ExpectedBody(
            starts=eta.starts, ends=eta.ends, p50=eta.p50, p90=eta.p90, parcels=eta.samples
        )
    return Promised(body_of(made, standing), expected)


def body_of(made: Sequence[Promise], standing: Slip | None) -> PromiseBody | None:
    found = promises_of(made)
    if found is None:
        return None
    return PromiseBody(
        starts=found.now.starts,
        by=found.now.by,
        first_by=found.first.by,
        made_by=found.now.mover,
        standing=standing,
    )
