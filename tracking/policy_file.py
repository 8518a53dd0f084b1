"""A shop's compensation policy from a TOML file: every fault with its line, nothing half taken."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from schemas.faults import words
from schemas.policy import ShopPolicy
from tracking.errors import KlatError

LONGEST: Final = 256 * 1024  # characters; a policy is a page or two
_TABLE: Final = re.compile(r"\s*\[{1,2}\s*([\w.-]+)\s*\]{1,2}")
_NAMED: Final = re.compile(r"'([\w.]+)'")
_AT_LINE: Final = re.compile(r"\(at line (\d+), column \d+\)")


class Fault(NamedTuple):
    """`line` counts from 1; `place` as "tiers[1].bonus.amount", empty for the whole."""

    line: int
    place: str
    why: str

    def __str__(self) -> str:
        where = f" {self.place}:" if self.place else ""
        return f"line {self.line}:{where} {self.why}"


class PolicyRefused(KlatError):  # noqa: N818 - named for what was decided
    """Nothing of it is taken. Its text has a line for each fault."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


def read_policy(text: str) -> ShopPolicy:
    """Raises PolicyRefused."""
    if len(text) > LONGEST:
        raise PolicyRefused([Fault(1, "", f"is longer than {LONGEST} characters")])
    try:
        return ShopPolicy.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        why = _AT_LINE.sub("", str(error)).strip()
        raise PolicyRefused([Fault(line, "", f"is no TOML: {why}")]) from None
    except ValidationError as error:
        lines = list(_lines(text))
        raise PolicyRefused(sorted(_fault(each, lines) for each in error.errors())) from None


def _fault(error: ErrorDetails, lines: Sequence[tuple[tuple[str | int, ...], int]]) -> Fault:
    why = words(error)
    return Fault(_line_of(error["loc"] or _first_named(why), lines), _dotted(error["loc"]), why)


def _first_named(why: str) -> tuple[str | int, ...]:
    """A fault of the whole names in quotes the tables that it is about."""
    named = _NAMED.search(why)
    return (*named[1].split("."), 0) if named else ()


def _line_of(
    place: tuple[str | int, ...], lines: Sequence[tuple[tuple[str | int, ...], int]]
) -> int:
    """Of the longest beginning of this place that the file names."""
    for length in range(len(place), 0, -1):
        for known, line in lines:
            if known == place[:length]:
                return line
    return 1


def _lines(text: str) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """The places that the file names at the beginning of a line, each with its line.

    Keys of inline tables have the line of their table.
    """
    table: tuple[str | int, ...] = ()
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _TABLE.match(line):
            name = found[1]
            table = tuple(name.split("."))
            if line.lstrip().startswith("[["):
                table = (*table, seen.setdefault(name, 0))
                seen[name] += 1
            yield table, number
        elif "=" in line and not line.lstrip().startswith("#"):
            key = line.partition("=")[0].strip().strip('"')
            yield (*table, *key.split(".")), number


def _dotted(place: tuple[str | int, ...]) -> str:
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")
