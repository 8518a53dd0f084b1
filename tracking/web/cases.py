"""What shoppers ask of a shipment: for its shop and support to read, for its shop to post."""

from uuid import UUID, uuid5

from aiohttp import web

from schemas.case import Author
from schemas.case_api import CaseBody, CaseList, CaseMessageBody, CaseQuestion
from schemas.notice import Channel
from tracking.cases import NoSuchCase, Question, TooManyMessages, ask
from tracking.errors import PeopleErased
from tracking.keys import Role
from tracking.store.registrations import RegistrationRow
from tracking.threads import Thread, threads_of
from tracking.web.auth import CALLER
from tracking.web.bodies import parse_body, read_body
from tracking.web.deps import DEPS
from tracking.web.idempotent import Answer, idempotency_key, once
from tracking.web.merchant import READERS, asked_id, shipments_seen
from tracking.web.problem import HttpProblem, not_found
from tracking.web.routing import Parameter, Route
from tracking.words.language import choose


async def get_cases(request: web.Request) -> web.Response:
    """What was asked of it, and what was answered."""
    deps = request.app[DEPS]
    registration = await _seen(request)
    threads = await threads_of(deps.pool, deps.sealer, registration.shipment_id)
    body = CaseList(cases=[_body(each) for each in threads])
    return web.Response(text=body.model_dump_json(), content_type="application/json")


async def post_case(request: web.Request) -> web.Response:
    """The case that the question belongs to: a new one, or one about the same that goes on."""
    key = idempotency_key(request)
    told = parse_body(CaseQuestion, await read_body(request))
    registration, deps = await _seen(request), request.app[DEPS]
    question = Question(
        topic=told.topic,
        text=told.text,
        language=choose(told.language, registration.language),
        reply_by=Channel(told.reply_by) if told.reply_by else None,
        form_id=uuid5(registration.merchant_id, f"case\x1f{key}"),
    )
    said = b"POST cases\n%b\n%b" % (registration.shipment_id.bytes, told.model_dump_json().encode())

    async def work() -> Answer:
        case_id = await _asked(request, registration.shipment_id, question)
        threads = await threads_of(deps.pool, deps.sealer, registration.shipment_id)
        found = next(each for each in threads if each.case.case_id == case_id)
        return Answer(201, _body(found).model_dump_json())

    hashes = deps.sealer.fingerprints(said)
    return await once(request, registration.merchant_id, hashes, work)


async def _asked(request: web.Request, shipment_id: UUID, question: Question) -> UUID:
    deps = request.app[DEPS]
    try:
        case = await ask(deps.pool, deps.sealer, shipment_id, question, now=deps.now())
    except NoSuchCase:
        raise not_found() from None
    except PeopleErased:
        raise HttpProblem(
            409,
            "The people of this shipment were erased",
            "Nothing is asked about it any more; register it anew where it has a recipient",
        ) from None
    except TooManyMessages:
        raise HttpProblem(
            429,
            "Too many questions about this shipment",
            "Wait for the answer, or ask tomorrow",
            headers={"Retry-After": "3600"},
        ) from None
    return case.case_id


async def _seen(request: web.Request) -> RegistrationRow:
    seen = await shipments_seen(request.app[DEPS], request[CALLER], [asked_id(request)])
    registration = seen[0][1] if seen else None
    if registration is None:
        raise not_found()
    return registration


def _body(thread: Thread) -> CaseBody:
    """Without who of the staff said what, and what they said to each other."""
    case = thread.case
    return CaseBody(
        case_id=case.case_id,
        topic=case.topic,
        opened_by=case.opened_by,
        state=case.state,
        language=case.language,
        reply_by=case.reply_by.value if case.reply_by else None,
        contacts=case.contacts,
        follows=case.follows,
        opened_at=case.opened_at,
        asked_at=case.asked_at,
        answered_at=case.answered_at,
        solved_at=case.solved_at,
        messages=[
            CaseMessageBody(at=each.at, author=each.author, text=each.text, proven=each.proven)
            for each in thread.messages
            if each.author is not Author.COLLEAGUE
        ],
    )


CASE_ROUTES = (
    Route(
        "GET",
        "/v1/shipments/{shipment_id}/cases",
        get_cases,
        "What was asked of a shipment, and what was answered",
        roles=READERS,
        answers={200: CaseList},
        problems=(401, 403, 404, 503),
    ),
    Route(
        "POST",
        "/v1/shipments/{shipment_id}/cases",
        post_case,
        "Ask about a shipment, as a shopper did in the shop's own form",
        roles=frozenset({Role.MERCHANT}),
        parameters=(Parameter("Idempotency-Key", "header", "New for each call", required=True),),
        body=CaseQuestion,
        answers={201: CaseBody},
        problems=(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503),
    ),
)
