"""How a shop, its carriers and its support do, as a call."""

from uuid import UUID

from aiohttp import web

from schemas.measures import Measures
from tracking.keys import Role
from tracking.measures import asked, measures
from tracking.measures_table import measures_csv
from tracking.measuring import day_of
from tracking.web.auth import CALLER
from tracking.web.deps import DEPS
from tracking.web.merchant import READERS
from tracking.web.problem import HttpProblem, not_found
from tracking.web.routing import Parameter, Route

CSV = "text/csv"


async def get_measures(request: web.Request) -> web.Response:
    """A shop sees itself; support sees all shops together, or one of them."""
    found = await _measured(request)
    return web.Response(text=found.model_dump_json(), content_type="application/json")


async def get_measures_table(request: web.Request) -> web.Response:
    return table_of(await _measured(request))


def table_of(found: Measures) -> web.Response:
    """As a file to be opened by a spreadsheet, which takes UTF-8 for it by the mark."""
    name = f"klat-measures-{found.first}-{found.last}.csv"
    return web.Response(
        text=f"\ufeff{measures_csv(found)}",
        content_type=CSV,
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _measured(request: web.Request) -> Measures:
    deps = request.app[DEPS]
    shops = _shops(request)
    try:
        wanted = asked(request.query, day_of(deps.now()))
    except ValueError as error:
        raise HttpProblem(400, "The query does not fit", str(error)) from None
    return await measures(deps.pool, wanted, shops)


def _shops(request: web.Request) -> list[UUID] | None:
    """Of another shop nothing is there."""
    caller, shop = request[CALLER], request.query.get("shop")
    try:
        wanted = UUID(shop) if shop else None
    except ValueError:
        raise not_found() from None
    if caller.role is Role.SUPPORT:
        return [wanted] if wanted else None
    assert caller.merchant_id is not None  # the table holds no merchant key without one
    if wanted not in {None, caller.merchant_id}:
        raise not_found()
    return [caller.merchant_id]


_PARAMETERS = (
    Parameter("from", "query", "The first day, such as 2026-11-01; without it a year before `to`"),
    Parameter("to", "query", "The last day, included; without it today"),
    Parameter("by", "query", "How long a period is: month, week or day"),
    Parameter("carrier", "query", "Only parcels of this carrier"),
    Parameter("shop", "query", "For support: only parcels of this shop"),
)

MEASURE_ROUTES = (
    Route(
        "GET",
        "/v1/measures",
        get_measures,
        "How parcels, carriers and support did, by period",
        roles=READERS,
        parameters=_PARAMETERS,
        answers={200: Measures},
        problems=(400, 401, 403, 404, 503),
    ),
    Route(
        "GET",
        "/v1/measures.csv",
        get_measures_table,
        "The same as a table",
        roles=READERS,
        parameters=_PARAMETERS,
        answers={200: CSV},
        problems=(400, 401, 403, 404, 503),
    ),
)
