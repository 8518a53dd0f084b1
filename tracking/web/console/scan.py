"""A scan as it was received: what was read from it, and the payload that it came in, on demand.

A payload may tell of parcels of several shops: only who sees all shops sees it.
"""

import json
from typing import Any, Final
from uuid import UUID

import structlog
from aiohttp import web

from schemas.staff import Action
from tracking.by_hand import is_by_support
from tracking.carriers.payload import is_xml
from tracking.decode import raw_context
from tracking.sealing import SealBroken
from tracking.store.beside import RawScan, raw_of_scan
from tracking.store.registrations import Registrations
from tracking.web.console.doing import noted
from tracking.web.console.errors import for_people
from tracking.web.console.frame import page, words_for
from tracking.web.console.guard import HOME, SESSION, for_staff, parcel_of
from tracking.web.console.life import may_see
from tracking.web.deps import DEPS, Deps
from tracking.web.merchant import asked_id
from tracking.web.problem import not_found
from tracking.web.routing import Route
from tracking.words.catalog import N_

log = structlog.get_logger()

_KEY_LENGTH: Final = 32  # hex digits
_SHOWN: Final = 200_000  # characters
OF_SHOP: Final = N_(
    "The payload may tell of other shops' parcels: ask somebody who sees all shops."
)
NONE_KEPT: Final = N_("It came in Klāt's own format, or its payload is no longer kept (90 days).")
NO_KEY: Final = N_("The payload cannot be opened: its secret key is missing here.")


@for_people
async def get_scan(request: web.Request) -> web.StreamResponse:
    shipment_id, deps = asked_id(request), request.app[DEPS]
    registration = await Registrations(deps.pool).registration(shipment_id)
    found = await raw_of_scan(deps.pool, shipment_id, _key(request))
    if found is None or not may_see(request[SESSION].staff, registration):
        raise not_found()
    text, why_not = await _payload(request, shipment_id, found)
    read = _read(found)
    words = words_for(request)
    return page(
        request,
        "scan",
        here=parcel_of(shipment_id),
        read=json.dumps(read, ensure_ascii=False, indent=2),
        raw=text,
        why_not=words.gettext(why_not) if why_not else None,
        by_support=is_by_support(read.get("event_id")),
    )


def _key(request: web.Request) -> bytes:
    text = request.match_info["key"]
    try:
        return bytes.fromhex(text) if len(text) == _KEY_LENGTH else _none()
    except ValueError:
        return _none()


def _none() -> bytes:
    raise not_found()


def _read(found: RawScan) -> dict[str, Any]:
    """Without what opens a door, which is sealed, and what says nothing."""
    read: dict[str, Any] = json.loads(found.body)
    pickup = read.get("pickup")
    if pickup:
        read["pickup"] = {
            name: "…" if name in {"code", "qr"} and told else told for name, told in pickup.items()
        }
    return {name: told for name, told in read.items() if told is not None}


async def _payload(
    request: web.Request, shipment_id: UUID, found: RawScan
) -> tuple[str | None, str | None]:
    """It, or why not. Seen is noted before it is shown."""
    if request[SESSION].staff.shops is not None:
        return None, OF_SHOP
    if found.sealed is None or found.digest is None:
        return None, NONE_KEPT
    await noted(request, Action.PAYLOAD_SEEN, shipment_id)
    text = _opened(request.app[DEPS], shipment_id, found.digest, found.sealed)
    return (text, None) if text is not None else (None, NO_KEY)


def _opened(deps: Deps, shipment_id: UUID, digest: bytes, sealed: bytes) -> str | None:
    try:
        body = deps.sealer.open(sealed, raw_context(digest))
    except SealBroken:
        log.warning("payload.sealed_with_another_key", shipment_id=shipment_id)
        return None
    return _legible(body)[:_SHOWN]


def _legible(body: bytes) -> str:
    """JSON set out in lines; anything else as it came."""
    if not is_xml(body):
        try:
            return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
        except (ValueError, RecursionError):
            pass
    return body.decode("utf-8", "backslashreplace").replace("\0", "\\0")


SCAN_PAGES: Final = (
    Route(
        "GET",
        f"{HOME}/parcels/{{shipment_id}}/scans/{{key}}",
        for_staff(get_scan),
        "A scan as it was received",
        access="session",
        answers={200: "text/html"},
    ),
)
