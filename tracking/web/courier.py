"""Events in over HTTP. Nothing here asks the database: accepted means confirmed by the broker."""

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

import structlog
from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from schemas.api import Receipt, Rejected
from schemas.scan import Event, TrackingNumber
from tracking.carriers import CARRIERS, READERS
from tracking.carriers.base import Carrier, Malformed, ParseContext
from tracking.carriers.payload import is_xml, read_json, read_xml
from tracking.errors import BrokerUnavailable
from tracking.keys import Role
from tracking.mapping import did_you_mean, near
from tracking.web.auth import CALLER, authenticate, forbidden, presented_key, unauthorised
from tracking.web.bodies import read_body
from tracking.web.deps import DEPS
from tracking.web.events import Message, Sorted, rejections, sort_events
from tracking.web.keyring import KEYRING
from tracking.web.limits import InFlight
from tracking.web.observe import METRICS
from tracking.web.problem import HttpProblem
from tracking.web.routing import Parameter, Route

IN_FLIGHT = web.AppKey("in_flight", InFlight)
_NUMBER: TypeAdapter[str] = TypeAdapter(TrackingNumber)
log = structlog.get_logger()


def in_flight() -> InFlight:
    return InFlight(messages=500, size=32 * 1024 * 1024)


async def post_events(request: web.Request) -> web.Response:
    """Klāt's own format, from a courier or a locker operator."""
    found = sort_events(await read_body(request), request[CALLER].carrier)
    return await _accepted(request, found, {"content-type": "application/json"})


async def post_native(request: web.Request) -> web.Response:
    """The carrier's own payload, passed on byte for byte."""
    carrier = _reader(request)
    body = await _proven_body(request, carrier)
    number = _number_asked(request)
    accepted, rejected = _looked_at(carrier, body, ParseContext(tracking_number=number))
    found = Sorted([Message(f"carrier.{carrier.code}", body)], accepted, rejected)
    headers = {"x-format": "native", "content-type": request.content_type}
    return await _accepted(
        request, found, headers | ({"x-tracking-number": number} if number else {})
    )


async def get_native(request: web.Request) -> web.Response:
    """Some carriers ask whether the address answers before they use it."""
    return web.json_response({"carrier": _reader(request).code})


def _reader(request: web.Request) -> Carrier:
    code = request.match_info["carrier"]
    if code not in READERS:
        raise HttpProblem(
            404,
            "Not found",
            f"Only {', '.join(sorted(READERS))} are read in formats of their own; "
            "any other carrier posts to /v1/events in Klāt's format"
            + did_you_mean(near(code, READERS)),
        )
    return CARRIERS[code]


async def _proven_body(request: web.Request, carrier: Carrier) -> bytes:
    """The body, read only from a caller who holds a key of this carrier or may have signed it."""
    if presented_key(request) is not None:
        caller = await authenticate(request)
        if caller.role is not Role.COURIER or caller.carrier != carrier.code:
            raise forbidden(f"This call is for courier keys of {carrier.code}")
        return await read_body(request)
    secret = request.app[KEYRING].secret(carrier.code)
    if not (carrier.verify and secret):
        raise _unproven()
    body = await read_body(request)
    headers = {name.lower(): value for name, value in request.headers.items()}
    if not carrier.verify(body, headers, secret):
        raise _unproven()
    return body


def _unproven() -> HttpProblem:
    return unauthorised("Neither an API key nor a valid signature was given")


def _number_asked(request: web.Request) -> str | None:
    number = request.query.get("tracking_number")
    try:
        return number and _NUMBER.validate_python(number)
    except ValidationError:
        raise HttpProblem(400, "tracking_number is not a tracking number") from None


def _looked_at(
    carrier: Carrier, body: bytes, context: ParseContext
) -> tuple[int, Sequence[Rejected]]:
    """How many events there are, and what is wrong with others; the reading itself comes later."""
    try:
        parsed = carrier.parse(body, context)
    except Malformed as finding:
        _check_is_data(body)
        return 0, [_kept(str(finding))]
    except Exception:
        # A fault of our reader must not cost the carrier's word: the consumer keeps the payload.
        log.exception("carrier.reader_failed", carrier=carrier.code)
        return 0, [_kept("it could not be read")]
    return len(parsed.scans), rejections(parsed)


def _kept(why: str) -> Rejected:
    return Rejected(index=0, error=f"kept in quarantine: {why}")


def _check_is_data(body: bytes) -> None:
    try:
        read_xml(body) if is_xml(body) else read_json(body)
    except Malformed as finding:
        raise HttpProblem(400, "The body is neither JSON nor XML", finding.problem) from None


async def _accepted(
    request: web.Request, found: Sorted, headers: Mapping[str, str]
) -> web.Response:
    """202 after the broker confirmed every message."""
    receipt, deps, metrics = uuid4(), request.app[DEPS], request.app[METRICS]
    stamped = {"x-received-at": deps.now().isoformat(), "x-receipt": str(receipt), **headers}
    try:
        with request.app[IN_FLIGHT].hold(sum(len(message.body) for message in found.messages)):
            for message in found.messages:
                await deps.publish(message.routing_key, message.body, headers=stamped)
    except (BrokerUnavailable, HttpProblem):
        metrics.turned_away.inc()
        raise
    metrics.events.labels("accepted").inc(found.accepted)
    metrics.events.labels("rejected").inc(len(found.rejected))
    return _receipt(receipt, found)


def _receipt(receipt: UUID, found: Sorted) -> web.Response:
    body = Receipt(receipt=receipt, accepted=found.accepted, rejected=list(found.rejected))
    return web.Response(status=202, text=body.model_dump_json(), content_type="application/json")


_NATIVE = "/v1/carriers/{carrier}/events"
_FAULTS = (400, 401, 403, 408, 413, 415, 503)

COURIER_ROUTES = (
    Route(
        "POST",
        "/v1/events",
        post_events,
        "Post events in Klāt's own format: one, an array, or one a line",
        roles=frozenset({Role.COURIER}),
        body=Event,
        batch=True,
        answers={202: Receipt},
        problems=_FAULTS,
    ),
    Route(
        "POST",
        _NATIVE,
        post_native,
        "Post events as the carrier itself writes them",
        access="key or signature",
        parameters=(
            Parameter("tracking_number", "query", "For payloads that do not name their parcel"),
            Parameter(
                "aftership-hmac-sha256", "header", "AfterShip's signature, for want of a key"
            ),
            Parameter("X-Hmac-Signature", "header", "EasyPost's signature, for want of a key"),
        ),
        media=("application/json", "application/xml", "text/xml"),
        answers={202: Receipt},
        problems=(*_FAULTS, 404),
    ),
    Route(
        "GET",
        _NATIVE,
        get_native,
        "Ask whether the address answers",
        access="none",
        answers={200: "application/json"},
        problems=(404,),
    ),
)
