"""What every model here has in common: frozen, strict about keys, clean text."""

import re
import unicodedata
from datetime import datetime
from functools import cache
from typing import Annotated, Any, TypeVar

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


class Frozen(BaseModel):
    """A value: never changed, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


# Ids and codes are kept to the letter, so what cannot be shown or stored is refused, not cleaned.
Printable = r"^[^\x00-\x1f\x7f-\x9f]+$"
ModelT = TypeVar("ModelT", bound=Frozen)


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


def _or_none(value: datetime | None) -> datetime | None:
    return value if value is not None and _is_plausible(value) else None


def _plausible(value: datetime | None) -> datetime | None:
    if value is not None and not _is_plausible(value):
        raise ValueError("not between the years 2000 and 2100")
    return value


def _is_plausible(value: datetime) -> bool:
    return 2000 <= value.year <= 2100


# Of a year that nobody means (9999, 1) carriers make "not known"; whoever promises it is told.
KnownInstant = Annotated[AwareDatetime | None, AfterValidator(_or_none)]
PlausibleInstant = Annotated[AwareDatetime, AfterValidator(_plausible)]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
