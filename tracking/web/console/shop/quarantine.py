"""What could not be applied, and what unknown codes mean: looked at, mapped, tried again.

For the operator's people: it is nobody's shop. By the code of `klat quarantine`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from schemas.staff import Action
from schemas.status import Handover, Reason, Status
from tracking.carriers.base import Meaning
from tracking.domain.meanings import Field
from tracking.mapping import CannotMap, CannotMean, map_meaning, unmap
from tracking.reread import reread_code
from tracking.retry import Retried, retry_entry, retry_quarantine
from tracking.staff.audit import note
from tracking.store.pool import connection
from tracking.store.quarantine import QuarantineEntry, resolve_quarantined
from tracking.store.staff import StaffStore
from tracking.web.console.guard import SESSION, Form, read_form, to
from tracking.web.console.rights import Part
from tracking.web.console.shop.door import deed, for_operators, form, shown
from tracking.web.console.shop.quarantine_page import (
    INFORMATIONAL,
    QUARANTINE,
    RETRACTS,
    entry_of,
    show_list,
    show_one,
    text_of,
)
from tracking.web.deps import DEPS
from tracking.web.problem import not_found
from tracking.words.catalog import N_

_RETRIED_WITHIN: Final = 8.0  # seconds
_UNCLEAR: Final = N_("Choose what the code means. Reason and place say more of a status only.")
_CANNOT_BE: Final[Mapping[Field, str]] = {
    "reason": N_("That cannot be why it stands so. Choose another, or none."),
    "handover": N_("It cannot be in these hands so. Choose another, or none."),
}
_CANNOT: Final = N_(
    "This code cannot be mapped: this release reads it itself, or nobody knows its carrier. Try"
    " the quarantine again."
)
_NOT_MAPPED: Final = N_("This code is not mapped any more.")
_MORE_CAME: Final = N_("More of it came just now. Look at it once more.")
_GOES_ON: Final = N_("There is more than could be done at once. Press again: it goes on.")


async def get_quarantine(request: web.Request) -> web.StreamResponse:
    return await show_list(request)


async def post_quarantine(request: web.Request) -> web.StreamResponse:
    """Try all of it again, or take back what a code was said to mean."""
    sent = await read_form(request)
    match sent.get("do"):
        case "retry":
            return await _retry_all(request)
        case "unmap":
            return await _unmap(request, sent)
        case _:
            raise not_found()


async def get_entry(request: web.Request) -> web.StreamResponse:
    return await show_one(request)


async def post_entry(request: web.Request) -> web.StreamResponse:
    """What the button of the form says."""
    sent = await read_form(request)
    do = _DEEDS.get(sent.get("do", ""))
    if do is None:
        raise not_found()
    return await do(request, await entry_of(request), sent)


async def _retry_all(request: web.Request) -> web.StreamResponse:
    """The line comes first: what is tried again is many transactions."""
    deps = request.app[DEPS]
    await _noted(request, Action.QUARANTINE_RETRIED, "all")
    try:
        async with asyncio.timeout(_RETRIED_WITHIN):
            done = await retry_quarantine(deps.pool, deps.sealer, now=deps.now())
    except TimeoutError:
        return await show_list(request, problem=_GOES_ON)
    return await show_list(request, retried=done)


async def _unmap(request: web.Request, sent: Form) -> web.StreamResponse:
    deps, carrier, code = request.app[DEPS], sent.get("carrier", ""), sent.get("code", "")
    noting = deed(request, Action.CODE_UNMAPPED, what=f"{carrier} {code}"[:200])
    try:
        await unmap(deps.pool, deps.sealer, carrier, code, deps.now(), noting)
    except CannotMap:
        return await show_list(request, 409, problem=_NOT_MAPPED)
    return await _reread(request, carrier, code)


async def _reread(request: web.Request, carrier: str, code: str) -> web.StreamResponse:
    deps = request.app[DEPS]
    try:
        async with asyncio.timeout(_RETRIED_WITHIN):
            done = await reread_code(deps.pool, carrier, code, deps.now())
    except TimeoutError:
        return await show_list(request, problem=_GOES_ON)
    return await show_list(request, retried=Retried(shipments=done.shipments))


async def _open(request: web.Request, entry: QuarantineEntry, _: Form) -> web.StreamResponse:
    """Its bytes may hold personal data: who looks is noted first."""
    await _noted(request, Action.PAYLOAD_SEEN, str(entry.quarantine_id))
    return await show_one(request, body=text_of(entry))


async def _map(request: web.Request, entry: QuarantineEntry, sent: Form) -> web.StreamResponse:
    """Say what its code means, and read what came with it so."""
    deps, meaning = request.app[DEPS], _meaning(sent)
    if entry.why != "unknown_code" or entry.carrier is None or entry.code is None:
        raise not_found()
    if meaning is None:
        return await show_one(request, 422, problem=_UNCLEAR, typed=sent)
    what = f"{entry.carrier} {entry.code}: {_said(meaning)}"
    noting = deed(request, Action.CODE_MAPPED, what=what)
    try:
        await map_meaning(deps.pool, entry.carrier, entry.code, meaning, deps.now(), noting)
    except CannotMean as error:
        wrong = {error.field: _CANNOT_BE[error.field]}
        return await show_one(request, 422, typed=sent, wrong=wrong)
    except CannotMap:
        return await show_one(request, 409, problem=_CANNOT, typed=sent)
    return await _retry_one(request, entry)


async def _retry(request: web.Request, entry: QuarantineEntry, _: Form) -> web.StreamResponse:
    await _noted(request, Action.QUARANTINE_RETRIED, str(entry.quarantine_id))
    return await _retry_one(request, entry)


async def _retry_one(request: web.Request, entry: QuarantineEntry) -> web.StreamResponse:
    deps = request.app[DEPS]
    try:
        async with asyncio.timeout(_RETRIED_WITHIN):
            done = await retry_entry(deps.pool, deps.sealer, entry, now=deps.now())
    except TimeoutError:
        return await show_one(request, problem=_GOES_ON)
    return (
        await show_list(request, retried=done)
        if done.resolved
        else await show_one(request, retried=done)
    )


async def _dismiss(request: web.Request, entry: QuarantineEntry, _: Form) -> web.StreamResponse:
    deps = request.app[DEPS]
    noting = deed(request, Action.QUARANTINE_DISMISSED, what=str(entry.quarantine_id))
    async with connection(deps.pool) as conn, conn.transaction():
        is_done = await resolve_quarantined(conn, entry, deps.now())
        if is_done:
            await noting(conn)
    return to(f"{QUARANTINE}?done") if is_done else await show_one(request, 409, problem=_MORE_CAME)


_DEEDS: Final[
    Mapping[str, Callable[[web.Request, QuarantineEntry, Form], Awaitable[web.StreamResponse]]]
] = {"open": _open, "map": _map, "retry": _retry, "dismiss": _dismiss}


def _meaning(sent: Form) -> Meaning | None:
    """None where it is not clear what is meant."""
    status, reason, handover = (sent.get(name, "") for name in ("status", "reason", "handover"))
    if status in {INFORMATIONAL, RETRACTS}:
        if reason or handover:
            return None
        return Meaning(retracts_delivery=status == RETRACTS)
    try:
        return Meaning(
            Status(status),
            Reason(reason) if reason else None,
            Handover(handover) if handover else None,
        )
    except ValueError:
        return None


def _said(meaning: Meaning) -> str:
    if meaning.retracts_delivery:
        return RETRACTS
    parts = (meaning.status, meaning.reason, meaning.handover)
    return " ".join(part for part in parts if part) or INFORMATIONAL


async def _noted(request: web.Request, action: Action, what: str) -> None:
    deps = request.app[DEPS]
    store, staff = StaffStore(deps.pool), request[SESSION].staff
    await note(store, deps.sealer, staff, action, deps.now(), what=what)


_ONE: Final = f"{QUARANTINE}/{{quarantine_id}}"
QUARANTINE_PAGES: Final = (
    shown(QUARANTINE, for_operators(Part.QUARANTINE, get_quarantine), "What could not be applied"),
    form(
        QUARANTINE, for_operators(Part.QUARANTINE, post_quarantine), "Try it again, or unmap a code"
    ),
    shown(_ONE, for_operators(Part.QUARANTINE, get_entry), "One thing that could not be applied"),
    form(_ONE, for_operators(Part.QUARANTINE, post_entry), "Open, map, retry or close it"),
)
