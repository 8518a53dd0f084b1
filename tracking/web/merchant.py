"""Shipments registered and read: a shop sees its own, support sees all of them."""

from uuid import UUID

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from schemas.api import (
    ShipmentBody,
    ShipmentFound,
    ShipmentRegistered,
    ShipmentRegistration,
)
from schemas.scan import TrackingNumber
from tracking.keys import Role
from tracking.promises import Promised, promised_for
from tracking.register import Registered, RegisteredByAnother, register
from tracking.store.keys import ApiKey
from tracking.store.registrations import RegistrationRow, Registrations
from tracking.store.shipments import ShipmentRow, Shipments
from tracking.web.auth import CALLER
from tracking.web.bodies import parse_body, read_body
from tracking.web.deps import DEPS, Deps
from tracking.web.hints import hints
from tracking.web.idempotent import Answer, idempotency_key, once
from tracking.web.keyring import KEYRING
from tracking.web.link import issue_link
from tracking.web.problem import HttpProblem, not_found
from tracking.web.routing import Parameter, Route
from tracking.web.shipments import shipment_body

_NUMBER: TypeAdapter[str] = TypeAdapter(TrackingNumber)
_MOST_FOUND = 50

Seen = tuple[ShipmentRow, RegistrationRow | None]


async def post_shipment(request: web.Request) -> web.Response:
    """Register a parcel, or say again what was registered; either way with a new link to it."""
    idempotency_key(request)
    body = parse_body(ShipmentRegistration, await read_body(request))
    merchant_id = request[CALLER].merchant_id
    assert merchant_id is not None  # the table holds no merchant key without one
    deps = request.app[DEPS]
    told = deps.sealer.fingerprints(b"POST /v1/shipments\n" + body.model_dump_json().encode())
    couriers = request.app[KEYRING].carriers()
    return await once(
        request, merchant_id, told, lambda: _register(deps, merchant_id, body, couriers)
    )


async def _register(
    deps: Deps, merchant_id: UUID, body: ShipmentRegistration, couriers: set[str]
) -> Answer:
    now = deps.now()
    try:
        registered = await register(deps.pool, deps.sealer, merchant_id, body, now=now)
    except RegisteredByAnother:
        raise HttpProblem(
            409,
            "This shipment cannot be registered",
            "Another shop has registered this carrier and number. Check the number, or ask whoever"
            " runs this service",
        ) from None
    url = await issue_link(deps, merchant_id, registered.shipment_id, now)
    shipment = await _told(deps, registered, url)
    warnings = hints(body, couriers, shipment, now)
    answer = ShipmentRegistered(**dict(shipment), warnings=warnings)
    return Answer(201 if registered.created else 200, answer.model_dump_json(by_alias=True))


async def _told(deps: Deps, registered: Registered, url: str) -> ShipmentBody:
    row = await Shipments(deps.pool).find(registered.shipment_id)
    assert row is not None  # it was committed a moment ago and is never deleted
    return await _body(deps, row, await _registration(deps, row), url)


async def _registration(deps: Deps, row: ShipmentRow) -> RegistrationRow | None:
    return await Registrations(deps.pool).registration(row.shipment_id)


async def _body(
    deps: Deps, row: ShipmentRow, registration: RegistrationRow | None, url: str | None = None
) -> ShipmentBody:
    history = await Shipments(deps.pool).history(row.shipment_id)
    promised = await _promised(deps, registration)
    return shipment_body(row, history, registration, promised, url)


async def _promised(deps: Deps, registration: RegistrationRow | None) -> Promised:
    return await promised_for(deps.pool, registration.shipment_id) if registration else Promised()


async def get_shipment(request: web.Request) -> web.Response:
    seen = await shipments_seen(request.app[DEPS], request[CALLER], [asked_id(request)])
    if not seen:
        raise not_found()
    row, registration = seen[0]
    promised = await _promised(request.app[DEPS], registration)
    tag = _tag(row, registration, promised)
    if any(etag.value in {tag, "*"} for etag in request.if_none_match or ()):
        return web.Response(status=304, headers={"ETag": f'"{tag}"'})
    history = await Shipments(request.app[DEPS].pool).history(row.shipment_id)
    return _answer(shipment_body(row, history, registration, promised), tag)


