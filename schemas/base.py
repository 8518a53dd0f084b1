"""What every model here has in common: frozen, strict about keys, clean text."""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

# Cc controls, Cf format (bidi overrides, zero width), Cs lone surrogates, Co private use.
_UNSHOWABLE = frozenset({"Cc", "Cf", "Cs", "Co"})
# Joiners are letters' business in some scripts and in emoji; they cannot reorder text.
_KEPT = frozenset("\u200c\u200d")
# Latin and Cyrillic letters, digits and marks that are NFC already: nearly all of what comes.
_PLAIN = re.compile("[ -~\u00a1-\u00ac\u00ae-\u02ff\u0400-\u0482\u048a-\u052f]*")
_MAX_COMBINING = 4  # marks on one letter; more is vandalism, not language


def clean_text(value: str) -> str:
    """One line of NFC text without control, bidi or stacked combining characters."""
    if (value.isascii() and value.isprintable()) or _PLAIN.fullmatch(value):
        return value.strip()
    return " ".join("".join(_showable(unicodedata.normalize("NFC", value))).split())


def clean_lines(text: str) -> str:
    """Lines of clean text; of several empty ones in a row, one is left."""
    lines = [clean_text(line) for line in text.splitlines()]
    kept = [line for place, line in enumerate(lines) if line or (place and lines[place - 1])]
    return "\n".join(kept).strip()


def _showable(value: str) -> list[str]:
    kept: list[str] = []
    marks = 0
    for char in value:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if char.isspace():
            kept.append(" ")
        elif marks <= _MAX_COMBINING and (
            char in _KEPT or unicodedata.category(char) not in _UNSHOWABLE
        ):
            kept.append(char)
    return kept


# What is kept to the letter (codes, ids) may hold what reorders or hides: none of it is shown.
_MISLEADING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)


def for_eyes(value: str) -> str:
    """The text as people may see it: without controls and marks of direction; lines stay."""
    return value if value.isascii() and value.isprintable() else _MISLEADING.sub("", value)


def cut(value: str, limit: int) -> str:
    """At most `limit` characters; one that was longer ends with an ellipsis."""
    return value if len(value) <= limit else f"{value[: limit - 1].rstrip()}…"


# A leap second, or a clock that counts to 60: the second before, so that it keeps its day.
_SECOND_60 = re.compile(r"(\d\d:\d\d:)60(?!\d)")


def iso_time(value: str) -> datetime:
    """A time in ISO 8601, aware where it has an offset. Raises ValueError."""
    return datetime.fromisoformat(_SECOND_60.sub(r"\g<1>59", value))


KEPT = "kept"
"""Context of validation: of what was taken before; what is asked of the new may have grown."""


class Frozen(BaseModel):
    """A value: never changed, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    @classmethod
    def kept(cls, text: str | bytes) -> Self:
        """From JSON that we wrote. What a later release has added is left out, at any depth, so
        that both can work on the same rows. Raises ValidationError.
        """
        return cls.model_validate_json(text, extra="ignore", context=KEPT)


# Ids and codes are kept to the letter, so what cannot be shown or stored is refused, not cleaned.
PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f]+$"
ModelT = TypeVar("ModelT", bound=Frozen)


def printable(longest: int) -> StringConstraints:
    """One to so many characters; an empty text is said to be that, before its pattern is."""
    return StringConstraints(min_length=1, max_length=longest, pattern=PRINTABLE)


def trusted(model: type[ModelT], fields: dict[str, Any]) -> ModelT:
    """A value of fields that are all given and validated: as unpickling does, for half the cost.

    Only for what is made thousands of times a second from values that came out of a model.
    """
    made = model.__new__(model)
    made.__setstate__(
        {
            "__dict__": fields,
            "__pydantic_fields_set__": _names(model),
            "__pydantic_extra__": None,
            "__pydantic_private__": None,
        }
    )
    return made


@cache
def _names(model: type[Frozen]) -> set[str]:
    return set(model.model_fields)


ShortText = Annotated[str, StringConstraints(max_length=200), AfterValidator(clean_text)]
LongText = Annotated[str, StringConstraints(max_length=2000), AfterValidator(clean_text)]
Instant = AwareDatetime


def _without_nul(value: str) -> str:
    if "\0" in value:
        raise ValueError("holds a NUL or half a surrogate pair")
    return value


def _as_prose(limit: int) -> Callable[[str], str]:
    return lambda value: cut(clean_text(_without_nul(value)), limit)


# What couriers write for people: a long sentence is cut, since the news beside it must not be lost.
ToldShort = Annotated[str, AfterValidator(_as_prose(200))]
ToldLong = Annotated[str, AfterValidator(_as_prose(2000))]
ToldId = Annotated[
    str,
    StringConstraints(max_length=200),
    AfterValidator(_without_nul),
    AfterValidator(clean_text),
]


def _or_none(value: datetime | None) -> datetime | None:
    return value.astimezone(UTC) if value is not None and is_plausible(value) else None


def _plausible(value: datetime | None) -> datetime | None:
    if value is not None and not is_plausible(value):
        raise ValueError("not between the years 2000 and 2100")
    return value


def is_plausible(value: date) -> bool:
    """Whether anybody means such a year: of 9999 and 1 carriers make "not known"."""
    return 2000 <= value.year <= 2100


# What a carrier says of such a year says nothing, and any other instant is UTC, as we tell it;
# whoever promises such a year is told.
KnownInstant = Annotated[AwareDatetime | None, AfterValidator(_or_none)]
PlausibleInstant = Annotated[AwareDatetime, AfterValidator(_plausible)]
COUNTRY, CURRENCY = r"^[A-Z]{2}$", r"^[A-Z]{3}$"
CountryCode = Annotated[str, StringConstraints(pattern=COUNTRY)]
CurrencyCode = Annotated[str, StringConstraints(pattern=CURRENCY)]
