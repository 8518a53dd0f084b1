"""A shopper asks about a parcel, and reads the answer: below its page, without a script.

Whoever has the link may ask. What was said, and that there is more than was asked with the link, is
shown to who passed the second factor: links are passed on.
"""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qs
from uuid import UUID, uuid4

from aiohttp import web

from schemas.base import clean_lines
from schemas.case import LONGEST, Topic
from tracking.cases import NoSuchCase, Question, TooManyMessages, ask
from tracking.domain.help import ASKABLE
from tracking.errors import PeopleErased
from tracking.store.cases import Cases
from tracking.store.links import LinkTarget
from tracking.threads import Thread, threads_of
from tracking.web.ask_page import NO_TEXT, TOO_MANY, Asking, Typed, render_ask_page
from tracking.web.bodies import read_body
from tracking.web.deps import DEPS, Deps
from tracking.web.limits import Buckets, client_address
from tracking.web.link import follow_link, page_path, shows_all
from tracking.web.parcel import can_ask, contact_of, parcel_view
from tracking.web.problem import HttpProblem, not_found
from tracking.web.reach import reaches
from tracking.web.routing import Parameter, Route
from tracking.web.shopper import LANGUAGE, for_people, language_of, page_answer
from tracking.web.unlock import is_from_elsewhere
from tracking.web.view import ParcelView, UnlockState
from tracking.words.catalog import words_of
from tracking.words.dates import Calendar
from tracking.words.language import SUPPORTED

_MAX_FORM = 32 * 1024  # bytes: 2,000 characters, each of up to twelve in a form
_LATELY = timedelta(days=30)
_ENOUGH = 20  # questions from which it can be told how soon most are answered
QUESTIONS = web.AppKey("questions", Buckets)


def questions() -> Buckets:
    """Questions that an address may send; each parcel has its own limit in the store."""
    return Buckets(burst=20, per_second=1 / 60)


@for_people
async def get_help(request: web.Request) -> web.Response:
    target = await follow_link(request)
    topic = _topic(request.query.get("topic"))
    return await show_help_page(request, target, Typed(topic), is_sent="sent" in request.query)


@for_people
async def post_help(request: web.Request) -> web.Response:
    """A question, once for each form. What was typed is kept where something is wrong with it."""
    if is_from_elsewhere(request):
        raise HttpProblem(403, "This form was sent by another site")
    fields = _fields(await read_body(request, _MAX_FORM))
    target = await follow_link(request)
    view = await parcel_view(request, target)
    found = await reaches(request.app[DEPS], contact_of(request.app[DEPS], target))
    if not can_ask(request.app[DEPS], target, view, found):
        raise not_found()
    if not request.app[QUESTIONS].take(client_address(request)):
        raise HttpProblem(429, "Too many requests", headers={"Retry-After": "60"})
    typed, form_id = _typed(fields), _form_id(fields)
    text = clean_lines(typed.text)
    if not text or len(text) > LONGEST:
        return await show_help_page(request, target, _wrong(typed, NO_TEXT), 422)
    question = Question(
        topic=typed.topic or Topic.OTHER,
        text=text,
        language=_language(request, target),
        reply_by=next((each.channel for each in found if each.channel == typed.by), None),
        form_id=form_id,
        proven=view.unlock is UnlockState.UNLOCKED,
    )
    return await _asked(request, target, typed, question)


async def _asked(
    request: web.Request, target: LinkTarget, typed: Typed, question: Question
) -> web.Response:
    deps = request.app[DEPS]
    try:
        await ask(deps.pool, deps.sealer, target.shipment_id, question, now=deps.now())
    except TooManyMessages:
        return await show_help_page(request, target, _wrong(typed, TOO_MANY), 429)
    except (NoSuchCase, PeopleErased):  # as of any parcel that takes no questions
        raise not_found() from None
    wish = request.query.get("lang")
    language = f"&lang={wish}" if wish in SUPPORTED else ""
    location = f"{page_path(request)}/help?sent{language}"
    return web.Response(status=303, headers={"Location": location})


def _fields(body: bytes) -> Mapping[str, str]:
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=8)
    except ValueError:
        raise HttpProblem(400, "The form could not be read") from None
    return {name: values[-1].replace("\0", "") for name, values in fields.items()}


def _topic(text: str | None) -> Topic | None:
    return next((each for each in ASKABLE if each == text), None)


def _typed(fields: Mapping[str, str]) -> Typed:
    return Typed(_topic(fields.get("topic")), fields.get("text", ""), fields.get("by", ""))


def _wrong(typed: Typed, wrong: str) -> Typed:
    return Typed(typed.topic, typed.text[: 2 * LONGEST], typed.by, wrong)


def _form_id(fields: Mapping[str, str]) -> UUID:
    try:
        return UUID(fields.get("form", ""))
    except ValueError:
        raise HttpProblem(400, "The form has no id") from None


def _language(request: web.Request, target: LinkTarget) -> str:
    return language_of(request, target.language, target.merchant_language)


async def show_help_page(
    request: web.Request,
    target: LinkTarget,
    typed: Typed,
    status: int = 200,
    *,
    is_sent: bool = False,
    view: ParcelView | None = None,
) -> web.Response:
    """`view`: where something is known of it that its link does not say."""
    deps, language = request.app[DEPS], _language(request, target)
    view = view or await parcel_view(request, target)
    found = await reaches(deps, contact_of(deps, target))
    shop = target.merchant_id
    threads = await _threads(request, target, view)
    asking = Asking(
        threads=threads,
        own=await Cases(deps.pool).support_texts(shop, language) if shop else (),
        reaches=found,
        can_ask=can_ask(deps, target, view, found),
        form_id=str(uuid4()),
        is_sent=is_sent and bool(threads),
        usual=await _usual(deps, shop) if shop else None,
    )
    calendar = Calendar(words_of(language), view.zone, deps.now())
    return page_answer(request, render_ask_page(view, asking, typed, calendar), status)


async def _usual(deps: Deps, merchant_id: UUID) -> timedelta | None:
    """Within how long most are answered; None where too few asked to say so."""
    now = deps.now()
    asked, within = await Cases(deps.pool).usual_answer(merchant_id, now - _LATELY, now)
    return within if asked >= _ENOUGH else None


async def _threads(request: web.Request, target: LinkTarget, view: ParcelView) -> list[Thread]:
    """The words of them only for the recipient; of a story that is long over nothing."""
    deps = request.app[DEPS]
    if not shows_all(target, deps.now()):
        return []
    found = await threads_of(deps.pool, deps.sealer, target.shipment_id)
    if view.unlock is UnlockState.UNLOCKED:
        return found
    return [Thread(each.case, ()) for each in found if each.was_asked_here]


_TEXT = "text/html"
_FAULTS: dict[int, str | None] = dict.fromkeys((404, 429, 503), _TEXT)

ASK_ROUTES = (
    Route(
        "GET",
        "/t/{token}/help",
        get_help,
        "Where a shopper asks, and reads the answers",
        access="link",
        parameters=(
            LANGUAGE,
            Parameter("topic", "query", "What it is about"),
        ),
        answers={200: _TEXT, **_FAULTS},
    ),
    Route(
        "POST",
        "/t/{token}/help",
        post_help,
        "Ask about the parcel (`topic`, `text`, `by`, `form`: an id of the form, once)",
        access="link",
        parameters=(LANGUAGE,),
        media=("application/x-www-form-urlencoded",),
        answers={303: None} | dict.fromkeys((400, 403, 408, 413, 415, 422), _TEXT) | _FAULTS,
    ),
)
