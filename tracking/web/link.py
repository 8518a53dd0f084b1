"""The public link: 128 random bits in 22 characters; of it only a keyed hash is kept."""

import re
import secrets
from datetime import datetime, timedelta
from urllib.parse import quote
from uuid import UUID

from aiohttp import web

from tracking.store.links import Links, LinkTarget
from tracking.web.deps import DEPS, Deps
from tracking.web.limits import Buckets, client_address
from tracking.web.problem import HttpProblem, not_found

FULL_VIEW = timedelta(days=30)  # after the end; then nothing that needs the second factor
GONE = timedelta(days=90)  # after the end; then no page

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_RANDOM_BYTES = 16
MISSES = web.AppKey("misses", Buckets)


def misses() -> Buckets:
    """Wrong links an address may try. Right ones are served however many were wrong before."""
    return Buckets(burst=100, per_second=1)


def page_path(request: web.Request) -> str:
    """Where the page of this request is. A token may be anything before it is looked up."""
    return f"/t/{quote(request.match_info['token'], safe='')}"


async def issue_link(deps: Deps, shipment_id: UUID, now: datetime) -> str:
    """The address of a new tracking page; it is known to nobody but the caller."""
    token = secrets.token_urlsafe(_RANDOM_BYTES)
    newest = deps.sealer.token_hashes(token)[0]
    await Links(deps.pool).insert_link(newest, shipment_id, now=now)
    return f"{deps.settings.public_url}/t/{token}"


async def follow_link(request: web.Request) -> LinkTarget:
    """Where the link of this request leads. One answer for unknown, revoked and long over."""
    deps, token = request.app[DEPS], request.match_info["token"]
    target = None
    if _TOKEN.fullmatch(token):
        target = await Links(deps.pool).link_target(deps.sealer.token_hashes(token))
    if target is None or _ended_before(target, deps.now() - GONE):
        raise _miss(request)
    return target


def _miss(request: web.Request) -> HttpProblem:
    if request.app[MISSES].take(client_address(request)):
        return not_found()
    return HttpProblem(429, "Too many requests", headers={"Retry-After": "60"})


def shows_all(target: LinkTarget, now: datetime) -> bool:
    """Whether the second factor still opens anything."""
    return not _ended_before(target, now - FULL_VIEW)


def _ended_before(target: LinkTarget, instant: datetime) -> bool:
    return target.ended_at is not None and target.ended_at < instant
