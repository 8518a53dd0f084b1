"""The view of one parcel, gathered from the store for the holder of a link."""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

import structlog
from aiohttp import web

from schemas.contact import Recipient
from schemas.scan import Window
from schemas.shipment import ShipmentState
from schemas.survey import SurveyMode
from tracking.carriers import CARRIERS
from tracking.contact import Contact, open_contact
from tracking.domain.survey import asks_of_courier, is_to_be_asked
from tracking.estimates import ENOUGH, days_of
from tracking.place import delivery_zone
from tracking.sealing import SealBroken
from tracking.store.cases import Cases
from tracking.store.links import LinkTarget, Tries
from tracking.store.pool import connection
from tracking.store.shipments import Shipments
from tracking.store.surveys import survey_standing
from tracking.web.bonus import bonus_of, with_code
from tracking.web.deps import DEPS, Deps
from tracking.web.link import shows_all
from tracking.web.problem import not_found
from tracking.web.reach import Reach, reaches
from tracking.web.unlock import answers, is_granted
from tracking.web.view import ParcelView, SurveyView, UnlockState
from tracking.web.visible import (
    full_history,
    full_state,
    is_to_collect,
    public_history,
    public_state,
)

log = structlog.get_logger()


async def parcel_view(request: web.Request, target: LinkTarget) -> ParcelView:
    """The parcel as this visitor may see it."""
    deps = request.app[DEPS]
    unlock = _unlock_state(request, target)
    view = await _view(deps, target, request.match_info["token"])
    return _opened(view, deps, target) if unlock is UnlockState.UNLOCKED else _closed(view, unlock)


async def helped_view(
    deps: Deps, target: LinkTarget, view: ParcelView, language: str
) -> ParcelView:
    """The same with its help in this language, and where the questions stand that were asked."""
    if target.merchant_id is None:
        return view
    own, cases = await Cases(deps.pool).help_of(target.shipment_id, target.merchant_id, language)
    is_unprovable = view.unlock is UnlockState.IMPOSSIBLE
    found = await reaches(deps, contact_of(deps, target)) if is_unprovable else ()
    is_told = shows_all(target, deps.now())
    return replace(
        view,
        own_help=own,
        cases=cases if is_told else (),
        can_ask=can_ask(deps, target, view, found),
    )


def can_ask(deps: Deps, target: LinkTarget, view: ParcelView, found: Sequence[Reach]) -> bool:
    """Not of a parcel without a shop or of long ago, nor where nobody could read the answer."""
    if target.merchant_id is None or not shows_all(target, deps.now()):
        return False
    return bool(found) or view.unlock is not UnlockState.IMPOSSIBLE


def accepted_answers(deps: Deps, target: LinkTarget) -> list[str]:
    """What opens this parcel now; nothing where nobody is known or the story is long over."""
    return answers(recipient_of(deps, target)) if shows_all(target, deps.now()) else []


def recipient_of(deps: Deps, target: LinkTarget) -> Recipient | None:
    contact = contact_of(deps, target)
    return contact.recipient if contact else None


def contact_of(deps: Deps, target: LinkTarget) -> Contact | None:
    try:
        return open_contact(deps.sealer, target.shipment_id, target.contact)
    except SealBroken:
        log.warning("contact.sealed_with_another_key", shipment_id=target.shipment_id)
        return None


def _unlock_state(request: web.Request, target: LinkTarget) -> UnlockState:
    deps = request.app[DEPS]
    now = deps.now()
    if not accepted_answers(deps, target):
        return UnlockState.IMPOSSIBLE
    if is_granted(request, deps.sealer, target.shipment_id, now):
        return UnlockState.UNLOCKED
    paused = target.paused_until is not None and target.paused_until > now
    return UnlockState.PAUSED if paused else UnlockState.LOCKED


async def _view(deps: Deps, target: LinkTarget, token: str) -> ParcelView:
    shipments = Shipments(deps.pool)
    row = await shipments.find(target.shipment_id)
    if row is None:
        raise not_found()
    carrier = CARRIERS.get(target.carrier)
    zone = delivery_zone(target.carrier, target.country)
    page = carrier.tracking_page if carrier else None
    return ParcelView(
        state=row.state,
        history=await shipments.history(target.shipment_id),
        version=row.version,
        as_of=deps.now(),
        carrier_name=carrier.name if carrier else target.carrier.title(),
        tracking_number=target.tracking_number,
        zone=zone,
        path=f"/t/{token}",
        carrier_page=page and page.format(number=quote(target.tracking_number, safe="")),
        merchant_name=target.merchant_name,
        merchant_help=target.merchant_help,
        promise=_promise(target),
        expected=_expected(target, zone),
        tries_left=Tries(target.wrong, target.paused_until).left,
        paused_until=target.paused_until,
        has_pickup_code=bool(row.state.pickup_code or row.state.pickup_qr),
        to_collect=is_to_collect(row.state, target.service),
        push_key=deps.settings.push_key(),
        bonus=bonus_of(target),
        survey=await _survey(deps, target, row.state),
    )


async def _survey(deps: Deps, target: LinkTarget, state: ShipmentState) -> SurveyView | None:
    if not is_to_be_asked(state, deps.now()):
        return None
    async with connection(deps.pool) as conn:
        standing = await survey_standing(conn, target.shipment_id)
    if standing is None or standing.mode is SurveyMode.OFF:
        return None
    return SurveyView(standing.is_answered, asks_of_courier(state))


def _promise(target: LinkTarget) -> Window | None:
    if target.promise_by is None:
        return None
    return Window(starts=target.promise_from, ends=target.promise_by).or_none()


def _expected(target: LinkTarget, zone: str) -> Window | None:
    """Whole days: how long others took tells no hours."""
    if target.eta_starts is None or target.eta_ends is None or (target.eta_samples or 0) < ENOUGH:
        return None
    return days_of(target.eta_starts, target.eta_ends, zone)


def _closed(view: ParcelView, unlock: UnlockState) -> ParcelView:
    return replace(
        view,
        state=public_state(view.state),
        history=public_history(view.history),
        unlock=unlock,
        paused_until=view.paused_until if unlock is UnlockState.PAUSED else None,
    )


def _opened(view: ParcelView, deps: Deps, target: LinkTarget) -> ParcelView:
    try:
        state = full_state(view.state, deps.sealer, target.carrier, target.tracking_number)
    except SealBroken:
        log.warning("pickup.sealed_with_another_key", shipment_id=target.shipment_id)
        return _closed(view, UnlockState.IMPOSSIBLE)
    return replace(
        view,
        state=state,
        history=full_history(view.history),
        bonus=with_code(view.bonus, target, deps.sealer),
        unlock=UnlockState.UNLOCKED,
    )
