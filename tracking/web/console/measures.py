"""The measures page: how parcels, carriers and support did, and what to do about it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web
from babel.dates import format_datetime

from schemas.measures import By, Measures
from schemas.staff import StaffRole
from tracking.carriers import CARRIERS
from tracking.measures import Asked, asked, measures
from tracking.measuring import day_of
from tracking.store.measures import ShopName, shops_measured
from tracking.store.pool import connection
from tracking.store.staff import Staff
from tracking.web.console.errors import FOR_LEADS, for_people
from tracking.web.console.figures import Said
from tracking.web.console.frame import page, words_for
from tracking.web.console.guard import HOME, SESSION, for_staff
from tracking.web.console.headlines import carrier_name, headlines, pointers
from tracking.web.console.measure_charts import carriers_table, charts
from tracking.web.deps import DEPS
from tracking.web.measures import CSV, table_of
from tracking.web.problem import HttpProblem, not_found
from tracking.web.routing import Route
from tracking.words.catalog import N_

MEASURES: Final = f"{HOME}/measures"
READERS: Final = frozenset({StaffRole.LEAD, StaffRole.ADMIN})
_ASKED: Final = ("from", "to", "by", "shop", "carrier")
_BY: Final = {By.MONTH: N_("by month"), By.WEEK: N_("by week"), By.DAY: N_("by day")}
_NO_TIME: Final = N_(
    "That time cannot be shown: take a first day before the last, not more than five years, and not"
    " more than 400 periods."
)


@for_people
async def get_measures_page(request: web.Request) -> web.StreamResponse:
    shops = await _shops(request)
    wanted, wrong = _wanted(request)
    found = await measures(request.app[DEPS].pool, wanted, _chosen(request, shops))
    words = words_for(request)
    said = Said(words)
    return page(
        request,
        "measures",
        400 if wrong else 200,
        wrong=words.gettext(_NO_TIME) if wrong else None,
        found=found,
        as_of=_as_of(said, found),
        headlines=headlines(said, found.total, found.before),
        pointers=pointers(said, found),
        charts=charts(said, found),
        carriers=carriers_table(said, found),
        has_any=any((found.total.parcels, found.total.cases, found.total.recommend.answers)),
        shops=shops,
        shop=request.query.get("shop", ""),
        ways=[(by.value, words.gettext(text)) for by, text in _BY.items()],
        known=_known(found),
        asked=_query(request),
        here=MEASURES,
    )


@for_people
async def get_measures_file(request: web.Request) -> web.StreamResponse:
    shops = await _shops(request)
    wanted, wrong = _wanted(request)
    if wrong:
        raise HttpProblem(400, "The query does not fit")
    return table_of(await measures(request.app[DEPS].pool, wanted, _chosen(request, shops)))


async def _shops(request: web.Request) -> list[ShopName]:
    """Those that this person may see. Raises HttpProblem for who may see no measures."""
    staff: Staff = request[SESSION].staff
    if staff.role not in READERS:
        raise HttpProblem(403, FOR_LEADS)
    async with connection(request.app[DEPS].pool) as conn:
        return await shops_measured(conn, staff.shops)


def _chosen(request: web.Request, shops: Sequence[ShopName]) -> list[UUID] | None:
    """None: all shops there are. Raises HttpProblem for a shop of others."""
    wanted = request.query.get("shop", "")
    if not wanted:
        staff: Staff = request[SESSION].staff
        return None if staff.shops is None else list(staff.shops)
    found = [each.merchant_id for each in shops if str(each.merchant_id) == wanted]
    if not found:
        raise not_found()
    return found


def _wanted(request: web.Request) -> tuple[Asked, bool]:
    """The last year, and True, where nobody can tell what is wanted."""
    today = day_of(request.app[DEPS].now())
    try:
        return asked(request.query, today), False
    except ValueError:
        return asked({}, today), True


def _query(request: web.Request) -> str:
    """What was asked for, for links that ask the same."""
    told: Mapping[str, Any] = {
        name: request.query[name] for name in _ASKED if request.query.get(name)
    }
    return urlencode(told)


def _as_of(said: Said, found: Measures) -> str | None:
    if found.as_of is None:
        return None
    at = found.as_of.astimezone(ZoneInfo(found.zone))
    return format_datetime(at, "short", locale=said.locale)


def _known(found: Measures) -> list[tuple[str, str]]:
    """Carriers to choose from, by name."""
    codes = {*CARRIERS, *(each.carrier for each in found.carriers)} - {"klat"}
    codes |= {found.carrier} if found.carrier else set()
    return sorted(((code, carrier_name(code)) for code in codes), key=lambda each: each[1].lower())


MEASURE_PAGES: Final = (
    Route(
        "GET",
        MEASURES,
        for_staff(get_measures_page),
        "How parcels, carriers and support did",
        access="session",
        answers={200: "text/html"},
    ),
    Route(
        "GET",
        f"{MEASURES}.csv",
        for_staff(get_measures_file),
        "The same as a table",
        access="session",
        answers={200: CSV},
    ),
)
