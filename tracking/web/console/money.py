"""What staff do about compensation: a yes, a no, a sum of their own. Each is in the audit log."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final
from uuid import UUID

from aiohttp import web

from schemas.base import clean_text
from schemas.staff import Action
from tracking.decisions import AboveRole, NoSuchCompensation, move
from tracking.domain.ledger import Entry, IllegalMove, approve, refuse
from tracking.goodwill import (
    BY_SUPPORT,
    CannotGrant,
    GrantedMeanwhile,
    Wish,
    grant_by_hand,
)
from tracking.web.console.doing import GONE, asked_for, noting
from tracking.web.console.errors import FOR_LEADS, for_people
from tracking.web.console.guard import SESSION, Form, parcel_of, to
from tracking.web.console.parcel import DECIDERS, show_parcel
from tracking.web.deps import DEPS
from tracking.web.problem import HttpProblem, not_found
from tracking.words.catalog import N_

LONGEST_WHY: Final = 200
NO_WHY: Final = N_("Say why in a few words.")
NO_SUM: Final = N_("Amount: a sum such as 5.00.")
ABOVE_ROLE: Final = N_("That is more than your role may say yes to. Ask an admin.")
NO_RULES: Final = N_("The shop has no rules that say in which money it pays.")
_TIER: Final = re.compile(r"0|[1-9][0-9]{0,3}")
_SUM: Final = re.compile(r"([0-9]{1,6})(?:[.,]([0-9]{1,2}))?")


def why_of(form: Form) -> str:
    return clean_text(form.get("why", ""))[:LONGEST_WHY]


@for_people
async def post_approval(request: web.Request) -> web.StreamResponse:
    shipment_id, _ = await asked_for(request)
    return await _moved(request, shipment_id, approve, None, Action.COMPENSATION_APPROVED)


@for_people
async def post_refusal(request: web.Request) -> web.StreamResponse:
    shipment_id, form = await asked_for(request)
    why = why_of(form)
    if not why:
        return await show_parcel(request, 422, wrong=NO_WHY)
    return await _moved(
        request,
        shipment_id,
        lambda entry: refuse(entry, why),
        why,
        Action.COMPENSATION_REFUSED,
    )


async def _moved(
    request: web.Request,
    shipment_id: UUID,
    make: Callable[[Entry], Entry],
    why: str | None,
    action: Action,
) -> web.StreamResponse:
    role = request[SESSION].staff.role
    if role not in DECIDERS:
        raise HttpProblem(403, FOR_LEADS)
    deps, tier = request.app[DEPS], tier_of(request.match_info["tier"])
    try:
        await move(
            deps.pool,
            deps.sealer,
            shipment_id,
            tier,
            make,
            by=BY_SUPPORT,
            why=why,
            now=deps.now(),
            noting=noting(request, action, shipment_id, tier=tier, why=why),
            role=role if make is approve else None,
        )
    except NoSuchCompensation:
        raise not_found() from None
    except AboveRole:
        return await show_parcel(request, 403, wrong=ABOVE_ROLE)
    except IllegalMove:
        return await show_parcel(request, 409, wrong=GONE)
    return to(f"{parcel_of(shipment_id)}?done")


@for_people
async def post_grant(request: web.Request) -> web.StreamResponse:
    """A sum by hand: at once within the limit of the role, else it waits for a yes."""
    shipment_id, form = await asked_for(request)
    deps, staff = request.app[DEPS], request[SESSION].staff
    cents, why = cents_of(form.get("amount", "")), why_of(form)
    typed = {"amount": form.get("amount", "")[:20], "why": form.get("why", "")[:LONGEST_WHY]}
    if not cents or not why:
        wrong = NO_WHY if cents else NO_SUM
        return await show_parcel(request, 422, wrong=wrong, granting=typed)
    wish = Wish(tier_of(form.get("tier", "")), cents, why)
    noted = noting(request, Action.COMPENSATION_GRANTED, shipment_id, cents=cents, why=why)
    now = deps.now()
    try:
        await grant_by_hand(deps.pool, deps.sealer, shipment_id, wish, staff.role, noted, now)
    except CannotGrant:
        return await show_parcel(request, 409, wrong=NO_RULES)
    except GrantedMeanwhile:
        return await show_parcel(request, 409, wrong=GONE, granting=typed)
    return to(f"{parcel_of(shipment_id)}?done")


def cents_of(text: str) -> int:
    """As people type it, with a point or a comma; 0 where it is no sum."""
    found = _SUM.fullmatch("".join(text.split()))
    return int(Decimal(f"{found[1]}.{found[2] or 0}") * 100) if found else 0


def tier_of(text: str) -> int:
    if not _TIER.fullmatch(text):
        raise not_found()
    return int(text)
