"""Who may see a page of the console: a session in a cookie, forms of our own pages only."""

import hmac
import re
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Final
from urllib.parse import parse_qs
from uuid import UUID

from aiohttp import web

from tracking.staff.login import LONGEST, LoggedIn, Login, Wanted, still_wanted
from tracking.store.staff import Session
from tracking.web.bodies import read_body
from tracking.web.deps import DEPS, Deps
from tracking.web.problem import HttpProblem
from tracking.web.security import cookie_name, is_https
from tracking.web.unlock import is_from_elsewhere

HOME: Final = "/support"
LOGIN: Final = f"{HOME}/login"
ACCOUNT: Final = f"{HOME}/account"
PAGE_OF: Final = {
    Wanted.CODE: f"{HOME}/code",
    Wanted.PASSWORD: f"{HOME}/password",
    Wanted.AUTHENTICATOR: f"{HOME}/authenticator",
}
NEXT: Final = "klat_next"
PARCEL: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SESSION: Final = web.RequestKey("session", Session)
_MAX_FORM: Final = 64 * 1024
_MOST_FIELDS: Final = 40

Page = Callable[[web.Request], Awaitable[web.StreamResponse]]
Form = dict[str, str]


def _to_login(request: web.Request) -> web.Response:
    """And afterwards to the parcel that was asked for."""
    response, wanted = _led_to_login(request), request.match_info.get("shipment_id", "")
    if PARCEL.fullmatch(wanted):
        response.set_cookie(
            cookie_name(request.app, NEXT),
            wanted,
            path=HOME,
            max_age=600,
            httponly=True,
            secure=is_https(request.app),
            samesite="Lax",
        )
    return response


def _led_to_login(request: web.Request) -> web.Response:
    """A page that renews itself would follow a redirect, and show the log-in in its own place."""
    if "HX-Request" in request.headers:
        return web.Response(status=204, headers={"HX-Redirect": LOGIN})
    return to(LOGIN)


def login_of(deps: Deps) -> Login:
    return Login(deps.pool, deps.sealer, by_passwords=deps.settings.password_login)


def for_staff(handler: Page, wanted: Wanted | None = None, *, is_open: bool = False) -> Page:
    """For who has logged in; of whom something is wanted still, only the page that asks for it.

    `is_open`: that page is there for everybody else, too.
    """

    @wraps(handler)
    async def handle(request: web.Request) -> web.StreamResponse:
        session = await find_session(request, is_use=not _asks_by_itself(request))
        if session is None:
            return _to_login(request)
        found = still_wanted(session)
        if found is not wanted and found is not None:
            return to(PAGE_OF[found])
        if found is not wanted and not is_open:
            return to(HOME)
        request[SESSION] = session
        return await handler(request)

    return handle


async def find_session(request: web.Request, *, is_use: bool = True) -> Session | None:
    """`is_use` False: the page asks by itself, and nobody may be there."""
    deps, token = request.app[DEPS], request.cookies.get(_cookie(request))
    return await login_of(deps).session(token, deps.now(), is_use=is_use) if token else None


def had_session(request: web.Request) -> bool:
    """Who logs out takes it along: it has run out, or was ended elsewhere."""
    return _cookie(request) in request.cookies


def _asks_by_itself(request: web.Request) -> bool:
    """A line of news, and a page that its script loads again."""
    return request.path.endswith("/stream") or "fresh" in request.query


def form_token(request: web.Request) -> str:
    """Stands in every form of the session's pages; another site cannot read it."""
    session = request[SESSION].session_hash
    return request.app[DEPS].sealer.fingerprints(b"form\x1f" + session)[0].hex()


async def read_form(
    request: web.Request,
    *,
    is_of_session: bool = True,
    longest: int = _MAX_FORM,
    most: int = _MOST_FIELDS,
) -> Form:
    """The last of each field. Raises HttpProblem for what another site sent, and for nonsense."""
    refuse_elsewhere(request)
    body = await read_body(request, longest)
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=most)
    except ValueError:
        raise HttpProblem(400, "The form could not be read") from None
    form = {name: values[-1].replace("\0", "") for name, values in fields.items()}
    if is_of_session:
        refuse_foreign(request, form.pop("form", ""))
    return form


def refuse_elsewhere(request: web.Request) -> None:
    """Raises HttpProblem for what another site sent."""
    if is_from_elsewhere(request):
        raise HttpProblem(403, "This form was sent by another site")


def refuse_foreign(request: web.Request, token: str) -> None:
    """Raises HttpProblem for a form that is of no page of this session."""
    if not hmac.compare_digest(token.encode(errors="replace"), form_token(request).encode()):
        raise HttpProblem(403, "This form is of an earlier session. Load its page again")


def parcel_of(shipment_id: UUID | str) -> str:
    """Where its page is."""
    return f"{HOME}/parcels/{shipment_id}"


def to(path: str) -> web.Response:
    return web.Response(status=303, headers={"Location": path})


def begun(request: web.Request, logged_in: LoggedIn, path: str = HOME) -> web.Response:
    """A new session in place of the one before; on to what is wanted next."""
    response = to(path)
    response.set_cookie(
        _cookie(request),
        logged_in.token,
        path="/",
        max_age=int(LONGEST.total_seconds()),
        httponly=True,
        secure=is_https(request.app),
        samesite="Lax",
    )
    return response


def ended(request: web.Request) -> web.Response:
    response = to(LOGIN)
    response.del_cookie(
        _cookie(request),
        path="/",
        httponly=True,
        secure=is_https(request.app),
        samesite="Lax",
    )
    return response


def _cookie(request: web.Request) -> str:
    """Browsers let nobody but this host set one that begins so (RFC 6265bis)."""
    return "__Host-klat_staff" if is_https(request.app) else "klat_staff"
