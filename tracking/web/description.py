"""The interface described to machines."""

import json
from functools import cache

from aiohttp import web

from tracking.web.asyncapi import asyncapi
from tracking.web.deps import DEPS
from tracking.web.openapi import openapi
from tracking.web.routing import ROUTES, Route

_CACHED = {"Cache-Control": "public, max-age=300"}


@cache
def _public(routes: tuple[Route, ...]) -> tuple[Route, ...]:
    """Without the pages of who has logged in: they are for people, and change as they need."""
    return tuple(route for route in routes if route.access != "session")


async def get_openapi(request: web.Request) -> web.Response:
    return _described(_openapi(_public(request.app[ROUTES]), request.app[DEPS].settings.public_url))


async def get_asyncapi(_: web.Request) -> web.Response:
    return _described(_asyncapi())


def _described(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/json", headers=_CACHED)


@cache
def _openapi(routes: tuple[Route, ...], server: str) -> str:
    return json.dumps(openapi(routes, server), ensure_ascii=False)


@cache
def _asyncapi() -> str:
    return json.dumps(asyncapi(), ensure_ascii=False)


DESCRIPTION_ROUTES = (
    Route(
        "GET",
        "/openapi.json",
        get_openapi,
        "This description",
        access="none",
        answers={200: "application/json"},
    ),
    Route(
        "GET",
        "/asyncapi.json",
        get_asyncapi,
        "The exchanges and their messages",
        access="none",
        answers={200: "application/json"},
    ),
)
