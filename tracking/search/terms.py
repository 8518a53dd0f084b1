"""By what a person is found: phone, e-mail, postcode and the words of the name. Pure."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from schemas.contact import Person, Recipient, normal_postcode
from tracking.contact import Contact
from tracking.search.names import forms, words_in

LAST: Final = 7  # digits of a phone that tell it within a country, however its beginning is written


class Kind(StrEnum):
    """What a term is a piece of; the same text of another kind is another term."""

    PHONE = "phone"
    PHONE_END = "phone_end"
    EMAIL = "email"
    POSTCODE = "postcode"
    NAME = "name"


class Term(NamedTuple):
    kind: Kind
    text: str


def people_of(contact: Contact) -> list[Person]:
    return [each for each in (contact.recipient, contact.buyer) if each is not None]


def terms_of(contact: Contact) -> frozenset[Term]:
    """Of everybody whom the parcel concerns."""
    return frozenset(term for person in people_of(contact) for term in _of_person(person))


def _of_person(person: Person) -> Iterator[Term]:
    if person.phone:
        yield Term(Kind.PHONE, person.phone)
        yield Term(Kind.PHONE_END, person.phone[-LAST:])
    if person.email:
        yield Term(Kind.EMAIL, person.email.casefold())
    for code in postcodes_of(person):
        yield Term(Kind.POSTCODE, code)
    for word in words_in(person.name or ""):
        for form in forms(word):
            yield Term(Kind.NAME, form)


def postcodes_of(person: Person) -> frozenset[str]:
    """With and without the letters of its country."""
    if not isinstance(person, Recipient) or not person.postcode:
        return frozenset()
    code = normal_postcode(person.postcode)
    bare = code.removeprefix(person.country) if person.country else code
    return frozenset(each for each in (code, bare) if each)
