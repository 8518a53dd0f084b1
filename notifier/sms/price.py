"""What a text message will cost, by the operator's price list: segments times the price of one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from notifier.sms.allowed import country_of
from notifier.sms.segments import count
from schemas.price import ANY_COUNTRY


class Charge(NamedTuple):
    """Of one message. `cost` in millionths of `currency`; None where no price is known."""

    segments: int
    cost: int | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class Prices:
    """Of one segment, in millionths of the currency's unit, by country (ISO 3166-1 alpha-2)."""

    currency: str = "EUR"
    by_country: Mapping[str, int] = field(default_factory=dict)

    def of(self, country: str | None) -> int | None:
        """None where the list names neither the country nor all others (`*`)."""
        return self.by_country.get(country or ANY_COUNTRY, self.by_country.get(ANY_COUNTRY))

    def charge(self, phone_e164: str, text: str) -> Charge:
        segments, price = count(text), self.of(country_of(phone_e164))
        if price is None:
            return Charge(segments, None, None)
        return Charge(segments, segments * price, self.currency)
