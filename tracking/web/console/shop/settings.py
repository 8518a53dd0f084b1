"""Brand, languages, occasions and hours of a shop: one form each, saved whole, with its history."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import structlog
from aiohttp import web
from markupsafe import Markup

from schemas.explained import RULE
from schemas.notice import Channel, Occasion
from schemas.shop import ShopSettings, Spelling
from schemas.staff import Action
from tracking.carriers.klat import HOME_ZONE
from tracking.errors import KlatError
from tracking.sealing import SealBroken
from tracking.staff.audit import Noting, detail_of
from tracking.store.merchants import Merchants, Shop
from tracking.store.staff import ShopDeed, StaffStore
from tracking.web.console.frame import language_of, words_for
from tracking.web.console.guard import SESSION, read_form, to
from tracking.web.console.rights import Part
from tracking.web.console.shop.door import GONE, SHOP, at, deed, for_shop, form, shop_page, shown
from tracking.web.console.shop.door import sign_of as sign
from tracking.web.console.shop.look import preview_of, usual_of
from tracking.web.console.shop.subjects import (
    LABELS,
    SURVEYS,
    TITLES,
    WRONG,
    Fields,
    Subject,
    changed,
    difference,
    fields_of,
    typed,
)
from tracking.web.console.story import ACTIONS_SAID
from tracking.web.deps import DEPS
from tracking.web.notice_words import ABOUT, BY
from tracking.web.problem import not_found
from tracking.web.security import FRAMING
from tracking.words.catalog import N_, Words, words_of
from tracking.words.dates import Calendar
from tracking.words.language import SUPPORTED

log = structlog.get_logger()

_MOST_FIELDS: Final = 80
_HISTORY: Final = 30
_SPELLINGS: Final[Mapping[Spelling, str]] = {
    Spelling.SHORT: N_("Short: without letters that cost a message, never in names"),
    Spelling.SHORT_NAMES: N_("Short, in names too"),
    Spelling.FULL: N_("In full: every letter"),
}
_CHECK: Final = N_("Nothing is saved yet. Look at the red fields.")


class _Changed(KlatError):  # noqa: N818 - named for what was found
    """Somebody else has saved this subject meanwhile."""


class _Same(KlatError):  # noqa: N818 - named for what was found
    """Nothing is another one than it was."""


class _Wrong(KlatError):  # noqa: N818 - named for what was found
    """Fields that cannot be so."""

    def __init__(self, fields: set[str]) -> None:
        super().__init__()
        self.fields = fields


async def get_settings(request: web.Request, shop: Shop) -> web.StreamResponse:
    return await _show(request, shop)


async def post_settings(request: web.Request, shop: Shop) -> web.StreamResponse:
    """Save one subject; or, with `preview`, show its looks and save nothing."""
    sent = await read_form(request, most=_MOST_FIELDS)
    subject = _subject(sent.get("subject", ""))
    told = typed(subject, sent)
    if "preview" in sent:
        return await _previewed(request, shop, subject, told)
    try:
        await _save(request, shop, subject, told, sent.get("seen", ""))
    except _Wrong as error:
        return await _show(request, shop, 422, subject=subject, told=told, wrong=error.fields)
    except _Same:
        return to(f"{at(shop, Part.SETTINGS)}?same#{subject}")
    except _Changed:
        now = await Merchants(request.app[DEPS].pool).shop(shop.merchant_id)
        return await _show(request, now or shop, 409, subject=subject, told=told, problem=GONE)
    return to(f"{at(shop, Part.SETTINGS)}?done#{subject}")


async def _save(
    request: web.Request, shop: Shop, subject: Subject, told: Fields, seen: str
) -> None:
    """Raises _Changed, _Same, _Wrong, StoreUnavailable."""
    deps = request.app[DEPS]
    usual = usual_of(deps)

    def change(now: Shop) -> Shop:
        before = fields_of(subject, now.settings, usual)
        if _sign(request, subject, before) != seen:
            raise _Changed
        settings = changed(subject, told, now.settings, usual, deps.settings)
        if isinstance(settings, set):
            raise _Wrong(settings)
        if fields_of(subject, settings, usual) == before:
            raise _Same
        return replace(now, settings=settings)

    def noting(before: Shop, after: Shop) -> Noting:
        fields = [fields_of(subject, each.settings, usual) for each in (before, after)]
        return deed(
            request,
            Action.SHOP_CHANGED,
            shop.merchant_id,
            subject=subject,
            changed=difference(*fields),
        )

    await Merchants(deps.pool).change_shop(shop.merchant_id, change, noting)


async def _previewed(
    request: web.Request, shop: Shop, subject: Subject, told: Fields
) -> web.StreamResponse:
    deps = request.app[DEPS]
    looks = changed(subject, told, shop.settings, usual_of(deps), deps.settings)
    if isinstance(looks, set):
        return await _show(request, shop, 422, subject=subject, told=told, wrong=looks)
    return await _show(request, shop, subject=subject, told=told, looks=looks)


async def _show(
    request: web.Request,
    shop: Shop,
    status: int = 200,
    *,
    subject: Subject | None = None,
    told: Fields | None = None,
    wrong: set[str] | None = None,
    problem: str | None = None,
    looks: ShopSettings | None = None,
) -> web.Response:
    """`told`: what was typed for `subject`, kept; `wrong`: which of its fields cannot be so."""
    deps, words, language = request.app[DEPS], words_for(request), language_of(request)
    usual = usual_of(deps)
    kept = {each: fields_of(each, shop.settings, usual) for each in Subject}
    said = problem or (_CHECK if wrong else None)
    response = shop_page(
        request,
        shop,
        Part.SETTINGS,
        "settings",
        status,
        values=kept | ({subject: told} if subject and told else {}),
        signs={each: _sign(request, each, kept[each]) for each in Subject},
        wrong={
            name: words.gettext(text) if name in (wrong or ()) else None
            for name, text in WRONG.items()
        },
        at_fault=subject if said else None,
        problem=words.gettext(said) if said else None,
        is_draft=looks is not None,
        stands=_stands(kept[subject], told, words) if subject and told and problem else (),
        titles={each: words.gettext(text) for each, text in TITLES.items()},
        labels={name: words.gettext(text) for name, text in LABELS.items()},
        surveys=[(each.value, words.gettext(text)) for each, text in SURVEYS.items()],
        spellings=[(each.value, words.gettext(text)) for each, text in _SPELLINGS.items()],
        page_languages=SUPPORTED,
        occasions=_occasions(words, language),
        ways=_ways(language),
        currency=deps.settings.sms_currency,
        served=" ".join(sorted(deps.settings.sms_countries)),
        preview=preview_of(request, shop, looks or shop.settings, _sample_language(shop, language)),
        history=await _history(request, shop, words),
    )
    response.headers["Content-Security-Policy"] = FRAMING
    return response


def _stands(kept: Fields, told: Fields, words: Words) -> list[tuple[Markup, str]]:
    """What somebody else has saved meanwhile where something else was typed."""
    changes = difference(told, kept)
    return [_change(name, each, words)[::2] for name, each in changes.items()]


def _sample_language(shop: Shop, language: str) -> str:
    return shop.settings.language or language


def _occasions(words: Words, language: str) -> list[tuple[str, Markup, Markup]]:
    """Each with what it is about, and when it is said."""
    shopper = words_of(language)
    return [
        (each.value, shopper.gettext(ABOUT[each]), words.gettext(RULE[each])) for each in Occasion
    ]


def _ways(language: str) -> dict[str, Markup]:
    return {each.value: words_of(language).gettext(BY[each]) for each in Channel}


def _subject(name: str) -> Subject:
    if name not in set(Subject):
        raise not_found()
    return Subject(name)


def _sign(request: web.Request, subject: Subject, fields: Fields) -> str:
    return sign(request, subject, json.dumps(fields, sort_keys=True))


async def _history(request: web.Request, shop: Shop, words: Words) -> list[dict[str, Any]]:
    deps, staff = request.app[DEPS], request[SESSION].staff
    rows = await StaffStore(deps.pool).audit_of_merchant(shop.merchant_id, _HISTORY, staff.shops)
    calendar = Calendar(words_of(words.language), HOME_ZONE, deps.now())
    return [_said(request, row, words, calendar) for row in rows]


def _said(request: web.Request, row: ShopDeed, words: Words, calendar: Calendar) -> dict[str, Any]:
    try:
        detail = detail_of(row, request.app[DEPS].sealer)
    except SealBroken:
        log.warning("audit.sealed_with_another_key")
        detail = {}
    return {
        "at": calendar.on(row.at),
        "who": row.email,
        "what": words.gettext(ACTIONS_SAID[row.action]),
        "changes": [_change(name, each, words) for name, each in detail.get("changed", {}).items()],
        "more": _what(row.action, detail.get("what"), words),
    }


def _what(action: Action, what: str | None, words: Words) -> Markup | str | None:
    """Of which one, or how many."""
    if what is None or not what.isdigit():
        return what
    if action is Action.POLICY_LOADED:
        return words.gettext("Version %(n)d", n=int(what))
    return words.ngettext("%(n)d line", "%(n)d lines", int(what))


def _change(name: str, old_new: tuple[str, str], words: Words) -> tuple[Markup, str, str]:
    """A field's name, what was and what is; ways of an occasion by their names."""
    language = words.language
    if name in set(Occasion):
        ways = _ways(language)
        old, new = (", ".join(ways.get(way, way) for way in each.split()) for each in old_new)
        return words_of(language).gettext(ABOUT[Occasion(name)]), old, new
    return words.gettext(LABELS.get(name, name)), *old_new


SETTINGS_PAGES: Final = (
    shown(
        f"{SHOP}/{Part.SETTINGS}",
        for_shop(Part.SETTINGS, get_settings),
        "What a shop set, and who changed it",
    ),
    form(
        f"{SHOP}/{Part.SETTINGS}", for_shop(Part.SETTINGS, post_settings), "Save what a shop sets"
    ),
)
