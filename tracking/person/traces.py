"""How a person may be written: phone, e-mail, name and postcode in their usual spellings. Pure.

Phones and addresses are one person's wherever they stand; words of a name and a postcode tell
something only beside the parcel that they belong to.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final, NamedTuple, Self

import phonenumbers

from schemas.base import Frozen
from schemas.contact import Person, Recipient, normal_postcode
from tracking.search.names import words_in

_APART: Final = r"[\s().\-/]{0,3}"  # what stands between digits, as people write them
_PREFIX: Final = 24  # characters: a prefix, however it is divided
_SHORTEST: Final = 4  # letters of a word that names somebody by itself
_PIECE: Final = re.compile(r"[^\W\d_]{4,}")


class Traces(Frozen):
    """Of one person or a few: E.164, addresses in small letters, words of names, postcodes."""

    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    names: tuple[tuple[str, ...], ...] = ()
    postcodes: tuple[str, ...] = ()

    def joined(self, other: Self) -> Self:
        fields = type(self).model_fields
        both = {name: (*getattr(self, name), *getattr(other, name)) for name in fields}
        return type(self)(**{name: tuple(dict.fromkeys(each)) for name, each in both.items()})

    def without(self, other: Self) -> Self:
        """Less what is another one's as well: a family has one name, and may have one phone."""
        words = {word for name in other.names for word in name}
        return type(self)(
            phones=_but(self.phones, other.phones),
            emails=_but(self.emails, other.emails),
            names=tuple(_but(name, words) for name in self.names),
            postcodes=_but(self.postcodes, other.postcodes),
        )


def traces_of(people: Iterable[Person]) -> Traces:
    people = list(people)
    return Traces(
        phones=_once(person.phone for person in people),
        emails=_once(person.email and person.email.casefold() for person in people),
        names=tuple(dict.fromkeys(words_in(each.name) for each in people if each.name)),
        postcodes=_once(_postcode(person) for person in people),
    )


def _but(texts: Iterable[str], gone: Collection[str]) -> tuple[str, ...]:
    return tuple(each for each in texts if each not in gone)


def _once(texts: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, texts)))


def _postcode(person: Person) -> str | None:
    if not isinstance(person, Recipient) or not person.postcode:
        return None
    return normal_postcode(person.postcode)


class Spelled(NamedTuple):
    """A phone: its national number however it is divided, and what may stand before that.

    `national` begins with a digit, so that a text is run through quickly.
    """

    national: re.Pattern[str]
    before: re.Pattern[str]

    def is_in(self, text: str) -> bool:
        return any(
            self.before.search(text[max(0, found.start() - _PREFIX) : found.start()])
            for found in self.national.finditer(text)
        )


class Finder(NamedTuple):
    """`phones` and `emails` tell one person anywhere, `beside` and `words` beside their parcels."""

    phones: tuple[Spelled, ...]
    emails: tuple[str, ...]
    beside: re.Pattern[str] | None
    words: frozenset[str]

    def finds_anywhere(self, text: str) -> bool:
        return self._anywhere(_plain(text))

    def finds_beside(self, text: str) -> bool:
        """In what stands beside a parcel of theirs: also by a word of the name, or the postcode."""
        plain = _plain(text)
        return bool(
            self._anywhere(plain)
            or (self.beside and self.beside.search(plain))
            or (self.words and self.words & set(_words(plain)))
        )

    def _anywhere(self, plain: str) -> bool:
        small = plain.lower() if self.emails else ""
        return any(each in small for each in self.emails) or any(
            phone.is_in(plain) for phone in self.phones
        )


def _plain(text: str) -> str:
    r"""Escapes of JSON and of addresses (\u0101, %40) as the signs that they stand for."""
    if "\\u" in text:
        text = re.sub(r"(?:\\u[0-9a-fA-F]{4})+", lambda found: json.loads(f'"{found[0]}"'), text)
    return text.replace("%40", "@").replace("%2B", "+").replace("\u00a0", " ")


def _words(text: str) -> Iterator[str]:
    for piece in _PIECE.findall(text):
        yield from words_in(piece)


def finder(traces: Traces) -> Finder:
    beside = [_of_postcode(each) for each in traces.postcodes]
    words = {word for name in traces.names for word in name if len(word) >= _SHORTEST}
    return Finder(
        tuple(map(_of_phone, traces.phones)),
        tuple(each.lower() for each in traces.emails),
        re.compile("|".join(beside), re.IGNORECASE) if beside else None,
        frozenset(words),
    )


def _of_phone(phone: str) -> Spelled:
    """With its prefix or without; not within a longer number."""
    number = phonenumbers.parse(phone)
    national = phonenumbers.national_significant_number(number)
    prefix = _APART.join(str(number.country_code))
    return Spelled(
        re.compile(rf"{_APART.join(national)}(?!\d)"),
        re.compile(rf"(?:^|\D)\Z|(?<!\d)(?:\+|00)?{prefix}{_APART}\Z"),
    )


def _of_postcode(code: str) -> str:
    """The whole of it, or its digits where they are all of a value."""
    digits = code.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    letters = code[: len(code) - len(digits)]
    whole = rf"(?<!\w){letters}[\s-]?{digits}(?!\w)" if letters else rf"\"{digits}\""
    return rf"{whole}|\"{digits}\""
