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


class Finder(NamedTuple):
    """`anywhere`: of phones and addresses, in UTF-8 as well; None: there is nothing to look for."""

    anywhere: re.Pattern[str] | None
    beside: re.Pattern[str] | None
    words: frozenset[str]

    def finds_anywhere(self, text: str) -> bool:
        return bool(self.anywhere and self.anywhere.search(_plain(text)))

    def finds_beside(self, text: str) -> bool:
        """In what stands beside a parcel of theirs: also by a word of the name, or the postcode."""
        plain = _plain(text)
        return bool(
            (self.anywhere and self.anywhere.search(plain))
            or (self.beside and self.beside.search(plain))
            or (self.words and self.words & set(_words(plain)))
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
    anywhere = [*map(_of_phone, traces.phones), *map(re.escape, traces.emails)]
    beside = [_of_postcode(each) for each in traces.postcodes]
    words = {word for name in traces.names for word in name if len(word) >= _SHORTEST}
    return Finder(_either(anywhere), _either(beside), frozenset(words))


def _either(patterns: list[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(patterns), re.IGNORECASE) if patterns else None


def _of_phone(phone: str) -> str:
    """With its prefix or without, however it is divided; not within a longer number."""
    number = phonenumbers.parse(phone)
    national = phonenumbers.national_significant_number(number)
    prefix = _APART.join(str(number.country_code))
    return rf"(?<!\d)(?:(?:\+|00)?{prefix}{_APART})?{_APART.join(national)}(?!\d)"


def _of_postcode(code: str) -> str:
    """The whole of it, or its digits where they are all of a value."""
    digits = code.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    letters = code[: len(code) - len(digits)]
    whole = rf"(?<!\w){letters}[\s-]?{digits}(?!\w)" if letters else rf"\"{digits}\""
    return rf"{whole}|\"{digits}\""
