"""What shoppers are asked after a delivery."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from schemas.base import Frozen, clean_text


class Packaging(StrEnum):
    """How the goods were packed; `too_big`: it ships air."""

    RIGHT = "right"
    TOO_BIG = "too_big"
    DAMAGED = "damaged"


class SurveyMode(StrEnum):
    """Whether a shop asks at all, and where."""

    OFF = "off"
    PAGE = "page"


LONGEST_WORD = 1000  # characters


def _lines(text: str) -> str:
    return "\n".join(filter(None, map(clean_text, text.splitlines())))


Word = Annotated[str, StringConstraints(max_length=LONGEST_WORD), AfterValidator(_lines)]


class SurveyAnswer(Frozen):
    """`recommend` from 0, not at all, to 10 (NPS); `courier` in stars; `word` in their own words.

    One of them at least is given.
    """

    recommend: Annotated[int, Field(ge=0, le=10)] | None = None
    courier: Annotated[int, Field(ge=1, le=5)] | None = None
    packaging: Packaging | None = None
    word: Word | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not any(each not in {None, ""} for each in self.__dict__.values()):
            raise ValueError("says nothing")
        return self
