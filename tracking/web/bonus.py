"""The bonus of a parcel, as its page shows it: whoever has the link sees that there is one, and the
code only who is the recipient. It is money: a link that was passed on pays nobody else.
"""

from dataclasses import replace
from typing import Any

import structlog

from schemas.api import Money
from tracking.bonus_code import code_context
from tracking.sealing import SealBroken, Sealer
from tracking.store.links import LinkTarget
from tracking.web.view import BonusView, ParcelView, UnlockState
from tracking.words.dates import Calendar
from tracking.words.inflection import whole
from tracking.words.money import money_text

log = structlog.get_logger()


def bonus_of(target: LinkTarget) -> BonusView | None:
    """Without its code; None where nothing is left of it."""
    if not target.bonus_left or target.bonus_until is None or target.bonus_currency is None:
        return None
    amount = Money.from_cents(target.bonus_left, target.bonus_currency)
    return BonusView(amount, target.bonus_until, for_delay=target.bonus_for_delay is not False)


def with_code(bonus: BonusView | None, target: LinkTarget, sealer: Sealer) -> BonusView | None:
    """The same, the code opened; as it was where no key opens it."""
    if bonus is None or target.bonus_code is None:
        return bonus
    try:
        code = sealer.open_text(target.bonus_code, code_context(target.shipment_id))
    except SealBroken:
        log.warning("bonus.sealed_with_another_key", shipment_id=target.shipment_id)
        return bonus
    return replace(bonus, code=code)


def bonus_card(view: ParcelView, calendar: Calendar) -> dict[str, Any] | None:
    """What the page says of it, until its time is over."""
    bonus = view.bonus
    if bonus is None or bonus.until <= calendar.now:
        return None
    return {
        "for_delay": bonus.for_delay,
        "amount": money_text(bonus.amount, calendar.words),
        "code": bonus.code if view.unlock is UnlockState.UNLOCKED else None,
        "until": whole(calendar.last_date(bonus.until)),
    }