def asked_id(request: web.Request) -> UUID:
    try:
        return UUID(request.match_info["shipment_id"])
    except ValueError:
        raise not_found() from None


def _tag(row: ShipmentRow, registration: RegistrationRow | None, promised: Promised) -> str:
    """What of it may be another one without a new version stands in it."""
    said = registration.digest.hex()[:12] if registration else "0"
    standing = promised.promise.standing if promised.promise else "0"
    window = int(promised.expected.starts.timestamp()) if promised.expected else 0
    return f"{row.version}.{said}.{standing}.{window}"


def _answer(body: ShipmentBody, tag: str | None = None) -> web.Response:
    return web.Response(
        text=body.model_dump_json(by_alias=True),
        content_type="application/json",
        headers={"ETag": f'"{tag}"'} if tag else None,
    )


async def find_shipment(request: web.Request) -> web.Response:
    """By number: the newest journey. By order: the parcel registered last. Others by id."""
    deps, caller = request.app[DEPS], request[CALLER]
    seen = await shipments_seen(deps, caller, await _asked(deps, caller, request))
    if not seen:
        raise not_found()
    body = await _body(deps, *seen[0])
    others = [row.shipment_id for row, _ in seen[1:]]
    return _answer(ShipmentFound(**dict(body), others=others))


async def _asked(deps: Deps, caller: ApiKey, request: web.Request) -> list[UUID]:
    query = request.query
    if "order" in query:
        order = query["order"].strip()
        store = Registrations(deps.pool)
        return await store.shipments_of_order(order.replace("\0", ""), caller.merchant_id)
    if "carrier" not in query or "tracking_number" not in query:
        raise HttpProblem(400, "Ask by carrier and tracking_number, or by order")
    try:
        number = _NUMBER.validate_python(query["tracking_number"])
    except ValidationError:
        raise not_found() from None
    rows = await Shipments(deps.pool).by_number(query["carrier"], number)
    return [row.shipment_id for row in rows]


async def shipments_seen(deps: Deps, caller: ApiKey, ids: list[UUID]) -> list[Seen]:
    """Those of these shipments that the caller may see."""
    found = []
    for shipment_id in ids[:_MOST_FOUND]:
        row = await Shipments(deps.pool).find(shipment_id)
        registration = await Registrations(deps.pool).registration(shipment_id)
        if row is not None and _may_see(caller, registration):
            found.append((row, registration))
    return found


def _may_see(caller: ApiKey, registration: RegistrationRow | None) -> bool:
    if caller.role is Role.SUPPORT:
        return True
    return registration is not None and registration.merchant_id == caller.merchant_id


READERS = frozenset({Role.MERCHANT, Role.SUPPORT})

MERCHANT_ROUTES = (
    Route(
        "POST",
        "/v1/shipments",
        post_shipment,
        "Register a shipment and get the link to its page",
        roles=frozenset({Role.MERCHANT}),
        parameters=(Parameter("Idempotency-Key", "header", "New for each call", required=True),),
        body=ShipmentRegistration,
        answers={201: ShipmentRegistered, 200: ShipmentRegistered},
        problems=(400, 401, 403, 408, 409, 413, 415, 422, 503),
    ),
    Route(
        "GET",
        "/v1/shipments/{shipment_id}",
        get_shipment,
        "A shipment with its history",
        roles=READERS,
        parameters=(Parameter("If-None-Match", "header", "An ETag: 304 if nothing changed"),),
        answers={200: ShipmentBody, 304: None},
        problems=(401, 403, 404, 503),
    ),
    Route(
        "GET",
        "/v1/shipments",
        find_shipment,
        "A shipment by its number or its order",
        roles=READERS,
        parameters=(
            Parameter("carrier", "query", "With tracking_number"),
            Parameter("tracking_number", "query", "With carrier"),
            Parameter("order", "query", "The shop's order"),
        ),
        answers={200: ShipmentFound},
        problems=(400, 401, 403, 404, 503),
    ),
)
