"""What could not be applied: kept sealed, counted, listed, tried again."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, Self, get_args
from uuid import UUID

import asyncpg

from tracking.prefix import UuidRange
from tracking.sealing import SealBroken, Sealer
from tracking.sql import SQL

Why = Literal[
    "malformed",
    "unknown_code",
    "too_large",
    "event_id_reused",
    "unknown_format",
    "too_many_scans",
]


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One thing that could not be applied. `detail` names fields, never their values.

    `source` is the routing key it came by. `body` None: above the size limit, only counted.
    """

    source: str
    why: Why
    detail: str
    body: bytes | None
    size: int
    carrier: str | None = None
    code: str | None = None
    native: bool = False
    tracking_number: str | None = None
    count: int = 1

    @property
    def fingerprint(self) -> bytes:
        """The same for what is one thing to the operator, however often it comes."""
        match self.why:
            case "unknown_code":
                what = f"{self.carrier}\x1f{self.code}".encode()
            case "too_many_scans":
                what = f"{self.carrier}\x1f{self.tracking_number}".encode()
            case _:
                what = self.source.encode() + b"\x1f" + (self.body or str(self.size).encode())
        return hashlib.blake2b(self.why.encode() + b"\x1f" + what, digest_size=16).digest()

    @classmethod
    def reused_event_id(cls, carrier: str, body: bytes) -> Self:
        return cls(
            source=f"carrier.{carrier}",
            why="event_id_reused",
            detail="event_id: stands already for an event with another content; "
            "give every event an id of its own",
            body=body,
            size=len(body),
            carrier=carrier,
        )

    @classmethod
    def too_many_scans(cls, carrier: str, tracking_number: str, body: bytes, cap: int) -> Self:
        """One entry for the number, with the first of them and how many there were."""
        return cls(
            source=f"carrier.{carrier}",
            why="too_many_scans",
            detail=f"tracking_number: has {cap} different events already; "
            "look for what sends them, then dismiss",
            body=body,
            size=len(body),
            carrier=carrier,
            tracking_number=tracking_number,
        )

    @classmethod
    def unknown_code(cls, carrier: str, code: str, body: bytes, count: int = 1) -> Self:
        return cls(
            source=f"carrier.{carrier}",
            why="unknown_code",
            detail=f"code {code!r} of {carrier} has no meaning yet; map it and retry",
            body=body,
            size=len(body),
            carrier=carrier,
            code=code,
            count=count,
        )


@dataclass(frozen=True, slots=True)
class QuarantineEntry:
    """An entry as listed; `body` is opened only where one is shown or retried.

    `key_gone`: there is a body, but none of the keys opens it.
    """

    quarantine_id: UUID
    source: str
    why: Why
    detail: str
    carrier: str | None
    code: str | None
    size: int
    count: int
    native: bool
    tracking_number: str | None
    first_at: datetime
    last_at: datetime
    body: bytes | None = None
    key_gone: bool = False


def merged(found: Sequence[Quarantined]) -> list[Quarantined]:
    """One entry for each distinct thing, with how often it came."""
    counted: dict[bytes, Quarantined] = {}
    for each in found:
        known = counted.get(each.fingerprint)
        counted[each.fingerprint] = (
            replace(known, count=known.count + each.count) if known else each
        )
    return list(counted.values())


async def keep_quarantined(
    conn: asyncpg.Connection, found: Sequence[Quarantined], sealer: Sealer, now: datetime
) -> None:
    entries = merged(found)
    if not entries:
        return
    await conn.execute(
        SQL["keep_quarantined"],
        [uuid.uuid4() for _ in entries],
        [each.fingerprint for each in entries],
        [each.source for each in entries],
        [each.why for each in entries],
        [each.detail for each in entries],
        [each.carrier for each in entries],
        [each.code for each in entries],
        [_seal(each, sealer) for each in entries],
        [each.size for each in entries],
        [each.count for each in entries],
        [each.native for each in entries],
        [each.tracking_number for each in entries],
        now,
    )


async def recount_quarantined(conn: asyncpg.Connection, each: Quarantined, now: datetime) -> bool:
    """Take its count for the whole; False where it does not wait."""
    found = await conn.fetchval(SQL["recount_quarantined"], each.fingerprint, each.count, now)
    return found is not None


def _seal(each: Quarantined, sealer: Sealer) -> bytes | None:
    return None if each.body is None else sealer.seal(each.body, _context(each.fingerprint))


def _context(fingerprint: bytes) -> str:
    return f"quarantine:{fingerprint.hex()}"


async def list_quarantine(conn: asyncpg.Connection, limit: int) -> list[QuarantineEntry]:
    return [_entry(row, None) for row in await conn.fetch(SQL["list_quarantine"], limit)]


async def quarantine_of_reason(
    conn: asyncpg.Connection, why: Why, limit: int
) -> list[QuarantineEntry]:
    rows = await conn.fetch(SQL["quarantine_of_reason"], why, limit)
    return [_entry(row, None) for row in rows]


async def count_quarantine(conn: asyncpg.Connection) -> dict[Why, int]:
    found = {row["reason"]: row["entries"] for row in await conn.fetch(SQL["count_quarantine"])}
    return {why: found.get(why, 0) for why in get_args(Why)}


async def find_quarantined(
    conn: asyncpg.Connection, ids: UuidRange, sealer: Sealer
) -> list[QuarantineEntry]:
    """What begins like this; of more than one, two."""
    rows = await conn.fetch(SQL["find_quarantined"], *ids)
    return [_opened(row, sealer) for row in rows]


async def open_quarantine(
    conn: asyncpg.Connection, after: UUID, limit: int, sealer: Sealer
) -> list[QuarantineEntry]:
    rows = await conn.fetch(SQL["open_quarantine"], after, limit)
    return [_opened(row, sealer) for row in rows]


def _opened(row: asyncpg.Record, sealer: Sealer) -> QuarantineEntry:
    sealed = row["sealed"]
    try:
        body = None if sealed is None else sealer.open(sealed, _context(row["fingerprint"]))
    except SealBroken:  # the others still open
        return _entry(row, None, key_gone=True)
    return _entry(row, body)


def _entry(row: asyncpg.Record, body: bytes | None, *, key_gone: bool = False) -> QuarantineEntry:
    return QuarantineEntry(
        quarantine_id=row["quarantine_id"],
        source=row["source"],
        why=row["reason"],
        detail=row["detail"],
        carrier=row["carrier"],
        code=row["code"],
        size=row["size"],
        count=row["count"],
        native=row["native"],
        tracking_number=row["tracking_number"],
        first_at=row["first_at"],
        last_at=row["last_at"],
        body=body,
        key_gone=key_gone,
    )


async def resolve_quarantined(
    conn: asyncpg.Connection, entry: QuarantineEntry, now: datetime
) -> bool:
    """False when more of it came since it was read: it stays open."""
    done = await conn.fetchval(
        SQL["resolve_quarantined"], entry.quarantine_id, entry.count, entry.last_at, now
    )
    return done is not None
