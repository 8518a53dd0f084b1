"""A parcel's life in words, as its page of the console shows it. Pure."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from markupsafe import Markup

from schemas.compensation import CompensationBody, CompensationState
from schemas.contact import Person, Recipient
from tracking.web.answer import read_answer
from tracking.web.console.aside import waited_for
from tracking.web.console.entry import AT_FIRST, KINDS, Kind
from tracking.web.console.guard import parcel_of
from tracking.web.console.life import Life
from tracking.web.console.rules import rule_said
from tracking.web.console.steps import NOTHING, WHERE, next_steps
from tracking.web.console.story import MOVED, Teller
from tracking.web.wording import status_word
from tracking.why_paid import NotPaid, WhyNot
from tracking.words.catalog import N_, Words
from tracking.words.dates import Calendar
from tracking.words.language import SUPPORTED
from tracking.words.money import money_text

_FIELDS: Final = (
    ("name", N_("Name"), 200),
    ("phone", N_("Phone"), 40),
    ("email", N_("E-mail"), 254),
    ("postcode", N_("Postcode"), 20),
    ("country", N_("Country"), 60),
    ("language", N_("Language"), 12),
)
_HELD: Final = frozenset({CompensationState.ISSUED, CompensationState.REDEEMED})
"""What of it the shopper has; of the others a code says nothing."""
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


def shown(
    life: Life, words: Words, shopper: Words, calendar: Calendar, approvable: Collection[int]
) -> dict[str, Any]:
    """For its template; `approvable` are the tiers to which who looks may say yes."""
    answer = read_answer(life.view, shopper, calendar)
    steps, state = next_steps(life, calendar.now), life.view.state
    return {
        "life": life,
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
        "paid": [_paid(each, words, shopper, approvable) for each in life.paid],
        "why": [_why_not(each, words, calendar) for each in life.why],
        "days": Teller(words, shopper, calendar).story(life),
        "kinds": [(each.value, words.gettext(KINDS[each]), each in AT_FIRST) for each in Kind],
        "waits": list(waited_for(life.beside, words, calendar)),
        "zone": calendar.place(entry.at for entry in life.view.history),
    }


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


def _paid(
    paid: CompensationBody, words: Words, shopper: Words, approvable: Collection[int]
) -> dict[str, Any]:
    is_held = paid.state in _HELD
    worth = max((paid.amount, *(each.amount for each in paid.moves)), key=lambda each: each.cents)
    return {
        "amount": money_text(paid.amount if paid.amount.cents else worth, shopper),
        "used": money_text(paid.used, shopper) if paid.used.cents else None,
        "rule": rule_said(paid.rule, words),
        "code": paid.code if is_held else None,
        "state": words.gettext(MOVED[paid.state]),
        "is_held": is_held,
        "tier": paid.tier,
        "may_approve": paid.tier in approvable,
        "waits": paid.state is CompensationState.PROPOSED,
    }
