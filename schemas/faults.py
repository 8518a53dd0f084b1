"""What is wrong with a value, in plain words: pydantic shows patterns that nobody wants to read."""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic_core import ErrorDetails

from schemas.api import AMOUNT
from schemas.base import COUNTRY, CURRENCY, PRINTABLE
from schemas.policy import SHARE
from schemas.price import SIX_DECIMALS
from schemas.scan import CARRIER, NUMBER
from schemas.shop import COLOUR

OF_PATTERN: Mapping[str, str] = MappingProxyType(
    {
        AMOUNT: 'not an amount such as "49.90"; at most ten digits and two decimals',
        CARRIER: "not a carrier code such as omniva: 2 to 32 of a-z, 0-9, _ and -, a letter first",
        COLOUR: "not a colour such as #0d5560",
        COUNTRY: "not a country code of two capital letters such as LV",
        CURRENCY: "not a currency code of three capital letters such as EUR",
        NUMBER: "not a tracking number such as CE123456789EE: at most 63 letters, digits, blanks"
        " and any of ./~_-, a letter or digit first",
        SHARE: 'not a share such as "50%", of up to 100%',
        SIX_DECIMALS: "not an amount with six decimals such as 0.045000",
        PRINTABLE: "holds a NUL, a line break or another control character",
    }
)
# Those without "string" are said of texts that were cleaned before they were measured.
_OF_KIND = {
    "missing": "is missing",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
    "extra_forbidden": "is no field here",
    "string_too_short": "is empty",
    "too_short": "is empty",
    "string_too_long": "is longer than {max_length} characters",
    "too_long": "is longer than {max_length} characters",
}


def words(fault: ErrorDetails) -> str:
    """What to tell whoever sent it; repeats nothing of what was sent."""
    context = fault.get("ctx", {})
    said = OF_PATTERN.get(context.get("pattern", "")) or _OF_KIND.get(fault["type"])
    return said.format(**context) if said else fault["msg"].removeprefix("Value error, ")
