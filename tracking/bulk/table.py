"""A CSV file as spreadsheets write it, read into lines; nothing is half read. Pure.

RFC 4180, with what Excel does besides: a byte order mark, semicolons or tabs, `sep=;` in front,
an apostrophe that marks a number as text.
"""

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from tracking.errors import KlatError

LONGEST: Final = 2 * 1024 * 1024  # bytes
MOST: Final = 5000  # lines below the header
COLUMNS: Final = (
    *("carrier", "tracking_number", "order", "merchant_reference"),
    *("name", "phone", "email", "language", "postcode", "country"),
    *("buyer_name", "buyer_phone", "buyer_email", "buyer_language", "buyer_country"),
    *("promise_from", "promise_by", "value", "currency", "service", "notify_sms", "notify_email"),
)
_DELIMITERS: Final = ";,\t"
_SAID: Final = re.compile(r"sep=([;,\t])", re.IGNORECASE)
_AS_TEXT: Final = re.compile(r"'(?=[0-9+=@-])")
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")


class Unreadable(StrEnum):
    """Why nothing of a file is taken."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    TOO_MANY = "too_many"
    UTF16 = "utf16"
    NOT_UTF8 = "not_utf8"
    NUL = "nul"
    QUOTES = "quotes"
    NO_NUMBER = "no_number"
    TWICE = "twice"


class NoTable(KlatError):  # noqa: N818 - named for what was found
    """`line` counts from 1; `name` is that of a column."""

    def __init__(self, why: Unreadable, line: int = 1, name: str = "") -> None:
        super().__init__(f"line {line}: {why}")
        self.why, self.line, self.name = why, line, name


class Line(NamedTuple):
    """`number` is that of its first line in the file, the header's being 1. `cells` that are empty
    are left out; `spare`: there are more cells than columns.
    """

    number: int
    cells: Mapping[str, str]
    spare: bool = False


class Table(NamedTuple):
    """`unknown`: columns that are not read."""

    lines: Sequence[Line]
    unknown: Sequence[str]


def as_text(body: bytes) -> str:
    """With line feeds only. Raises NoTable."""
    if len(body) > LONGEST:
        raise NoTable(Unreadable.TOO_LONG)
    if body.startswith(_WIDE):
        raise NoTable(Unreadable.UTF16)
    if b"\0" in body:
        raise NoTable(Unreadable.NUL, body[: body.index(b"\0")].count(b"\n") + 1)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NoTable(Unreadable.NOT_UTF8, body[: error.start].count(b"\n") + 1) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_table(text: str) -> Table:
    """Raises NoTable."""
    rows = _rows(text)
    _, header = next(rows, (1, None))
    if header is None:
        raise NoTable(Unreadable.EMPTY)
    names = [_name(each) for each in header]
    for at, name in enumerate(names):
        if name in COLUMNS and name in names[:at]:
            raise NoTable(Unreadable.TWICE, name=name)
    if "tracking_number" not in names:
        raise NoTable(Unreadable.NO_NUMBER)
    lines = list[Line]()
    for number, cells in rows:
        if len(lines) == MOST:
            raise NoTable(Unreadable.TOO_MANY, number)
        lines.append(_line(number, names, cells))
    if not lines:
        raise NoTable(Unreadable.EMPTY)
    return Table(lines, [name for name in names if name and name not in COLUMNS])


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each that holds something, with the line of the file where it begins."""
    begun, lines, skipped = text.lstrip("\n"), text.split("\n"), 0
    skipped = len(lines) - len(begun.split("\n"))
    first = begun.partition("\n")[0]
    if said := _SAID.fullmatch(first.strip(" ")):
        delimiter, skipped = said[1], skipped + 1
    else:
        delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader((f"{line}\n" for line in lines[skipped:]), delimiter=delimiter, strict=True)
    ended = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise NoTable(Unreadable.QUOTES, skipped + ended + 1) from None
        at, ended = skipped + ended + 1, reader.line_num
        if any(cell.strip() for cell in cells):
            yield at, cells


def _name(cell: str) -> str:
    text = unicodedata.normalize("NFC", cell).strip().casefold()
    return re.sub(r"[\s-]+", "_", text)[:60]


def _line(number: int, names: Sequence[str], cells: Sequence[str]) -> Line:
    told = {name: _cell(cell) for name, cell in zip(names, cells, strict=False)}
    spare = any(cell.strip() for cell in cells[len(names) :])
    kept = {name: cell for name, cell in told.items() if cell and name in COLUMNS}
    return Line(number, kept, spare)


def _cell(text: str) -> str:
    return _AS_TEXT.sub("", text.strip(), count=1) if text.strip().startswith("'") else text.strip()
