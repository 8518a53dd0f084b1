"""Whom the demo's parcels are for, and how its shop registers them. Pure.

Names say "sample" in their language, addresses of mail are example.com, phones are made up, which
somebody may have: messages to them end in the demo's inbox or are not sent (shop.py).
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from tracking.carriers.klat import HOME_ZONE
from tracking.carriers.times import zone_of
from tracking.local.simulate.story import Parcel


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    language: str
    postcode: str
    country: str
    phone: str

    def registered(self) -> dict[str, str]:
        return {**asdict(self), "email": f"demo-{self.language}@example.com"}


JANIS = Person("Jānis Paraugs", "lv", "LV-1010", "LV", "+37120000001")
JONAS = Person("Jonas Pavyzdys", "lt", "LT-01100", "LT", "+37060000002")
JAAN = Person("Jaan Näidis", "et", "10111", "EE", "+37250000003")
JANE = Person("Jane Sample", "en", "LV-1050", "LV", "+37120000004")
IVAN = Person("Иван Образцов", "ru", "LV-1067", "LV", "+37120000005")


def registration(parcel: Parcel, person: Person, promised: datetime) -> dict[str, Any]:
    return {
        "carrier": parcel.carrier,
        "tracking_number": parcel.number,
        "order": f"demo-{parcel.number}",
        "recipient": person.registered(),
        "promise": {"by": at_hour(promised, 18).isoformat()},
        "value": {"amount": "49.90", "currency": "EUR"},
    }


def at_hour(day: datetime, hour: int, days_later: int = 0) -> datetime:
    """The full hour of that day or a later one, in Riga."""
    local = day.astimezone(zone_of(HOME_ZONE)) + timedelta(days=days_later)
    return local.replace(hour=hour, minute=0, second=0, microsecond=0)
