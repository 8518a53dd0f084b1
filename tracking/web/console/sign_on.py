"""Logging in by the operator's provider of identities: off to it, and back."""

from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Final

from aiohttp import web
from markupsafe import Markup

from tracking.staff.login import LoggedIn, NotKnown, Refused
from tracking.staff.oidc.provider import Provider, ProviderFailed, new_session
from tracking.staff.oidc.request import (
    VALID,
    Denied,
    NotAnswered,
    authorization_url,
    code_of,
    opened,
    sealed,
    start,
)
from tracking.staff.oidc.setting import CALLBACK, client_of
from tracking.staff.oidc.token import Identity, TokenRefused
from tracking.web.console.errors import for_people
from tracking.web.console.frame import page, words_for
from tracking.web.console.guard import HOME, LOGIN, begun, login_of, to
from tracking.web.deps import DEPS
from tracking.web.limits import Buckets, client_address
from tracking.web.problem import HttpProblem, not_found
from tracking.web.routing import Route
from tracking.web.security import is_https
from tracking.words.catalog import N_

PROVIDER: Final = web.AppKey("provider", Provider)
LOGINS: Final = web.AppKey("logins", Buckets)
SIGN_ON: Final = f"{HOME}/oidc"
_NAME: Final = N_("your organisation")


class Failed(StrEnum):
    """Why nobody came back from the provider."""

    STATE = "state"  # it is no answer to what this browser asked
    DENIED = "denied"
    AWAY = "away"
    TOKEN = "token"  # noqa: S105 - an ID token that does not hold


_WRONG: Final = {
    NotKnown.UNVERIFIED: N_(
        "%(provider)s does not vouch for your e-mail. Have it confirmed there, then log in again."
    ),
    NotKnown.UNKNOWN: N_(
        "Nobody here has the e-mail that %(provider)s knows you by. Ask whoever runs this service"
        " for an account."
    ),
    NotKnown.TAKEN: N_(
        "The account with your e-mail belongs to somebody else at %(provider)s. Ask whoever runs"
        " this service to reset it."
    ),
    NotKnown.DISABLED: N_("Your account here is closed. Ask whoever runs this service."),
}
_FAILED: Final = {
    Failed.STATE: N_("That log-in was begun in another window, or too long ago. Begin again."),
    Failed.DENIED: N_(
        "%(provider)s did not log you in. Begin again, or ask those who run it whether you may."
    ),
    Failed.AWAY: N_("%(provider)s does not answer as it should. Try again in a minute."),
    Failed.TOKEN: N_(
        "What %(provider)s says of you does not hold. Begin again; if that does not help, tell"
        " whoever runs this service."
    ),
}
_STATUS: Final = {
    Failed.STATE: 400,
    Failed.DENIED: 403,
    Failed.AWAY: 503,
    Failed.TOKEN: 403,
}


async def provider_context(app: web.Application) -> AsyncIterator[None]:
    """Its connections live as long as the application."""
    client = client_of(app[DEPS].settings)
    if client is None:
        yield
        return
    async with new_session() as session:
        app[PROVIDER] = Provider(client, session)
        yield


def logins() -> Buckets:
    """Tries that an address may make, over all accounts; each account has its own count."""
    return Buckets(burst=30, per_second=0.2)


def take(request: web.Request) -> None:
    if not request.app[LOGINS].take(client_address(request)):
        raise HttpProblem(429, "Too many requests", headers={"Retry-After": "60"})


@for_people
async def get_sign_on(request: web.Request) -> web.StreamResponse:
    """A link, no form: browsers let none lead on to another site (CSP, form-action)."""
    provider, deps = _provider(request), request.app[DEPS]
    take(request)
    try:
        metadata = await provider.metadata(deps.now())
    except ProviderFailed:
        return _failed(request, Failed.AWAY)
    started, client = start(deps.now()), provider.client
    response = to(
        authorization_url(
            metadata, client.client_id, client.redirect_uri, started, client.acr_values
        )
    )
    response.set_cookie(
        _cookie(request),
        sealed(started, deps.sealer),
        path="/",
        max_age=int(VALID.total_seconds()),
        httponly=True,
        secure=is_https(request.app),
        samesite="Lax",
    )
    return response


