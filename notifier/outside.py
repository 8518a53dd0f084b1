"""Text from outside, before it stands in a notice: one line, bounded, and never a way elsewhere.

Telephones and mail programs make links of whatever looks like one, so a place that a courier
called "evil.example/pay" would be a link in the shop's name.
"""

import re
from typing import Final

from schemas.base import clean_text, cut
from schemas.scan import Location

_READ: Final = 500  # characters; whoever names a place with more means no place
_SCHEME: Final = re.compile(r"\b[a-z][a-z0-9+.-]*://\S*|\bwww\.\S*", re.IGNORECASE)
_PATH: Final = re.compile(r"\b[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}[/?:]\S*")
_DOMAIN: Final = re.compile(r"(?<=\w)\.(?=[^\W\d_]{2})")  # K.Barona is written K. Barona, too
_MARKUP: Final = re.compile(r"[<>]+")
_LONGEST_CODE: Final = 40  # none that a person types is longer


def tidy(text: str | None, longest: int) -> str | None:
    """A name; a shop may be called by its domain. None when nothing is left of it."""
    return cut(_one_line(_PATH.sub(" ", _shown(text))), longest) or None


def branded(name: str, longest: int) -> str | None:
    """A shop's name; one that is called by its address keeps the domain of it."""
    return tidy(name[:_READ].strip().removeprefix("https://").rstrip("/"), longest)


def told(text: str | None, longest: int) -> str | None:
    """What a courier calls something: here a domain is no name."""
    return cut(_one_line(_DOMAIN.sub(". ", _shown(text))), longest) or None


def _shown(text: str | None) -> str:
    return _MARKUP.sub(" ", _SCHEME.sub(" ", clean_text((text or "")[:_READ])))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def named(place: Location | None, longest: int) -> str | None:
    """What a place is called, or else where it is."""
    parts = (place.name, place.address, place.city) if place else ()
    return next((name for part in parts if (name := told(part, longest))), None)


def addressed(place: Location | None) -> str | None:
    """What the name does not say already."""
    parts = (place.address, place.city, place.postcode) if place else ()
    name = named(place, 80)
    clean = (told(part, 80) for part in parts)
    return ", ".join(part for part in clean if part and part != name) or None


def typed(code: str | None) -> str | None:
    """A code as it has to be typed: whole and unchanged, or not at all."""
    return code if code and code == tidy(code, _LONGEST_CODE) else None
