"""The parcel page of the console: what it is, what to do next, and its whole life."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import uuid4

from aiohttp import web
from markupsafe import Markup

from schemas.compensation import CompensationBody, CompensationState
from schemas.contact import Person, Recipient
from schemas.staff import StaffRole
from tracking.by_hand import TELLABLE, Told
from tracking.correct import contact_sign
from tracking.staff.audit import note_seen
from tracking.store.registrations import Registrations
from tracking.store.staff import StaffStore
from tracking.web.answer import read_answer
from tracking.web.console.aside import waited_for
from tracking.web.console.conversation import CaseForm, call_form, cards, chosen, read_talk
from tracking.web.console.entry import AT_FIRST, KINDS, Kind
from tracking.web.console.errors import for_people
from tracking.web.console.frame import language_of, page, words_for
from tracking.web.console.grants import grantable
from tracking.web.console.guard import HOME, SESSION, for_staff, parcel_of
from tracking.web.console.life import Life, may_see, read_life
from tracking.web.console.rules import rule_said
from tracking.web.console.steps import NOTHING, WHERE, next_steps
from tracking.web.console.story import Teller
from tracking.web.console.tell import sayings
from tracking.web.deps import DEPS
from tracking.web.merchant import asked_id
from tracking.web.problem import not_found
from tracking.web.routing import Route
from tracking.web.stream import stream_of
from tracking.web.wording import WENT_WRONG, event, status_word
from tracking.why_paid import NotPaid, WhyNot
from tracking.words.catalog import N_, Words, words_of
from tracking.words.dates import Calendar
from tracking.words.language import SUPPORTED
from tracking.words.money import money_text

_NOTHING_TOLD: Final = {"event": "", "at": "", "why": ""}
_SIGN: Final = re.compile(r"[0-9a-f]{32}")
_LIFE: Final = 300.0  # seconds of a stream: who is shut out sees no news beyond that
_FIELDS: Final = (
    ("name", N_("Name"), 200),
    ("phone", N_("Phone"), 40),
    ("email", N_("E-mail"), 254),
    ("postcode", N_("Postcode"), 20),
    ("country", N_("Country"), 60),
    ("language", N_("Language"), 12),
)
DECIDERS: Final = frozenset({StaffRole.LEAD, StaffRole.ADMIN})
_WHY: Final[Mapping[WhyNot, str]] = {
    WhyNot.NO_POLICY: N_("The shop had no bonus rules on the day of the promise."),
    WhyNot.NO_PROMISE: N_("Nothing was promised, and it is not lost."),
    WhyNot.CANCELLED: N_("It was cancelled."),
    WhyNot.IN_TIME: N_("In time. Promised: %(at)s. Arrived: %(there)s."),
    WhyNot.STILL_TO_COME: N_("Not late yet. Promised: %(at)s."),
    WhyNot.LATE: N_("Late. Promised: %(at)s. Arrived: %(there)s."),
    WhyNot.SHOPPER_HELD: N_(
        "The carrier could not hand it over to the shopper %(at)s: what came later does not count."
    ),
    WhyNot.SHOPPER_MOVED: N_("The shopper asked for another time %(at)s."),
    WhyNot.REFUSED: N_("The shopper refused it %(at)s."),
    WhyNot.FIRST_TIER: N_("The rules %(policy)s pay from then on: %(at)s."),
}


@for_people
async def get_parcel(request: web.Request) -> web.StreamResponse:
    return await show_parcel(request)


async def get_stream(request: web.Request) -> web.StreamResponse:
    """Says when there is news of it, or beside it."""
    shipment_id = asked_id(request)
    registration = await Registrations(request.app[DEPS].pool).registration(shipment_id)
    if not may_see(request[SESSION].staff, registration):
        raise not_found()
    beside = request.query.get("beside", "")
    return await stream_of(request, shipment_id, _LIFE, beside if _SIGN.fullmatch(beside) else "")


async def show_parcel(
    request: web.Request,
    status: int = 200,
    *,
    wrong: str | None = None,
    link: str | None = None,
    typed: Mapping[str, str | None] | None = None,
    text: str = "",
    case: CaseForm | None = None,
    granting: Mapping[str, str] | None = None,
    telling: Mapping[str, str] | None = None,
) -> web.Response:
    """`wrong`: why what was just asked was not done; what was typed stands
    in `typed`, `text`, `granting` and `telling`.

    `case`: the same of an answer to a case.

    `link`: a new one, shown this once.
    """
    deps, staff, shipment_id = request.app[DEPS], request[SESSION].staff, asked_id(request)
    life = await read_life(deps, staff, shipment_id)
    if life is None:
        raise not_found()
    now = deps.now()
    await note_seen(StaffStore(deps.pool), staff, shipment_id, now)
    words, shopper = words_for(request), words_of(language_of(request))
    calendar = Calendar(shopper, life.view.zone, now)
    talk, form = await read_talk(deps, life, staff), case or chosen(request)
    return page(
        request,
        "parcel",
        status,
        wrong=words.gettext(wrong) if wrong else None,
        link=link,
        text=text,
        typed=typed or _recipient(life),
        is_open=typed is not None,
        done="done" in request.query,
        may_decide=staff.role in DECIDERS,
        cases=cards(life, talk, form, staff, words, calendar),
        call=call_form(talk, form, words, shopper),
        grant=await grantable(request, shipment_id, words) if life.registration else None,
        granting=granting or {"amount": "", "why": ""},
        telling={**_NOTHING_TOLD, **(telling or {})},
        is_telling=telling is not None,
        tellable=[(name, _label(told, shopper)) for name, told in TELLABLE.items()],
        form_id=(telling or {}).get("id") or uuid4(),
        loaded=(telling or {}).get("loaded") or now.isoformat(),
        is_granting=granting is not None,
        sayings=await sayings(request, shipment_id, shopper),
        is_admin=staff.role is StaffRole.ADMIN,
        **_shown(life, words, shopper, calendar, contact_sign(deps.sealer, life.contact)),
    )


def _shown(
    life: Life, words: Words, shopper: Words, calendar: Calendar, seen: str
) -> dict[str, Any]:
    answer = read_answer(life.view, shopper, calendar)
    steps, state = next_steps(life, calendar.now), life.view.state
    return {
        "life": life,
        "seen": seen,
        "here": parcel_of(life.row.shipment_id),
        "state": state,
        "answer": answer,
        "standing": status_word(shopper, state.status, state.handover),
        "advice": shopper.gettext(answer.advice.text) if answer.advice else None,
        "steps": [(words.gettext(each), WHERE.get(each)) for each in steps],
        "calm": steps == [NOTHING],
        "people": [_person(each, words) for each in _people(life)],
        "fields": [(name, words.gettext(label), longest) for name, label, longest in _FIELDS],
        "facts": list(_facts(life, words, calendar)),
        "paid": [_paid(each, words, shopper) for each in life.paid],
        "why": [_why_not(each, words, calendar) for each in life.why],
        "days": Teller(words, shopper, calendar).story(life),
        "kinds": [(each.value, words.gettext(KINDS[each]), each in AT_FIRST) for each in Kind],
        "waits": list(waited_for(life.beside, words, calendar)),
        "zone": calendar.place(entry.at for entry in life.view.history),
    }


def _label(told: Told, shopper: Words) -> Markup:
    if told.reason is not None:
        return shopper.gettext(WENT_WRONG[told.reason])
    return event(shopper, told.status, told.handover)


def _recipient(life: Life) -> Mapping[str, str | None]:
    return (life.contact.recipient or Recipient()).model_dump()


def _people(life: Life) -> list[Person]:
    return [each for each in (life.contact.recipient, life.contact.buyer) if each]


def _person(person: Person, words: Words) -> dict[str, Any]:
    is_recipient = isinstance(person, Recipient)
    postcode = person.postcode if isinstance(person, Recipient) else None
    country = words.locale.territories.get(person.country or "", person.country)
    place = ", ".join(filter(None, (postcode, country)))
    return {
        "who": words.gettext("Recipient") if is_recipient else words.gettext("Buyer"),
        "name": person.name,
        "phone": person.phone,
        "email": person.email,
        "place": place,
        "language": SUPPORTED.get(person.language or "", person.language),
    }


def _facts(life: Life, words: Words, calendar: Calendar) -> Iterator[tuple[Markup, str]]:
    state, promise = life.view.state, life.promised.promise
    if promise is not None:
        yield words.gettext("Promised"), calendar.by(promise.by)
        if promise.first_by != promise.by:
            yield words.gettext("First promised"), calendar.by(promise.first_by)
    if state.estimate is not None and state.estimate.ends is not None:
        yield words.gettext("The carrier says"), calendar.by(state.estimate.ends)
    if life.promised.expected is not None:
        yield words.gettext("Nine of ten like it come"), calendar.by(life.promised.expected.p90)
    if state.pickup_place is not None and state.pickup_place.name:
        yield words.gettext("Place"), state.pickup_place.name
    if state.pickup_until is not None:
        yield words.gettext("Waits"), calendar.until(state.pickup_until)
    if state.pickup_code:
        yield words.gettext("Pickup code"), state.pickup_code
    if state.attempts:
        yield words.gettext("Attempts"), str(state.attempts)


def _why_not(each: NotPaid, words: Words, calendar: Calendar) -> Markup:
    return words.gettext(
        _WHY[each.why],
        at=calendar.on(each.at) if each.at else "",
        there=calendar.on(each.there) if each.there else words.gettext("not there yet"),
        policy=each.policy or "",
    )


def _paid(paid: CompensationBody, words: Words, shopper: Words) -> dict[str, Any]:
    return {
        "amount": money_text(paid.amount, shopper),
        "used": money_text(paid.used, shopper) if paid.used.cents else None,
        "rule": rule_said(paid.rule, words),
        "code": paid.code,
        "tier": paid.tier,
        "waits": paid.state is CompensationState.PROPOSED,
    }


PARCEL_PAGES: Final = (
    Route(
        "GET",
        f"{HOME}/parcels/{{shipment_id}}",
        for_staff(get_parcel),
        "A parcel's whole life",
        access="session",
        answers={200: "text/html"},
    ),
    Route(
        "GET",
        f"{HOME}/parcels/{{shipment_id}}/stream",
        for_staff(get_stream),
        "News of a parcel",
        access="session",
        answers={200: "text/event-stream"},
        timed=False,
    ),
)
