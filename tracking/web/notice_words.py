"""Notices by name: what each is about, and by which way it goes. English, translated where used."""

from collections.abc import Mapping
from typing import Final

from schemas.notice import Channel, Occasion
from schemas.status import Status
from tracking.web.wording import STATUS
from tracking.words.catalog import N_

_REMINDER: Final = N_("Reminder to collect it")
ABOUT: Final[Mapping[Occasion, str]] = {
    Occasion.REGISTERED: STATUS[Status.INFO_RECEIVED],
    Occasion.ACCEPTED: STATUS[Status.ACCEPTED],
    Occasion.OUT_FOR_DELIVERY: STATUS[Status.OUT_FOR_DELIVERY],
    Occasion.DELIVERY_TIME_CHANGED: N_("New delivery time"),
    Occasion.ARRIVING_NEXT: N_("Arriving soon"),
    Occasion.READY_FOR_PICKUP: STATUS[Status.READY_FOR_PICKUP],
    Occasion.PICKUP_HALF_TIME: _REMINDER,
    Occasion.PICKUP_LAST_DAY: _REMINDER,
    Occasion.PICKUP_LAST_HOURS: _REMINDER,
    Occasion.ATTEMPT_FAILED: STATUS[Status.ATTEMPT_FAILED],
    Occasion.HELD: STATUS[Status.HELD],
    Occasion.DELAYED: N_("Late"),
    Occasion.DELIVERED: STATUS[Status.DELIVERED],
    Occasion.RETURNING: STATUS[Status.RETURNING],
    Occasion.DELIVERY_RETRACTED: N_("Correction"),
    Occasion.BONUS_GRANTED: N_("Bonus"),
    Occasion.BONUS_WITHDRAWN: N_("Bonus withdrawn"),
    Occasion.CASE_REPLY: N_("Answer to a question"),
}
BY: Final[Mapping[Channel, str]] = {
    Channel.SMS: N_("Text message"),
    Channel.EMAIL: N_("E-mail"),
    Channel.PUSH: N_("Notification"),
}
