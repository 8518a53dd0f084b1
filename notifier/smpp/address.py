"""Addresses as SMPP writes them: type of number, numbering plan, digits. Pure.

Source: SMPP 3.4, 5.2.5 (addr_ton) and 5.2.6 (addr_npi).
"""

import re
from typing import Final, NamedTuple

import phonenumbers

_INTERNATIONAL, _NETWORK_SPECIFIC, _ALPHANUMERIC = 1, 3, 5
_UNKNOWN: Final = 0
_ISDN: Final = 1  # the plan of telephone numbers, E.164
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_SHORT_CODE: Final = re.compile(r"[0-9]{1,8}")
_NAME: Final = re.compile(r"[ -~]{1,11}")


class Address(NamedTuple):
    ton: int
    npi: int
    digits: str


def destination(phone_e164: str) -> Address:
    return Address(_INTERNATIONAL, _ISDN, phone_e164.removeprefix("+"))


def source(sender: str, ton: int | None = None, npi: int | None = None) -> Address:
    """A number with its +, a short code, or a name of up to 11 characters.

    What is given of `ton` and `npi` counts instead of what follows from the sender. ValueError for
    what is none of these.
    """
    if _E164.fullmatch(sender):
        found = destination(sender)
    elif _SHORT_CODE.fullmatch(sender):
        found = Address(_NETWORK_SPECIFIC, _UNKNOWN, sender)
    elif _NAME.fullmatch(sender):
        found = Address(_ALPHANUMERIC, _UNKNOWN, sender)
    else:
        raise ValueError(
            "KLAT_SMS_FROM: must be a number such as +37120000000, a short code,"
            " or a name of up to 11 characters of ASCII"
        )
    return Address(found.ton if ton is None else ton, found.npi if npi is None else npi, found[2])


def phone(digits: str, ton: int) -> str | None:
    """The number that a message came from, in E.164; None where that cannot be said.

    Centres that do not say the type send international numbers nevertheless: those count where
    they are numbers that there can be.
    """
    written = digits if digits.startswith("+") else f"+{digits.removeprefix('00')}"
    if not _E164.fullmatch(written):
        return None
    if ton == _INTERNATIONAL or digits.startswith(("+", "00")):
        return written
    return written if ton == _UNKNOWN and _is_number(written) else None


def _is_number(written: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(written))
    except phonenumbers.NumberParseException:
        return False
