"""The ids by which a message centre names messages. Pure.

Some write them in one base when they take a message and in another in its receipt. Which does so
is set: a guess would settle somebody else's message.
"""

import re
from enum import StrEnum
from typing import Final

_SHOWN: Final = re.compile(r"[!-~]{1,64}")


class Ids(StrEnum):
    """How the id of submit_sm_resp is written, and how that of the receipt."""

    AS_IS = "as_is"
    HEX_DECIMAL = "hex_decimal"
    DECIMAL_HEX = "decimal_hex"


_BASES: Final = {Ids.HEX_DECIMAL: (16, 10), Ids.DECIMAL_HEX: (10, 16)}


def taken_as(text: str, ids: Ids) -> str | None:
    """By what a message is kept that was taken; None where it has no name."""
    return _kept(text, _BASES[ids][0] if ids in _BASES else None)


def receipted_as(text: str, ids: Ids) -> str | None:
    """The same, of the name that a receipt has for it."""
    return _kept(text, _BASES[ids][1] if ids in _BASES else None)


def _kept(text: str, base: int | None) -> str | None:
    if not _SHOWN.fullmatch(text):
        return None
    if base is None or not text.isalnum():
        return text
    try:
        return str(int(text, base))
    except ValueError:
        return text
