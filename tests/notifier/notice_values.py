"""Facts to word: as they usually are, the fewest there may be, and written by an enemy."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from notifier.occasions import OF_BONUS
from notifier.values import Bonus, Brand, Values
from schemas.api import Money
from schemas.notice import Addressee, Occasion
from schemas.scan import Location, Window
from schemas.status import Handover, Reason

LANGUAGES = ["en", "lv", "lt", "et", "ru"]
PICKUP = [
    Occasion.READY_FOR_PICKUP,
    Occasion.PICKUP_HALF_TIME,
    Occasion.PICKUP_LAST_DAY,
    Occasion.PICKUP_LAST_HOURS,
]
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)  # a Tuesday, 10:00 in Riga
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LINK = f"https://t.example/t/{'x7Qm2' * 4}Zk"
CODE, QR = "384201", "OMNIVA:384201:7781"
BONUS = Bonus("PALDIES5", Money(amount="5.00", currency="EUR"), NOW + 60 * DAY + 14 * HOUR)

_WINDOW = {
    Occasion.REGISTERED: Window(starts=NOW + DAY + 14 * HOUR, ends=NOW + 3 * DAY, day_only=True),
    Occasion.ACCEPTED: Window(starts=NOW + DAY + 6 * HOUR, ends=NOW + DAY + 8 * HOUR),
    Occasion.OUT_FOR_DELIVERY: Window(starts=NOW + 4 * HOUR, ends=NOW + 6 * HOUR),
    Occasion.DELIVERY_TIME_CHANGED: Window(starts=NOW + 5 * HOUR, ends=NOW + 7 * HOUR),
    Occasion.ARRIVING_NEXT: Window(starts=NOW + HOUR / 2, ends=NOW + HOUR),
    Occasion.DELAYED: Window(starts=NOW + DAY + 4 * HOUR, ends=NOW + DAY + 6 * HOUR),
}
NEEDS_WINDOW = (Occasion.DELIVERY_TIME_CHANGED, Occasion.ARRIVING_NEXT)
_UNTIL = {
    Occasion.READY_FOR_PICKUP: NOW + 3 * DAY + 8 * HOUR,
    Occasion.PICKUP_HALF_TIME: NOW + 2 * DAY + 8 * HOUR,
    Occasion.PICKUP_LAST_DAY: NOW + 8 * HOUR,
    Occasion.PICKUP_LAST_HOURS: NOW + 8 * HOUR,
}
ANSWER = "The courier comes tomorrow.\nIs that too late?"
_REASON = {
    Occasion.ATTEMPT_FAILED: Reason.RECIPIENT_ABSENT,
    Occasion.HELD: Reason.CUSTOMS_INSPECTION,
    Occasion.RETURNING: Reason.PICKUP_MISSED,
}


def usual(occasion: Occasion, language: str = "en", **changed: object) -> Values:
    """What a shop in Riga would have to say."""
    values = Values(
        occasion=occasion,
        addressee=Addressee.RECIPIENT,
        language=language,
        zone="Europe/Riga",
        now=NOW,
        brand=Brand(
            "Dzintara Kafija", "#8a4b08", "https://shop.example/logo.png", "tel:+37120000000"
        ),
        carrier="Omniva",
        tracking_number="CE123456789EE",
        link=LINK,
        stop=f"{LINK}/stop",
        order="10023",
        reason=_REASON.get(occasion),
        window=_WINDOW.get(occasion),
        bonus=BONUS if occasion in OF_BONUS else None,
        answer=ANSWER if occasion is Occasion.CASE_REPLY else None,
    )
    return replace(_to_collect(values) if occasion in PICKUP else values, **changed)


def _to_collect(values: Values) -> Values:
    return replace(
        values,
        handover=Handover.LOCKER,
        place=Location(
            name="Rimi Kr. Barona 46",
            address="Kr. Barona iela 46",
            city="Rīga",
            postcode="LV-1011",
        ),
        until=_UNTIL[values.occasion],
        code=CODE,
        qr=QR,
    )


def fewest(occasion: Occasion, language: str = "en") -> Values:
    """Nothing but what is required."""
    return Values(
        occasion=occasion,
        addressee=Addressee.RECIPIENT,
        language=language,
        zone="Europe/Riga",
        now=NOW,
        brand=Brand("Kafija"),
        carrier="Omniva",
        tracking_number="CE123456789EE",
        link=LINK,
        window=Window(ends=NOW + HOUR) if occasion in NEEDS_WINDOW else None,
        place=Location(city="Rīga") if occasion in PICKUP else None,
        until=_UNTIL[occasion] if occasion in PICKUP[1:] else None,
        bonus=Bonus("A1", BONUS.amount) if occasion in OF_BONUS else None,
        answer="Yes" if occasion is Occasion.CASE_REPLY else None,
    )


EVIL = [
    "<script>alert(1)</script>",
    "{{7*7}} {% raw %} %(link)s %s ${7*7}",
    "Rimi\r\nBcc: all@example.com\r\n\r\nPay now",
    "Rimi\u202egnp.live\u2066\u200f\u00ad\x00\x07\x1b[31m",
    "https://evil.example/pay?x=1 www.evil.example evil.example/pay",
    "Ž" * 190 + "\u0301" * 9,
    "📦👩‍👩‍👧" * 20,
    '" onload="x' + "'`&amp;",
]


def hostile(occasion: Occasion, language: str, evil: str) -> Values:
    """The same evil wherever text from outside stands."""
    long = evil * (10_000 // len(evil) + 1)
    place = Location.model_construct(name=long, address=long, city=evil, postcode=evil)
    values = usual(occasion, language)
    return replace(
        values,
        brand=Brand(f"A {long}", evil, f"https://x/{evil}", f"https://x/{evil}"),
        carrier=f"B {long}",
        order=long,
        tracking_number=evil,
        place=replace_fields(place) if values.place else None,
        code=evil,
    )


def replace_fields(place: Location) -> Location:
    """Where the name is nothing that can be shown, the place would be missing."""
    return place.model_copy(update={"name": f"C {place.name}"})
