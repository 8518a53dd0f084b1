"""What messages cost: sums far below a cent, as whole millionths of a currency's unit."""

import re
from decimal import Decimal
from typing import Annotated, Final, NamedTuple, Self

import phonenumbers
from babel.numbers import list_currencies
from pydantic import StringConstraints

from schemas.base import CurrencyCode, Frozen

MILLION: Final = 1_000_000
ANY_COUNTRY: Final = "*"
SIX_DECIMALS: Final = r"^[0-9]{1,12}\.[0-9]{6}$"
_AMOUNT: Final = re.compile(r"\d{1,9}(\.\d{1,6})?")


def millionths(amount: str) -> int:
    """Of an amount such as "0.0451", with six decimals at the most. Raises ValueError."""
    if not (amount.isascii() and _AMOUNT.fullmatch(amount)):
        raise ValueError(f"{amount[:20]!r} is not an amount such as 0.045, of up to six decimals")
    return int(Decimal(amount).scaleb(6))


class Cost(Frozen):
    """A sum, its amount written as text with six decimals: "0.045000"."""

    amount: Annotated[str, StringConstraints(pattern=SIX_DECIMALS)]
    currency: CurrencyCode

    @classmethod
    def from_millionths(cls, sum_: int, currency: str) -> Self:
        return cls(amount=f"{Decimal(sum_).scaleb(-6):.6f}", currency=currency)


class SegmentPrice(NamedTuple):
    """Of one segment to one country (ISO 3166-1 alpha-2, or `*`: any other), in millionths."""

    country: str
    price: int


def segment_price(text: str) -> SegmentPrice:
    """`LV=0.045`. Raises ValueError that names the entry."""
    country, equals, amount = (part.strip() for part in text.partition("="))
    if not equals:
        raise ValueError(f"{text[:20]!r} is not a country and a price such as LV=0.045")
    if country != ANY_COUNTRY:
        iso_country(country)
    try:
        return SegmentPrice(country, millionths(amount))
    except ValueError as error:
        raise ValueError(f"{country}: {error}") from None


def iso_country(code: str) -> str:
    """The code itself. Raises ValueError where no country with phone numbers has it."""
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"{code[:20]!r} is not a country's code such as LV (ISO 3166-1 alpha-2)")
    return code


def iso_currency(code: str) -> str:
    """The code itself. Raises ValueError where ISO 4217 knows none."""
    if code not in list_currencies():
        raise ValueError(f"{code[:20]!r} is not a currency's code such as EUR (ISO 4217)")
    return code
