"""GSM 7 bit and UCS-2 as octets, the way SMPP carries them: a septet in an octet of its own.

Source: 3GPP TS 23.038, 6.2.1; SMPP 3.4, 5.2.19 (data_coding).
"""

from typing import Final

from notifier.sms.alphabet import ESCAPE, EXTENDED, TABLE, Alphabet

_SEPTET: Final = {char: bytes([at]) for at, char in enumerate(TABLE) if char != ESCAPE} | {
    char: bytes([TABLE.index(ESCAPE), septet]) for char, septet in EXTENDED.items()
}
_ESCAPE: Final = TABLE.index(ESCAPE)
_EXTENSION: Final = {septet: char for char, septet in EXTENDED.items()}


def octets(text: str, of: Alphabet) -> bytes:
    """Raises KeyError where GSM 7 bit lacks a character; half a surrogate pair becomes U+FFFD."""
    if of is Alphabet.GSM7:
        return b"".join(_SEPTET[char] for char in text)
    return (
        text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace").encode("utf-16-be")
    )


def gsm7_text(septets: bytes) -> str:
    """What these septets say. An unknown pair is shown by its second half, as 6.2.1.1 wants it."""
    said, escaped = [], False
    for septet in septets:
        if escaped:
            said.append(_EXTENSION.get(septet, TABLE[septet & 0x7F]))
            escaped = False
        elif septet == _ESCAPE:
            escaped = True
        else:
            said.append(TABLE[septet & 0x7F])
    return "".join(said)
