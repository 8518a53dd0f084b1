"""The pages of the quarantine: what waits, one thing of it, and what its code may mean."""

from collections.abc import Mapping
from typing import Any, Final, get_args

from aiohttp import web
from markupsafe import Markup

from schemas.status import Handover, Reason, Status
from tracking.carriers import CARRIERS
from tracking.carriers.base import Meaning
from tracking.carriers.klat import HOME_ZONE
from tracking.domain.meanings import Field
from tracking.prefix import UuidRange
from tracking.retry import Retried
from tracking.store.code_map import Mapped, list_code_map, meanings_of
from tracking.store.pool import connection
from tracking.store.quarantine import (
    QuarantineEntry,
    Why,
    count_quarantine,
    find_quarantined,
    list_quarantine,
    quarantine_of_reason,
)
from tracking.store.unrecognised import count_by_code, parcels_by_code
from tracking.web.console.frame import language_of, page, words_for
from tracking.web.console.guard import HOME, Form
from tracking.web.console.shop.door import id_of
from tracking.web.deps import DEPS
from tracking.web.problem import not_found
from tracking.web.wording import CAUSE, handed, status_word
from tracking.words.catalog import N_, Words, words_of
from tracking.words.dates import Calendar

QUARANTINE: Final = f"{HOME}/quarantine"
INFORMATIONAL: Final = "informational"
RETRACTS: Final = "retracts"
_MOST: Final = 100
_SHOWN: Final = 64 * 1024  # bytes of a payload
_NOTHING: Final[Mapping[Field, str]] = {}
_WHY: Final[Mapping[Why, str]] = {
    "malformed": N_("Cannot be read"),
    "unknown_code": N_("Code that nobody knows"),
    "too_large": N_("Too large"),
    "event_id_reused": N_("Event id used twice"),
    "unknown_format": N_("Unknown format"),
    "too_many_scans": N_("Too many events of one parcel"),
}


_SAID: Final[Mapping[Why, str]] = {
    "malformed": N_("It lacks something, or something in it cannot be so. More says what."),
    "unknown_code": N_("Nobody has said yet what this code means. Say it below."),
    "too_large": N_("It was too large to be kept. Whoever sends it has to send less at a time."),
    "event_id_reused": N_(
        "Its id stands already for an event with another content. Whoever sends it has to give"
        " every event an id of its own."
    ),
    "unknown_format": N_("This release does not read what came in such a form."),
    "too_many_scans": N_(
        "This parcel has as many different events as are kept of one. Look for what sends them,"
        " then close this."
    ),
}


async def entry_of(request: web.Request) -> QuarantineEntry:
    """Raises a 404 problem."""
    quarantine_id, deps = id_of(request, "quarantine_id"), request.app[DEPS]
    async with connection(deps.pool) as conn:
        found = await find_quarantined(conn, UuidRange(quarantine_id, quarantine_id), deps.sealer)
    if not found:
        raise not_found()
    return found[0]


async def show_list(
    request: web.Request,
    status: int = 200,
    *,
    problem: str | None = None,
    retried: Retried | None = None,
) -> web.Response:
    words, deps = words_for(request), request.app[DEPS]
    asked = next((each for each in get_args(Why) if each == request.query.get("reason")), None)
    async with connection(deps.pool) as conn:
        counts, mapped = await count_quarantine(conn), await list_code_map(conn)
        found = (
            await quarantine_of_reason(conn, asked, _MOST)
            if asked
            else await list_quarantine(conn, _MOST)
        )
    calendar = _calendar(request)
    return page(
        request,
        "shop/quarantine",
        status,
        here=QUARANTINE,
        done="done" in request.query,
        problem=words.gettext(problem) if problem else None,
        retried=retried,
        reasons=[(why, words.gettext(_WHY[why]), count) for why, count in counts.items() if count],
        asked=asked,
        entries=[_row(each, words, calendar) for each in found],
        is_cut=len(found) == _MOST,
        mapped=[
            {"carrier": carrier, "code": code, "means": _in_words(each.meaning, words)}
            for (carrier, code), each in mapped.items()
        ],
    )


