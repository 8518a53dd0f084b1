"""A text as the short messages of SMPP that carry it. Pure.

Each part of several begins with the header that joins them on the phone (3GPP TS 23.040,
9.2.3.24.1: reference, how many, which one). The reference follows from the notice, so that a part
that is sent again is the same part to the phone, and not the begin of another text.
"""

import hashlib
from typing import Final, NamedTuple

from notifier.sms.alphabet import Alphabet, alphabet
from notifier.sms.segments import segments
from notifier.sms.septets import octets

MOST_PARTS: Final = 8
"""Longer texts are none of ours, and each part is paid for."""

_DATA_CODING: Final = {Alphabet.GSM7: 0x00, Alphabet.UCS2: 0x08}
_UDHI: Final = 0x40  # of esm_class: a header stands before the text
_CONCATENATED: Final = bytes([5, 0, 3])  # length of the header, its only element, length of that


class Part(NamedTuple):
    """Values of the fields of submit_sm of the same names."""

    short_message: bytes
    data_coding: int
    esm_class: int


def parts_of(text: str, reference: str) -> list[Part]:
    """One, or as many as `notifier.sms.segments` counts."""
    of = alphabet(text)
    pieces = segments(text)
    coding = _DATA_CODING[of]
    if len(pieces) == 1:
        return [Part(octets(text, of), coding, 0)]
    joined_by = hashlib.sha256(reference.encode()).digest()[0]
    return [
        Part(
            _CONCATENATED + bytes([joined_by, len(pieces), place]) + octets(piece, of),
            coding,
            _UDHI,
        )
        for place, piece in enumerate(pieces[:255], start=1)
    ]
