"""The log of a shop's facts, read by a cursor: whoever missed some catches up here."""

import json
import re
from typing import Final

from aiohttp import web

from schemas.webhook import CursorProblem, FactPage
from tracking.keys import Role
from tracking.log import Page, read_log
from tracking.web.auth import CALLER
from tracking.web.deps import DEPS
from tracking.web.problem import HttpProblem
from tracking.web.routing import Parameter, Route

MOST: Final = 500
_USUAL: Final = 100
_NUMBER = re.compile(r"[0-9]{1,18}")


async def get_facts(request: web.Request) -> web.Response:
    deps, merchant_id = request.app[DEPS], request[CALLER].merchant_id
    assert merchant_id is not None  # the table holds no merchant key without one
    after = _after(request.query.get("after"))
    page = await read_log(deps.pool, merchant_id, after, _limit(request.query.get("limit")))
    if page.is_broken:
        return _gone(page)
    return web.Response(text=_page(page), content_type="application/json")


def _page(page: Page) -> str:
    """The facts are JSON already, as they were published."""
    more = json.dumps(page.has_more)
    return f'{{"facts":[{",".join(page.facts)}],"next":"{page.next}","has_more":{more}}}'


def _gone(page: Page) -> web.Response:
    problem = CursorProblem(
        title="What comes after this cursor is not kept whole",
        status=410,
        detail="Facts are kept for 30 days. Read the shipments you care about, then go on with"
        f" after={page.next}",
        next=str(page.next),
    )
    return web.Response(
        status=410,
        text=problem.model_dump_json(exclude_none=True),
        content_type="application/problem+json",
    )


def _after(told: str | None) -> int | None:
    if told is None:
        return None
    if not _NUMBER.fullmatch(told):
        raise HttpProblem(400, "This is no cursor", "Pass `next` of an earlier answer, or no after")
    return int(told)


def _limit(told: str | None) -> int:
    if told is None:
        return _USUAL
    if not _NUMBER.fullmatch(told) or not 1 <= int(told) <= MOST:
        raise HttpProblem(400, "limit must be a number", f"From 1 to {MOST}")
    return int(told)


FACT_ROUTES = (
    Route(
        "GET",
        "/v1/facts",
        get_facts,
        "The shop's facts in order, from a cursor on",
        roles=frozenset({Role.MERCHANT}),
        parameters=(
            Parameter("after", "query", "`next` of the answer before; without: from the oldest"),
            Parameter("limit", "query", f"1 to {MOST}, usually {_USUAL}"),
        ),
        answers={200: FactPage, 410: CursorProblem},
        problems=(400, 401, 403, 503),
    ),
)
