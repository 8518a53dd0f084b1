"""The cases that wait, the longest first: those of everybody, mine, or all there were."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from aiohttp import web

from schemas.case import CaseState, Topic
from tracking.carriers import CARRIERS
from tracking.carriers.klat import HOME_ZONE
from tracking.store.cases import Cases, ListedCase
from tracking.store.staff import Staff
from tracking.web.console.conversation import STATE
from tracking.web.console.errors import for_people
from tracking.web.console.frame import language_of, page, words_for
from tracking.web.console.guard import HOME, SESSION, for_staff, parcel_of
from tracking.web.console.texts import EDITORS, TEXTS
from tracking.web.deps import DEPS
from tracking.web.help import QUESTION
from tracking.web.routing import Route
from tracking.words.catalog import N_, Words, words_of
from tracking.words.dates import Calendar

CASES: Final = f"{HOME}/cases"
_AT_ONCE: Final = 50
_MOST_SHOPS: Final = 200
_WAITING, _MINE, _ALL = "waiting", "mine", "all"
_TABS: Final = ((_WAITING, N_("Waiting")), (_MINE, N_("Mine")), (_ALL, N_("All cases")))
_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)


class _Wanted(NamedTuple):
    """`turn`: of those waiting behind it, of all those before it."""

    tab: str
    topic: Topic | None
    shop: UUID | None
    turn: datetime | None


@for_people
async def get_cases(request: web.Request) -> web.StreamResponse:
    deps, staff, wanted = request.app[DEPS], request[SESSION].staff, _wanted(request)
    store = Cases(deps.pool)
    shops = await store.shops_to_choose(staff.shops, _MOST_SHOPS)
    found = await _found(store, staff, wanted, deps.now())
    counted = await store.count_waiting_cases(staff.shops, staff.staff_id)
    words, shopper = words_for(request), words_of(language_of(request))
    calendar = Calendar(shopper, HOME_ZONE, deps.now())
    return page(
        request,
        "case_list",
        here=CASES,
        tab=wanted.tab,
        tabs=[
            (name, words.gettext(text), {_WAITING: counted.waiting, _MINE: counted.mine}.get(name))
            for name, text in _TABS
        ],
        topics=[(each.value, shopper.gettext(QUESTION[each])) for each in Topic],
        topic=wanted.topic.value if wanted.topic else "",
        shops=[(str(shop_id), name) for shop_id, name in shops] if len(shops) > 1 else [],
        shop=str(wanted.shop or ""),
        since=calendar.on(counted.since) if counted.since else None,
        cases=[_shown(each, words, shopper, calendar) for each in found[:_AT_ONCE]],
        further=_further(wanted, found),
        texts=TEXTS if staff.role in EDITORS else None,
    )


async def _found(store: Cases, staff: Staff, wanted: _Wanted, now: datetime) -> list[ListedCase]:
    """One more than are shown, where there are more."""
    shops = staff.shops
    if wanted.shop is not None:
        is_theirs = shops is None or wanted.shop in shops
        shops = (wanted.shop,) if is_theirs else ()
    if wanted.tab == _ALL:
        before = wanted.turn or _after(now)
        return await store.latest_cases(shops, wanted.topic, before, _MORE, staff.shops)
    whose = staff.staff_id if wanted.tab == _MINE else None
    behind = wanted.turn or _FIRST
    return await store.waiting_cases(shops, wanted.topic, whose, behind, _MORE, staff.shops)


_MORE: Final = _AT_ONCE + 1


def _after(now: datetime) -> datetime:
    """The clocks of several processes differ by a little."""
    return now.replace(year=now.year + 1, day=min(now.day, 28))


def _wanted(request: web.Request) -> _Wanted:
    """What of the address makes no sense is as if it were not there."""
    query = request.query
    tab = query.get("tab", "")
    return _Wanted(
        tab if tab in {_MINE, _ALL} else _WAITING,
        next((each for each in Topic if each == query.get("topic")), None),
        _uuid(query.get("shop", "")),
        _instant(query.get("turn", "")),
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo and 2000 <= found.year < 2200 else None


def _further(wanted: _Wanted, found: Sequence[ListedCase]) -> str | None:
    """Where the rest of them stands."""
    if len(found) <= _AT_ONCE:
        return None
    last = found[_AT_ONCE - 1]
    turn = last.changed_at if wanted.tab == _ALL else last.waits_since or last.asked_at
    told = {"tab": wanted.tab, "topic": wanted.topic, "shop": wanted.shop, "turn": turn.isoformat()}
    return f"{CASES}?{urlencode({name: value for name, value in told.items() if value})}"


def _shown(each: ListedCase, words: Words, shopper: Words, calendar: Calendar) -> dict[str, Any]:
    carrier = CARRIERS.get(each.carrier)
    return {
        "path": f"{parcel_of(each.shipment_id)}#case-{each.case_id}",
        "about": shopper.gettext(QUESTION[each.topic]),
        "number": each.tracking_number,
        "order": each.order_ref,
        "carrier": carrier.name if carrier else each.carrier.title(),
        "merchant": each.merchant_name,
        "asked": calendar.on(each.waits_since or each.asked_at),
        "state": words.gettext(STATE[each.state]),
        "is_open": each.state is CaseState.OPEN,
        "contacts": each.contacts,
        "is_repeat": each.follows is not None,
        "whose": words.gettext("support") if each.whose == "" else each.whose,
    }


CASE_PAGES: Final = (
    Route(
        "GET",
        CASES,
        for_staff(get_cases),
        "Cases that wait for an answer",
        access="session",
        answers={200: "text/html"},
    ),
)
