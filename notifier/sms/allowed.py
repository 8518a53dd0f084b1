"""Numbers that may be written to, against SMS pumping.

Whoever earns by messages to dear numbers registers them as recipients (toll fraud). So only the
countries are open that the operator serves, and no range where the called party is paid. Ranges
that the list does not know stay open: it ages, and a shopper with a new number must not be refused.
"""

from collections.abc import Collection
from functools import lru_cache
from typing import Final, NamedTuple

import phonenumbers
from phonenumbers import PhoneNumberType

_NEIGHBOURS: Final = 4  # digits in which they differ
BALTIC: Final = frozenset({"LV", "LT", "EE"})
# Personal numbers (+44 70, +372 70) redirect at the caller's cost and are known for this fraud.
_DEAR: Final = {
    PhoneNumberType.PREMIUM_RATE: "premium_rate",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.PERSONAL_NUMBER: "personal_number",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.UAN: "uan",
    PhoneNumberType.VOICEMAIL: "voicemail",
}


class _Number(NamedTuple):
    """What the numbering plans say: what is wrong with it, its country, why it is dear."""

    fault: str | None
    country: str | None
    dear: str | None


def why_not(phone_e164: str, countries: Collection[str] = BALTIC) -> str | None:
    """A stable word for why no SMS may go there, or None. `countries` in ISO 3166-1 alpha-2."""
    number = _looked_up(phone_e164)
    if number.fault:
        return number.fault
    return number.dear if number.country in countries else "country"


def country_of(phone_e164: str) -> str | None:
    """ISO 3166-1 alpha-2; None for what is no number, and for numbers of no country."""
    return _looked_up(phone_e164).country


@lru_cache(maxsize=1024)  # of one notice it is asked several times within a turn
def _looked_up(phone_e164: str) -> _Number:
    try:
        number = phonenumbers.parse(phone_e164)
    except phonenumbers.NumberParseException:
        return _NO_NUMBER
    if not phonenumbers.is_possible_number(number) or _e164(number) != phone_e164:
        return _NO_NUMBER
    country = phonenumbers.region_code_for_number(number)
    is_country = country in phonenumbers.SUPPORTED_REGIONS
    return _Number(
        None, country if is_country else None, _DEAR.get(phonenumbers.number_type(number))
    )


_NO_NUMBER: Final = _Number("not_a_number", None, None)


def prefix_of(phone_e164: str) -> str:
    """The number without its last four digits: pumping takes a range of neighbours."""
    return phone_e164[:-_NEIGHBOURS]


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
