"""What somebody has of their own: how they log in, and where they are logged in."""

from typing import Any, Final

from aiohttp import web

from tracking.carriers.klat import HOME_ZONE
from tracking.store.staff import OwnSession
from tracking.web.console.errors import for_people
from tracking.web.console.frame import language_of, page
from tracking.web.console.guard import ACCOUNT, SESSION, for_staff, login_of, read_form, to
from tracking.web.console.login import has_password
from tracking.web.deps import DEPS
from tracking.web.routing import Route
from tracking.words.catalog import words_of
from tracking.words.dates import Calendar

SESSIONS: Final = f"{ACCOUNT}/sessions"
OTHERS: Final = "others"


@for_people
async def get_account(request: web.Request) -> web.StreamResponse:
    session, deps = request[SESSION], request.app[DEPS]
    now = deps.now()
    calendar = Calendar(words_of(language_of(request)), HOME_ZONE, now)
    rows = await login_of(deps).sessions_of(session, now)
    return page(
        request,
        "account",
        has_factor=session.staff.totp is not None,
        by_passwords=has_password(request),
        sessions=[_shown(request, row, calendar) for row in rows],
        sessions_path=SESSIONS,
        others=OTHERS,
        is_done="ended" in request.query,
    )


def _shown(request: web.Request, row: OwnSession, calendar: Calendar) -> dict[str, Any]:
    return {
        "handle": _handle(request, row),
        "begun": calendar.on(row.created_at),
        "seen": calendar.on(row.seen_at),
        "is_this": row.session_hash == request[SESSION].session_hash,
    }


def _handle(request: web.Request, row: OwnSession) -> str:
    """Names it in a form: the hash itself stays here."""
    sealer = request.app[DEPS].sealer
    return sealer.fingerprints(b"session\x1f" + row.session_hash)[0].hex()


@for_people
async def post_sessions(request: web.Request) -> web.StreamResponse:
    """One that has ended meanwhile is as good as ended."""
    form, deps = await read_form(request), request.app[DEPS]
    wanted, now = form.get("session", ""), deps.now()
    login = login_of(deps)
    rows = await login.sessions_of(request[SESSION], now)
    meant = {row.session_hash for row in rows if wanted in {OTHERS, _handle(request, row)}}
    await login.end_others(request[SESSION], meant, now)
    return to(f"{ACCOUNT}?ended")


async def get_sessions(_: web.Request) -> web.StreamResponse:
    """Where a browser lands that loads the answer to the form again."""
    return to(ACCOUNT)


ACCOUNT_PAGES: Final = (
    Route(
        "GET",
        ACCOUNT,
        for_staff(get_account),
        "What somebody of the staff has of their own",
        access="session",
        answers={200: "text/html"},
    ),
    Route(
        "GET",
        SESSIONS,
        for_staff(get_sessions),
        "Back to the account",
        access="session",
        answers={303: None},
    ),
    Route(
        "POST",
        SESSIONS,
        for_staff(post_sessions),
        "End sessions of one's own",
        access="session",
        media=("application/x-www-form-urlencoded",),
        answers={303: None},
    ),
)
