"""Logging in, step by step, and out."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import segno
from aiohttp import web
from markupsafe import Markup

from tracking.errors import KlatError
from tracking.staff.login import LoggedIn, Refused, Wanted, still_wanted
from tracking.staff.second import address, new_secret
from tracking.staff.strength import SHORTEST
from tracking.web.console.errors import for_people
from tracking.web.console.frame import page, words_for
from tracking.web.console.guard import (
    ACCOUNT,
    HOME,
    PAGE_OF,
    SESSION,
    Form,
    Page,
    begun,
    ended,
    find_session,
    for_staff,
    had_session,
    login_of,
    read_form,
    to,
)
from tracking.web.console.sign_on import login_page, take
from tracking.web.deps import DEPS
from tracking.web.limits import client_address
from tracking.web.problem import HttpProblem, not_found
from tracking.web.routing import Model, Route
from tracking.words.catalog import N_, Words

_ISSUER: Final = "Klāt"
_WRONG: Final = {
    Refused.WRONG: N_("E-mail and password do not match. Check both, and the keyboard's language."),
    Refused.PAUSED: N_("Too many wrong answers. Wait some minutes and try again."),
    Refused.OVER: N_("This password was for once, and its time is over. Ask for a new one."),
}
_WRONG_CODE: Final = {
    **_WRONG,
    Refused.WRONG: N_("That is not the code of now. Wait for the next one and type it."),
}
_PRESENT: Final = {
    **_WRONG,
    Refused.WRONG: N_("That is not the password you have."),
}
_FRESH: Final = timedelta(minutes=10)
_STALE: Final = N_("You logged in too long ago for this. Log out, log in again, and do it then.")
_WEAK: Final = {
    "short": N_(
        "Take %(n)d characters or more: four words that have nothing to do with each other."
    ),
    "long": N_("That is longer than 128 characters."),
    "guessable": N_(
        "That is quickly guessed. Four words that have nothing to do with each other are not."
    ),
    "same": N_("That is the one you have. Take another one."),
}


@for_people
async def get_login(request: web.Request) -> web.StreamResponse:
    if await find_session(request):
        return to(HOME)
    return login_page(request, has_ended=had_session(request))


@for_people
async def post_login(request: web.Request) -> web.StreamResponse:
    if not request.app[DEPS].settings.password_login:
        raise not_found()
    form = await read_form(request, is_of_session=False)
    take(request)
    deps, email = request.app[DEPS], form.get("email", "")[:254]
    found = await login_of(deps).by_password(
        email, form.get("password", ""), client_address(request), deps.now()
    )
    if isinstance(found, LoggedIn):
        return begun(request, found)
    wrong = words_for(request).gettext(_WRONG[found])
    return login_page(request, _status(found), wrong=wrong, email=email)


def _status(refused: Refused) -> int:
    return 429 if refused is Refused.PAUSED else 422


@for_people
async def get_code(request: web.Request) -> web.StreamResponse:
    return page(request, "code", wrong=None)


@for_people
async def post_code(request: web.Request) -> web.StreamResponse:
    form, deps = await read_form(request), request.app[DEPS]
    take(request)
    found = await login_of(deps).by_code(
        request[SESSION], form.get("code", "")[:20], client_address(request), deps.now()
    )
    if isinstance(found, LoggedIn):
        return begun(request, found)
    wrong = words_for(request).gettext(_WRONG_CODE[found])
    return page(request, "code", _status(found), wrong=wrong)


async def _not_present(request: web.Request, form: Form) -> Markup | None:
    """Who changes what they have of their own proves again that it is them."""
    if still_wanted(request[SESSION]) is not None:
        return None
    deps = request.app[DEPS]
    if request[SESSION].by_provider:
        is_fresh = deps.now() - request[SESSION].created_at <= _FRESH
        return None if is_fresh else words_for(request).gettext(_STALE)
    refused = await login_of(deps).is_present(
        request[SESSION], form.get("present", ""), client_address(request), deps.now()
    )
    return words_for(request).gettext(_PRESENT[refused]) if refused else None


def has_password(request: web.Request) -> bool:
    """Who comes by a provider has none here: shut out there, they would come in by it."""
    return request.app[DEPS].settings.password_login and not request[SESSION].by_provider


def _is_own(request: web.Request) -> bool:
    """Of their own accord: nobody asked for it."""
    return still_wanted(request[SESSION]) is None


def _asks_present(request: web.Request) -> bool:
    """Who came by a provider may have no password: they have to have come just now."""
    return _is_own(request) and not request[SESSION].by_provider


@for_people
async def get_password(request: web.Request) -> web.StreamResponse:
    if not has_password(request):
        raise not_found()
    return _password(request, None)


def _password(request: web.Request, wrong: Markup | None) -> web.Response:
    return page(
        request,
        "password",
        422 if wrong else 200,
        wrong=wrong,
        shortest=SHORTEST,
        is_own=_is_own(request),
        asks_present=_asks_present(request),
    )


@for_people
async def post_password(request: web.Request) -> web.StreamResponse:
    if not has_password(request):
        raise not_found()
    form, deps = await read_form(request), request.app[DEPS]
    take(request)
    if (wrong := await _not_present(request, form)) is not None:
        return _password(request, wrong)
    found = await login_of(deps).set_password(
        request[SESSION], form.get("password", ""), deps.now()
    )
    if isinstance(found, LoggedIn):
        return begun(request, found)
    if isinstance(found, Refused):  # the operator has reset it meanwhile
        return ended(request)
    return _password(request, _weak(words_for(request), found))


def _weak(words: Words, why: str) -> Markup:
    return words.gettext(_WEAK[why], n=SHORTEST)


@for_people
async def get_authenticator(request: web.Request) -> web.StreamResponse:
    if request[SESSION].staff.totp is not None:
        return to(ACCOUNT)
    return _authenticator(request, new_secret())


def _authenticator(
    request: web.Request, secret: str, status: int = 200, wrong: Markup | None = None
) -> web.Response:
    """The secret stands in the page and, sealed, in its form: it is kept once it is proven."""
    drawn = segno.make(address(secret, request[SESSION].staff.email, _ISSUER), error="m")
    return page(
        request,
        "authenticator",
        status,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        sealed=request.app[DEPS].sealer.seal_text(secret, _context(request)),
        qr=Markup(drawn.svg_inline(omitsize=True, border=3, dark="#000", light="#fff")),  # noqa: S704 - segno's own drawing
        wrong=wrong,
        asks_present=_asks_present(request),
    )


@for_people
async def post_authenticator(request: web.Request) -> web.StreamResponse:
    form, deps = await read_form(request), request.app[DEPS]
    take(request)
    try:
        secret = deps.sealer.open_text(form.get("secret", ""), _context(request))
    except (KlatError, ValueError):
        raise HttpProblem(400, "The form could not be read") from None
    if (wrong := await _not_present(request, form)) is not None:
        return _authenticator(request, secret, 422, wrong)
    found = await login_of(deps).set_authenticator(
        request[SESSION], secret, form.get("code", "")[:20], deps.now()
    )
    if isinstance(found, LoggedIn):
        return begun(request, found)
    return _authenticator(request, secret, 422, words_for(request).gettext(_WRONG_CODE[found]))


def _context(request: web.Request) -> str:
    return f"authenticator:{request[SESSION].session_hash.hex()}"


@for_people
async def post_logout(request: web.Request) -> web.StreamResponse:
    """Also for who is only half in."""
    session = await find_session(request)
    if session is not None:
        request[SESSION] = session
        await read_form(request)
        await login_of(request.app[DEPS]).log_out(session, _now(request))
    return ended(request)


def _now(request: web.Request) -> datetime:
    return request.app[DEPS].now()


_HTML: Final = "text/html"
_FORM: Final = ("application/x-www-form-urlencoded",)
_FAULTS: Final = dict.fromkeys((400, 403, 408, 413, 415, 422, 429, 503), _HTML)


_ANSWERS: Final[Mapping[int, Model | str | None]] = {303: None, **_FAULTS}


_OWN: Final = frozenset({Wanted.PASSWORD, Wanted.AUTHENTICATOR})


def _asks(path: str, get: Page, post: Page, summary: str, wanted: Wanted | None) -> list[Route]:
    def guard(handler: Page) -> Page:
        return for_staff(handler, wanted, is_open=wanted in _OWN) if wanted else handler

    return [
        Route("GET", path, guard(get), summary, access="session", answers={200: _HTML}),
        Route(
            "POST",
            path,
            guard(post),
            summary,
            access="session",
            media=_FORM,
            answers=_ANSWERS,
        ),
    ]


LOGIN_ROUTES: Final = (
    *_asks(f"{HOME}/login", get_login, post_login, "Log in", None),
    *_asks(PAGE_OF[Wanted.CODE], get_code, post_code, "The second factor", Wanted.CODE),
    *_asks(PAGE_OF[Wanted.PASSWORD], get_password, post_password, "A password", Wanted.PASSWORD),
    *_asks(
        PAGE_OF[Wanted.AUTHENTICATOR],
        get_authenticator,
        post_authenticator,
        "Set up the second factor",
        Wanted.AUTHENTICATOR,
    ),
    Route(
        "POST",
        f"{HOME}/logout",
        post_logout,
        "Log out",
        access="session",
        media=_FORM,
        answers={303: None},
    ),
)
