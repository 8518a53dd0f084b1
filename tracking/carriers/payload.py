"""Reading what carriers send: JSON and XML of any quality; every finding names its field.

A reader asks for values by name (`required`, `first`, `obj`, `rows`), and `collect` reads a list
item by item, so that one bad item costs only itself.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from pydantic import ValidationError
from pydantic_core import from_json

from schemas.base import clean_text, cut
from schemas.faults import words
from schemas.scan import LAST_DELIVERY, Confidence, Location, Scan, ScanTime
from schemas.status import Handover
from tracking.carriers.base import Malformed, Meaning, Parsed, Problem, text
from tracking.carriers.times import read_time

Reader = Callable[[Any], Scan | Parsed | None]

_BOM = b"\xef\xbb\xbf"


def trimmed(body: bytes) -> bytes:
    """The body without a byte order mark and blanks around it."""
    return body.strip().removeprefix(_BOM).lstrip()


# Every escape of a text: two halves of a surrogate pair, one half alone (named), or another one.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


def read_json(body: bytes) -> Any:
    """The JSON value of the body; at most 200 levels deep, no NaN.

    Half a surrogate pair is JSON and no text: it is read as a NUL, and costs the item that has it.
    """
    content = trimmed(body)
    try:
        return from_json(content, allow_inf_nan=False)
    except ValueError as error:
        whole = _ESCAPE.sub(_nul_for_half, content)
        if whole == content:
            raise Malformed("", f"not JSON: {_place(error)}") from None
        return read_json(whole)


def _nul_for_half(escape: re.Match[bytes]) -> bytes:
    return b"\\u0000" if escape["half"] else escape[0]


def _place(error: ValueError) -> str:
    # The message quotes nothing of the body, only what was expected and where.
    return str(error)[:120]


def read_xml(body: bytes) -> Element:
    """The root of the body, tags without their namespaces; no DTD, no entities of its own."""
    try:
        root = fromstring(
            trimmed(body), forbid_dtd=True, forbid_entities=True, forbid_external=True
        )
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Malformed("", f"not XML: {type(error).__name__}") from None
    for element in root.iter():
        element.tag = local_name(element.tag)
        element.attrib = {local_name(name): value for name, value in element.attrib.items()}
    return root


def local_name(tag: str) -> str:
    return tag.rpartition("}")[2]


def fields_of(element: Element) -> dict[str, str]:
    """Attributes and children without children of their own, by name: a row as JSON would say."""
    leaves = {child.tag: child.text or "" for child in element if not len(child)}
    return {**element.attrib, **leaves}


def is_xml(body: bytes) -> bool:
    return trimmed(body)[:1] == b"<"


def obj(value: Any, field: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise Malformed(field, "must be an object")


def array(value: Any, field: str = "") -> list[Any]:
    if isinstance(value, list):
        return value
    raise Malformed(field, "must be an array")


def sub(item: Mapping[str, Any], key: str) -> dict[str, Any]:
    """An object inside an object; empty where there is none (PHP writes an empty one as [])."""
    value = item.get(key)
    return value if isinstance(value, dict) else {}


def rows(value: Any, *keys: str) -> list[Any]:
    """The items of a list, or of an object's list under one of `keys`, or the one item itself."""
    if isinstance(value, list):
        return value
    items = next((obj(value)[key] for key in keys if obj(value).get(key) is not None), value)
    return items if isinstance(items, list) else [obj(items)]


def first(item: Mapping[str, Any], *keys: str) -> str | None:
    """The first of these fields that says something."""
    return next((said for key in keys if (said := text(item.get(key))) is not None), None)


def required(item: Mapping[str, Any], *keys: str) -> str:
    said = first(item, *keys)
    if said is None:
        raise Malformed(keys[0], "is missing or empty")
    return said


def number_of(item: Mapping[str, Any], asked: str | None, *keys: str) -> str:
    """The tracking number: from the item, or else the one that was asked for."""
    said = first(item, *keys) or asked
    if said is None:
        raise Malformed(keys[0] if keys else "tracking_number", _UNNAMED)
    return said


_UNNAMED = (
    "is missing or empty, and nothing else names the parcel: add ?tracking_number= "
    "(RabbitMQ: the header x-tracking-number)"
)


def when(item: Mapping[str, Any], zone: str, *keys: str, pattern: str | None = None) -> ScanTime:
    """The time in the first of these fields that says something; see `read_time`."""
    key = next((key for key in keys if text(item.get(key)) is not None), keys[0])
    return read_time(required(item, key), zone, field=key, pattern=pattern)


def deadline(item: Mapping[str, Any], zone: str, key: str) -> datetime | None:
    """Until when: a day means to its end, midnight that moment; None where nothing can be read."""
    try:
        moment = when(item, zone, key)
    except Malformed:
        return None
    is_midnight = moment.confidence is Confidence.DATE_ONLY and ":" in moment.raw
    return moment.at if is_midnight else moment.alternative or moment.at


