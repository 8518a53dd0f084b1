"""Events that leads tell in the place of a carrier, or take back. The reason is in the audit log.

They are handed to the broker as any carrier's: accepted means confirmed, and the page shows it when
it is applied, a moment later.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

from aiohttp import web

from schemas.scan import Event
from schemas.staff import Action
from tracking.by_hand import TELLABLE, Told, taken_back, told_event
from tracking.errors import BrokerUnavailable
from tracking.place import delivery_zone
from tracking.staff.audit import DoneAlready
from tracking.store.pool import transaction
from tracking.store.registrations import Registrations
from tracking.store.shipments import ShipmentRow, Shipments
from tracking.web.console.doing import asked_for, form_id, noting
from tracking.web.console.errors import FOR_LEADS, for_people
from tracking.web.console.guard import SESSION, Form, parcel_of, to
from tracking.web.console.money import NO_WHY, why_of
from tracking.web.console.parcel import DECIDERS, show_parcel
from tracking.web.deps import DEPS
from tracking.web.merchant import asked_id
from tracking.web.problem import HttpProblem, not_found
from tracking.words.catalog import N_

NO_EVENT: Final = N_("Choose what happened.")
NO_TIME: Final = N_("When: a day and a time that have passed, of the last 90 days.")
TRY_AGAIN: Final = N_("It could not be taken just now. Try again in a minute.")
_OLDEST: Final = timedelta(days=90)
_LONG_AGO: Final = timedelta(hours=12)  # a session is no longer
_SLACK: Final = timedelta(minutes=2)  # a minute that has begun


@for_people
async def post_event(request: web.Request) -> web.StreamResponse:
    shipment_id, form = await _asked_by_lead(request)
    row, zone = await _parcel(request, shipment_id)
    told, at, why = TELLABLE.get(form.get("event", "")), _when(request, form, zone), why_of(form)
    wrong = _wrong(told, at, why)
    if wrong is not None or told is None or at is None:
        return await show_parcel(request, 422, wrong=wrong, telling=form)
    once = _once(form, form["event"], form.get("at", ""), why)
    event = told_event(row.carrier, row.tracking_number, told, at, once)
    what = {"event": form["event"], "at": at.isoformat(timespec="minutes"), "why": why}
    return await _told(request, form, event, Action.EVENT_ADDED, what)


def _wrong(told: Told | None, at: datetime | None, why: str) -> str | None:
    if told is None:
        return NO_EVENT
    if at is None:
        return NO_TIME
    return None if why else NO_WHY


@for_people
async def post_retraction(request: web.Request) -> web.StreamResponse:
    """Of one scan, by its key; what nobody has told takes nothing back."""
    shipment_id, form = await _asked_by_lead(request)
    row, _ = await _parcel(request, shipment_id)
    key, why = request.match_info["key"], why_of(form)
    history = await Shipments(request.app[DEPS].pool).history(shipment_id)
    if all(each.key != key for each in history):
        raise not_found()
    if not why:
        return await show_parcel(request, 422, wrong=NO_WHY)
    once, loaded = _once(form, key, why), _loaded(request, form)
    event = taken_back(row.carrier, row.tracking_number, key, loaded, once)
    return await _told(request, form, event, Action.EVENT_RETRACTED, {"why": why})


async def _told(
    request: web.Request, form: Form, event: Event, action: Action, what: Mapping[str, Any]
) -> web.StreamResponse:
    """Noted first, once for each event: what nobody could note is not told."""
    deps, shipment_id = request.app[DEPS], asked_id(request)
    once = uuid5(shipment_id, f"{action}\x1f{event.event_id}")
    with suppress(DoneAlready):
        async with transaction(deps.pool) as conn:
            await noting(request, action, shipment_id, once=once, **what)(conn)
    headers = {
        "x-received-at": deps.now().isoformat(),
        "x-receipt": str(uuid4()),
        "content-type": "application/json",
    }
    body = event.model_dump_json(exclude_none=True).encode()
    try:
        await deps.publish(f"carrier.{event.carrier}", body, headers=headers)
    except BrokerUnavailable:
        typed = form if event.retracts is None else None
        return await show_parcel(request, 503, wrong=TRY_AGAIN, telling=typed)
    return to(f"{parcel_of(shipment_id)}?done")


async def _asked_by_lead(request: web.Request) -> tuple[UUID, Form]:
    shipment_id, form = await asked_for(request)
    if request[SESSION].staff.role not in DECIDERS:
        raise HttpProblem(403, FOR_LEADS)
    return shipment_id, form


async def _parcel(request: web.Request, shipment_id: UUID) -> tuple[ShipmentRow, str]:
    pool = request.app[DEPS].pool
    row = await Shipments(pool).find(shipment_id)
    if row is None:
        raise not_found()
    registration = await Registrations(pool).registration(shipment_id)
    return row, delivery_zone(row.carrier, registration.country if registration else None)


def _when(request: web.Request, form: Form, zone: str) -> datetime | None:
    """As a browser's field says it, local to the place of delivery; None where it cannot be."""
    now, text = request.app[DEPS].now(), form.get("at", "")
    if not text:
        return _loaded(request, form)
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        return None
    at = (told if told.tzinfo else told.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    return min(at, now) if now - _OLDEST < at <= now + _SLACK else None


def _loaded(request: web.Request, form: Form) -> datetime:
    """When its page was made: the same form sent twice is the same event, at one instant."""
    now = request.app[DEPS].now()
    try:
        at = datetime.fromisoformat(form.get("loaded", ""))
    except ValueError:
        return now
    return at if at.tzinfo and now - _LONG_AGO < at <= now else now


def _once(form: Form, *said: str) -> UUID:
    """The same form that says the same is one event; corrected and sent again it is another."""
    return uuid5(form_id(form), "\x1f".join(said))
