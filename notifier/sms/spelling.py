"""How a text for SMS is spelt: plain always, short where that saves a message.

One letter outside GSM 7 bit leaves 70 characters of 160: a Latvian text of 150 costs three messages
as it is spelt and one without its diacritics, as people write on phones. Whether our words may be
written so is for the caller to say; words of others, such as names, never are.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from notifier.plain import Piece
from notifier.sms.segments import count, fits_one
from schemas.shop import Spelling

# Each means what stands for it. Grave and acute accents on their own are used as apostrophes.
_TYPOGRAPHY: Final = str.maketrans(
    dict.fromkeys("‘’‚‛′ʹʼ‹›`´", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("‐‑‒–—―−•", "-")
    | dict.fromkeys("\r\v\x85\u2028\u2029", "\n")
    | {"…": "...", "⁄": "/", "\t": " ", "\f": " "}
)
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co"})  # controls, format, surrogates, private use
# A joiner is spelling between letters of some scripts and in emoji, and noise beside Latin ones.
_STRAY_JOINER: Final = re.compile(
    r"(?<![^\x00-\u024f\u2000-\u206f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\u024f\u2000-\u206f])"
)
# Printable, in NFC, with nothing to replace, for nearly every text: letters of Europe with
# their marks, digits, and the signs of a keyboard but for the grave accent.
_AS_IT_IS: Final = re.compile(r"[\n -_a-~\u00c0-\u0148\u014a-\u017f\u0400-\u045f]*")
_JOINERS: Final = frozenset("\u200c\u200d")

_LETTERS: Final = {
    "lv": ("āčēģīķļņōŗšūž", "acegiklnorsuz"),
    "lt": ("ąčęėįšųūž", "aceeisuuz"),
    # ä, ö and ü are in GSM 7 bit and stay. õ becomes o, as in the machine-readable lines of
    # passports (ICAO 9303-3): ö is another letter of Estonian, and ò, which GSM has, is none.
    "et": ("õšž", "osz"),
}
# A name may be of any of them, whatever the language of the text.
_OF_NAMES: Final = str.maketrans(
    {
        letter: stands
        for letters, plain_ones in _LETTERS.values()
        for letter, stands in zip(
            letters + letters.upper(), plain_ones + plain_ones.upper(), strict=True
        )
    }
)
_SHORT: Final = {
    language: str.maketrans(letters + letters.upper(), plain + plain.upper())
    for language, (letters, plain) in _LETTERS.items()
}


def plain(text: str) -> str:
    """The text without typography that costs: what it says stays the same, in any language.

    Quotes, dashes, the ellipsis and spaces become those of a keyboard; what cannot be seen
    (controls, bidi marks, the word joiner) goes. In NFC; plain text stays as it is.
    """
    if _AS_IT_IS.fullmatch(text):
        return text
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).translate(_TYPOGRAPHY)
    text = _STRAY_JOINER.sub("", "".join(filter(None, map(_shown, text))))
    return unicodedata.normalize("NFC", text)


def _shown(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Zs":
        return " "
    return "" if category in _UNSEEN and char not in _JOINERS | {"\n"} else char


def short(text: str, language: str) -> str:
    """Our own words without the letters that GSM 7 bit lacks; as they are, in other languages."""
    return unicodedata.normalize("NFC", text).translate(_SHORT.get(language, {}))


def brief(pieces: Iterable[Piece], language: str, *, names: bool = False) -> str:
    """What is not protected is spelt short, whatever that saves; `names`, too."""
    return plain("".join(_brief(piece, language, names=names) for piece in pieces))


def _brief(piece: Piece, language: str, *, names: bool) -> str:
    if not piece.protected:
        return short(piece.text, language)
    if names and piece.is_name:
        return unicodedata.normalize("NFC", piece.text).translate(_OF_NAMES)
    return piece.text


def spelt(pieces: Iterable[Piece], language: str, spelling: Spelling) -> str:
    """The text of an SMS from its pieces, in their order.

    In full where that is one message. Else, where it may be, as short as saves a message; but not
    where that would save nothing, as beside a name that needs UCS-2 anyway.
    """
    parts = list(pieces)
    full = plain("".join(piece.text for piece in parts))
    if spelling is Spelling.FULL or fits_one(full):
        return full
    ways = [full, brief(parts, language)]
    if spelling is Spelling.SHORT_NAMES:
        ways.append(brief(parts, language, names=True))
    return min(ways, key=count)
