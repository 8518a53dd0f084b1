"""The search box of support, as a call."""

from aiohttp import web

from schemas.contact import Buyer, Recipient
from schemas.search import SearchHit, SearchQuery, SearchResult
from tracking.keys import Role
from tracking.search.find import Hit, search
from tracking.web.bodies import parse_body, read_body
from tracking.web.deps import DEPS
from tracking.web.problem import HttpProblem
from tracking.web.routing import Parameter, Route


async def get_search(request: web.Request) -> web.Response:
    """Parcels by number, order, phone, e-mail, name or postcode, whatever the text is."""
    return await _searched(request, request.query.get("q", ""), "q")


async def post_search(request: web.Request) -> web.Response:
    """The same; proxies write down addresses, and a phone is nothing for their logs."""
    return await _searched(request, parse_body(SearchQuery, await read_body(request)).q, "/q")


async def _searched(request: web.Request, typed: str, field: str) -> web.Response:
    deps = request.app[DEPS]
    try:
        found = await search(deps.pool, deps.sealer, typed)
    except ValueError as error:
        raise HttpProblem(400, "The query does not fit", f"{field}: {error}") from None
    body = SearchResult(hits=tuple(map(_hit, found.hits)), more=found.more)
    return web.Response(text=body.model_dump_json(), content_type="application/json")


def _hit(hit: Hit) -> SearchHit:
    parcel, person = hit.parcel, hit.person
    return SearchHit(
        shipment_id=parcel.shipment_id,
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        status=parcel.status,
        changed_at=parcel.changed_at,
        registered_at=parcel.registered_at,
        order=parcel.order_ref,
        merchant=parcel.merchant_name,
        name=person.name if person else None,
        postcode=person.postcode if isinstance(person, Recipient) else None,
        is_buyer=isinstance(person, Buyer),
        matched=tuple(hit.by),
    )


SEARCH_ROUTES = (
    Route(
        "GET",
        "/v1/search",
        get_search,
        "Parcels by number, order, phone, e-mail, name or postcode, whatever was typed",
        roles=frozenset({Role.SUPPORT}),
        parameters=(
            Parameter(
                "q",
                "query",
                "2 to 100 characters: a tracking number, an order, a phone in any spelling, an"
                " e-mail address, a postcode, or words of a name, with a postcode beside them",
                required=True,
            ),
        ),
        answers={200: SearchResult},
        problems=(400, 401, 403, 503),
    ),
    Route(
        "POST",
        "/v1/search",
        post_search,
        "The same, with what was typed in the body: no phone or name in an address",
        roles=frozenset({Role.SUPPORT}),
        body=SearchQuery,
        answers={200: SearchResult},
        problems=(400, 401, 403, 408, 413, 415, 422, 503),
    ),
)
