"""Addresses below the console's where nothing is: a page for people, or where they meant to go."""

import re
from typing import Final

from aiohttp import web

from tracking.web.console.guard import HOME, PARCEL, for_staff, to
from tracking.web.console.rights import Part
from tracking.web.console.shop.door import SHOPS
from tracking.web.problem import not_found
from tracking.web.routing import Route

_SHOP: Final = re.compile(f"shops/({PARCEL.pattern})/?")


async def get_elsewhere(request: web.Request) -> web.StreamResponse:
    """What begins so and has a page is served there. Raises a 404 problem for anything else."""
    rest = request.match_info["rest"]
    if not rest:
        return to(HOME)
    if shop := _SHOP.fullmatch(rest):
        return to(f"{SHOPS}/{shop[1]}/{Part.SETTINGS}")
    raise not_found()


ELSEWHERE: Final = Route(
    "GET",
    f"{HOME}/{{rest:.*}}",
    for_staff(get_elsewhere),
    "Any other address of the console",
    access="session",
    answers={303: None},
)
