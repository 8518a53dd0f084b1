"""Sentences as plain text, in pieces: which of it are our own words, and which are names.

Our own words may be spelled without diacritics to fit an SMS; a name or a code may not.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from markupsafe import Markup

from notifier.wording import PLACEHOLDER, Facts
from schemas.base import clean_text
from tracking.words.catalog import Words

_ENDS: Final = (".", "?", "!", "…")
_OURS: Final = frozenset({"answer"})  # support wrote it, in the name of the shop
_NAMES: Final = frozenset({"brand", "carrier", "place", "address", "locker", "counter"})


class Piece(NamedTuple):
    """`protected` pieces come from outside and stay as they are spelled; `is_name` ones unless the
    shop chose otherwise. Codes and links stay whatever is chosen.
    """

    text: str
    protected: bool = False
    is_name: bool = False


@dataclass(frozen=True, slots=True)
class SmsText:
    """Its repr tells nothing: there may be a code in it."""

    pieces: tuple[Piece, ...] = field(repr=False)

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


def pieces(words: Words, message: str, facts: Facts) -> Iterator[Piece]:
    """A message in its language, cut where a fact stands in it."""
    translated = words.gettext(message).unescape()
    for index, part in enumerate(PLACEHOLDER.split(translated)):
        if piece := _piece(part, facts[part]) if index % 2 else Piece(part):
            yield piece


def _piece(name: str, fact: str) -> Piece:
    if isinstance(fact, Markup):
        return Piece(untagged(fact))
    return Piece(fact, protected=name not in _OURS, is_name=name in _NAMES)


def sentence(words: Words, message: str, facts: Facts) -> list[Piece]:
    """With a full stop, unless it has an end of its own."""
    said = list(pieces(words, message, facts))
    is_ended = "".join(piece.text for piece in said).endswith(_ENDS)
    return said if is_ended else [*said, Piece(".")]


def plain(words: Words, message: str, facts: Facts) -> str:
    return "".join(piece.text for piece in pieces(words, message, facts))


def untagged(phrase: Markup) -> str:
    """One line without tags, joiners, soft hyphens and spaces of their own kinds."""
    return clean_text(phrase.striptags())
