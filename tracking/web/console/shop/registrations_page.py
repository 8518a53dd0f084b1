"""The page of a file of parcels: what would become of its lines, or became."""

import base64
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from aiohttp import web

from tracking.bulk.doubted import Doubted, DoubtedLines
from tracking.bulk.lines import Read, Why
from tracking.bulk.report import csv_of
from tracking.bulk.run import Outcome, Outcomes
from tracking.bulk.table import COLUMNS, Table
from tracking.carriers import CARRIERS
from tracking.store.merchants import Shop
from tracking.web.console.frame import words_for
from tracking.web.console.rights import Part
from tracking.web.console.shop.door import shop_page, sign_of
from tracking.web.console.shop.said import OUTCOMES, doubt, fault
from tracking.words.catalog import N_, Words

_SHOWN: Final = 200  # lines of each kind
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


def show(
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
        "seen": sign(request, looked.sent),
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


def sign(request: web.Request, sent: Sent) -> str:
    return sign_of(request, "table", f"{sent.carrier}\x1f{sent.text}")
