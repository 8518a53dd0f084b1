"""The tracking page of a link, and the files that it needs."""

import asyncio
from collections.abc import Mapping
from functools import wraps

import structlog
from aiohttp import web

from tracking.errors import KlatError
from tracking.store.links import LinkTarget
from tracking.web.assets import STATIC
from tracking.web.deps import DEPS
from tracking.web.link import follow_link, page_path
from tracking.web.page import MessageKind, render_message_page, render_tracking_page
from tracking.web.parcel import helped_view, parcel_view
from tracking.web.problem import Handler, HttpProblem, as_problem, not_found, unavailable
from tracking.web.routing import Parameter, Route
from tracking.web.security import cookie_name, is_https
from tracking.web.stream import get_stream
from tracking.web.view import ParcelView
from tracking.words.language import SUPPORTED, choose

_LANGUAGE_COOKIE = "klat_lang"
_A_YEAR = 365 * 24 * 3600  # seconds
_PAGE_LIMIT = 10.0  # seconds
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_KINDS = {
    400: MessageKind.NOT_READ,
    403: MessageKind.NOT_READ,
    404: MessageKind.NOT_FOUND,
    429: MessageKind.TOO_MANY,
}
log = structlog.get_logger()


def for_people(handler: Handler) -> Handler:
    """Faults as pages, in the visitor's language; nobody looks at a blank one for long."""

    @wraps(handler)
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            async with asyncio.timeout(_PAGE_LIMIT):
                return await handler(request)
        except KlatError as error:
            return _message(request, as_problem(error))
        except TimeoutError:
            return _message(request, unavailable("It took too long"))

    return handle


def _message(request: web.Request, problem: HttpProblem) -> web.Response:
    kind = _KINDS.get(problem.status, MessageKind.UNAVAILABLE)
    if kind is MessageKind.NOT_FOUND and request.path.startswith("/stop/"):
        kind = MessageKind.NO_STOP
    path = page_path(request) if problem.status >= 429 else None
    page = render_message_page(kind, language_of(request), path=path)
    return page_answer(request, page, problem.status, problem.headers)


@for_people
async def get_page(request: web.Request) -> web.Response:
    target = await follow_link(request)
    return await show_parcel_page(request, target, await parcel_view(request, target))


def to_the_page(request: web.Request, below: str = "") -> web.Response:
    path, wish = f"{page_path(request)}{below}", request.query.get("lang")
    location = f"{path}?lang={wish}" if wish in SUPPORTED else path
    return web.Response(status=303, headers={"Location": location})


async def show_parcel_page(
    request: web.Request, target: LinkTarget, view: ParcelView, status: int = 200
) -> web.Response:
    language = language_of(request, target.language, target.merchant_language)
    view = await helped_view(request.app[DEPS], target, view, language)
    page = render_tracking_page(view, language, now=request.app[DEPS].now())
    return page_answer(request, page, status)


def language_of(request: web.Request, *told: str | None) -> str:
    """`told`: the recipient's, then the shop's."""
    wish = request.query.get("lang")
    explicit = (
        wish
        if wish in SUPPORTED
        else request.cookies.get(cookie_name(request.app, _LANGUAGE_COOKIE))
    )
    return choose(explicit, *told, accept_language=request.headers.get("Accept-Language"))


def page_answer(
    request: web.Request, page: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    response = web.Response(text=page, status=status, content_type="text/html", headers=headers)
    wish = request.query.get("lang")
    if wish is not None and wish in SUPPORTED:
        response.set_cookie(
            cookie_name(request.app, _LANGUAGE_COOKIE),
            wish,
            path="/t",
            max_age=_A_YEAR,
            httponly=True,
            secure=is_https(request.app),
            samesite="Lax",
        )
    return response


async def get_static(request: web.Request) -> web.Response:
    file = STATIC.get(request.path)
    if file is None:
        raise not_found()
    return web.Response(body=file.body, headers={**_FOR_EVER, "Content-Type": file.content_type})


LANGUAGE = Parameter("lang", "query", "The language to show, kept in a cookie")
_PAGE = "text/html"
_FAULTS = (404, 429, 503)

SHOPPER_ROUTES = (
    Route(
        "GET",
        "/t/{token}",
        get_page,
        "The tracking page",
        access="link",
        parameters=(LANGUAGE,),
        answers={200: _PAGE} | dict.fromkeys(_FAULTS, _PAGE),
    ),
    Route(
        "GET",
        "/t/{token}/stream",
        get_stream,
        "Live updates of the page; 204 when the story has ended",
        access="link",
        parameters=(
            Parameter("Last-Event-ID", "header", "The version seen last"),
            Parameter("last", "query", "The same, for clients that cannot send the header"),
        ),
        answers={200: "text/event-stream", 204: None},
        problems=_FAULTS,
        timed=False,
    ),
    Route(
        "GET",
        "/static/{name}",
        get_static,
        "A file of the pages, named by its content",
        access="none",
        answers={200: "*/*"},
        problems=(404,),
    ),
)
