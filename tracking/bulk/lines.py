"""A line of a table as the registration that POST /v1/shipments takes, or why it is none. Pure."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from schemas.api import ShipmentRegistration
from tracking.bulk.table import Line
from tracking.place import delivery_zone
from tracking.web.problem import field_errors

_RECIPIENT: Final = ("name", "phone", "email", "language", "postcode", "country")
_BUYER: Final = ("name", "phone", "email", "language", "country")
_PLAIN: Final = ("carrier", "tracking_number", "order", "merchant_reference", "service")
_DAY: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})\.?(?:[ T]+(\d{1,2}:\d{2}(?::\d{2})?))?")
_SHORTENED: Final = re.compile(r"\d+([.,]\d+)?E\+\d+", re.IGNORECASE)
_YES: Final = frozenset({"1", "yes", "true", "x", "jā", "ja"})
_NO: Final = frozenset({"0", "no", "false", "nē", "ne"})
_COLUMN_OF: Final[Mapping[str, str]] = {
    **{f"/{name}": name for name in _PLAIN},
    **{f"/recipient/{name}": name for name in _RECIPIENT},
    **{f"/buyer/{name}": f"buyer_{name}" for name in _BUYER},
    "/promise/from": "promise_from",
    "/promise/by": "promise_by",
    "/promise": "promise_from",
    "/value/amount": "value",
    "/value/currency": "currency",
    "/notify/sms": "notify_sms",
    "/notify/email": "notify_email",
}


class Why(StrEnum):
    """What is wrong with a cell. WRONG: what the column may hold is said by its name."""

    WRONG = "wrong"
    MISSING = "missing"
    SHORTENED = "shortened"  # a spreadsheet made 3.71E+10 of it
    SPARE = "spare"  # more cells than columns
    TWICE = "twice"  # the same parcel stands on an earlier line


class Fault(NamedTuple):
    """`line`: of TWICE the earlier one."""

    column: str
    why: Why
    line: int = 0


class Read(NamedTuple):
    """A line with what it registers; without that, its faults."""

    number: int
    told: str
    body: ShipmentRegistration | None
    faults: Sequence[Fault] = ()


def read_lines(lines: Sequence[Line], carrier: str) -> list[Read]:
    """`carrier` is that of lines which name none."""
    first: dict[tuple[str, str], int] = {}
    found = list[Read]()
    for line in lines:
        read = _read(line, carrier)
        if read.body is not None:
            key = read.body.carrier, read.body.tracking_number
            earlier = first.setdefault(key, line.number)
            if earlier != line.number:
                fault = Fault("tracking_number", Why.TWICE, earlier)
                read = read._replace(body=None, faults=[fault])
        found.append(read)
    return found


def _read(line: Line, carrier: str) -> Read:
    cells = {**({"carrier": carrier} if carrier else {}), **line.cells}
    told = cells.get("tracking_number", "")[:63]
    faults = list(_at_sight(line, cells))
    if faults:
        return Read(line.number, told, None, faults)
    try:
        body = ShipmentRegistration.model_validate_json(json.dumps(_document(cells)))
    except ValidationError as error:
        return Read(line.number, told, None, _faults(error))
    return Read(line.number, told, body)


def _at_sight(line: Line, cells: Mapping[str, str]) -> Iterator[Fault]:
    if line.spare:
        yield Fault("", Why.SPARE)
    for name in ("carrier", "tracking_number"):
        if name not in cells:
            yield Fault(name, Why.MISSING)
    for name in ("tracking_number", "order", "phone", "buyer_phone"):
        if _SHORTENED.fullmatch(cells.get(name, "")):
            yield Fault(name, Why.SHORTENED)


def _faults(error: ValidationError) -> list[Fault]:
    """One for each column, in the order in which they stand there."""
    found: dict[str, Fault] = {}
    missing = {each["loc"] for each in error.errors() if each["type"] == "missing"}
    lacking = {"/" + "/".join(map(str, place)) for place in missing}
    for each in field_errors(error):
        column = _COLUMN_OF.get(each.pointer, "tracking_number")
        why = Why.MISSING if each.pointer in lacking else Why.WRONG
        found.setdefault(column, Fault(column, why))
    return list(found.values())


def _document(cells: Mapping[str, str]) -> dict[str, Any]:
    zone = delivery_zone(cells.get("carrier", ""), cells.get("country", "").upper() or None)
    document: dict[str, Any] = {name: cells[name] for name in _PLAIN if name in cells}
    parts = {
        "recipient": {name: cells[name] for name in _RECIPIENT if name in cells},
        "buyer": {name: cells[f"buyer_{name}"] for name in _BUYER if f"buyer_{name}" in cells},
        "promise": {
            name: _when(cells[f"promise_{name}"], zone)
            for name in ("from", "by")
            if f"promise_{name}" in cells
        },
        "value": _value(cells),
        "notify": {
            name: _flag(cells[f"notify_{name}"])
            for name in ("sms", "email")
            if f"notify_{name}" in cells
        },
    }
    return document | {name: part for name, part in parts.items() if part}


def _when(text: str, zone: str) -> str:
    """A day as a day; a time without an offset is local to the place of delivery. What is neither
    stays as it is, to be refused.
    """
    found = _DAY.fullmatch(text)
    if found:
        day, month, year, clock = found.groups()
        text = f"{year}-{month:0>2}-{day:0>2}" + (f"T{clock:0>5}" if clock else "")
    try:
        date.fromisoformat(text)
    except ValueError:
        pass
    else:
        return text
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).isoformat()


def _value(cells: Mapping[str, str]) -> dict[str, str]:
    told = {"amount": _amount(cells["value"])} if "value" in cells else {}
    return {**told, "currency": cells["currency"].upper()} if told and "currency" in cells else told


def _amount(text: str) -> str:
    """1234.50 of "1 234,50" and of "1,234.50": whichever sign stands last parts the cents."""
    bare = "".join(text.split())
    at = max(bare.rfind(","), bare.rfind("."))
    if at < 0:
        return bare
    return bare[:at].replace(",", "").replace(".", "") + "." + bare[at + 1 :]


def _flag(text: str) -> bool | str:
    word = text.casefold()
    return True if word in _YES else False if word in _NO else text
