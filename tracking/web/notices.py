"""What the shopper was told of a shipment: for its shop, and for support."""

from aiohttp import web

from schemas.api import NoticeList
from tracking.notices import told
from tracking.web.auth import CALLER
from tracking.web.deps import DEPS
from tracking.web.merchant import READERS, asked_id, shipments_seen
from tracking.web.problem import not_found
from tracking.web.routing import Route


async def get_notices(request: web.Request) -> web.Response:
    """What the shopper was told of it, and why not the rest."""
    deps, caller = request.app[DEPS], request[CALLER]
    seen = await shipments_seen(deps, caller, [asked_id(request)])
    if not seen:
        raise not_found()
    found = await told(deps.pool, deps.sealer, seen[0][0].shipment_id)
    return web.Response(
        text=NoticeList(notices=found).model_dump_json(), content_type="application/json"
    )


NOTICE_ROUTES = (
    Route(
        "GET",
        "/v1/shipments/{shipment_id}/notices",
        get_notices,
        "What the shopper was told of a shipment, and why not the rest",
        roles=READERS,
        answers={200: NoticeList},
        problems=(401, 403, 404, 503),
    ),
)
