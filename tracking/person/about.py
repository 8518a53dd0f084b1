"""What an erasure is about, and whether a text speaks of it. Pure."""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple
from uuid import UUID

from schemas.base import Frozen, Instant
from tracking.person.traces import Finder, Traces, finder
from tracking.search.asked import bare_number

_TELLING: Final = 8  # signs, a digit among them: a shorter number is a year, a sum or a word
_ID: Final = re.compile("-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")  # behind 8 digits


class Place(Frozen):
    """How far a sweep has come: of each collection the row behind which it goes on.

    `since`: when it was at the beginning.
    """

    since: Instant | None = None
    quarantine: UUID | None = None
    parked: UUID | None = None
    calls: tuple[UUID, str] | None = None
    searches: tuple[Instant, UUID] | None = None


class Work(Frozen):
    """What is to be erased: parcels, their numbers, and how the people are written.

    `heads`: journey 1 of the numbers. `shared`: phones and addresses that others have as well.
    `shop`: in whose name alone. `place`: how far the sweep has come.
    """

    parcels: tuple[UUID, ...] = ()
    heads: tuple[UUID, ...] = ()
    numbers: tuple[str, ...] = ()
    traces: Traces = Traces()
    shared: Traces = Traces()
    shop: UUID | None = None
    place: Place = Place()

    def joined(self, other: "Work") -> "Work":
        """All of both, from the beginning."""
        return Work(
            parcels=tuple(sorted({*self.parcels, *other.parcels})),
            heads=tuple(sorted({*self.heads, *other.heads})),
            numbers=tuple(sorted({*self.numbers, *other.numbers})),
            traces=self.traces.joined(other.traces),
            shared=self.shared.joined(other.shared),
            shop=self.shop,
        )


class About(NamedTuple):
    """Tells whether a text speaks of them, by what is theirs alone: `finder` for checks of all."""

    finder: Finder
    alone: Finder
    numbers: re.Pattern[str] | None
    parcels: AbstractSet[str]
    heads: frozenset[UUID]
    shop: UUID | None

    @classmethod
    def of(cls, work: Work) -> "About":
        telling = [each for each in work.numbers if _tells(each)]
        forms = {form for each in telling for form in (each, bare_number(each))}
        either = "|".join(map(re.escape, sorted(forms)))
        numbers = re.compile(rf"(?<![A-Za-z0-9])(?:{either})(?![A-Za-z0-9])") if forms else None
        return cls(
            finder(work.traces),
            finder(work.traces.without(work.shared)),
            numbers,
            {str(each) for each in work.parcels},
            frozenset(work.heads),
            work.shop,
        )

    def speaks(self, text: str) -> bool:
        return self.names_parcel(text) or self.alone.finds_anywhere(text)

    def names_parcel(self, text: str) -> bool:
        return bool(self.numbers and self.numbers.search(text)) or any(
            each in self.parcels for each in _ids_in(text)
        )


def _ids_in(text: str) -> Iterator[str]:
    """Each is looked up: somebody may have thousands of parcels, and texts are many."""
    return (text[max(0, found.start() - 8) : found.end()] for found in _ID.finditer(text))


def _tells(number: str) -> bool:
    """Whether it is that parcel's wherever it stands."""
    bare = bare_number(number)
    return len(bare) >= _TELLING and any(sign.isdigit() for sign in bare)
