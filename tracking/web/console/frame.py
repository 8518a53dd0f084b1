"""What every page of the console has around its contents, in the language of who looks at it."""

from typing import Any, Final

from aiohttp import web

from tracking.web.assets import static_path
from tracking.web.console.guard import HOME, SESSION, form_token
from tracking.web.console.rights import WAYS, may
from tracking.web.frame import template
from tracking.web.security import CSP, cookie_name, is_https
from tracking.words.catalog import Words, console_words
from tracking.words.language import choose

LANGUAGES: Final = {"lv": "Latviešu", "en": "English"}
_COOKIE: Final = "klat_console_lang"
_A_YEAR: Final = 365 * 24 * 3600  # seconds


def language_of(request: web.Request) -> str:
    wishes = request.query.get("lang"), request.cookies.get(cookie_name(request.app, _COOKIE))
    chosen = choose(*wishes, accept_language=request.headers.get("Accept-Language"))
    return chosen if chosen in LANGUAGES else "en"


def words_for(request: web.Request) -> Words:
    return console_words(language_of(request))


def page(request: web.Request, name: str, status: int = 200, **values: Any) -> web.Response:
    """A template of the console. `values` are what it shows."""
    words = words_for(request)
    session = request.get(SESSION)
    text = template(f"console/{name}.html").render(
        language=words.language,
        languages=LANGUAGES,
        gettext=words.gettext,
        ngettext=words.ngettext,
        pgettext=words.pgettext,
        static=static_path,
        home=HOME,
        path=request.path,
        staff=session.staff if session else None,
        ways_on=[
            (f"{HOME}/{path}", words.gettext(text))
            for path, part, text in WAYS
            if session and may(session.staff, part)
        ],
        form_token=form_token(request) if session else "",
        **values,
    )
    response = web.Response(
        text=text,
        status=status,
        content_type="text/html",
        headers={"Content-Security-Policy": CSP},
    )
    if request.query.get("lang") in LANGUAGES:
        response.set_cookie(
            cookie_name(request.app, _COOKIE),
            words.language,
            path=HOME,
            max_age=_A_YEAR,
            httponly=True,
            secure=is_https(request.app),
            samesite="Lax",
        )
    return response
