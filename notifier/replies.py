"""What people write back: whether a text means STOP, or START. Pure.

A text counts only as a whole: "stop by at six" stops nothing. Words are compared without case,
diacritics and punctuation, since phones change or lack all of them.
"""

import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

_MOST: Final = 40  # characters that are looked at; longer texts are none of these words


class Meaning(StrEnum):
    STOP = "stop"
    START = "start"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Reply:
    """`sender` is E.164, or None where no number can be read. Its repr says nothing."""

    sender: str | None = field(repr=False)
    text: str = field(repr=False)
    meaning: Meaning | None = None
    """What the provider took it for, where it says so: then it has acted on it itself."""


# What carriers and providers act on (CTIA, Twilio) is known everywhere; beside it the languages of
# the countries that are served and their neighbours. Left out is what may mean the parcel: "cancel"
# in languages where no provider knows it, and "yes".
_STOP: Final = {
    "en": "stop, stopall, stop all, unsubscribe, cancel, end, quit, opt out, optout, revoke",
    "lv": "beigt, atteikties, atteikties no sms, atrakstīties, pārtraukt",
    "lt": "stabdyti, stabdyk, atsisakau, atsisakyti, nebesiųsti",
    "et": "stopp, lõpeta, lõpp, loobu, loobun",
    "ru": "стоп, отписаться, отписка, отписать, прекратить",
    "pl": "koniec, rezygnuję, wypisz",
    "de": "stopp, abmelden",
    "fr": "arrêt, arrêter",
    "fi": "lopeta, seis",
    "sv": "stopp, avsluta",
}
_START: Final = {
    "en": "start, unstop, resume, opt in, optin",
    "lv": "sākt, atsākt, pieteikties",
    "lt": "pradėti, atnaujinti",
    "et": "alusta, alustan",
    "ru": "старт, начать, подписаться, возобновить",
}


def _normal(text: str) -> str:
    """Letters, digits and single blanks, without case and marks: й becomes и, õ becomes o."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = (" " if not char.isalnum() else char for char in letters if not _is_mark(char))
    return " ".join("".join(kept).split())


def _is_mark(char: str) -> bool:
    """Combining marks, and what cannot be seen."""
    return unicodedata.category(char) in {"Mn", "Me", "Cf"}


def _words(lists: dict[str, str]) -> frozenset[str]:
    return frozenset(_normal(word) for each in lists.values() for word in each.split(","))


_MEANINGS: Final = {
    **dict.fromkeys(_words(_START), Meaning.START),
    **dict.fromkeys(_words(_STOP), Meaning.STOP),
}


def meaning(text: str) -> Meaning:
    """OTHER for whatever is not exactly one of the words."""
    if len(text.strip()) > _MOST:
        return Meaning.OTHER
    return _MEANINGS.get(_normal(text), Meaning.OTHER)
