"""A shipment as shop and support see it: rows of the store as a body of the API. Pure."""

from collections.abc import Sequence

from schemas.api import HistoryItem, Money, PickupPlace, ShipmentBody
from schemas.shipment import HistoryEntry, ShipmentState
from tracking.promises import Promised
from tracking.store.registrations import RegistrationRow
from tracking.store.shipments import ShipmentRow


def shipment_body(
    row: ShipmentRow,
    history: Sequence[HistoryEntry],
    registration: RegistrationRow | None,
    promised: Promised,
    tracking_url: str | None = None,
) -> ShipmentBody:
    state = row.state
    return ShipmentBody(
        shipment_id=row.shipment_id,
        carrier=row.carrier,
        tracking_number=row.tracking_number,
        journey=row.journey,
        registered=registration is not None,
        order=registration and registration.order_ref,
        merchant_reference=registration and registration.merchant_reference,
        service=registration and registration.service,
        tracking_url=tracking_url,
        version=row.version,
        changed_at=row.changed_at,
        status=state.status,
        reason=state.reason,
        handover=state.handover,
        since=state.since,
        attempts=state.attempts,
        promise=promised.promise,
        estimate=state.estimate,
        expected=promised.expected,
        pickup=_pickup(state),
        value=_value(registration),
        history=[_item(entry) for entry in history],
    )


def _value(registration: RegistrationRow | None) -> Money | None:
    if registration is None or registration.value_cents is None:
        return None
    return Money.from_cents(registration.value_cents, registration.value_currency or "")


def _pickup(state: ShipmentState) -> PickupPlace | None:
    if state.pickup_place is None and state.pickup_until is None:
        return None
    return PickupPlace(place=state.pickup_place, until=state.pickup_until)


def _item(entry: HistoryEntry) -> HistoryItem:
    scan = entry.scan
    return HistoryItem(
        id=entry.key,
        kind=entry.kind,
        at=entry.at,
        confidence=entry.confidence,
        raw_time=scan.time.raw,
        received_at=entry.received_at,
        version=entry.version,
        status=scan.status,
        reason=scan.reason,
        handover=scan.handover,
        code=scan.code,
        description=scan.description,
        location=scan.location,
        event_id=scan.event_id,
        retracts=scan.retracts,
    )