@for_people
async def get_callback(request: web.Request) -> web.StreamResponse:
    """The cookie is taken away whatever comes of it: an answer counts once."""
    provider = _provider(request)
    if "state" not in request.query:
        return to(LOGIN)  # nobody sent them; such as to see the page in another language
    take(request)
    try:
        found = await _came_back(request, provider)
    except NotAnswered:
        found = Failed.STATE
    except Denied:
        found = Failed.DENIED
    except ProviderFailed:
        found = Failed.AWAY
    except TokenRefused:
        found = Failed.TOKEN
    response = begun(request, found) if isinstance(found, LoggedIn) else _failed(request, found)
    response.del_cookie(
        _cookie(request), path="/", httponly=True, secure=is_https(request.app), samesite="Lax"
    )
    return response


async def _came_back(
    request: web.Request, provider: Provider
) -> LoggedIn | Refused | NotKnown | Failed:
    deps, now = request.app[DEPS], request.app[DEPS].now()
    started = opened(request.cookies.get(_cookie(request), ""), deps.sealer, now)
    if any(len(request.query.getall(name)) > 1 for name in request.query):
        raise NotAnswered  # RFC 6749, 3.1: no parameter twice
    code = code_of(request.query, started, await provider.metadata(now))
    who: Identity = await provider.identity(code, started, now)
    return await login_of(deps).by_identity(who, now)


def _failed(request: web.Request, why: Failed | Refused | NotKnown) -> web.Response:
    if isinstance(why, Refused):  # their account was reset in this very moment
        why = Failed.STATE
    if isinstance(why, Failed):
        return _again(request, _STATUS[why], _FAILED[why])
    return _again(request, 403, _WRONG[why])


def _again(request: web.Request, status: int, text: str) -> web.Response:
    return login_page(request, status, wrong=_said(request, text), is_of_password=False)


def _said(request: web.Request, text: str) -> Markup:
    words = words_for(request)
    name = request.app[DEPS].settings.oidc_name or words.gettext(_NAME)
    said = words.gettext(text, provider=name)
    return Markup(said[:1].upper()) + said[1:]  # noqa: S704 - of safe text, the first letter


def login_page(
    request: web.Request,
    status: int = 200,
    *,
    wrong: Markup | None = None,
    is_of_password: bool = True,
    email: str = "",
    has_ended: bool = False,
) -> web.Response:
    """Both ways in, or the one that there is. `is_of_password`: what is wrong; `has_ended`: the
    session that there was.
    """
    settings, words = request.app[DEPS].settings, words_for(request)
    name = settings.oidc_name or words.gettext(_NAME)
    return page(
        request,
        "login",
        status,
        wrong=wrong,
        is_of_password=is_of_password,
        email=email,
        has_ended=has_ended,
        by_passwords=settings.password_login,
        sign_on=SIGN_ON if settings.oidc_issuer else None,
        provider=name,
    )


def _provider(request: web.Request) -> Provider:
    provider = request.app.get(PROVIDER)
    if provider is None:
        raise not_found()
    return provider


def _cookie(request: web.Request) -> str:
    return "__Host-klat_oidc" if is_https(request.app) else "klat_oidc"


_HTML: Final = "text/html"
SIGN_ON_ROUTES: Final = (
    Route(
        "GET",
        SIGN_ON,
        get_sign_on,
        "Off to the provider of identities",
        access="session",
        answers={303: None, 404: _HTML, 429: _HTML, 503: _HTML},
    ),
    Route(
        "GET",
        CALLBACK,
        get_callback,
        "Back from the provider of identities",
        access="session",
        answers={303: None, 400: _HTML, 403: _HTML, 404: _HTML, 429: _HTML, 503: _HTML},
    ),
)
