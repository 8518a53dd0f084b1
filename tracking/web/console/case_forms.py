"""What staff do with a case: write it down, answer, close, open again, hand over. All is noted."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID, uuid5

import asyncpg
from aiohttp import web

from schemas.base import clean_lines
from schemas.case import LONGEST, Opener, Topic
from schemas.notice import Channel
from schemas.staff import Action
from tracking.answers import plan_answer
from tracking.cases import (
    CaseChanged,
    NoSuchCase,
    Planning,
    Question,
    Reply,
    ask,
    hand_over,
    move,
    reply,
)
from tracking.domain.cases import Case, reopened, solved
from tracking.errors import PeopleErased
from tracking.staff.audit import DoneAlready
from tracking.store.cases import Cases, Colleague
from tracking.store.registrations import Registrations
from tracking.web.console.conversation import CaseForm
from tracking.web.console.doing import asked_for, noting
from tracking.web.console.errors import for_people
from tracking.web.console.guard import HOME, SESSION, Form, Page, for_staff, parcel_of, to
from tracking.web.console.parcel import show_parcel
from tracking.web.deps import DEPS
from tracking.web.merchant import asked_id
from tracking.web.prepared import blanks
from tracking.web.problem import HttpProblem, not_found
from tracking.web.routing import Route
from tracking.words.catalog import N_
from tracking.words.language import choose

NO_ANSWER: Final = N_("Write something, of 2,000 characters at most.")
BLANK: Final = N_("Something in braces is still to be filled in. Replace it, or take it out.")
CHANGED: Final = N_("Somebody has written in it meanwhile. Read that first; your text is kept.")
ERASED: Final = N_(
    "The people of this parcel were erased: nothing is asked or answered about it any more."
)
UNREAD: Final = N_("Somebody has written in it meanwhile. Read that first.")


@for_people
async def post_case(request: web.Request) -> web.StreamResponse:
    """What a shopper says on the telephone."""
    shipment_id, form = await asked_for(request)
    deps, staff, text = request.app[DEPS], request[SESSION].staff, clean_lines(form.get("text", ""))
    topic, by = _topic(form), form.get("by", "")
    if not text or len(text) > LONGEST:
        typed = CaseForm(None, form.get("text", ""), by, wrong=NO_ANSWER, topic=topic)
        return await show_parcel(request, 422, case=typed)
    question = Question(
        topic=topic,
        text=text,
        language=await _language(request, shipment_id),
        reply_by=_channel(by),
        form_id=_form_id(form),
        opened_by=Opener.STAFF,
        by=staff.email,
    )
    deed = noting(request, Action.CASE_OPENED, shipment_id, topic=topic)
    try:
        case = await ask(deps.pool, deps.sealer, shipment_id, question, now=deps.now(), noting=deed)
    except NoSuchCase:
        raise not_found() from None
    except PeopleErased:
        typed = CaseForm(None, form.get("text", ""), by, topic=topic)
        return await _again(request, typed, ERASED, 409)
    return _done(shipment_id, case.case_id)


@for_people
async def post_reply(request: web.Request) -> web.StreamResponse:
    """An answer; the second of two who answer at once sees what the first wrote."""
    shipment_id, form = await asked_for(request)
    case_id, deps, staff = _case_id(request), request.app[DEPS], request[SESSION].staff
    typed = CaseForm(case_id, form.get("text", ""), form.get("by", ""))
    text = clean_lines(typed.text)
    wrong = _wrong(text)
    if wrong:
        return await _again(request, typed, wrong, 422)
    told = Reply(
        case_id, text, _form_id(form), form.get("seen", ""), solves=bool(form.get("solve"))
    )
    by, now = _channel(typed.by), deps.now()
    deed = noting(request, Action.CASE_ANSWERED, shipment_id, case=str(case_id), sent_by=by)
    try:
        await reply(
            deps.pool,
            deps.sealer,
            shipment_id,
            told,
            staff,
            now=now,
            noting=deed,
            planning=_planned(by, now) if by else None,
        )
    except NoSuchCase:
        raise not_found() from None
    except CaseChanged:
        return await _again(request, typed, CHANGED, 409)
    except PeopleErased:
        return await _again(request, typed, ERASED, 409)
    return _done(shipment_id, case_id)


def _planned(by: Channel, now: datetime) -> Planning:
    """It goes out by this way, where its sender finds nothing in the way."""

    async def planned(conn: asyncpg.Connection, case: Case, message_id: UUID) -> None:
        await plan_answer(conn, case.shipment_id, message_id, by, now)

    return planned


def _wrong(text: str) -> str | None:
    if not text or len(text) > LONGEST:
        return NO_ANSWER
    return BLANK if blanks(text) else None


async def _again(request: web.Request, typed: CaseForm, wrong: str, status: int) -> web.Response:
    kept = replace(typed, text=typed.text[: 2 * LONGEST], wrong=wrong)
    return await show_parcel(request, status, case=kept)


@for_people
async def post_solved(request: web.Request) -> web.StreamResponse:
    staff, now = request[SESSION].staff, request.app[DEPS].now()
    return await _moved(request, lambda case: solved(case, staff.staff_id, now), Action.CASE_SOLVED)


@for_people
async def post_reopened(request: web.Request) -> web.StreamResponse:
    return await _moved(
        request, partial(reopened, now=request.app[DEPS].now()), Action.CASE_REOPENED
    )


async def _moved(
    request: web.Request, make: Callable[[Case], Case], action: Action
) -> web.StreamResponse:
    shipment_id, form = await asked_for(request)
    case_id, seen = _case_id(request), form.get("seen", "")
    deed = noting(request, action, shipment_id, case=str(case_id))
    try:
        await move(request.app[DEPS].pool, shipment_id, case_id, make, seen=seen, noting=deed)
    except NoSuchCase:
        raise not_found() from None
    except CaseChanged:
        return await _again(request, CaseForm(case_id), UNREAD, 409)
    except PeopleErased:
        return await _again(request, CaseForm(case_id), ERASED, 409)
    return _done(shipment_id, case_id)


@for_people
async def post_assigned(request: web.Request) -> web.StreamResponse:
    """To a colleague who may see the shop, or to nobody; with a word for them."""
    shipment_id, form = await asked_for(request)
    case_id, deps, staff = _case_id(request), request.app[DEPS], request[SESSION].staff
    word = clean_lines(form.get("word", ""))[:LONGEST]
    whom = await _colleague(request, shipment_id, form.get("to", ""))
    name = whom.name if whom else None
    to, form_id = whom and whom.staff_id, _form_id(form)
    once = uuid5(case_id, f"handed over\x1f{form_id}\x1f{to}\x1f{word}")
    told = {"case": str(case_id), "whom": name}
    deed = noting(request, Action.CASE_HANDED_OVER, shipment_id, once=once, **told)
    try:
        with suppress(DoneAlready):  # a colleague may have acted on it since
            await hand_over(
                deps.pool, deps.sealer, shipment_id, case_id, to, word, form_id, staff,
                now=deps.now(), noting=deed,
            )  # fmt: skip
    except NoSuchCase:
        raise not_found() from None
    except PeopleErased:
        return await _again(request, CaseForm(case_id), ERASED, 409)
    return _done(shipment_id, case_id)


async def _colleague(request: web.Request, shipment_id: UUID, to_whom: str) -> Colleague | None:
    if not to_whom:
        return None
    pool, staff = request.app[DEPS].pool, request[SESSION].staff
    registration = await Registrations(pool).registration(shipment_id)
    if registration is None:
        raise not_found()
    known = await Cases(pool).colleagues(registration.merchant_id, staff.shops)
    for each in known:
        if str(each.staff_id) == to_whom:
            return each
    raise HttpProblem(400, "Nobody of these was chosen")


async def _language(request: web.Request, shipment_id: UUID) -> str:
    registration = await Registrations(request.app[DEPS].pool).registration(shipment_id)
    return choose(registration.language if registration else None)


def _topic(form: Form) -> Topic:
    return next((each for each in Topic if each == form.get("topic")), Topic.OTHER)


def _channel(by: str) -> Channel | None:
    """A way of an answer; anything else: on the page only."""
    return next((each for each in (Channel.EMAIL, Channel.SMS) if each == by), None)


def _case_id(request: web.Request) -> UUID:
    return _uuid(request.match_info["case_id"]) or _missing()


def _form_id(form: Form) -> UUID:
    found = _uuid(form.get("id", ""))
    if found is None:
        raise HttpProblem(400, "The form has no id")
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _missing() -> UUID:
    raise not_found()


def _done(shipment_id: UUID, case_id: UUID) -> web.Response:
    return to(f"{parcel_of(shipment_id)}?done#case-{case_id}")


@for_people
async def get_parcel_of_case(request: web.Request) -> web.StreamResponse:
    """Where a browser lands that loads the answer to a form again, or asks for it in Latvian."""
    return to(f"{parcel_of(asked_id(request))}?{request.query_string}".rstrip("?"))


_AT: Final = f"{HOME}/parcels/{{shipment_id}}/cases"
_FORM: Final = ("application/x-www-form-urlencoded",)


def _form(path: str, handler: Page, summary: str) -> Route:
    return Route(
        "POST",
        f"{_AT}{path}",
        for_staff(handler),
        summary,
        access="session",
        media=_FORM,
        answers={303: None},
    )


CASE_FORMS: Final = (
    _form("", post_case, "Write down what a shopper asks"),
    _form("/{case_id}/reply", post_reply, "Answer a shopper"),
    _form("/{case_id}/solve", post_solved, "Close a case"),
    _form("/{case_id}/reopen", post_reopened, "Open a case again"),
    _form("/{case_id}/assign", post_assigned, "Hand a case over"),
    Route(
        "GET",
        f"{_AT}/{{case_id}}/{{form}}",
        for_staff(get_parcel_of_case),
        "Back to the parcel",
        access="session",
        answers={303: None},
    ),
)
