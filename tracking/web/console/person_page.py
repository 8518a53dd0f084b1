"""The page of a person's data: what is kept, handed over or erased, and what came of that."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from aiohttp import web

from tracking.person.erase import Plan
from tracking.person.who import is_whole, names_among
from tracking.web.console.errors import TOO_LONG_A_FILE
from tracking.web.console.frame import page, words_for
from tracking.web.console.guard import parcel_of
from tracking.web.console.person_asked import PARCEL, Asked, plan_of
from tracking.web.wording import status_word
from tracking.words.catalog import N_, Words, words_of

MOST_IN_A_FILE: Final = 200  # parcels
_OF: Final[Mapping[str, str]] = {
    "recipient_phone": N_("The recipient, by phone"),
    "recipient_email": N_("The recipient, by e-mail"),
    "buyer_phone": N_("The buyer, by phone"),
    "buyer_email": N_("The buyer, by e-mail"),
    PARCEL: N_("This parcel alone, with everybody it concerns"),
}
_ROWS: Final[Mapping[str, str]] = {
    "contacts": N_("names, phones and addresses"),
    "scans": N_("events of carriers"),
    "raw_payloads": N_("messages of carriers, as received"),
    "notices": N_("messages to shoppers"),
    "links": N_("links"),
    "browsers": N_("browsers that are told"),
    "search_index": N_("entries of the search"),
    "staff_notes": N_("notes of colleagues"),
    "case_words": N_("messages of conversations"),
    "survey_words": N_("words of surveys"),
    "audit_words": N_("words typed by staff"),
    "bonus_codes": N_("bonus codes"),
    "inbox_messages": N_("messages in the demo's inbox"),
    "payments": N_("reasons given with payments"),
    "quarantine": N_("messages in quarantine"),
    "parked_messages": N_("parked messages"),
    "kept_answers": N_("answers kept for shops"),
}
_CONFIRMED: Final = ("typed", "under_way", "bonus")


async def show_person(
    request: web.Request,
    asked: Asked,
    status: int = 200,
    *,
    wrong: str | None = None,
    typed: str = "",
) -> web.Response:
    planned = await plan_of(request, asked)
    return _page(request, asked, status, planned=planned, wrong=wrong, typed=typed)


def show_erased(
    request: web.Request, asked: Asked, rows: Mapping[str, int], receipt: UUID
) -> web.Response:
    return _page(request, asked, done=rows, receipt=receipt)


def show_unfinished(
    request: web.Request, asked: Asked, rows: Mapping[str, int], form: Mapping[str, str]
) -> web.Response:
    """With a button that says the same again, as it was confirmed."""
    again = {name: form[name] for name in _CONFIRMED if form.get(name)}
    return _page(request, asked, done=rows, again=again)


def _page(
    request: web.Request,
    asked: Asked,
    status: int = 200,
    *,
    planned: Plan | None = None,
    wrong: str | None = None,
    typed: str = "",
    done: Mapping[str, int] | None = None,
    receipt: UUID | None = None,
    again: Mapping[str, str] | None = None,
) -> web.Response:
    words = words_for(request)
    is_long = planned is not None and len(planned.shares) > MOST_IN_A_FILE
    return page(
        request,
        "person",
        status,
        here=parcel_of(asked.row.shipment_id),
        is_of_shop=asked.whom.merchant_id is not None,
        number=asked.row.tracking_number,
        of=asked.of,
        seen=asked.seen,
        choices=[(choice, words.gettext(_OF[choice])) for choice in asked.choices],
        plan=planned,
        names=names_among(planned.shares) if planned else [],
        parcels=_parcels(planned, words) if planned else [],
        rows=_rows(planned.rows if planned else {}, words),
        too_long=words.gettext(TOO_LONG_A_FILE) if is_long else None,
        done=_rows(done, words) if done is not None else None,
        receipt=receipt,
        again=again,
        wrong=words.gettext(wrong) if wrong else None,
        typed=typed,
    )


def _parcels(planned: Plan, words: Words) -> list[dict[str, Any]]:
    shopper = words_of(words.language)
    return [
        {
            "path": parcel_of(share.parcel.shipment_id),
            "number": share.parcel.tracking_number,
            "status": status_word(shopper, share.parcel.status, None),
            "is_under_way": share in planned.under_way,
            "has_bonus": share in planned.bonuses,
            "is_part": not is_whole(share),
        }
        for share in planned.shares
    ]


def _rows(rows: Mapping[str, int], words: Words) -> list[tuple[str, int]]:
    return [(words.gettext(_ROWS[kind]), rows[kind]) for kind in _ROWS if rows.get(kind)]
