"""What an operator sees of a request: one log line, one count, one duration. No path, no query."""

import time

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from tracking.live import LiveHub
from tracking.web.auth import CALLER
from tracking.web.problem import Handler

log = structlog.get_logger()

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10)
_LEFT = 499  # the client was gone before the answer was made
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})


class Metrics:
    """The counters of one application."""

    def __init__(self, registry: CollectorRegistry, hub: LiveHub) -> None:
        self.requests = Counter(
            "klat_http_requests",
            "Requests answered",
            ["method", "route", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "klat_http_seconds", "Time to answer", ["route"], buckets=_SECONDS, registry=registry
        )
        self.events = Counter(
            "klat_ingest_events", "Events received by HTTP", ["outcome"], registry=registry
        )
        self.turned_away = Counter(
            "klat_ingest_turned_away", "Bodies of events answered with 503", registry=registry
        )
        viewers = Gauge("klat_live_viewers", "Live pages that are open", registry=registry)
        viewers.set_function(lambda: len(hub))
        self.frames = Counter("klat_live_frames", "Updates sent to live pages", registry=registry)
        self.cut = Counter(
            "klat_live_cut", "Live pages cut because they took nothing", registry=registry
        )
        self.subscriptions = Counter(
            "klat_push_subscriptions",
            "Browsers that asked to be told of a parcel, or no more",
            ["outcome"],
            registry=registry,
        )


METRICS = web.AppKey("metrics", Metrics)


@web.middleware
async def observed(request: web.Request, handler: Handler) -> web.StreamResponse:
    started = time.perf_counter()
    response = None
    try:
        response = await handler(request)
    finally:
        _note(request, response, time.perf_counter() - started)
    return response


def _note(request: web.Request, response: web.StreamResponse | None, seconds: float) -> None:
    metrics, route = request.app[METRICS], _template(request)
    status = response.status if response is not None else _LEFT
    method = request.method if request.method in _METHODS else "other"
    metrics.requests.labels(method, route, status).inc()
    if isinstance(response, web.Response):  # a live stream lasts as long as somebody looks
        metrics.seconds.labels(route).observe(seconds)
    caller = request.get(CALLER)
    log.info(
        "http.request",
        method=method,
        route=route,
        status_code=status,
        ms=round(seconds * 1000, 1),
        key_id=caller and caller.key_id,
    )


def _template(request: web.Request) -> str:
    """The route as declared: no token, number or id ever stands in it."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unmatched"
