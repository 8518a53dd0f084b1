"""Everything that is kept of a person, opened, as one document that is written in pieces.

A person may have ten thousand parcels, and a payload a mebibyte: a few parcels are read at once, a
few payloads are open at once, and between two of them others have their turn. No connection is held
while a piece is written.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

import asyncpg
import structlog

from schemas.base import Frozen
from schemas.notice import Channel
from schemas.person import ExportedScan, PersonExport
from schemas.shipment import ShipmentState
from tracking.person.opened_parcel import bare, parcel_without_scans, scan_of, speaks_of_it_only
from tracking.person.who import Share, is_whole
from tracking.sealing import SealBroken, Sealer
from tracking.store.person import KeptScan, scans_to_anonymise
from tracking.store.person_export import (
    KeptRow,
    raw_payloads_of,
    rows_of_parcels,
    states_of,
    suppression_rows,
)
from tracking.store.pool import connection
from tracking.suppression import address_hashes

log = structlog.get_logger()

_AT_ONCE: Final = 20  # parcels that are read
_OPEN: Final = 8  # events whose payloads are open
_INDENT: Final = "\n    "  # of what stands in a list of a document

T = TypeVar("T")
R = TypeVar("R", KeptScan, KeptRow)


class _Kept(NamedTuple):
    """Of one parcel, the earliest scan first."""

    share: Share
    state: ShipmentState
    scans: Sequence[KeptScan]
    rows: Sequence[KeptRow]


async def export(
    pool: asyncpg.Pool,
    sealer: Sealer,
    shares: Sequence[Share],
    now: datetime,
    *,
    shops: Collection[UUID] | None = None,
) -> AsyncIterator[str]:
    """The text of a PersonExport, which can be read only when it is whole.

    `shops`: of whoever hands it over, who sees no more of colleagues than elsewhere; None: all.
    Raises StoreUnavailable.
    """
    async with connection(pool) as conn:
        asked = [json.loads(each) for each in await suppression_rows(conn, _hashes(sealer, shares))]
    document = PersonExport(exported_at=now, parcels=[], suppressions=list(map(bare, asked)))
    before, after = _around(document, "parcels")
    yield before
    between = ""
    async for kept in _read(pool, shares, shops):
        yield between + _INDENT
        async for piece in _parcel(pool, sealer, kept):
            yield _deeper(piece)
        between = ","
        await asyncio.sleep(0)
    yield "\n  " * bool(between) + after


async def _parcel(pool: asyncpg.Pool, sealer: Sealer, kept: _Kept) -> AsyncIterator[str]:
    parcel = parcel_without_scans(sealer, kept.share, kept.state, kept.rows)
    before, after = _around(parcel, "scans")
    yield before
    between = ""
    async for scan in _scans(pool, sealer, kept):
        yield between + _INDENT + _deeper(_text(scan))
        between = ","
    yield "\n  " * bool(between) + after


def _text(document: Frozen) -> str:
    return document.model_dump_json(indent=2, exclude_none=True)


def _around(document: Frozen, name: str) -> tuple[str, str]:
    """What stands before and behind the items of this list, which is empty here."""
    before, mark, after = _text(document).partition(f'\n  "{name}": [')
    return before + mark, after


def _deeper(text: str) -> str:
    """As it stands in a list of a document: within a text there are no ends of lines."""
    return text.replace("\n", _INDENT)


async def _read(
    pool: asyncpg.Pool, shares: Sequence[Share], shops: Collection[UUID] | None
) -> AsyncIterator[_Kept]:
    """A parcel that was forgotten meanwhile is left out."""
    for some in _few(shares, _AT_ONCE):
        ids = [share.parcel.shipment_id for share in some]
        async with connection(pool) as conn:
            scans = _by_parcel(await scans_to_anonymise(conn, ids))
            rows = _by_parcel(await rows_of_parcels(conn, ids, shops))
            states = await states_of(conn, ids)
        for share in some:
            key = share.parcel.shipment_id
            if key in states:
                told = sorted(scans[key], key=lambda s: (s.received.received_at, s.received.key))
                yield _Kept(share, states[key], told, rows[key])


def _few(items: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    return (items[at : at + most] for at in range(0, len(items), most))


def _by_parcel(rows: Sequence[R]) -> dict[UUID, list[R]]:
    found: dict[UUID, list[R]] = defaultdict(list)
    for each in rows:
        found[each.shipment_id].append(each)
    return found


async def _scans(pool: asyncpg.Pool, sealer: Sealer, kept: _Kept) -> AsyncIterator[ExportedScan]:
    """None where the parcel is the recipient's, and only the buyer asks."""
    scans = kept.scans if is_whole(kept.share) else ()
    for some in _few(scans, _OPEN):
        raw = await _own_payloads(pool, sealer, kept.share.parcel.tracking_number, some)
        for each in some:
            yield scan_of(sealer, each, raw.get(each.raw_digest or b""))
            await asyncio.sleep(0)


async def _own_payloads(
    pool: asyncpg.Pool, sealer: Sealer, number: str, scans: Sequence[KeptScan]
) -> dict[bytes, str]:
    """By digest, those that speak of this parcel only."""
    digests = {each.raw_digest for each in scans if each.raw_digest is not None}
    if not digests:
        return {}
    async with connection(pool) as conn:
        found = await raw_payloads_of(conn, digests)
    own = {}
    for digest, (carrier, sealed) in found.items():
        text = _payload(sealer, digest, sealed)
        if text and speaks_of_it_only(carrier, text, number):
            own[digest] = text
        await asyncio.sleep(0)
    return own


def _payload(sealer: Sealer, digest: bytes, sealed: bytes) -> str | None:
    try:
        return sealer.open(sealed, f"raw:{digest.hex()}").decode(errors="replace")
    except SealBroken:
        log.warning("raw.sealed_with_another_key")
        return None


def _hashes(sealer: Sealer, shares: Sequence[Share]) -> list[bytes]:
    people = [person for share in shares for person in share.people]
    ways = {(Channel.SMS, each.phone) for each in people} | {
        (Channel.EMAIL, each.email) for each in people
    }
    return [
        each for way, to in sorted(ways, key=str) if to for each in address_hashes(sealer, way, to)
    ]
