"""A body of events in Klāt's own format: what of it is passed on, what is refused. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from schemas.api import Rejected
from schemas.scan import Scan
from tracking.carriers import CARRIERS
from tracking.carriers.base import Malformed, ParseContext, Parsed
from tracking.carriers.klat import places_of_scans
from tracking.carriers.lockers import LOCKER_CODES
from tracking.carriers.payload import read_json, trimmed
from tracking.web.bodies import MAX_BODY, not_json
from tracking.web.problem import HttpProblem

MAX_EVENTS = 1000
_PER_MESSAGE = 100


@dataclass(frozen=True, slots=True)
class Message:
    """A body for the exchange, and the key that leads it to its queue."""

    routing_key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Sorted:
    messages: Sequence[Message]
    accepted: int
    rejected: Sequence[Rejected]


def sort_events(body: bytes, carrier: str | None) -> Sorted:
    """Read one event, an array, or one a line; `carrier` is the only one the caller speaks for."""
    content = trimmed(body)
    told = _values(content)
    if len(told) > MAX_EVENTS:  # before each of them is looked at
        raise HttpProblem(413, "Too many events", f"At most {MAX_EVENTS} events are taken at once")
    parsed = _parsed(content)
    strangers = _strangers(parsed, carrier)
    if strangers and _is_single(content, parsed):
        raise HttpProblem(403, "Forbidden", strangers[0].error)
    rejected = sorted([*rejections(parsed), *strangers], key=lambda each: each.index)
    bad = {each.index for each in rejected}
    indices = places_of_scans(parsed)
    good = [(i, scan) for i, scan in zip(indices, parsed.scans, strict=True) if i not in bad]
    return Sorted(_messages(content, told, good, whole=not bad), len(good), rejected)


def _values(content: bytes) -> list[Any]:
    """The events as JSON, or those of each line that is no blank; None for a broken line."""
    try:
        found = read_json(content)
    except Malformed:
        return [_line(line) for line in content.splitlines() if line.strip()]
    return found if isinstance(found, list) else [found]


def _line(line: bytes) -> Any:
    try:
        return read_json(line)
    except Malformed:
        return None


def _parsed(content: bytes) -> Parsed:
    try:
        parsed = CARRIERS["klat"].parse(content, ParseContext())
    except Malformed as finding:
        raise not_json(finding.problem) from None
    if not content or (not parsed.scans and content[:1] not in b"{["):
        raise not_json("expected an event, an array of events, or one event a line")
    return parsed


def _is_single(content: bytes, parsed: Parsed) -> bool:
    return content.startswith(b"{") and len(parsed.scans) + len(parsed.problems) == 1


def rejections(parsed: Parsed) -> list[Rejected]:
    """What the reader could not read, in its words, the field first."""
    return [
        Rejected(index=each.index, error=f"{each.field}: {each.problem}".removeprefix(": "))
        for each in parsed.problems
    ]


def _strangers(parsed: Parsed, carrier: str | None) -> list[Rejected]:
    return [
        Rejected(index=index, error=f"carrier: this key may post for {carrier} only")
        for index, scan in zip(places_of_scans(parsed), parsed.scans, strict=True)
        if scan.carrier != carrier
    ]


def _messages(
    content: bytes, told: Sequence[Any], good: Sequence[tuple[int, Scan]], *, whole: bool
) -> list[Message]:
    """Arrays of events by routing key, each in the order of the body."""
    keys = {routing_key(scan) for _, scan in good}
    if whole and len(keys) == 1 and _is_message(content, len(good)):
        return [Message(keys.pop(), content)]
    groups: dict[str, list[Any]] = {}
    for index, scan in good:
        groups.setdefault(routing_key(scan), []).append(told[index])
    return [
        Message(key, packed)
        for key, members in groups.items()
        for start in range(0, len(members), _PER_MESSAGE)
        for packed in _packed(members[start : start + _PER_MESSAGE])
    ]


def _is_message(content: bytes, events: int) -> bool:
    """Whether the body can be passed on as it is."""
    if content.startswith(b"["):
        return events <= _PER_MESSAGE
    return content.startswith(b"{") and events == 1


def _packed(events: Sequence[Any]) -> Iterator[bytes]:
    """Numbers may grow a little when written anew; a message must not outgrow the limit."""
    body = to_json(events)
    if len(body) <= MAX_BODY or len(events) == 1:
        yield body
    else:
        half = len(events) // 2
        yield from _packed(events[:half])
        yield from _packed(events[half:])


def routing_key(scan: Scan) -> str:
    """Lockers have a queue of their own; their events are told by their code."""
    is_locker = scan.code is not None and scan.code.strip().casefold() in LOCKER_CODES
    return f"{'locker' if is_locker else 'carrier'}.{scan.carrier}"
