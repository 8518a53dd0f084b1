"""What each channel says after the news."""

from collections.abc import Mapping
from typing import Final

from notifier.values import Values
from notifier.wording import Line, Text
from schemas.notice import Occasion
from tracking.words.catalog import N_

PICKUP: Final = frozenset(
    {
        Occasion.READY_FOR_PICKUP,
        Occasion.PICKUP_HALF_TIME,
        Occasion.PICKUP_LAST_DAY,
        Occasion.PICKUP_LAST_HOURS,
    }
)
_ACT: Final = frozenset({Occasion.ATTEMPT_FAILED, Occasion.HELD, Occasion.RETURNING})
HINDERED: Final = _ACT | {Occasion.DELAYED}
"""Of these a reason is told; beside others it would be one of yesterday."""
_LINK: Final = ("%(link)s",)

# An SMS: when it comes, else why it does not; what opens the door; the link, which comes last.
_SMS: Final[Text] = (("%(arrival)s", "%(cause)s"), _LINK)
_SMS_TO_ACT: Final[Text] = (("%(arrival)s", "%(cause)s"), (N_("What to do: %(link)s"),))
_SMS_TO_COLLECT: Final[Text] = ((N_("Code: %(code)s"),), _LINK)
_SMS_BONUS: Final[Text] = (
    (N_("Code %(bonus_until)s: %(bonus)s"), N_("Code: %(bonus)s")),
    _LINK,
)

_MAIL: Final[Text] = (
    ("%(arrival)s",),
    ("%(cause)s",),
    ("%(left)s",),
    ("%(warning)s",),
    ("%(advice)s",),
)
_MAIL_ELSE: Final[Mapping[Occasion, Text]] = {
    Occasion.BONUS_GRANTED: ((N_("Your parcel did not come at the promised time."),),),
    Occasion.BONUS_WITHDRAWN: (
        (
            N_(
                "It turned out that no bonus was due for this parcel."
                " What you have used already is yours."
            ),
        ),
    ),
    Occasion.CASE_REPLY: ((N_("If there is more to say, write on the page of the parcel."),),),
    Occasion.DELIVERY_RETRACTED: (
        (N_("The earlier message from the carrier was a mistake. We are sorry."),),
        ("%(arrival)s",),
        ("%(warning)s",),
        ("%(advice)s",),
    ),
}
_MAIL_GOODWILL: Final[Text] = ((N_("%(brand)s gives you this bonus."),),)

_PUSH_TO_COLLECT: Final[Line] = (
    N_("%(brand)s: You can collect it %(until)s."),
    N_("%(brand)s: See where you can collect it."),
)
_PUSH_TO_ACT: Final[Line] = (N_("%(brand)s: See what to do now."),)
_PUSH: Final[Line] = ("%(brand)s: %(arrival)s", N_("%(brand)s: See the details."))


WITH_ORDER: Final = N_("%(news)s (order %(order)s)")


def sms_lines(occasion: Occasion) -> Text:
    if occasion is Occasion.CASE_REPLY:
        return (_LINK,)
    if occasion is Occasion.BONUS_GRANTED:
        return _SMS_BONUS
    if occasion in PICKUP:
        return _SMS_TO_COLLECT
    return _SMS_TO_ACT if occasion in _ACT else _SMS


def mail_lines(values: Values) -> Text:
    if values.occasion is Occasion.BONUS_GRANTED and values.bonus and not values.bonus.for_delay:
        return _MAIL_GOODWILL
    return _MAIL_ELSE.get(values.occasion, _MAIL)


def push_line(occasion: Occasion) -> Line:
    if occasion in PICKUP:
        return _PUSH_TO_COLLECT
    return _PUSH_TO_ACT if occasion in _ACT else _PUSH