def verdict(meaning: Meaning | None, where: Handover | None = None) -> dict[str, Any]:
    """The fields of a Scan that follow from what its code means; `where` as the place tells it."""
    if meaning is None:
        return {"recognised": False}
    return {
        "status": meaning.status,
        "reason": meaning.reason,
        "handover": meaning.handover or where,
        "retracts": LAST_DELIVERY if meaning.retracts_delivery else None,
    }


def prose(value: Any, limit: int = 2000) -> str | None:
    """A text for people to read, cut at `limit`; None where it says nothing."""
    said = text(value)
    return cut(said, limit) if said is not None else None


def raw_code(*parts: Any) -> str | None:
    """The carrier's own word, its parts joined by "/"; None where none of them says anything."""
    said = [part for part in map(text, parts) if part is not None]
    return "/".join(said)[:120].rstrip() or None


def place(
    item: Mapping[str, Any],
    *,
    name: str = "",
    address: str = "",
    city: str = "",
    postcode: str = "",
    country: str = "",
    lat: str = "",
    lon: str = "",
    place_id: str = "",
) -> Location | None:
    """A location from the named fields of an object; None where they say nothing."""
    fields = {
        "name": name,
        "address": address,
        "city": city,
        "postcode": postcode,
        "place_id": place_id,
    }
    said: dict[str, Any] = {
        ours: prose(item.get(theirs), 200) for ours, theirs in fields.items() if theirs
    }
    said["country"] = _country(item.get(country))
    said["lat"], said["lon"] = _point(item.get(lat), item.get(lon))
    return Location(**said) if any(value is not None for value in said.values()) else None


def _country(value: Any) -> str | None:
    code = (text(value) or "").upper()
    return code if len(code) == 2 and code.isascii() and code.isalpha() else None


def _point(lat: Any, lon: Any) -> tuple[float | None, float | None]:
    """A point on the globe, or nothing: 0/0 is how carriers write an unknown one."""
    try:
        north, east = float(text(lat) or ""), float(text(lon) or "")
    except ValueError:
        return None, None
    known = abs(north) <= 90 and abs(east) <= 180 and (north, east) != (0, 0)
    return (north, east) if known else (None, None)


def nested(value: Any, key: str, read: Callable[[dict[str, Any], Any], Scan | None]) -> Parsed:
    """Read events where carriers put them: bare, in a list, or under `key` of a parcel (or many).

    `read(parcel, event)`; an event that stands alone is given an empty parcel.
    """
    if isinstance(value, list):
        return collect(value, lambda item: _parcel_or_event(item, key, read))
    parcel = obj(value)
    if parcel.get(key) is None:
        return collect([parcel], lambda event: read({}, event))
    return collect(array(parcel[key], key), lambda event: read(parcel, event))


def _parcel_or_event(
    item: Any, key: str, read: Callable[[dict[str, Any], Any], Scan | None]
) -> Scan | Parsed | None:
    holds_events = isinstance(item, dict) and item.get(key) is not None
    return nested(item, key, read) if holds_events else read({}, item)


def collect(items: Iterable[Any], read: Reader) -> Parsed:
    """Read every item; what cannot be read becomes a Problem and the others are kept.

    `read` returns a Scan, a Parsed (an item that is itself a list), or None for an item that says
    nothing. A problem inside a nested list carries the outer index; its field says the rest.
    """
    parsed = Parsed()
    for index, item in enumerate(items):
        try:
            outcome = read(item)
        except Malformed as found:
            parsed.problems.append(Problem(index, found.field, found.problem))
        except ValidationError as error:
            parsed.problems.append(problem_of(index, error))
        else:
            _add(parsed, index, outcome)
    return parsed


def _add(parsed: Parsed, index: int, outcome: Scan | Parsed | None) -> None:
    if isinstance(outcome, Parsed):
        parsed.scans.extend(outcome.scans)
        parsed.problems.extend(
            Problem(index, f"{inner.index}.{inner.field}".rstrip("."), inner.problem)
            for inner in outcome.problems
        )
    elif outcome is not None:
        parsed.scans.append(outcome)


def problem_of(index: int, error: ValidationError) -> Problem:
    """All that is wrong, by its dotted place; the first place is the field of the problem."""
    findings = error.errors(include_url=False, include_input=False)
    said = [(_place_of(each["loc"]), words(each)) for each in findings[:_MOST_FINDINGS]]
    others = [f"{place}: {problem}".removeprefix(": ") for place, problem in said[1:]]
    if len(findings) > _MOST_FINDINGS:
        others.append(f"and {len(findings) - _MOST_FINDINGS} more")
    return Problem(index, said[0][0], "; ".join([said[0][1], *others]))


def _place_of(path: Iterable[str | int]) -> str:
    """A part of it may be a key that was sent."""
    return ".".join(clean_text(str(part))[:_LONGEST_KEY] for part in path)


_LONGEST_KEY = 60
_MOST_FINDINGS = 10
