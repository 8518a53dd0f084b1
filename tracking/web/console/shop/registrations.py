"""Parcels registered from a file: looked at first, line by line, then those that are good."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from aiohttp import web

from schemas.staff import Action
from tracking.bulk.doubted import doubted
from tracking.bulk.lines import Read, read_lines
from tracking.bulk.run import Outcome, Outcomes, foresee, register_lines
from tracking.bulk.table import LONGEST, NoTable, Table, as_text, read_table
from tracking.carriers import READERS
from tracking.staff.audit import note
from tracking.store.merchants import Shop
from tracking.store.staff import StaffStore
from tracking.web.console.errors import for_people
from tracking.web.console.frame import words_for
from tracking.web.console.guard import SESSION
from tracking.web.console.multipart import read_parts
from tracking.web.console.rights import Part
from tracking.web.console.shop.door import SHOP, ShopPage, for_shop, shown
from tracking.web.console.shop.registrations_page import Looked, Sent, show, sign
from tracking.web.console.shop.said import unreadable
from tracking.web.deps import DEPS
from tracking.web.keyring import KEYRING
from tracking.web.problem import Handler
from tracking.web.routing import Route

_MOST_BODY: Final = LONGEST + 512 * 1024  # the ends of lines come back as two bytes each
_LIMIT: Final = 75.0  # seconds for reading, looking and registering
WORK: Final = 20.0
"""Seconds for registering: what is left then is one click more."""
_ONE_AT_A_TIME: Final = asyncio.Semaphore(1)
"""Of the connections to the database some must be left for shoppers."""


async def get_registrations(request: web.Request, shop: Shop) -> web.StreamResponse:
    return show(request, shop)


async def post_registrations(request: web.Request, shop: Shop) -> web.StreamResponse:
    """Look at a table; or, of one that was looked at, register what is good."""
    parts, deps = await read_parts(request, _MOST_BODY), request.app[DEPS]
    carrier = parts.get("carrier", b"").decode(errors="replace").strip()[:32]
    try:
        sent = Sent(as_text(parts.get("file") or parts.get("text", b"")), carrier)
        table, read = await asyncio.to_thread(_read, sent)
    except NoTable as error:
        wrong = unreadable(error, words_for(request))
        return show(request, shop, 422, wrong=wrong, carrier=carrier, pasted=_pasted(parts))
    outcomes = await foresee(deps.pool, deps.sealer, shop.merchant_id, read, deps.now())
    doubts = await asyncio.to_thread(doubted, _anew(read, outcomes), _carriers(request), deps.now())
    looked = Looked(sent, table, read, outcomes, doubts)
    seen = parts.get("seen", b"").decode(errors="replace")
    if parts.get("do") == b"register" and seen == sign(request, sent):
        return await _register(request, shop, looked)
    return show(request, shop, looked=looked)


def _anew(read: Sequence[Read], outcomes: Outcomes) -> Sequence[Read]:
    return [each for each in read if outcomes[each.number] is not Outcome.SAME]


def _carriers(request: web.Request) -> AbstractSet[str]:
    return READERS | request.app[KEYRING].carriers()


def _pasted(parts: Mapping[str, bytes]) -> str:
    """What stood in the box, should it have been that: a browser does not send a file twice."""
    text = b"" if parts.get("file") else parts.get("text", b"")
    return text.decode(errors="replace").replace("\0", "")


def _read(sent: Sent) -> tuple[Table, Sequence[Read]]:
    """Off the loop: a whole file takes most of a second. Raises NoTable."""
    table = read_table(sent.text)
    return table, read_lines(table.lines, sent.carrier)


async def _register(request: web.Request, shop: Shop, looked: Looked) -> web.StreamResponse:
    """The line in the audit log comes first: each parcel is a transaction of its own."""
    deps = request.app[DEPS]
    good = sum(each.body is not None for each in looked.read)
    await note(
        StaffStore(deps.pool),
        deps.sealer,
        request[SESSION].staff,
        Action.PARCELS_REGISTERED,
        deps.now(),
        merchant_id=shop.merchant_id,
        what=str(good),
    )
    async with _ONE_AT_A_TIME:
        ends = time.monotonic() + WORK
        outcomes = await register_lines(
            deps.pool,
            deps.sealer,
            shop.merchant_id,
            looked.read,
            looked.outcomes,
            now=deps.now(),
            is_time=lambda: time.monotonic() < ends,
        )
    return show(request, shop, looked=looked._replace(outcomes=outcomes), is_done=True)


def _long(handler: ShopPage) -> Handler:
    """A file needs longer than a page."""
    return for_people(for_shop(Part.REGISTRATIONS, handler), _LIMIT)


REGISTRATION_PAGES: Final = (
    shown(
        f"{SHOP}/{Part.REGISTRATIONS}",
        for_shop(Part.REGISTRATIONS, get_registrations),
        "Register parcels from a file",
    ),
    Route(
        "POST",
        f"{SHOP}/{Part.REGISTRATIONS}",
        _long(post_registrations),
        "Look at a file, or register what is good in it",
        access="session",
        media=("multipart/form-data",),
        answers={200: "text/html"},
        timed=False,
    ),
)
