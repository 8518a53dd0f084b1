"""How many messages a text becomes, which is what is paid for, and where it is cut.

A message holds 140 octets. Each part of a longer text gives 6 of them to the header that joins
the parts (3GPP TS 23.040, section 9.2.3.24.1).
"""

from typing import Final

from notifier.sms.alphabet import Alphabet, alphabet, units, width

ONE: Final = {Alphabet.GSM7: 160, Alphabet.UCS2: 70}
"""Septets or UTF-16 units of a text that is one message."""
PART: Final = {Alphabet.GSM7: 153, Alphabet.UCS2: 67}
"""The same, of each part of several."""


def fits_one(text: str) -> bool:
    """Whether the text costs one message."""
    return units(text) <= ONE[alphabet(text)]


def count(text: str) -> int:
    """How many messages are paid for. An empty text is one, too."""
    of, room = alphabet(text), units(text)
    if room <= ONE[of]:
        return 1
    if room == len(text):  # no pair can be torn
        return -(-room // PART[of])
    return len(segments(text))


def segments(text: str) -> list[str]:
    """The parts, each as full as it can be; no escape pair and no surrogate pair is torn."""
    if fits_one(text):
        return [text]
    of = alphabet(text)
    parts, begin, taken = [], 0, 0
    for at, char in enumerate(text):
        room = width(char, of)
        if taken + room > PART[of]:
            parts.append(text[begin:at])
            begin, taken = at, 0
        taken += room
    return [*parts, text[begin:]]
