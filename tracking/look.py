"""A look at one parcel: how it stands, what is expected, how it fared. Nothing is read or written.

The row was read under its lock; what comes of it is written in the same transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from schemas.facts import cloud_event
from schemas.policy import ShopPolicy
from schemas.promise import Slip
from schemas.scan import Scan
from schemas.status import Status
from tracking.announce import brought_by_time
from tracking.domain.compensation import thresholds
from tracking.domain.eta import Shown, expected, shown, stage_of
from tracking.domain.promise import Promises, promises_of
from tracking.domain.silence import expires_at, silence, stalls_at
from tracking.domain.slip import arrived_at, expected_by
from tracking.domain.standing import DeadlineKind, Published, Watched, standing
from tracking.domain.statutory import Statutory, statutory
from tracking.domain.truth import Truth, truth_of
from tracking.estimates import ENOUGH, Histograms, Route
from tracking.place import delivery_country, delivery_zone
from tracking.policies import calendar_of, policy_at
from tracking.search.places import waits_at
from tracking.store.clock import News, WatchedRow
from tracking.store.estimates import Eta, Outcome
from tracking.store.policies import PolicyVersion

Policies = Mapping[UUID, Sequence[PolicyVersion]]

_ENDED: Final = frozenset({Status.RETURNED, Status.CANCELLED, Status.EXPIRED})


class Look(NamedTuple):
    """`published` is None where it is as before; so is `outcome`, where there is none yet. `eta` is
    what is shown now, if anything.
    """

    shipment_id: UUID
    deadlines: Mapping[DeadlineKind, datetime]
    news: Sequence[News] = ()
    published: Published | None = None
    expired: Scan | None = None
    eta: Eta | None = None
    outcome: Outcome | None = None


def look_at_row(row: WatchedRow, policies: Policies, known: Histograms, now: datetime) -> Look:
    promises = promises_of(row.promises)
    truth = _truth(row, promises)
    eta = _eta(row, known, truth, now)
    watched = _watched(row, promises, truth, policies, _expected_by(row, known, eta), eta)
    stands = standing(watched, row.published, now, is_review=row.review_at is not None)
    expired = None
    if stands.is_expired and watched.expires_at is not None:
        expired = silence(row.carrier, row.tracking_number, watched.expires_at)
    return Look(
        row.shipment_id,
        stands.deadlines,
        _news(row, promises, watched.statutory, stands.news, now),
        stands.published if stands.published != row.published else None,
        expired,
        eta,
        _outcome(row, truth, stands.published),
    )


def _truth(row: WatchedRow, promises: Promises | None) -> Truth:
    zone = delivery_zone(row.carrier, row.country)
    return truth_of(promises, row.state, None, delivery_country(row.carrier, row.country), zone)


def _eta(row: WatchedRow, known: Histograms, truth: Truth, now: datetime) -> Eta | None:
    """Of what a shop registered and nothing has stopped."""
    stage = stage_of(row.state)
    if row.merchant_id is None or stage is None:
        return None
    route = Route(row.carrier, truth.country, row.service, row.merchant_id, row.region, truth.zone)
    found = expected(stage, known.levels(route, stage), now)
    before = Shown(row.eta.starts, row.eta.ends) if row.eta else None
    window = shown(before, found, now)
    if row.eta is not None and window == before:
        return row.eta
    return Eta(window.starts, window.ends, found.p50, found.p90, found.samples)


def _expected_by(row: WatchedRow, known: Histograms, eta: Eta | None) -> datetime | None:
    """The carrier's own word where it has come closer than ours, or ours knows too little."""
    theirs = expected_by(row.state.estimate)
    ours = eta.p90 if eta is not None and eta.samples >= ENOUGH else None
    if theirs is not None and (ours is None or known.is_carrier_better(row.carrier)):
        return theirs
    return ours


def _watched(
    row: WatchedRow,
    promises: Promises | None,
    truth: Truth,
    policies: Policies,
    expected_at: datetime | None,
    eta: Eta | None,
) -> Watched:
    versions = policies.get(row.merchant_id, ()) if row.merchant_id else ()
    held = policy_at(versions, promises.first.at, truth.zone) if promises else None
    policy = held.policy if held else None
    calendar = calendar_of(policy, truth.country)
    is_shops = row.merchant_id is not None
    return Watched(
        state=row.state,
        deadline=truth.deadline,
        expected_by=expected_at,
        thresholds=thresholds(policy, truth, calendar) if policy else (),
        stalls_at=stalls_at(row.state, truth.zone, calendar) if is_shops else None,
        expires_at=expires_at(row.state, row.registered_at or row.created_at),
        estimate_over=eta.ends if eta else None,
        statutory=_by_law(row, truth, policy),
        is_registered=is_shops,
        place=waits_at(row.state),
    )


def _by_law(row: WatchedRow, truth: Truth, policy: ShopPolicy | None) -> Statutory | None:
    """Of what a shop sold; whether to a consumer it knows itself."""
    if row.registered_at is None:
        return None
    days = policy.extra_term_days if policy else None
    extra = timedelta(days=days) if days else None
    return statutory(truth.country, truth.deadline, row.registered_at, extra)


def _outcome(row: WatchedRow, truth: Truth, published: Published) -> Outcome | None:
    """Of a shop's parcel that has arrived, ended, or is late; and of which there was one."""
    state = row.state
    has_ended = truth.arrived_at is not None or truth.is_lost or state.status in _ENDED
    is_worth_it = has_ended or published.slip is Slip.BROKEN or row.has_outcome
    if row.merchant_id is None or not is_worth_it:
        return None
    collected = state.stages.get(Status.DELIVERED) if state.status is Status.DELIVERED else None
    return Outcome(
        shipment_id=row.shipment_id,
        merchant_id=row.merchant_id,
        carrier=row.carrier,
        tracking_number=row.tracking_number,
        order_ref=row.order,
        service=row.service,
        country=truth.country,
        region=row.region,
        zone=truth.zone,
        status=state.status,
        reason=state.reason,
        promised_by=truth.deadline,
        slip=published.slip,
        info_received_at=state.stages.get(Status.INFO_RECEIVED),
        accepted_at=state.stages.get(Status.ACCEPTED),
        in_transit_at=state.stages.get(Status.IN_TRANSIT),
        out_for_delivery_at=state.stages.get(Status.OUT_FOR_DELIVERY),
        arrived_at=arrived_at(state),
        collected_at=collected if Status.READY_FOR_PICKUP in state.stages else None,
        attempts=state.attempts,
        is_lost=truth.is_lost,
        was_silent=published.silent_since is not None,
        stopped_at=min(truth.stopped.values(), default=None),
        estimate_by=expected_by(state.estimate),
        eta_p50=row.eta.p50 if row.eta else None,
        eta_p90=row.eta.p90 if row.eta else None,
    )


def _news(
    row: WatchedRow,
    promises: Promises | None,
    law: Statutory | None,
    types: Sequence[str],
    now: datetime,
) -> list[News]:
    facts = [
        brought_by_time(
            fact_type,
            version,
            row.state,
            promises,
            law,
            shipment_id=row.shipment_id,
            carrier=row.carrier,
            tracking_number=row.tracking_number,
            merchant_id=row.merchant_id,
            order=row.order,
            now=now,
        )
        for version, fact_type in enumerate(types, start=row.version + 1)
    ]
    return [News(row.shipment_id, fact.version, fact.type, cloud_event(fact)) for fact in facts]
