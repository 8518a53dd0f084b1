"""Whole tables as PostgreSQL copies them out, whatever they are: for who looks through everything.

No query names them, so a table that is new is looked through as well.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import asyncpg

from tracking.sql import SQL
from tracking.store.pool import transaction

_LONGEST: Final = 24 * 3600.0  # seconds
_ESCAPED: Final = re.compile(r"\\(.)")
_SIGNS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_NULL: Final = r"\N"

Row = Mapping[str, str | None]


class Table(NamedTuple):
    name: str
    columns: Sequence[str]

    def row(self, line: bytes) -> Row:
        """By column; bytes as PostgreSQL writes them: a backslash, an x and hex digits."""
        fields = line.decode("utf-8", "replace").split("\t")
        return dict(zip(self.columns, map(_value, fields), strict=True))


def _value(field: str) -> str | None:
    if field == _NULL:
        return None
    return _ESCAPED.sub(lambda found: _SIGNS.get(found[1], found[1]), field)


async def all_tables(conn: asyncpg.Connection) -> list[Table]:
    return [Table(row["name"], row["columns"]) for row in await conn.fetch(SQL["all_tables"])]


async def unhurried(conn: asyncpg.Connection) -> None:
    await conn.execute(SQL["unhurried"])


async def read_whole(pool: asyncpg.Pool, table: Table, take: Callable[[list[bytes]], None]) -> None:
    """Every row as a line of COPY's text format, a handful at a time. Raises StoreUnavailable."""
    rest = b""

    async def sink(data: bytes) -> None:
        nonlocal rest
        *lines, rest = (rest + data).split(b"\n")
        take(lines)

    async with transaction(pool) as conn:
        await unhurried(conn)
        await conn.copy_from_table(table.name, columns=table.columns, output=sink, timeout=_LONGEST)
    assert not rest, "each row ends with a line feed"
