"""Faults of the console as pages that say what to do next."""

import asyncio
from functools import wraps
from typing import Final

import structlog
from aiohttp import web

from tracking.errors import KlatError
from tracking.web.console import rights
from tracking.web.console.frame import page, words_for
from tracking.web.console.guard import Page
from tracking.web.problem import HttpProblem, as_problem, unavailable
from tracking.words.catalog import N_

log = structlog.get_logger()

_LIMIT: Final = 10.0  # seconds
TOO_MANY: Final = N_("There are too many parcels for this page. Ask whoever runs this service.")
TOO_LONG_A_FILE: Final = N_(
    "There are too many parcels for one file here. Whoever runs this service makes it by the"
    " command klat person export."
)
FOR_LEADS: Final = rights.FOR_LEADS
FOR_ADMINS: Final = rights.FOR_ADMINS
_OWN_WORDS: Final = frozenset(
    {FOR_LEADS, FOR_ADMINS, rights.FOR_OPERATORS, TOO_MANY, TOO_LONG_A_FILE}
)
_SAID: Final = {
    400: N_("That could not be read. Go back, load the page again and try once more."),
    403: N_("That did not come from this page. Load it again and try once more."),
    404: N_("There is nothing here, or nothing that you may see. Search for the parcel."),
    500: N_("Something went wrong here. It is noted; tell whoever runs this service."),
    413: N_("That is too long. Go back and shorten it."),
    429: N_("Too many requests. Wait a minute and try again."),
}
_ELSE: Final = N_("This is not available right now. Nothing is lost: try again in a minute.")


def for_people(handler: Page, limit: float = _LIMIT, away: str = _ELSE) -> Page:
    """`limit` in seconds. `away`: what is said when it is over, or what is needed is away."""

    @wraps(handler)
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            async with asyncio.timeout(limit):
                return await handler(request)
        except KlatError as error:
            return _said(request, as_problem(error), away)
        except TimeoutError:
            return _said(request, unavailable("It took too long"), away)
        except Exception:
            log.exception("http.failed", method=request.method)
            return _said(request, HttpProblem(500, "Something went wrong here"), away)

    return handle


def _said(request: web.Request, problem: HttpProblem, away: str) -> web.Response:
    title = problem.body.title
    said = title if title in _OWN_WORDS else _SAID.get(problem.status, away)
    text = words_for(request).gettext(said)
    response = page(request, "fault", problem.status, text=text)
    response.headers.update(problem.headers)
    return response
