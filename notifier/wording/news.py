"""The news of each occasion in one sentence: the first of an SMS, the heading of an e-mail.

Without a full stop. The barest form says nothing from outside: it is the subject of the e-mail and
the title of the push, so that a locked screen shows it to anybody.
"""

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from notifier.values import Values
from notifier.wording import Line
from schemas.notice import Occasion
from schemas.status import Handover, Reason
from tracking.web.wording import COLLECTED_FROM, CUSTOMS
from tracking.words.catalog import N_

_NEWS: Final[dict[Occasion, Line]] = {
    Occasion.REGISTERED: (
        N_("%(carrier)s will bring your parcel"),
        N_("Your parcel is registered"),
    ),
    Occasion.ACCEPTED: (
        N_("The carrier %(carrier)s has your parcel"),
        N_("The carrier has your parcel"),
    ),
    Occasion.OUT_FOR_DELIVERY: (N_("Your parcel is out for delivery"),),
    Occasion.DELIVERY_TIME_CHANGED: (N_("New delivery time"),),
    Occasion.ARRIVING_NEXT: (N_("The courier is on the way with your parcel"),),
    Occasion.READY_FOR_PICKUP: (
        N_("Your parcel is waiting in the locker %(locker)s %(until)s"),
        N_("Your parcel is waiting in the locker %(locker)s"),
        N_("Your parcel is waiting at the pickup point %(counter)s %(until)s"),
        N_("Your parcel is waiting at the pickup point %(counter)s"),
        N_("You can collect your parcel %(until)s: %(place)s"),
        N_("You can collect your parcel here: %(place)s"),
        N_("You can collect your parcel"),
    ),
    Occasion.PICKUP_HALF_TIME: (
        N_("Your parcel is still waiting in the locker %(locker)s %(until)s"),
        N_("Your parcel is still waiting at the pickup point %(counter)s %(until)s"),
        N_("You can still collect your parcel %(until)s: %(place)s"),
        N_("Your parcel is still waiting"),
    ),
    Occasion.PICKUP_LAST_DAY: (
        N_("Last day: your parcel is waiting in the locker %(locker)s %(until)s"),
        N_("Last day: your parcel is waiting at the pickup point %(counter)s %(until)s"),
        N_("Last day: you can collect your parcel %(until)s: %(place)s"),
        N_("Last day to collect your parcel"),
    ),
    Occasion.PICKUP_LAST_HOURS: (
        N_("Last hours: your parcel is waiting in the locker %(locker)s %(until)s"),
        N_("Last hours: your parcel is waiting at the pickup point %(counter)s %(until)s"),
        N_("Last hours: you can collect your parcel %(until)s: %(place)s"),
        N_("Last hours to collect your parcel"),
    ),
    Occasion.ATTEMPT_FAILED: (N_("The courier could not deliver your parcel"),),
    Occasion.HELD: (N_("The carrier is holding your parcel"),),
    Occasion.DELAYED: (N_("Sorry, your parcel is late"),),
    Occasion.DELIVERED: (N_("Your parcel was delivered"),),
    Occasion.RETURNING: (N_("Your parcel is going back to the sender"),),
    Occasion.DELIVERY_RETRACTED: (N_("Correction: your parcel is not delivered yet"),),
    Occasion.BONUS_GRANTED: (
        N_("Sorry for the delay: %(amount)s for your next order"),
        N_("Sorry for the delay: a bonus for you"),
    ),
    Occasion.BONUS_WITHDRAWN: (
        N_("Your bonus code %(bonus)s is no longer valid"),
        N_("Your bonus code is no longer valid"),
    ),
    Occasion.CASE_REPLY: (
        N_("Answer to your question: %(answer)s"),
        N_("Here is the answer to your question"),
    ),
}
_DELIVERED: Final[dict[Handover, Line]] = {
    Handover.NEIGHBOUR: (N_("Your parcel was left with a neighbour"),),
    Handover.SAFE_PLACE: (N_("Your parcel was left in a safe place"),),
    Handover.MAILBOX: (N_("Your parcel was put in the mailbox"),),
    Handover.LOCKER: (N_("Your parcel was collected from the locker"),),
    Handover.PICKUP_POINT: (N_("Your parcel was collected from the pickup point"),),
    Handover.SENDER: (N_("Your parcel was given back to the sender"),),
}
# What was told of place, limit or code before holds no more.
_READY_ELSE: Final = (
    N_("Changed: your parcel is waiting in the locker %(locker)s %(until)s"),
    N_("Changed: your parcel is waiting in the locker %(locker)s"),
    N_("Changed: your parcel is waiting at the pickup point %(counter)s %(until)s"),
    N_("Changed: your parcel is waiting at the pickup point %(counter)s"),
    N_("Changed: you can collect your parcel %(until)s: %(place)s"),
    N_("Changed: you can collect your parcel here: %(place)s"),
    N_("Changed: you can collect your parcel"),
)
_WORST: Final[dict[Reason, Line]] = {
    Reason.CARRIER_LOST: (N_("The carrier cannot find your parcel"),),
    Reason.CARRIER_DAMAGED: (N_("Your parcel was damaged on the way"),),
    Reason.CARRIER_DESTROYED: (N_("Your parcel was destroyed on the way"),),
}
_AT_CUSTOMS: Final = (N_("Your parcel is held at customs"),)
_NOT_COLLECTED: Final = (N_("Your parcel was not collected in time"),)
_STILL_THERE: Final = (N_("Correction: your parcel is not collected yet"),)


_GOODWILL: Final = (N_("%(amount)s for your next order"), N_("A bonus for you"))


def news_says_why(values: Values) -> bool:
    is_told = values.reason is Reason.PICKUP_MISSED or values.reason in _WORST
    return values.occasion is Occasion.HELD and is_told


def news(values: Values) -> Line:
    """What there is to say, from the fullest to the barest."""
    usual = _NEWS[values.occasion]
    match values.occasion:
        case Occasion.BONUS_GRANTED if values.bonus and not values.bonus.for_delay:
            return _GOODWILL
        case Occasion.DELIVERED if values.handover:
            return _DELIVERED.get(values.handover, usual)
        case Occasion.DELIVERY_RETRACTED if values.handover in COLLECTED_FROM:
            return _STILL_THERE
        case Occasion.PICKUP_LAST_DAY if not _is_last_day(values):
            return _NEWS[Occasion.PICKUP_HALF_TIME]
        case Occasion.HELD if values.reason in CUSTOMS:
            return _AT_CUSTOMS
        case Occasion.READY_FOR_PICKUP if values.replaces:
            return _READY_ELSE
        case Occasion.HELD if values.reason in _WORST:
            return _WORST[values.reason]
        case Occasion.HELD if news_says_why(values):
            return _NOT_COLLECTED
    return usual


def _is_last_day(values: Values) -> bool:
    """Of a limit in the morning one is reminded on the day before."""
    if values.until is None:
        return True
    zone = ZoneInfo(values.zone)
    last = (values.until - timedelta(microseconds=1)).astimezone(zone)
    return last.date() == values.now.astimezone(zone).date()
