"""The recipient corrected by hand: a number misheard, an address with a slip."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final
from uuid import UUID

from aiohttp import web
from phonenumbers import SUPPORTED_REGIONS
from pydantic import ValidationError

from schemas.contact import Recipient
from schemas.staff import Action
from tracking.correct import ContactChanged, correct_recipient
from tracking.sealing import SealBroken
from tracking.staff.audit import Noting
from tracking.web.console.doing import GONE, asked_for, noting
from tracking.web.console.errors import for_people
from tracking.web.console.guard import HOME, Form, for_staff, parcel_of, to
from tracking.web.console.parcel import show_parcel
from tracking.web.deps import DEPS
from tracking.web.routing import Route
from tracking.words.catalog import N_

_FIELDS: Final = ("country", "name", "phone", "email", "language", "postcode")
_WRONG: Final[Mapping[str, str]] = {
    "country": N_("Country: two letters, such as LV."),
    "name": N_("Name: 200 characters at most."),
    "phone": N_("Phone: with its country, such as +371 20 000 001."),
    "email": N_("E-mail: an address such as anna@example.lv."),
    "language": N_("Language: two letters, such as lv."),
    "postcode": N_("Postcode: letters and digits, 20 at most."),
}
_COUNTRIES: Final = frozenset(SUPPORTED_REGIONS)
_POSTCODE: Final = re.compile(r"[\w -]+")
NOBODY: Final = N_(
    "Without a phone and an e-mail nobody can be told of it. Tick the box if that is meant."
)
UNREADABLE: Final = N_("What the shop told cannot be opened: its secret key is missing here.")


@for_people
async def post_contact(request: web.Request) -> web.StreamResponse:
    shipment_id, form = await asked_for(request)
    deps = request.app[DEPS]
    try:
        recipient = Recipient(**_told(form))
    except ValidationError as error:
        return await show_parcel(request, 422, wrong=_WRONG[_field(error)], typed=_told(form))
    wrong = _wrong(recipient, form)
    if wrong is not None:
        return await show_parcel(request, 422, wrong=wrong, typed=_told(form))
    try:
        await correct_recipient(
            deps.pool,
            deps.sealer,
            shipment_id,
            recipient,
            form.get("seen", ""),
            now=deps.now(),
            noting=partial(_noting, request, shipment_id),
        )
    except SealBroken:
        return await show_parcel(request, 409, wrong=UNREADABLE)
    except ContactChanged:
        return await show_parcel(request, 409, wrong=GONE)
    return to(f"{parcel_of(shipment_id)}?done")


def _wrong(recipient: Recipient, form: Form) -> str | None:
    """What a person may mistype, and a shop's system does not."""
    if recipient.country and recipient.country not in _COUNTRIES:
        return _WRONG["country"]
    if recipient.postcode and not _POSTCODE.fullmatch(recipient.postcode):
        return _WRONG["postcode"]
    is_silent = recipient.phone is None and recipient.email is None
    return NOBODY if is_silent and not form.get("nobody") else None


def _noting(request: web.Request, shipment_id: UUID, fields: tuple[str, ...]) -> Noting:
    return noting(request, Action.CONTACT_CORRECTED, shipment_id, fields=fields)


def _told(form: Form) -> dict[str, Any]:
    return {name: form.get(name, "").strip() or None for name in _FIELDS}


def _field(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]["loc"]
    return str(first[0]) if first and first[0] in _WRONG else "name"


CONTACT_FORM: Final = Route(
    "POST",
    f"{HOME}/parcels/{{shipment_id}}/recipient",
    for_staff(post_contact),
    "Correct the recipient",
    access="session",
    media=("application/x-www-form-urlencoded",),
    answers={303: None},
)
