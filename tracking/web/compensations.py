"""What a shop pays for late parcels: read, said yes or no to, and redeemed at its checkout."""

from collections.abc import Callable
from uuid import UUID

from aiohttp import web

from schemas.compensation import BonusBody, CompensationBody, CompensationList, Redemption, Refusal
from tracking.bonuses import BonusRefused, NoSuchBonus, find_bonus, redeem_bonus
from tracking.compensations import compensations
from tracking.decisions import NoSuchCompensation, move
from tracking.domain.ledger import Entry, IllegalMove, approve, refuse
from tracking.keys import Role
from tracking.web.auth import CALLER
from tracking.web.bodies import parse_body, read_body
from tracking.web.deps import DEPS
from tracking.web.idempotent import Answer, idempotency_key, once
from tracking.web.merchant import READERS, asked_id, shipments_seen
from tracking.web.problem import HttpProblem, not_found
from tracking.web.routing import Parameter, Route

BY_SHOP = "shop"
_KEY = Parameter("Idempotency-Key", "header", "New for each call", required=True)
_SHOP = frozenset({Role.MERCHANT})


async def get_compensations(request: web.Request) -> web.Response:
    """What was granted for it, why, and every move."""
    deps = request.app[DEPS]
    shipment_id = await _seen(request)
    found = await compensations(deps.pool, deps.sealer, shipment_id)
    return _json(CompensationList(compensations=found).model_dump_json())


async def post_approval(request: web.Request) -> web.Response:
    """Say yes to what waits: the shopper gets it."""
    return await _moved(request, b"approve", approve, None)


async def post_refusal(request: web.Request) -> web.Response:
    """Say no to what waits, for good."""
    told = parse_body(Refusal, await read_body(request))
    said = b"refuse\n" + told.why.encode()
    return await _moved(request, said, lambda entry: refuse(entry, told.why), told.why)


async def _moved(
    request: web.Request, said: bytes, make: Callable[[Entry], Entry], why: str | None
) -> web.Response:
    idempotency_key(request)
    deps, shipment_id, tier = request.app[DEPS], await _seen(request), _tier(request)
    told = deps.sealer.fingerprints(b"%b\n%b\n%d" % (said, shipment_id.bytes, tier))

    async def work() -> Answer:
        try:
            await move(
                deps.pool, deps.sealer, shipment_id, tier, make, by=BY_SHOP, why=why,
                now=deps.now(),
            )  # fmt: skip
        except NoSuchCompensation:
            raise not_found() from None
        except IllegalMove as error:
            raise HttpProblem(409, "This compensation cannot go there", str(error)) from None
        found = await compensations(deps.pool, deps.sealer, shipment_id)
        body = next(each for each in found if each.tier == tier)
        return Answer(200, body.model_dump_json())

    return await once(request, _merchant(request), told, work)


async def get_bonus(request: web.Request) -> web.Response:
    """What a bonus code is worth."""
    deps, code = request.app[DEPS], request.match_info["code"]
    try:
        found = await find_bonus(deps.pool, deps.sealer, _merchant(request), code)
    except NoSuchBonus:
        raise not_found() from None
    return _json(found.model_dump_json())


async def post_redemption(request: web.Request) -> web.Response:
    """Take so much of it off an order; what is left can be used for the next."""
    call = idempotency_key(request)
    asked = parse_body(Redemption, await read_body(request))
    deps, code, merchant_id = request.app[DEPS], request.match_info["code"], _merchant(request)
    said = f"redeem\n{code}\n{asked.model_dump_json()}".encode(errors="replace")

    async def work() -> Answer:
        try:
            left = await redeem_bonus(
                deps.pool, deps.sealer, merchant_id, code, asked, call=call, now=deps.now()
            )
        except NoSuchBonus:
            raise not_found() from None
        except BonusRefused as error:
            worth = f"{error.left.amount} {error.left.currency}"
            raise HttpProblem(
                409, "This bonus cannot be redeemed so", f"{error}: it is worth {worth}"
            ) from None
        return Answer(200, left.model_dump_json())

    return await once(request, merchant_id, deps.sealer.fingerprints(said), work)


async def _seen(request: web.Request) -> UUID:
    seen = await shipments_seen(request.app[DEPS], request[CALLER], [asked_id(request)])
    if not seen:
        raise not_found()
    return seen[0][0].shipment_id


def _tier(request: web.Request) -> int:
    text = request.match_info["tier"]
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise not_found()
    return int(text)


def _merchant(request: web.Request) -> UUID:
    merchant_id = request[CALLER].merchant_id
    assert merchant_id is not None  # the table holds no merchant key without one
    return merchant_id


def _json(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/json")


COMPENSATION_ROUTES = (
    Route(
        "GET",
        "/v1/shipments/{shipment_id}/compensations",
        get_compensations,
        "What was granted for a shipment that was late or lost, and why",
        roles=READERS,
        answers={200: CompensationList},
        problems=(401, 403, 404, 503),
    ),
    Route(
        "POST",
        "/v1/shipments/{shipment_id}/compensations/{tier}/approve",
        post_approval,
        "Say yes to a compensation that waits",
        roles=_SHOP,
        parameters=(_KEY,),
        media=(),
        answers={200: CompensationBody},
        problems=(400, 401, 403, 404, 409, 422, 503),
    ),
    Route(
        "POST",
        "/v1/shipments/{shipment_id}/compensations/{tier}/refuse",
        post_refusal,
        "Say no to a compensation that waits",
        roles=_SHOP,
        parameters=(_KEY,),
        body=Refusal,
        answers={200: CompensationBody},
        problems=(400, 401, 403, 404, 408, 409, 413, 415, 422, 503),
    ),
    Route(
        "GET",
        "/v1/bonuses/{code}",
        get_bonus,
        "What a bonus code is worth",
        roles=_SHOP,
        answers={200: BonusBody},
        problems=(401, 403, 404, 503),
    ),
    Route(
        "POST",
        "/v1/bonuses/{code}/redeem",
        post_redemption,
        "Redeem a bonus code, or a part of it",
        roles=_SHOP,
        parameters=(_KEY,),
        body=Redemption,
        answers={200: BonusBody},
        problems=(400, 401, 403, 404, 408, 409, 413, 415, 422, 503),
    ),
)
