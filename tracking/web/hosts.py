"""Hosts that shops have for their links: pages of parcels are there, and nothing else of ours.

Whoever ends the TLS of such a host sees what passes it, so no password and no key may. Read every
five seconds, like the keys; while the database is away the last list holds.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from tracking.errors import StoreUnavailable
from tracking.store.merchants import Merchants
from tracking.web.deps import DEPS
from tracking.web.problem import Handler, not_found
from tracking.web.routing import Route

log = structlog.get_logger()

_REFRESH_EVERY: Final = 5.0  # seconds
_OF_PAGES: Final = frozenset({"/static/{name}", "/sw.js"})


class LinkHosts:
    """`ours` is where everything is, also where a shop has the same."""

    def __init__(self, merchants: Merchants, ours: str) -> None:
        self._merchants, self._ours = merchants, _name(urlsplit(ours).netloc)
        self._hosts: frozenset[str | None] = frozenset()

    def has(self, host: str) -> bool:
        """As a request names it, with or without a port."""
        return _name(host) in self._hosts

    async def refresh(self) -> None:
        """Raises StoreUnavailable."""
        sites = await self._merchants.link_sites()
        names = {_name(urlsplit(site).netloc) for site in sites}
        self._hosts = frozenset(names - {self._ours, None})


HOSTS: Final = web.AppKey("hosts", LinkHosts)


def _name(host: str) -> str | None:
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return None
    return name.rstrip(".") if name else None


def is_of_pages(route: Route) -> bool:
    """Whether it is served on the hosts of shops, too."""
    return route.access == "link" or route.path in _OF_PAGES


def on_our_hosts(handler: Handler) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        if request.app[HOSTS].has(request.host):
            raise not_found()
        return await handler(request)

    return handle


async def hosts_context(app: web.Application) -> AsyncIterator[None]:
    """Keep the list fresh while the application runs."""
    task = asyncio.create_task(_keep_fresh(app[HOSTS]), name="hosts")
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _keep_fresh(hosts: LinkHosts) -> None:
    is_stale = False
    while True:
        try:
            await hosts.refresh()
        except StoreUnavailable:
            if not is_stale:  # once; that the database is away is said elsewhere, too
                log.warning("hosts.stale")
            is_stale = True
        except Exception:
            log.exception("hosts.refresh_failed")
        else:
            is_stale = False
        await asyncio.sleep(_REFRESH_EVERY)


def link_hosts(app: web.Application) -> LinkHosts:
    deps = app[DEPS]
    return LinkHosts(Merchants(deps.pool), deps.settings.public_url)
