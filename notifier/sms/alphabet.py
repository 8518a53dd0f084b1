"""The two alphabets of an SMS: GSM 7 bit where every character is in it, UCS-2 otherwise.

GSM 7 bit is the basic table and the extension table of 3GPP TS 23.038 (GSM 03.38), sections 6.2.1
and 6.2.1.1, without the national tables, which few phones and no provider at hand can choose.
"""

from enum import StrEnum
from typing import Final

ESCAPE: Final = "\x1b"
TABLE: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The basic table: each character at its septet. The escape leads to the extension."""

EXTENDED: Final = dict(
    zip("\f^{}\\[~]|€", (0x0A, 0x14, 0x28, 0x29, 0x2F, 0x3C, 0x3D, 0x3E, 0x40, 0x65), strict=True)
)
"""The extension table: the septet after the escape."""

BASIC: Final = frozenset(TABLE) - {ESCAPE}
EXTENSION: Final = frozenset(EXTENDED)
"""Sent as a pair, escape and character: two septets."""

_GSM7: Final = BASIC | EXTENSION
_BMP_END: Final = "\uffff"  # beyond it a character is a surrogate pair in UTF-16


class Alphabet(StrEnum):
    GSM7 = "gsm7"
    UCS2 = "ucs2"


def alphabet(text: str) -> Alphabet:
    """The one a provider takes for this text: one character outside GSM 7 bit changes it all."""
    return Alphabet.GSM7 if _GSM7.issuperset(text) else Alphabet.UCS2


def width(char: str, of: Alphabet) -> int:
    """How much room a character takes: septets in GSM 7 bit, UTF-16 units in UCS-2."""
    if of is Alphabet.GSM7:
        return 2 if char in EXTENSION else 1
    return 2 if char > _BMP_END else 1


def units(text: str) -> int:
    """Septets or UTF-16 units of the whole text, in its own alphabet."""
    if alphabet(text) is Alphabet.GSM7:
        return len(text) + sum(map(text.count, EXTENSION))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