async def show_one(
    request: web.Request,
    status: int = 200,
    *,
    problem: str | None = None,
    typed: Form | None = None,
    body: str | None = None,
    retried: Retried | None = None,
    wrong: Mapping[Field, str] = _NOTHING,
) -> web.Response:
    """`body`: its bytes as text, for who asked to see them. `wrong`: what is, by the field."""
    words, deps, entry = words_for(request), request.app[DEPS], await entry_of(request)
    is_code = entry.why == "unknown_code" and entry.carrier and entry.code
    scans, parcels, known = 0, 0, None
    if is_code:
        key = entry.carrier or "", entry.code or ""
        async with connection(deps.pool) as conn:
            scans, parcels = await count_by_code(conn, *key), await parcels_by_code(conn, *key)
            known = (await meanings_of(conn, [key])).get(key)
    kept = _as_typed(known.meaning) if known else {}
    return page(
        request,
        "shop/quarantine_entry",
        status,
        here=QUARANTINE,
        problem=words.gettext(problem) if problem else None,
        entry=_row(entry, words, _calendar(request)),
        said=_meant(known, words, _calendar(request)) or words.gettext(_SAID[entry.why]),
        size=entry.size,
        has_body=entry.body is not None,
        key_gone=entry.key_gone,
        body=body,
        is_cut=entry.size > _SHOWN,
        is_code=is_code,
        scans=scans,
        parcels=parcels,
        retried=retried,
        wrong={name: words.gettext(text) for name, text in wrong.items()},
        typed={name: (typed or kept).get(name, "") for name in ("status", "reason", "handover")},
        **_choices(words),
    )


def _meant(known: Mapped | None, words: Words, calendar: Calendar) -> Markup | None:
    """What somebody has said that its code means; None where nobody has."""
    if known is None:
        return None
    return words.gettext(
        N_("It means: %(meaning)s. That was said %(when)s, and can be changed below."),
        meaning=_in_words(known.meaning, words),
        when=calendar.on(known.mapped_at),
    )


def _as_typed(meaning: Meaning) -> Form:
    status = meaning.status or (RETRACTS if meaning.retracts_delivery else INFORMATIONAL)
    return {"status": status, "reason": meaning.reason or "", "handover": meaning.handover or ""}


def _choices(words: Words) -> dict[str, Any]:
    """What a code may mean, in words."""
    shopper = words_of(words.language)
    return {
        "statuses": [
            ("", words.gettext(N_("Choose"))),
            (INFORMATIONAL, words.gettext(N_("Changes nothing"))),
            (RETRACTS, words.gettext(N_("Takes the latest delivery back"))),
            *((each.value, status_word(shopper, each, None)) for each in Status),
        ],
        "causes": [("", "–"), *((each.value, shopper.gettext(CAUSE[each])) for each in Reason)],
        "handovers": [("", "–"), *((each.value, handed(shopper, each)) for each in Handover)],
    }


def _in_words(meaning: Meaning, words: Words) -> str:
    if meaning.retracts_delivery:
        return words.gettext(N_("Takes the latest delivery back"))
    if meaning.status is None:
        return words.gettext(N_("Changes nothing"))
    shopper = words_of(words.language)
    said = [status_word(shopper, meaning.status, meaning.handover)]
    if meaning.reason:
        said.append(shopper.gettext(CAUSE[meaning.reason]))
    return ": ".join(said)


def _row(each: QuarantineEntry, words: Words, calendar: Calendar) -> dict[str, Any]:
    carrier = CARRIERS.get(each.carrier or "")
    return {
        "id": each.quarantine_id,
        "why": words.gettext(_WHY[each.why]),
        "source": each.source,
        "carrier": carrier.name if carrier else each.carrier,
        "code": each.code,
        "detail": each.detail,
        "count": each.count,
        "first": calendar.on(each.first_at),
        "last": calendar.on(each.last_at),
    }


def text_of(entry: QuarantineEntry) -> str:
    return (entry.body or b"")[:_SHOWN].decode("utf-8", "backslashreplace")


def _calendar(request: web.Request) -> Calendar:
    return Calendar(words_of(language_of(request)), HOME_ZONE, request.app[DEPS].now())
