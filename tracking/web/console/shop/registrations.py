"""Parcels registered from a file: looked at first, line by line, then those that are good."""

import asyncio
import base64
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final, NamedTuple

from aiohttp import web

from schemas.staff import Action
from tracking.bulk.doubted import Doubted, DoubtedLines, doubted
from tracking.bulk.lines import Read, Why, read_lines
from tracking.bulk.report import csv_of
from tracking.bulk.run import Outcome, Outcomes, foresee, register_lines
from tracking.bulk.table import COLUMNS, LONGEST, NoTable, Table, as_text, read_table
from tracking.carriers import CARRIERS, READERS
from tracking.staff.audit import note
from tracking.store.merchants import Shop
from tracking.store.staff import StaffStore
from tracking.web.console.errors import for_people
from tracking.web.console.frame import words_for
from tracking.web.console.guard import SESSION
from tracking.web.console.multipart import read_parts
from tracking.web.console.rights import Part
from tracking.web.console.shop.door import SHOP, ShopPage, for_shop, shop_page, shown, sign_of
from tracking.web.console.shop.said import OUTCOMES, doubt, fault, unreadable
from tracking.web.deps import DEPS
from tracking.web.keyring import KEYRING
from tracking.web.problem import Handler
from tracking.web.routing import Route
from tracking.words.catalog import N_, Words

_MOST_BODY: Final = LONGEST + 512 * 1024  # the ends of lines come back as two bytes each
_LIMIT: Final = 75.0  # seconds for reading, looking and registering
WORK: Final = 20.0
"""Seconds for registering: what is left then is one click more."""
_SHOWN: Final = 200  # lines of each kind
_ONE_AT_A_TIME: Final = asyncio.Semaphore(1)
"""Of the connections to the database some must be left for shoppers."""
_NOT_GOOD: Final = frozenset({Outcome.WRONG, Outcome.ANOTHERS})
_IN_ORDER: Final = tuple(Outcome)
_EXAMPLE: Final = (
    *("omniva", "CE123456789EE", "1001", "", "Anna Ozola", "+37120000001", "anna@example.lv", "lv"),
    *("LV-1010", "LV", "", "", "", "", "", "", "01.12.2026", "49,90", "EUR", "locker", "yes"),
    "yes",
)


class Sent(NamedTuple):
    """`text` is the whole table, `carrier` that of lines which name none."""

    text: str
    carrier: str


class Looked(NamedTuple):
    sent: Sent
    table: Table
    read: Sequence[Read]
    outcomes: Outcomes
    doubted: DoubtedLines


async def get_registrations(request: web.Request, shop: Shop) -> web.StreamResponse:
    return _show(request, shop)


async def post_registrations(request: web.Request, shop: Shop) -> web.StreamResponse:
    """Look at a table; or, of one that was looked at, register what is good."""
    parts, deps = await read_parts(request, _MOST_BODY), request.app[DEPS]
    carrier = parts.get("carrier", b"").decode(errors="replace").strip()[:32]
    try:
        sent = Sent(as_text(parts.get("file") or parts.get("text", b"")), carrier)
        table, read = await asyncio.to_thread(_read, sent)
    except NoTable as error:
        wrong = unreadable(error, words_for(request))
        return _show(request, shop, 422, wrong=wrong, carrier=carrier, pasted=_pasted(parts))
    outcomes = await foresee(deps.pool, deps.sealer, shop.merchant_id, read, deps.now())
    doubts = await asyncio.to_thread(doubted, _anew(read, outcomes), _carriers(request), deps.now())
    looked = Looked(sent, table, read, outcomes, doubts)
    seen = parts.get("seen", b"").decode(errors="replace")
    if parts.get("do") == b"register" and seen == _sign(request, sent):
        return await _register(request, shop, looked)
    return _show(request, shop, looked=looked)


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
    return _show(request, shop, looked=looked._replace(outcomes=outcomes), is_done=True)


def _show(
    request: web.Request,
    shop: Shop,
    status: int = 200,
    *,
    wrong: str | None = None,
    carrier: str = "",
    pasted: str = "",
    looked: Looked | None = None,
    is_done: bool = False,
) -> web.Response:
    words = words_for(request)
    return shop_page(
        request,
        shop,
        Part.REGISTRATIONS,
        "registrations",
        status,
        wrong=wrong,
        carrier=looked.sent.carrier if looked else carrier,
        pasted=pasted,
        carriers=sorted((code, each.name) for code, each in CARRIERS.items()),
        columns=COLUMNS,
        example=_link(csv_of(COLUMNS, [_EXAMPLE])),
        looked=_shown(request, looked, words, is_done=is_done) if looked else None,
    )


def _shown(request: web.Request, looked: Looked, words: Words, *, is_done: bool) -> dict[str, Any]:
    counts, outcomes = Counter(looked.outcomes.values()), looked.outcomes
    rows = [
        _row(each, outcomes[each.number], looked.doubted.get(each.number, ()), words)
        for each in looked.read
    ]
    bad = [each for each in rows if each["is_bad"]]
    good = [each for each in rows if not each["is_bad"]]
    good.sort(key=lambda each: not each["doubts"])
    head = [words.gettext(each).striptags() for each in _HEAD]
    left = counts[Outcome.LEFT]
    waits = left if is_done else sum(counts[each] for each in _TO_DO)
    return {
        "text": looked.sent.text,
        "seen": _sign(request, looked.sent),
        "is_done": is_done,
        "waits": waits,
        "lacks_carrier": any(
            one.column == "carrier" and one.why is Why.MISSING
            for each in looked.read
            for one in each.faults
        ),
        "unknown": ", ".join(looked.table.unknown[:20]),
        "counts": [
            (words.gettext(OUTCOMES[each]), counts[each]) for each in _IN_ORDER if counts[each]
        ],
        "doubted": len(looked.doubted),
        "head": head,
        "rows": [*bad[:_SHOWN], *good[:_SHOWN]],
        "hidden": max(0, len(bad) - _SHOWN) + max(0, len(good) - _SHOWN),
        "report": _link(csv_of(head, map(_cells, rows))),
    }


_TO_DO: Final = (Outcome.NEW, Outcome.CHANGES, Outcome.ANOTHERS)
_HEAD: Final = (
    N_("line"),
    N_("parcel number"),
    N_("what becomes of it"),
    N_("column"),
    N_("why"),
)


def _row(each: Read, outcome: Outcome, doubts: Sequence[Doubted], words: Words) -> dict[str, Any]:
    return {
        "line": each.number,
        "number": each.told,
        "outcome": words.gettext(OUTCOMES[outcome]),
        "faults": [(one.column, fault(one, words)) for one in each.faults],
        "doubts": [(one.column, doubt(one, words)) for one in doubts],
        "is_bad": outcome in _NOT_GOOD,
    }


def _cells(row: dict[str, Any]) -> Sequence[str]:
    said = [*row["faults"], *row["doubts"]]
    columns = " | ".join(name for name, _ in said)
    why = " | ".join(text.striptags() for _, text in said)
    return str(row["line"]), row["number"], row["outcome"].striptags(), columns, why


def _link(body: bytes) -> str:
    """A file that is in its own address: nothing of it is kept here."""
    return f"data:text/csv;charset=utf-8;base64,{base64.b64encode(body).decode()}"


def _sign(request: web.Request, sent: Sent) -> str:
    return sign_of(request, "table", f"{sent.carrier}\x1f{sent.text}")


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
