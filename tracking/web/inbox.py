"""The demo's inbox. Its routes exist in the demo only: who opens it reads everybody's messages."""

from uuid import UUID

from aiohttp import web

from tracking.inbox import InboxKeeper
from tracking.web.deps import DEPS
from tracking.web.inbox_page import PATH, Wish, render_inbox
from tracking.web.mail import mail_response
from tracking.web.problem import not_found
from tracking.web.routing import Parameter, Route
from tracking.web.security import FRAMING
from tracking.words.language import choose


async def get_inbox(request: web.Request) -> web.Response:
    deps, query = request.app[DEPS], request.query
    wish = Wish(_uuid(query.get("parcel")), _uuid(query.get("mail")))
    contents = await _keeper(request).contents(wish.parcel)
    language = choose(query.get("lang"), accept_language=request.headers.get("Accept-Language"))
    return web.Response(
        text=render_inbox(contents, wish, language, now=deps.now()),
        content_type="text/html",
        headers={"Content-Security-Policy": FRAMING},
    )


async def get_inbox_mail(request: web.Request) -> web.Response:
    """The mail itself, in a frame that can do nothing."""
    notice_id = _uuid(request.match_info["notice_id"])
    html = await _keeper(request).html(notice_id) if notice_id else None
    if html is None:
        raise not_found()
    return mail_response(html)


def _keeper(request: web.Request) -> InboxKeeper:
    deps = request.app[DEPS]
    return InboxKeeper(deps.pool, deps.sealer)


def _uuid(text: str | None) -> UUID | None:
    """What is none is as good as nothing."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


DEMO_ROUTES = (
    Route(
        "GET",
        PATH,
        get_inbox,
        "The demo's inbox: what would have been sent",
        access="none",
        parameters=(
            Parameter("lang", "query", "The language to show"),
            Parameter("parcel", "query", "The id of a shipment: only of that"),
            Parameter("mail", "query", "The id of a notice: its mail is open"),
        ),
        answers={200: "text/html"},
        problems=(503,),
    ),
    Route(
        "GET",
        f"{PATH}/{{notice_id}}/mail",
        get_inbox_mail,
        "A mail of the demo's inbox, for a frame",
        access="none",
        answers={200: "text/html"},
        problems=(404, 503),
    ),
)
