"""Codes that the release does not know: read as the operator says, or kept until somebody does.

A scan with such a code is kept as it was told, beside the reading that counts, so that a meaning
can be changed or taken back. The map is held while scans are read by it: whoever changes it waits
for them, and then finds everything that was read by the former meaning.
"""

from collections.abc import Collection, Iterable, Mapping

import asyncpg

from schemas.scan import Scan, scan_digest
from tracking.domain.order import Received
from tracking.incoming import read_as
from tracking.numbers import Number
from tracking.store.code_map import Code, Mapped, hold_code_map, meanings_of
from tracking.store.quarantine import Quarantined
from tracking.store.unrecognised import UnrecognisedScan, insert_unrecognised, reread_scans

CodeMap = Mapping[Code, Mapped]


async def read_unknown(conn: asyncpg.Connection, numbers: Collection[Number]) -> list[Quarantined]:
    """Read the unknown codes among the scans just kept; returns those that nobody has mapped.

    To be called between the scans are kept and their shipments are decided.
    """
    told = [(number, each) for number in numbers for each in _unknown(number)]
    if not told:
        return []
    await hold_code_map(conn)
    code_map = await meanings_for(conn, (each.scan for _, each in told))
    rows = [_row(number, each, code_map) for number, each in told]
    kept = await insert_unrecognised(conn, rows)
    mapped = [row for row in rows if row.revision and row.key in kept]
    await reread_scans(conn, [(row, read_by_map(row.told, code_map)) for row in mapped])
    unmapped = [each.scan for number in numbers for each in number.news if _is_new(each, code_map)]
    for number in numbers:
        number.news = [each._replace(scan=read_by_map(each.scan, code_map)) for each in number.news]
    return [
        Quarantined.unknown_code(scan.carrier, scan.code or "", scan.model_dump_json().encode())
        for scan in unmapped
    ]


async def meanings_for(conn: asyncpg.Connection, scans: Iterable[Scan]) -> CodeMap:
    """What the operator says of the unknown codes among these scans."""
    codes = {_code(scan) for scan in scans if _is_unknown(scan)}
    return await meanings_of(conn, codes) if codes else {}


def _unknown(number: Number) -> list[Received]:
    """Of what is new; where an earlier receipt replaced some scan, of all that came."""
    came = {each.key: each for each in number.news}
    if number.replaced:
        came = {key: each.received for key, each in number.scans.items()} | came
    return [each for each in came.values() if _is_unknown(each.scan)]


def _is_unknown(scan: Scan) -> bool:
    return not scan.recognised and scan.code is not None


def _is_new(each: Received, code_map: CodeMap) -> bool:
    return _is_unknown(each.scan) and _code(each.scan) not in code_map


def _code(scan: Scan) -> Code:
    return scan.carrier, scan.code or ""


def read_by_map(scan: Scan, code_map: CodeMap) -> Scan:
    mapped = code_map.get(_code(scan)) if _is_unknown(scan) else None
    return read_as(scan, mapped.meaning) if mapped else scan


def _row(number: Number, each: Received, code_map: CodeMap) -> UnrecognisedScan:
    mapped = code_map.get(_code(each.scan))
    return UnrecognisedScan(
        shipment_id=number.home(each.key),
        received=each,
        digest=scan_digest(each.scan),
        revision=mapped.revision if mapped else 0,
    )
