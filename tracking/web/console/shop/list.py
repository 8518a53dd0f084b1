"""The shops that somebody may set up."""

from typing import Final

from aiohttp import web

from tracking.store.merchants import Merchants
from tracking.web.console.frame import page
from tracking.web.console.guard import SESSION, for_staff, to
from tracking.web.console.rights import Part, refuse
from tracking.web.console.shop.door import SHOPS, shown
from tracking.web.deps import DEPS

_MOST: Final = 1000


async def get_shops(request: web.Request) -> web.StreamResponse:
    """Those that they see; where it is one, that one."""
    staff = request[SESSION].staff
    refuse(staff, Part.SETTINGS)
    shops = await Merchants(request.app[DEPS].pool).list_shops(staff.shops, _MOST + 1)
    if len(shops) == 1 and staff.shops is not None:
        return to(f"{SHOPS}/{shops[0][0]}/{Part.SETTINGS}")
    found = [(f"{SHOPS}/{merchant_id}/{Part.SETTINGS}", name) for merchant_id, name in shops]
    return page(request, "shop/list", shops=found[:_MOST], more=len(found) > _MOST)


SHOP_PAGES: Final = (shown(SHOPS, for_staff(get_shops), "The shops that somebody may set up"),)
