"""Whether somebody is still named anywhere: every table is looked through, every seal broken.

It shares no query and no list of tables with what erases. What stands beside a parcel of theirs is
searched for phone, address, words of the name and postcode; everything else for phone and address.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import asyncpg

from tracking.person.about import About, Work
from tracking.person.sealed import CONTEXTS, looks_sealed, opened
from tracking.sealing import Sealer
from tracking.store.catalogue import Row, Table, all_tables, read_whole
from tracking.store.pool import connection

# Opened whole, whomever they are of; of what hangs on parcels those rows that hang on theirs.
_WHOLE: Final = frozenset(
    {"audit", "idempotency", "parked_message", "quarantine", "raw_payload", "registration"}
)
# What stands in them is about the parcels that it names.
_OF_PARCELS: Final = frozenset({"parked_message", "quarantine", "raw_payload"})
# Of nobody's shop: who erases in the name of one leaves there what may be others'.
_OF_NO_SHOP: Final = frozenset({"parked_message", "quarantine"})
_OWNER: Final = "shipment_id"
_HEX: Final = "\\x"


@dataclass(slots=True)
class Look:
    """At one table: how many rows, texts that were opened and that no key opened, and rows that
    name them: beside their parcels (`found`), or phone and address anywhere else (`elsewhere`).
    """

    rows: int = 0
    opened: int = 0
    unread: int = 0
    found: int = 0
    elsewhere: int = 0


@dataclass(slots=True)
class _Looker:
    """Takes the rows of one table."""

    sealer: Sealer
    about: About
    table: Table
    owners: frozenset[bytes]
    look: Look = field(default_factory=Look)

    def take(self, lines: list[bytes]) -> None:
        self.look.rows += len(lines)
        place = self._owner()
        is_whole = self.table.name in _WHOLE
        speaks = is_whole or self._speaks_at_all(lines)
        if place is None and not speaks:
            return
        for line in lines:
            is_theirs = place is not None and self._is_theirs(line, place)
            if is_theirs or is_whole or (speaks and self._speaks_at_all([line])):
                self._read(self.table.row(line), is_theirs=is_theirs)

    def _owner(self) -> int | None:
        columns = list(self.table.columns)
        return columns.index(_OWNER) if _OWNER in columns else None

    def _is_theirs(self, line: bytes, place: int) -> bool:
        return line.split(b"\t", place + 1)[place] in self.owners

    def _speaks_at_all(self, lines: list[bytes]) -> bool:
        text = b"\n".join(lines).decode("utf-8", "replace")
        return self.about.finder.finds_anywhere(text)

    def _read(self, row: Row, *, is_theirs: bool) -> None:
        finder, about = self.about.finder, self.about
        texts = list(self._texts(row, is_theirs=is_theirs))
        speaks = self.table.name in _OF_PARCELS and any(map(about.names_parcel, texts))
        is_left = about.shop is not None and self.table.name in _OF_NO_SHOP
        if (speaks and not is_left) or (is_theirs and any(map(finder.finds_beside, texts))):
            self.look.found += 1
        elif speaks or (not is_theirs and any(map(finder.finds_anywhere, texts))):
            self.look.elsewhere += 1

    def _texts(self, row: Row, *, is_theirs: bool) -> Iterator[str]:
        for column, value in row.items():
            name = f"{self.table.name}.{column}"
            if not value:
                continue
            if name in CONTEXTS:
                clear = opened(self.sealer, name, row)
                self.look.opened += clear is not None
                self.look.unread += clear is None
                yield clear or ""
            else:
                self.look.unread += is_theirs and looks_sealed(self.sealer, value)
                yield _decoded(value)


def _decoded(value: str) -> str:
    """Bytes as the text that they may be."""
    if not value.startswith(_HEX):
        return value
    try:
        return bytes.fromhex(value.removeprefix(_HEX)).decode(errors="replace")
    except ValueError:
        return value


async def check(pool: asyncpg.Pool, sealer: Sealer, work: Work) -> Mapping[str, Look]:
    """By table. Reads everything: about a minute for a million parcels. Raises StoreUnavailable."""
    about = About.of(work)
    async with connection(pool) as conn:
        tables = await all_tables(conn)
    owners = frozenset(each.encode() for each in about.parcels)
    looks = {}
    for table in tables:
        looker = _Looker(sealer, about, table, owners)
        await read_whole(pool, table, looker.take)
        looks[table.name] = looker.look
    return looks
