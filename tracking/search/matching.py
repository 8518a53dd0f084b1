"""Whether a parcel is what was meant, and by what: looked at in the clear. Pure."""

from collections.abc import Collection, Iterator

from schemas.contact import Person
from schemas.search import Match
from tracking.contact import Contact
from tracking.search.asked import Asked, bare_number, order_begun, serial_of
from tracking.search.names import is_near, words_in
from tracking.search.terms import people_of, postcodes_of


def matches(
    asked: Asked, tracking_number: str, order: str | None, contact: Contact, place: str | None
) -> tuple[Match, ...]:
    """The surest first; empty where the index was wrong."""
    found = {
        *_of_parcel(asked, tracking_number, order, place),
        *(match for person in people_of(contact) for match in _of_person(asked, person)),
    }
    return tuple(each for each in Match if each in found)


def whose(asked: Asked, contact: Contact) -> Person | None:
    """Whose name is shown: of whoever is meant, else the recipient's."""
    people = people_of(contact)
    meant = [person for person in people if any(_of_person(asked, person))]
    return next(iter((*meant, *people)), None)


def _of_parcel(
    asked: Asked, tracking_number: str, order: str | None, place: str | None
) -> Iterator[Match]:
    is_read_out = serial_of(tracking_number) in asked.serials
    if is_read_out or bare_number(tracking_number) in asked.numbers:
        yield Match.TRACKING_NUMBER
    if order is not None and _is_of(order, asked.orders):
        yield Match.ORDER
    if asked.place and place and set(asked.place) <= set(place.split()):
        yield Match.PLACE


def _is_of(order: str, asked: Collection[str]) -> bool:
    return any(each.lower() in {order.lower(), order_begun(order)} for each in asked)


def _of_person(asked: Asked, person: Person) -> Iterator[Match]:
    phone = person.phone
    if phone and (phone in asked.phones or (asked.phone_end and phone.endswith(asked.phone_end))):
        yield Match.PHONE
    if asked.email and person.email and person.email.casefold() == asked.email:
        yield Match.EMAIL
    codes = postcodes_of(person)
    if asked.postcode in codes:
        yield Match.POSTCODE
    is_there = asked.area is None or asked.area in codes
    is_theirs = asked.beside is None or bool(phone and phone.endswith(asked.beside))
    if asked.words and is_there and is_theirs:
        yield from _by_name(asked.words, words_in(person.name or ""))


def _by_name(asked: tuple[str, ...], words: tuple[str, ...]) -> Iterator[Match]:
    if all(word in words for word in asked):
        yield Match.NAME
    elif all(any(is_near(word, each) for each in words) for word in asked):
        yield Match.SIMILAR_NAME
