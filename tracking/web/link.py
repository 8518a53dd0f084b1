"""The public link: where it leads, for how long, and to whom it shows all."""

import re
from datetime import datetime, timedelta
from urllib.parse import quote
from uuid import UUID

from aiohttp import web

from schemas.status import TERMINAL, Status
from tracking.links import LinkMaker, NewLink
from tracking.store.links import Links, LinkTarget
from tracking.store.merchants import Merchants
from tracking.web.deps import DEPS, Deps
from tracking.web.limits import Buckets, client_address
from tracking.web.problem import HttpProblem, not_found

FULL_VIEW = timedelta(days=30)  # after the end; then nothing that needs the second factor
GONE = timedelta(days=90)  # after the end; then no page
SILENCE = timedelta(days=90)  # without news; then the story has ended too
_ENDED = TERMINAL | {Status.CANCELLED, Status.EXPIRED}

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
MISSES = web.AppKey("misses", Buckets)


def misses() -> Buckets:
    """Wrong links an address may try. Right ones are served however many were wrong before."""
    return Buckets(burst=100, per_second=1)


def page_path(request: web.Request) -> str:
    """Where the page of this request is. A token may be anything before it is looked up."""
    return f"/t/{quote(request.match_info['token'], safe='')}"


async def issue_link(deps: Deps, merchant_id: UUID, shipment_id: UUID, now: datetime) -> str:
    """A new address of the page, on the shop's own host where it has one."""
    (path,) = await LinkMaker(deps.pool, deps.sealer).issue([NewLink(shipment_id)], now)
    shop = await Merchants(deps.pool).shop(merchant_id)
    site = shop.terms.links if shop else None
    return f"{site or deps.settings.public_url}{path}"


async def follow_link(request: web.Request) -> LinkTarget:
    """Where the link of this request leads. One answer for unknown, revoked and long over."""
    deps, token = request.app[DEPS], request.match_info["token"]
    target = None
    if _TOKEN.fullmatch(token):
        target = await Links(deps.pool).link_target(deps.sealer.token_hashes(token))
    if target is None or _ended_for(GONE, target, deps.now()):
        raise miss(request)
    return target


def miss(request: web.Request) -> HttpProblem:
    if request.app[MISSES].take(client_address(request)):
        return not_found()
    return HttpProblem(429, "Too many requests", headers={"Retry-After": "60"})


def shows_all(target: LinkTarget, now: datetime) -> bool:
    """Whether the second factor still opens anything."""
    return not _ended_for(FULL_VIEW, target, now)


def ended_at(target: LinkTarget, now: datetime) -> datetime | None:
    """When the parcel's story ended; None while it goes on.

    A cancelled or expired one ends like one that arrived, unless more is heard of it. Any other,
    lost ones too, ends after a long silence; while a promise is ahead, nobody expects news.
    """
    if target.status in _ENDED:
        return target.since or target.changed_at
    heard = max(target.changed_at, target.issued_at, target.promise_by or target.issued_at)
    return heard + SILENCE if heard + SILENCE <= now else None


def _ended_for(span: timedelta, target: LinkTarget, now: datetime) -> bool:
    ended = ended_at(target, now)
    return ended is not None and now - ended > span
