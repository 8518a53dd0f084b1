"""What a shop promises and pays when it is late: in words, tried out, put into force."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from aiohttp import web
from markupsafe import Markup

from schemas.api import Money
from schemas.policy import ShopPolicy
from schemas.staff import Action, StaffRole
from tracking.carriers.klat import HOME_ZONE
from tracking.domain.policy_rise import Why, needs_admin
from tracking.policies import policies_from
from tracking.policy_file import (
    LONGEST,
    MOST_FAULTS,
    Fault,
    PolicyRefused,
    dotted,
    line_of,
    lines_of,
    read_policy,
)
from tracking.policy_load import PolicyChanged, load_policy, refuse_other_currency
from tracking.policy_try import Tried, try_policy
from tracking.policy_words import policy_lines
from tracking.staff.audit import Noting
from tracking.store.merchants import Shop
from tracking.store.policies import PolicyVersion, policies_of
from tracking.store.pool import connection
from tracking.web.console.frame import language_of, words_for
from tracking.web.console.guard import SESSION, read_form, to
from tracking.web.console.rights import Part
from tracking.web.console.rules import rule_said
from tracking.web.console.shop.door import (
    GONE,
    SHOP,
    at,
    deed,
    for_shop,
    form,
    shop_page,
    shown,
    sign_of,
)
from tracking.web.deps import DEPS
from tracking.words.catalog import N_, Words, words_of
from tracking.words.dates import Calendar
from tracking.words.money import money_text

_DAYS: Final = (30, 90, 180)
_LONGEST_FORM: Final = 12 * LONGEST  # as a form writes it: four bytes of three characters
_TRIED_WITHIN: Final = 7.0  # seconds
_SLOW: Final = N_("There are too many parcels to try it on so many days. Choose fewer.")
_FOR_ADMINS: Final = N_(
    "Nothing is loaded: these lines may cost the shop more, so an admin has to load them. You may"
    " change promises, exclusions and force majeure, and lower sums, from today on."
)
_WHY: Final[Mapping[Why, str]] = {
    Why.FIRST: N_("with its first rules a shop begins to pay, in this money"),
    Why.PAST: N_("lies before today: what was promised already would be judged anew"),
    Why.OTHER: N_("differs from the rules that hold now, or will"),
    Why.LIMIT: N_("limits less than the rules that hold now, or will"),
    Why.TIER: N_("pays more, earlier or in another way than the rules that hold now, or will"),
}
_STALE: Final = N_(
    "Nothing is in force: somebody loaded other rules meanwhile, or this text is not the one that"
    " was tried. This is the trial of now."
)
_REFUSED: Final = N_("Nothing is loaded. What is wrong stands below, with its line.")


class Trial(NamedTuple):
    policy: ShopPolicy
    tried: Tried
    days: int


async def get_policies(request: web.Request, shop: Shop) -> web.StreamResponse:
    return await _show(request, shop)


async def post_policies(request: web.Request, shop: Shop) -> web.StreamResponse:
    """Try what was typed; or put into force what was tried."""
    sent = await read_form(request, longest=_LONGEST_FORM)
    text = sent.get("text", "").replace("\r\n", "\n").strip("\n") + "\n"
    versions = await _versions(request, shop)
    show = partial(_show, request, shop, text=text)
    try:
        policy = await asyncio.to_thread(read_policy, text)
        refuse_other_currency(versions, policy, text)
        if rises := _for_admins(request, policy, versions, text):
            return await show(403, rises=rises, problem=_FOR_ADMINS)
        is_meant = sent.get("do") == "load"
        if is_meant and sent.get("seen") == _sign(request, text, versions):
            return await _load(request, shop, text, _last(versions))
        trial = await _try(request, shop, policy, _days(sent.get("days", "")))
        return await (show(409, trial=trial, problem=_STALE) if is_meant else show(trial=trial))
    except PolicyRefused as error:
        return await show(422, faults=error.faults, problem=_REFUSED)
    except PolicyChanged:
        return await show(409, problem=GONE)
    except TimeoutError:
        return await show(422, problem=_SLOW)


def _for_admins(
    request: web.Request, policy: ShopPolicy, versions: Sequence[PolicyVersion], text: str
) -> Sequence[Fault]:
    """What of it whoever would load it may not, in their words."""
    if request[SESSION].staff.role is StaffRole.ADMIN:
        return ()
    words, lines = words_for(request), lines_of(text)
    today = request.app[DEPS].now().astimezone(ZoneInfo(HOME_ZONE)).date()
    held = [each.policy for each in policies_from(versions, today)]
    rises = {rise for each in held or (None,) for rise in needs_admin(each, policy, today)}
    faults = (
        Fault(line_of(rise.place, lines), dotted(rise.place), words.gettext(_WHY[rise.why]))
        for rise in rises
    )
    return sorted(faults)[:MOST_FAULTS]


async def _load(request: web.Request, shop: Shop, text: str, after: int) -> web.StreamResponse:
    deps = request.app[DEPS]

    def noting(version: int) -> Noting:
        return deed(request, Action.POLICY_LOADED, shop.merchant_id, what=str(version), text=text)

    await load_policy(deps.pool, shop.merchant_id, text, now=deps.now(), after=after, noting=noting)
    return to(f"{at(shop, Part.POLICIES)}?done")


async def _try(request: web.Request, shop: Shop, policy: ShopPolicy, days: int) -> Trial:
    """Raises TimeoutError."""
    deps = request.app[DEPS]
    since = deps.now() - timedelta(days=days)
    async with asyncio.timeout(_TRIED_WITHIN):
        tried = await try_policy(
            deps.pool, deps.sealer, shop.merchant_id, policy, since, now=deps.now()
        )
    return Trial(policy, tried, days)


async def _versions(request: web.Request, shop: Shop) -> Sequence[PolicyVersion]:
    async with connection(request.app[DEPS].pool) as conn:
        return (await policies_of(conn, [shop.merchant_id])).get(shop.merchant_id, ())


def _last(versions: Sequence[PolicyVersion]) -> int:
    return max((each.version for each in versions), default=0)


def _sign(request: web.Request, text: str, versions: Sequence[PolicyVersion]) -> str:
    """Of a text that was tried when this was the last version."""
    return sign_of(request, "policy", f"{_last(versions)}\x1f{text}")


def _days(text: str) -> int:
    return int(text) if text in map(str, _DAYS) else _DAYS[0]


async def _show(
    request: web.Request,
    shop: Shop,
    status: int = 200,
    *,
    text: str | None = None,
    faults: Sequence[Fault] = (),
    rises: Sequence[Fault] = (),
    problem: str | None = None,
    trial: Trial | None = None,
) -> web.Response:
    words, versions = words_for(request), await _versions(request, shop)
    calendar = Calendar(words_of(language_of(request)), HOME_ZONE, request.app[DEPS].now())
    latest = versions[-1].source if versions else ""
    return shop_page(
        request,
        shop,
        Part.POLICIES,
        "policies",
        status,
        problem=words.gettext(problem) if problem else None,
        faults=[(each.line, each.place, each.why) for each in (*faults, *rises)],
        is_in_english=bool(faults),
        text=latest if text is None else text,
        trial=_trial(trial, words) if trial else None,
        seen=_sign(request, text, versions) if text and trial else "",
        days=[
            (str(n), words.ngettext("the last %(n)d day", "the last %(n)d days", n)) for n in _DAYS
        ],
        chosen=str(trial.days if trial else _DAYS[0]),
        versions=[_version(each, words, calendar) for each in reversed(versions)],
    )


def _version(each: PolicyVersion, words: Words, calendar: Calendar) -> dict[str, Any]:
    return {
        "number": each.version,
        "loaded": calendar.on(each.loaded_at),
        "lines": list(policy_lines(each.policy, words)),
        "source": each.source,
    }


def _trial(trial: Trial, words: Words) -> dict[str, Any]:
    tried, policy = trial.tried, trial.policy

    def money(cents: int) -> Markup:
        return money_text(Money.from_cents(cents, policy.currency), words_of(words.language))

    sums = (
        (N_("Granted by itself"), tried.granted),
        (N_("Waits for somebody's yes"), tried.waiting),
        (N_("Not granted: above the cap of a shopper"), tried.capped),
    )
    return {
        "lines": list(policy_lines(policy, words)),
        "parcels": words.ngettext(
            "%(n)d parcel was registered in these days.",
            "%(n)d parcels were registered in these days.",
            tried.parcels,
        ),
        "promised": tried.promised,
        "late": tried.late,
        "tiers": [
            (rule_said(tier.rule, words), tried.tiers[number])
            for number, tier in enumerate(policy.tiers)
        ],
        "sums": [(words.gettext(name), money(cents)) for name, cents in sums],
        "months": [
            (f"{month:%Y-%m}", money(cents)) for month, cents in sorted(tried.months.items())
        ],
        "without_value": tried.without_value,
    }


POLICY_PAGES: Final = (
    shown(
        f"{SHOP}/{Part.POLICIES}",
        for_shop(Part.POLICIES, get_policies),
        "What a shop promises and pays",
    ),
    form(
        f"{SHOP}/{Part.POLICIES}",
        for_shop(Part.POLICIES, post_policies),
        "Try a policy, or put it into force",
    ),
)
