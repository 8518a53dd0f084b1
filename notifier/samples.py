"""One well-made sample for each occasion: what a shop of the Baltics has to say on a usual day.

For whoever looks at texts before anybody gets them. Of nobody's parcel: numbers, codes and links
lead nowhere.
"""

from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from notifier.values import Bonus, Brand, Values
from schemas.api import Money
from schemas.notice import Addressee, Occasion
from schemas.scan import Location, Window
from schemas.status import Handover, Reason
from tracking.words.language import choose

SHOP: Final = "Dzintara Kafija"
_SITE: Final = "https://t.example"
_TOKEN: Final = "SampleSampleSample0000"  # noqa: S105 - as long as a real one, and none
_CODE: Final = "384201"
_ANSWERS: Final = MappingProxyType(
    {
        "lv": "Sveiki! Kurjers atvedīs sūtījumu rīt no 14 līdz 16.",
        "lt": "Sveiki! Kurjeris siuntą atveš rytoj nuo 14 iki 16 val.",
        "et": "Tere! Kuller toob paki homme kella 14 ja 16 vahel.",
        "en": "Hello, the courier brings your parcel tomorrow between 14 and 16.",
        "ru": "Здравствуйте! Курьер привезёт посылку завтра с 14 до 16.",
    }
)


class _Home(NamedTuple):
    """Where a reader of this language has the parcel brought to."""

    zone: str
    place: Location


_RIGA: Final = _Home(
    "Europe/Riga",
    Location(
        name="Rimi Kr. Barona 46",
        address="Kr. Barona iela 46",
        city="Rīga",
        postcode="LV-1011",
        country="LV",
    ),
)
_HOMES: Final = MappingProxyType(
    {
        "lt": _Home(
            "Europe/Vilnius",
            Location(
                name="Maxima Mindaugo 11",
                address="Mindaugo g. 11",
                city="Vilnius",
                postcode="LT-03225",
                country="LT",
            ),
        ),
        "et": _Home(
            "Europe/Tallinn",
            Location(
                name="Kristiine keskus",
                address="Endla 45",
                city="Tallinn",
                postcode="10615",
                country="EE",
            ),
        ),
    }
)


class _Days:
    """Hours of today and of the days around it, in the zone of the reader."""

    def __init__(self, now: datetime, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._today = now.astimezone(self._zone).date()

    def at(self, hour: int, days: int = 0) -> datetime:
        day = self._today + timedelta(days=days)
        return datetime.combine(day, time(hour), self._zone).astimezone(UTC)

    def window(self, first: int, last: int, days: int = 0) -> Window:
        return Window(starts=self.at(first, days), ends=self.at(last, days))


def sample(
    occasion: Occasion,
    language: str,
    now: datetime,
    *,
    shop: str | None = None,
    public_url: str | None = None,
) -> Values:
    """As it is said on the day of `now`, at ten in the morning of the reader.

    Links are as long as those of `public_url`; of one without TLS, which is for trying out, as
    long as a shop's should be.
    """
    spoken = choose(language)
    site = public_url if public_url and public_url.startswith("https://") else _SITE
    home = _HOMES.get(spoken, _RIGA)
    days = _Days(now, home.zone)
    return Values(
        occasion=occasion,
        addressee=Addressee.RECIPIENT,
        language=spoken,
        zone=home.zone,
        now=days.at(10),
        brand=Brand(SHOP if shop is None else shop, help="https://shop.example/help"),
        carrier="Omniva",
        tracking_number="CE123456789EE",
        link=f"{site}/t/{_TOKEN}",
        order="10023",
        **_told(occasion, spoken, home.place, days),
    )


def _told(occasion: Occasion, spoken: str, place: Location, days: _Days) -> dict[str, Any]:
    """What of the parcel the occasion is about."""
    match occasion:
        case Occasion.REGISTERED:
            return {
                "window": Window(starts=days.at(0, 2), ends=days.at(0, 4), day_only=True),
            }
        case Occasion.ACCEPTED:
            return {"window": days.window(14, 18, days=1)}
        case Occasion.OUT_FOR_DELIVERY:
            return {"window": days.window(14, 16)}
        case Occasion.DELIVERY_TIME_CHANGED:
            return {"window": days.window(17, 19)}
        case Occasion.ARRIVING_NEXT:
            return {"window": days.window(11, 12)}
        case Occasion.READY_FOR_PICKUP:
            return _in_locker(place, days.at(20, 3))
        case Occasion.PICKUP_HALF_TIME:
            return _in_locker(place, days.at(20, 2))
        case Occasion.PICKUP_LAST_DAY:
            return _in_locker(place, days.at(20))
        case Occasion.PICKUP_LAST_HOURS:
            return _in_locker(place, days.at(13))
        case Occasion.ATTEMPT_FAILED:
            return {"reason": Reason.RECIPIENT_ABSENT, "window": days.window(10, 14, days=1)}
        case Occasion.HELD:
            return {"reason": Reason.CUSTOMS_INSPECTION}
        case Occasion.DELAYED:
            return {"reason": Reason.CARRIER_DELAY, "window": days.window(12, 16, days=1)}
        case Occasion.DELIVERED:
            return {"handover": Handover.RECIPIENT}
        case Occasion.RETURNING:
            return {"reason": Reason.PICKUP_MISSED}
        case Occasion.DELIVERY_RETRACTED:
            return {"window": days.window(14, 18, days=1)}
        case Occasion.BONUS_GRANTED | Occasion.BONUS_WITHDRAWN:
            amount = Money(amount="5.00", currency="EUR")
            return {"bonus": Bonus("PALDIES5", amount, days.at(0, 61))}
        case Occasion.CASE_REPLY:
            return {"answer": _ANSWERS[spoken]}


def _in_locker(place: Location, until: datetime) -> dict[str, Any]:
    return {
        "handover": Handover.LOCKER,
        "place": place,
        "until": until,
        "code": _CODE,
        "qr": f"SAMPLE:{_CODE}",
    }
