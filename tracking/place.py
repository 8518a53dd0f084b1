"""Where a parcel is delivered, as far as days and hours go."""

from functools import cache
from typing import Final

from schemas.contact import Recipient, normal_postcode
from tracking.carriers import CARRIERS
from tracking.carriers.klat import HOME_ZONE
from tracking.carriers.zones import country_of_zone, zone_for

HOME_COUNTRY: Final = "LV"
_OF_POSTCODE: Final = 2  # signs: a region of some hundred thousand people


@cache
def delivery_zone(carrier: str, country: str | None) -> str:
    """The IANA zone of the country of delivery; where that is not known, the carrier's own."""
    known = CARRIERS.get(carrier)
    return zone_for(country) or (known.zone if known else HOME_ZONE)


@cache
def delivery_country(carrier: str, country: str | None) -> str:
    """ISO 3166-1 alpha-2; where a shop told none, that of the carrier's zone."""
    return country or country_of_zone(delivery_zone(carrier, None)) or HOME_COUNTRY


def region_of(recipient: Recipient | None) -> str | None:
    """Where it goes, as coarsely as carriers sort: "LV-10"; None where a shop told no postcode."""
    if recipient is None or not recipient.postcode or not recipient.country:
        return None
    code = normal_postcode(recipient.postcode).removeprefix(recipient.country)
    return f"{recipient.country}-{code[:_OF_POSTCODE]}" if code else None
