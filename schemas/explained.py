"""Why a notice was said or not, in words for support; docs/notices.md says the same (a test)."""

from collections.abc import Mapping
from typing import Final

from schemas.notice import Occasion

RULE: Final[Mapping[Occasion, str]] = {
    Occasion.REGISTERED: "the shop registered it, and nobody carries it yet",
    Occasion.ACCEPTED: "the carrier has it",
    Occasion.OUT_FOR_DELIVERY: "it comes today; once for each try",
    Occasion.DELIVERY_TIME_CHANGED: "the window told before moved by an hour or more, or hours are"
    " told for the first time (then not by text); three times for each try at most",
    Occasion.ARRIVING_NEXT: "half an hour before a window of 90 minutes or less",
    Occasion.READY_FOR_PICKUP: "it waits in a locker or at a counter; again where the id of the"
    " place or the code becomes another, or an hour and more of the time is gone",
    Occasion.PICKUP_HALF_TIME: "half of the time to collect is over; where there are 36 hours or"
    " more",
    Occasion.PICKUP_LAST_DAY: "at 10 on the last day; a limit before 14 is reminded of the day"
    " before",
    Occasion.PICKUP_LAST_HOURS: "three hours before the end",
    Occasion.ATTEMPT_FAILED: "nobody was there, or the like; for each try",
    Occasion.HELD: "customs, a fault, the weather; again where it asks for something else, or it"
    " is lost or damaged",
    Occasion.DELAYED: "the date of the carrier, or of parcels like it, is behind the promise, or"
    " its time has passed; once",
    Occasion.DELIVERED: "it was handed over, with to whom and where",
    Occasion.RETURNING: "it goes back to the sender",
    Occasion.DELIVERY_RETRACTED: '"delivered" was a mistake; each time, and only by ways by which'
    " that was told",
    Occasion.BONUS_GRANTED: "a bonus code for a late or lost parcel, and again when it is worth"
    " another sum",
    Occasion.BONUS_WITHDRAWN: "a code that was told turned out not to be owed; only by ways by"
    " which that was told, and if the shop's policy wants it",
    Occasion.CASE_REPLY: "support answers a question, by the way that was chosen, whatever is set",
}
"""When each occasion is said."""

_NUMBER: Final = "no text message may go to such a number"
REASON: Final[Mapping[str, str]] = {
    **dict.fromkeys(("no_phone", "no_email"), "the registration names none"),
    "shop_does_not_want": "turned off by the shop, in its settings or for this parcel",
    "stopped": "the person wants nothing by this way, or answered STOP",
    "only_important": "the person wants only what has to be acted on",
    "complaint": "the person said that a mail of this shop is spam",
    "bad_address": "nothing can arrive there",
    "not_kept": "of the demo's inbox: the database was away; it is tried again",
    "not_subscribed": "nobody had subscribed to push, or nobody does any more",
    "subscription_gone": "of `failed`: the push services know none of the browsers any more",
    "no_provider": "no provider is set for this way: `KLAT_SMTP_URL`, `KLAT_SMS_PROVIDER`,"
    " `KLAT_VAPID_PRIVATE_KEY`",
    "same_as_recipient": "the buyer has the same number or address; browsers are told once, as the"
    " recipient",
    "no_longer_true": "overtaken before it was sent",
    "not_before_morning": "by the morning it would not be worth saying",
    "just_told": "a reminder: that it waits was told by this way within six hours before, or the"
    " window within half an hour",
    "told_by_hand": "somebody of support had it sent meanwhile",
    "on_its_way": "the same is being sent by this way just now",
    "asked_often": "support had as much sent by this way in a day as helps anybody",
    "too_many": "as much as one person hears a day",
    "country": _NUMBER,
    "premium_rate": _NUMBER,
    "shared_cost": _NUMBER,
    "personal_number": _NUMBER,
    "pager": _NUMBER,
    "uan": _NUMBER,
    "voicemail": _NUMBER,
    "not_a_number": _NUMBER,
    "spend_cap": "the day's money for text messages is spent: the shop's, or that of all shops",
    "no_price": "the shop has a daily cap, and no price in its currency is known for the number's"
    " country",
    "too_many_alike": "the shop had texts for too many parcels to neighbouring numbers within the"
    " hour",
    "provider_unavailable": "of `planned`: the provider is left alone for a while, the database was"
    " away, or the sender was stopped; it was not tried",
    "push_service_unavailable": "of `planned`: the push services of its browsers are left alone for"
    " a while; it was not tried",
    "not_taken_in_time": "of `failed`: no provider took it while it was worth saying",
    "contact_unreadable": "no key of `KLAT_SECRET_KEYS` opens the contact, or any of the browsers",
    "erased": "whom it was for was erased",
    **dict.fromkeys(
        ("no_longer_registered", "nobody_to_tell"),
        "the registration is gone, or no longer names this person",
    ),
    **dict.fromkeys(
        ("sender_died", "fault"),
        "of `unknown`: whether it left is not known. Of `failed`, `fault` is one of Klāt's own",
    ),
    **dict.fromkeys(
        ("not_bound", "window_full", "no_answer"),
        "of a message centre: no line to it; too much waits for its answer; it was given and not"
        " answered; the centre's own status",
    ),
    "bounced": "a mail came back without a status",
}
"""What a reason of ours means. Others are the provider's own."""

_LACKS: Final = "lacks_"


def explained(reason: str | None) -> str | None:
    """In words; None where there is none to explain."""
    if reason is None:
        return None
    if reason.startswith(_LACKS):
        lacking = reason.removeprefix(_LACKS).replace("_", ", ")
        return f"what it is about is not known: {lacking}"
    return REASON.get(reason, "the provider's own code").replace("`", "")
