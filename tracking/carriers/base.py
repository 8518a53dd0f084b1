"""What a carrier file is made of: its code table, how it is read, how it is verified."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from schemas.base import clean_text
from schemas.scan import Scan
from schemas.status import Handover, Reason, Status


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a carrier's code says. `status` None: informational, changes nothing.

    `retracts_delivery`: the code takes back the latest delivery.
    """

    status: Status | None = None
    reason: Reason | None = None
    handover: Handover | None = None
    retracts_delivery: bool = False


INFORMATIONAL = Meaning()


class Malformed(Exception):  # noqa: N818 - a finding about the input, not a fault of ours
    """The payload, or one item of it, is not what the carrier documents. Names the field."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}" if field else problem)
        self.field = field
        self.problem = problem


@dataclass(frozen=True, slots=True)
class ParseContext:
    """What a reader may need beside the body.

    `tracking_number`: from the request, for payloads that do not name their parcel (Posti).
    `zone`: the operator's zone for this carrier in place of the default one.
    """

    tracking_number: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One item of a payload that could not be read; the others were."""

    index: int
    field: str
    problem: str


@dataclass(frozen=True, slots=True)
class Parsed:
    scans: list[Scan] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


Parser = Callable[[bytes, ParseContext], Parsed]
Verifier = Callable[[bytes, Mapping[str, str], str], bool]


@dataclass(frozen=True, slots=True)
class Carrier:
    """One carrier. `parse` raises Malformed when the whole body cannot be read.

    `zone` is the IANA zone in which times without an offset are read. `verify(body, headers,
    secret)` is None for carriers that sign nothing; header names arrive in lower case.
    `meaning(code)` is None for a code that nobody has mapped. `tracking_page` is the carrier's own
    public page with `{number}` in it.
    """

    code: str
    name: str
    zone: str
    codes: Mapping[str, Meaning]
    parse: Parser
    verify: Verifier | None = None
    tracking_page: str | None = None
    normalise: Callable[[str], str] = str.strip

    def meaning(self, code: str) -> Meaning | None:
        return self.codes.get(self.normalise(code))


def text(value: Any) -> str | None:
    """A carrier's text on one clean line, or None where it says nothing.

    Nothing is: empty, blank, no text or number, a known placeholder.
    """
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return None
    said = clean_text(str(value)[:_LONGEST])
    return None if not said or said.casefold() in _PLACEHOLDERS else said


_LONGEST = 4000
_PLACEHOLDERS = frozenset({"string", "redacted", "null", "none", "n/a", "-", "undefined"})
