"""A shop's compensation policy from a TOML file: every fault with its line, nothing half taken."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from schemas.faults import words
from schemas.policy import ShopPolicy
from tracking.errors import KlatError

Place = tuple[str | int, ...]
LONGEST: Final = 16 * 1024  # characters; a policy is a page or two
MOST_TABLES: Final = 200  # inline ones, too
DEEPEST: Final = 8  # brackets within brackets
MOST_DOTS: Final = 8  # in one key
MOST_FAULTS: Final = 50
# A string, also one that nobody closed; a comment; a mark that has a meaning outside of both.
_TOKEN: Final = re.compile(
    r'''"""(?:\\.|[^\\])*?(?:"{3,5}|\\?\Z)|'{3}.*?(?:'{3,5}|\Z)'''
    r"""|"(?:\\[^\n]|[^"\\\n])*+"?|'[^'\n]*'?|\#[^\n]*|[][{}.=,\n]""",
    re.DOTALL,
)
_DIGITS: Final = re.compile(r"[0-9_]{1000}")
_TABLE: Final = re.compile(r"\s*\[{1,2}\s*([\w.-]+)\s*\]{1,2}")
_OPENING, _CLOSING, _ENDS_KEY = frozenset("[{"), frozenset("]}"), frozenset("[]{}=,\n")
_TOO_DEEP: Final = f"has brackets within brackets, more than {DEEPEST}"
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
    """In a time that grows with its length, and no faster. Raises PolicyRefused."""
    if len(text) > LONGEST:
        raise PolicyRefused([Fault(1, "", f"is longer than {LONGEST} characters")])
    if bound := _out_of_bounds(text):
        raise PolicyRefused([bound])
    try:
        return ShopPolicy.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        why = _AT_LINE.sub("", str(error)).strip()
        raise PolicyRefused([Fault(line, "", f"is no TOML: {why}")]) from None
    except ValidationError as error:
        lines = lines_of(text)
        faults = [_fault(each, lines) for each in error.errors(include_input=False)]
        raise PolicyRefused(_first_of(sorted(faults))) from None
    except ValueError:  # an integer of more digits than Python reads
        digits = _DIGITS.search(text)
        line = text.count("\n", 0, digits.start()) + 1 if digits else 1
        raise PolicyRefused([Fault(line, "", "holds a number that is too long")]) from None
    except RecursionError:
        raise PolicyRefused([Fault(1, "", _TOO_DEEP)]) from None


def _out_of_bounds(text: str) -> Fault | None:
    """Before it is parsed: what a parser takes long for, or does not come back from."""
    line, tables, depth, dots, end, before = 1, 0, 0, 0, 0, "\n"
    for found in _TOKEN.finditer(text):
        mark = found[0]
        depth = max(0, depth + (mark in _OPENING) - (mark in _CLOSING))
        dots = 0 if mark in _ENDS_KEY else dots + (mark == ".")
        begins = before == "\n" and not text[end : found.start()].strip()
        tables += mark == "{" or (mark == "[" and depth == 1 and begins)
        if why := _beyond(tables, depth, dots):
            return Fault(line, "", why)
        line += mark.count("\n")
        end, before = found.end(), mark
    return None


def _beyond(tables: int, depth: int, dots: int) -> str | None:
    if tables > MOST_TABLES:
        return f"is one of more than {MOST_TABLES} tables"
    if depth > DEEPEST:
        return _TOO_DEEP
    return f"has more than {MOST_DOTS} dots in a key" if dots > MOST_DOTS else None


def _first_of(faults: Sequence[Fault]) -> Sequence[Fault]:
    if len(faults) <= MOST_FAULTS:
        return faults
    told, rest = faults[: MOST_FAULTS - 1], faults[MOST_FAULTS - 1 :]
    return [*told, Fault(rest[0].line, "", f"and {len(rest)} faults more from here on")]


def _fault(error: ErrorDetails, lines: Mapping[Place, int]) -> Fault:
    why = words(error)
    return Fault(line_of(error["loc"] or _first_named(why), lines), dotted(error["loc"]), why)


def _first_named(why: str) -> Place:
    """A fault of the whole names in quotes the tables that it is about."""
    named = _NAMED.search(why)
    return (*named[1].split("."), 0) if named else ()


def line_of(place: Place, lines: Mapping[Place, int]) -> int:
    """Of the longest beginning of this place that the file names; 1 where it names none."""
    beginnings = (place[:length] for length in range(len(place), 0, -1))
    return next((lines[each] for each in beginnings if each in lines), 1)


def lines_of(text: str) -> Mapping[Place, int]:
    """By the places that the file names, each with the line that names it first."""
    lines: dict[Place, int] = {}
    for place, number in _places(text):
        lines.setdefault(place, number)
    return lines


def _places(text: str) -> Iterator[tuple[Place, int]]:
    """The places that the file names at the beginning of a line, each with its line.

    Keys of inline tables have the line of their table.
    """
    table: Place = ()
    seen: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
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


def dotted(place: Place) -> str:
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")
