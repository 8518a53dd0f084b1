"""The operator's port: alive, ready, and the numbers. Nothing of it belongs in public."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

CHECK_LIMIT = 3.0  # seconds

Check = Callable[[], Awaitable[bool]]


@dataclass(slots=True)
class Readiness:
    """What the process needs. `need` "any": one of them is enough (the web: broker or database).

    `always` is needed besides: without the schema it knows a process is of no use.
    Set `draining` when the process is about to stop, so that it gets no more work.
    """

    checks: Mapping[str, Check]
    need: Literal["all", "any"] = "all"
    always: Mapping[str, Check] = field(default_factory=dict)
    draining: bool = field(default=False)

    async def look(self) -> tuple[bool, dict[str, bool]]:
        found, always = await _found(self.checks), await _found(self.always)
        enough = (any if self.need == "any" else all)(found.values()) and all(always.values())
        return enough and not self.draining, {**found, **always}


async def _found(checks: Mapping[str, Check]) -> dict[str, bool]:
    passed = await asyncio.gather(*map(_passes, checks.values()))
    return dict(zip(checks, passed, strict=True))


async def _passes(check: Check) -> bool:
    # Whatever a check raises, the answer is no.
    with suppress(Exception):
        async with asyncio.timeout(CHECK_LIMIT):
            return await check()
    return False


READINESS = web.AppKey("readiness", Readiness)
REGISTRY = web.AppKey("registry", CollectorRegistry)


def make_ops_app(readiness: Readiness, registry: CollectorRegistry) -> web.Application:
    app = web.Application()
    app[READINESS] = readiness
    app[REGISTRY] = registry
    app.router.add_get("/healthz", get_healthz)
    app.router.add_get("/readyz", get_readyz)
    app.router.add_get("/metrics", get_metrics)
    return app


async def get_healthz(_: web.Request) -> web.Response:
    """The process is alive; it asks nobody else."""
    return _json(200, {"status": "alive"})


async def get_readyz(request: web.Request) -> web.Response:
    readiness = request.app[READINESS]
    ready, found = await readiness.look()
    status = "ready" if ready else "draining" if readiness.draining else "not ready"
    return _json(200 if ready else 503, {"status": status, "checks": found})


async def get_metrics(request: web.Request) -> web.Response:
    body = generate_latest(request.app[REGISTRY])
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _json(status: int, body: object) -> web.Response:
    return web.Response(
        status=status,
        text=json.dumps(body),
        content_type="application/json",
        headers={"Cache-Control": "no-store", "Server": "klat"},
    )
