"""A shop hears from its buyer, on the telephone or by mail, that the messages shall end."""

from collections.abc import Iterator
from uuid import UUID

from aiohttp import web

from schemas.notice import Channel
from schemas.opt_out import OptOut
from tracking.choices import BY_LINK_OF_SHOP, Choice, ShopWay, choose
from tracking.keys import Role
from tracking.sealing import Sealer
from tracking.store.suppressions import Suppressions
from tracking.suppression import address_hashes
from tracking.web.auth import CALLER
from tracking.web.bodies import parse_body, read_body
from tracking.web.choices import look_again, mailed
from tracking.web.deps import DEPS
from tracking.web.routing import Route

_MAX_BODY = 4096  # bytes


async def put_opt_out(request: web.Request) -> web.Response:
    """Twice is once. A shop lowers what it sends itself; only the person raises it again."""
    body = parse_body(OptOut, await read_body(request, _MAX_BODY))
    merchant_id = request[CALLER].merchant_id
    assert merchant_id is not None  # the table holds no merchant key without one
    deps = request.app[DEPS]
    for way in _ways(deps.sealer, merchant_id, body):
        store = Suppressions(deps.pool)
        await choose(store, way, Choice(body.hears), BY_LINK_OF_SHOP, deps.now())
        if way.channel is Channel.EMAIL:
            await look_again(request, await mailed(request, merchant_id, way.hashes[0]))
    return web.Response(status=204)


def _ways(sealer: Sealer, merchant_id: UUID, body: OptOut) -> Iterator[ShopWay]:
    for channel, to in ((Channel.SMS, body.phone), (Channel.EMAIL, body.email)):
        if to:
            yield ShopWay(merchant_id, channel, address_hashes(sealer, channel, to))


OPT_OUT_ROUTES = (
    Route(
        "PUT",
        "/v1/opt-outs",
        put_opt_out,
        "Write no more, or only what has to be acted on, to this number or address",
        roles=frozenset({Role.MERCHANT}),
        body=OptOut,
        answers={204: None},
        problems=(400, 401, 403, 408, 413, 415, 422, 503),
    ),
)
