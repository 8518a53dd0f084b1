"""Where a parcel is delivered, as far as days and hours go."""

from functools import cache

from tracking.carriers import CARRIERS
from tracking.carriers.klat import HOME_ZONE
from tracking.carriers.zones import country_of_zone, zone_for

HOME_COUNTRY = "LV"


@cache
def delivery_zone(carrier: str, country: str | None) -> str:
    """The IANA zone of the country of delivery; where that is not known, the carrier's own."""
    known = CARRIERS.get(carrier)
    return zone_for(country) or (known.zone if known else HOME_ZONE)


@cache
def delivery_country(carrier: str, country: str | None) -> str:
    """ISO 3166-1 alpha-2; where a shop told none, that of the carrier's zone."""
    return country or country_of_zone(delivery_zone(carrier, None)) or HOME_COUNTRY
