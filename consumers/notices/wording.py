"""What a notice may say of a parcel: the state opened for its reader, and nothing beyond."""

from datetime import datetime
from typing import NamedTuple

from consumers.notices.answering import Answer
from consumers.notices.subject import zone_of
from notifier.occasions import OF_BONUS
from notifier.outside import typed
from notifier.rounds import replaces
from notifier.values import Bonus, Brand, Values
from schemas.api import Money
from schemas.contact import Person
from schemas.notice import Addressee, Key, Occasion
from schemas.scan import Window
from schemas.shipment import ShipmentState
from schemas.status import HINDERED
from tracking.bonus_code import code_context
from tracking.carriers import CARRIERS
from tracking.domain.slip import expected_by
from tracking.estimates import ENOUGH, days_of
from tracking.sealing import SealBroken, Sealer
from tracking.store.desk import Subject
from tracking.web.visible import full_state, public_state
from tracking.words.language import choose


class Links(NamedTuple):
    """Where a notice leads: to its parcel, and to hearing less."""

    page: str
    stop: str | None


def values_of(
    subject: Subject,
    person: Person,
    key: Key,
    links: Links,
    sealer: Sealer,
    now: datetime,
    answer: Answer | None = None,
) -> Values:
    """The window of before a hindrance is the one that failed: it is told no more.

    `answer`: what support wrote, to who asked in its language.
    """
    state = _opened(subject, key.addressee, sealer)
    carrier = CARRIERS.get(subject.carrier)
    return Values(
        occasion=key.occasion,
        addressee=key.addressee,
        language=choose(
            answer.language if answer else None, person.language, subject.merchant_language
        ),
        zone=zone_of(subject),
        now=now,
        brand=brand_of(subject),
        carrier=carrier.name if carrier else subject.carrier.title(),
        tracking_number=subject.tracking_number,
        link=links.page,
        stop=links.stop,
        order=subject.order,
        reason=state.reason,
        handover=state.handover,
        window=_of_others(subject, key, now) or _window(state),
        place=state.pickup_place,
        until=state.pickup_until,
        code=state.pickup_code,
        # As on the page: lockers read it instead of keys. What cannot be written is no QR either.
        qr=state.pickup_qr or typed(state.pickup_code),
        replaces=replaces(key, subject.told),
        bonus=_bonus(subject, sealer) if key.occasion in OF_BONUS else None,
        spelling=subject.settings.sms.spelling,
        parcel_markup=subject.settings.parcel_markup,
        answer=answer.text if answer else None,
    )


def _of_others(subject: Subject, key: Key, now: datetime) -> Window | None:
    """Who is told that it is late is told when it comes, though the carrier does not say."""
    eta, theirs = subject.eta, expected_by(subject.state.estimate)
    if key.occasion is not Occasion.DELAYED or (theirs is not None and theirs > now):
        return None
    if eta is None or eta.samples < ENOUGH:
        return None
    return days_of(eta.starts, eta.ends, zone_of(subject))


def _bonus(subject: Subject, sealer: Sealer) -> Bonus | None:
    """Where no key opens the code there is nothing to tell."""
    bonus = subject.bonus
    if bonus is None:
        return None
    try:
        code = sealer.open_text(bonus.code, code_context(subject.shipment_id))
    except SealBroken:
        return None
    amount = Money.from_cents(bonus.left, bonus.currency)
    return Bonus(code, amount, bonus.until, bonus.for_delay)


def _window(state: ShipmentState) -> Window | None:
    if state.status not in HINDERED:
        return state.estimate
    since, at = state.since, state.estimate_at
    return state.estimate if since and at and at >= since else None


def brand_of(subject: Subject) -> Brand:
    brand = subject.settings.brand
    name = brand.name or subject.merchant_name
    return Brand(name, brand.colour, brand.logo, subject.merchant_help)


def _opened(subject: Subject, addressee: Addressee, sealer: Sealer) -> ShipmentState:
    """The code is for the recipient; where no key opens it the notice goes without."""
    if addressee is Addressee.RECIPIENT:
        try:
            return full_state(subject.state, sealer, subject.carrier, subject.tracking_number)
        except SealBroken:
            return public_state(subject.state)
    return public_state(subject.state)
