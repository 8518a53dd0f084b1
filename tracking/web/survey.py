"""How it was: the card of a delivered parcel, and the form that answers it.

Whoever has the link may answer, once; nobody is shown the answer there.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qs

from aiohttp import web
from pydantic import ValidationError

from schemas.survey import SurveyAnswer
from tracking.domain.survey import is_to_be_asked
from tracking.surveys import take_answer
from tracking.web.bodies import read_body
from tracking.web.deps import DEPS
from tracking.web.limits import Buckets, client_address
from tracking.web.link import follow_link
from tracking.web.low_marks import turning_to
from tracking.web.parcel import parcel_view
from tracking.web.problem import HttpProblem
from tracking.web.routing import Route
from tracking.web.shopper import (
    LANGUAGE,
    for_people,
    language_of,
    show_parcel_page,
    to_the_page,
)
from tracking.web.unlock import is_from_elsewhere
from tracking.web.view import UnlockState
from tracking.words.catalog import N_, words_of

SURVEYS = web.AppKey("surveys", Buckets)
_MAX_FORM: Final = 8 * 1024  # bytes
_TOO_LONG: Final = N_("Please say it in 1,000 characters or fewer.")
_NOTHING: Final = N_("Please answer one of the questions first.")


def surveys() -> Buckets:
    """Answers that an address may send."""
    return Buckets(burst=30, per_second=0.2)


@for_people
async def get_survey(request: web.Request) -> web.Response:
    """Where a browser lands that loads the answer to the form again."""
    return to_the_page(request)


@for_people
async def post_survey(request: web.Request) -> web.Response:
    if is_from_elsewhere(request):
        raise HttpProblem(403, "This form was sent by another site")
    fields = await _fields(request)
    target = await follow_link(request)
    deps, view = request.app[DEPS], await parcel_view(request, target)
    if view.survey is None or view.survey.is_answered:
        return to_the_page(request)  # which says so
    if not request.app[SURVEYS].take(client_address(request)):
        raise HttpProblem(429, "Too many requests", headers={"Retry-After": "60"})
    if not view.survey.asks_of_courier:
        fields.pop("courier", None)
    try:
        answer = SurveyAnswer(**fields)
    except ValidationError as error:
        is_long = any(each["type"] == "string_too_long" for each in error.errors())
        wrong = _TOO_LONG if is_long else _NOTHING
        again = replace(view.survey, wrong=wrong, typed=fields)
        return await show_parcel_page(request, target, replace(view, survey=again), status=422)
    if is_to_be_asked(view.state, deps.now()):
        words = words_of(language_of(request, target.language, target.merchant_language))
        await take_answer(
            deps.pool,
            deps.sealer,
            target.shipment_id,
            answer,
            now=deps.now(),
            turn_to=turning_to(deps, words, proven=view.unlock is UnlockState.UNLOCKED),
        )
    return to_the_page(request)


async def _fields(request: web.Request) -> dict[str, Any]:
    """Those that were filled in; raises HttpProblem for nonsense."""
    body = await read_body(request, _MAX_FORM)
    try:
        found: Mapping[str, list[str]] = parse_qs(body.decode(), max_num_fields=8)
    except ValueError:
        raise HttpProblem(400, "The form could not be read") from None
    names = SurveyAnswer.model_fields
    return {name: found[name][-1].replace("\0", "") for name in names if found.get(name)}


_PAGE: Final = "text/html"
SURVEY_ROUTES: Final = (
    Route(
        "GET",
        "/t/{token}/survey",
        get_survey,
        "Back to the tracking page",
        access="link",
        answers={303: None},
    ),
    Route(
        "POST",
        "/t/{token}/survey",
        post_survey,
        "Say how the delivery was, once",
        access="link",
        parameters=(LANGUAGE,),
        media=("application/x-www-form-urlencoded",),
        answers={303: None} | dict.fromkeys((400, 403, 404, 408, 413, 415, 422, 429, 503), _PAGE),
    ),
)
