"""Everything that is kept of a person, opened, as one document."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog

from schemas.notice import Addressee, Channel
from schemas.person import ExportedParcel, ExportedScan, PersonExport, Row
from schemas.scan import Pickup, Scan
from schemas.shipment import ShipmentState
from schemas.staff import Action
from tracking.carriers import CARRIERS
from tracking.carriers.base import Malformed, ParseContext
from tracking.incoming import pickup_context
from tracking.person.sealed import CONTEXTS, opened
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
from tracking.web.visible import full_state

log = structlog.get_logger()

UNREADABLE: Final = "unreadable"
# Hashes, keys and what belongs to the machine: they say nothing to the person.
_LEFT_OUT: Final = frozenset({"digest", "token_hash", "code_hash", "contact", "shopper"})
# Who of the staff it was is nothing of the person's: it was "support".
_OF_STAFF: Final = frozenset({"staff_id", "assigned_to"})
_STAFF: Final = "support"
# What of a parcel the buyer is shown of what somebody else received.
_OF_BUYER: Final = frozenset({"registration", "promise", "notice", "outcome"})


async def export(
    pool: asyncpg.Pool,
    sealer: Sealer,
    shares: Sequence[Share],
    now: datetime,
    *,
    shops: Collection[UUID] | None = None,
) -> PersonExport:
    """`shops`: of whoever hands it over, who sees no more of colleagues than elsewhere; None: all.

    Raises StoreUnavailable.
    """
    ids = [share.parcel.shipment_id for share in shares]
    async with connection(pool) as conn:
        scans = await scans_to_anonymise(conn, ids)
        rows = await rows_of_parcels(conn, ids, shops)
        states = await states_of(conn, ids)
        raw = await _payloads(conn, sealer, scans)
        asked = [json.loads(each) for each in await suppression_rows(conn, _hashes(sealer, shares))]
    parcels = [
        _parcel(
            sealer,
            share,
            states[share.parcel.shipment_id],
            [each for each in scans if each.shipment_id == share.parcel.shipment_id],
            raw,
            [each for each in rows if each.shipment_id == share.parcel.shipment_id],
        )
        for share in shares
    ]
    return PersonExport(exported_at=now, parcels=parcels, suppressions=list(map(_bare, asked)))


def _hashes(sealer: Sealer, shares: Sequence[Share]) -> list[bytes]:
    people = [person for share in shares for person in share.people]
    ways = {(Channel.SMS, each.phone) for each in people} | {
        (Channel.EMAIL, each.email) for each in people
    }
    return [
        each for way, to in sorted(ways, key=str) if to for each in address_hashes(sealer, way, to)
    ]


def _parcel(
    sealer: Sealer,
    share: Share,
    state: ShipmentState,
    scans: Sequence[KeptScan],
    raw: Mapping[bytes, tuple[str, str]],
    rows: Sequence[KeptRow],
) -> ExportedParcel:
    parcel, roles = share.parcel, share.roles
    whole = is_whole(share)
    kept: dict[str, list[Row]] = defaultdict(list)
    for each in rows:
        if whole or each.kind in _OF_BUYER:
            told = _row(sealer, each)
            if each.kind != "notice" or told["addressee"] in roles:
                kept[each.kind].append(told)
    return ExportedParcel(
        shipment_id=parcel.shipment_id,
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        shop=parcel.merchant_name,
        roles=sorted(roles),
        recipient=share.contact.recipient if Addressee.RECIPIENT in roles else None,
        buyer=share.contact.buyer if Addressee.BUYER in roles else None,
        state=_state(sealer, share, state) if whole else ShipmentState(status=state.status),
        scans=list(_scans(sealer, share, scans, raw)) if whole else [],
        rows=kept,
    )


def _state(sealer: Sealer, share: Share, state: ShipmentState) -> ShipmentState:
    try:
        return full_state(state, sealer, share.parcel.carrier, share.parcel.tracking_number)
    except SealBroken:
        unread = {"pickup_code": UNREADABLE, "pickup_qr": None}
        return state.model_copy(update=unread)


def _scans(
    sealer: Sealer,
    share: Share,
    scans: Sequence[KeptScan],
    raw: Mapping[bytes, tuple[str, str]],
) -> Iterator[ExportedScan]:
    """The earliest first."""
    for each in sorted(scans, key=lambda one: (one.received.received_at, one.received.key)):
        carrier, text = raw.get(each.raw_digest or b"", ("", ""))
        is_own = bool(text) and _speaks_of_it_only(carrier, text, share.parcel.tracking_number)
        yield ExportedScan(
            received_at=each.received.received_at,
            scan=_opened(sealer, each.received.scan),
            raw=text if is_own else None,
        )


def _opened(sealer: Sealer, scan: Scan) -> Scan:
    if scan.pickup is None:
        return scan
    context = pickup_context(scan.carrier, scan.tracking_number)
    try:
        secrets = {
            name: sealed and sealer.open_text(sealed, f"{context}:{name}")
            for name, sealed in (("code", scan.pickup.code), ("qr", scan.pickup.qr))
        }
    except SealBroken:
        secrets = {"code": UNREADABLE, "qr": None}
    return scan.model_copy(update={"pickup": Pickup(until=scan.pickup.until, **secrets)})


def _speaks_of_it_only(carrier: str, text: str, number: str) -> bool:
    """A payload may hold many parcels: other people's are not handed over."""
    reader = CARRIERS.get(carrier)
    if reader is None:
        return False
    try:
        parsed = reader.parse(text.encode(), ParseContext(tracking_number=number))
    except Malformed:
        return False
    return not parsed.problems and {scan.tracking_number for scan in parsed.scans} == {number}


async def _payloads(
    conn: asyncpg.Connection, sealer: Sealer, scans: Sequence[KeptScan]
) -> dict[bytes, tuple[str, str]]:
    digests = {each.raw_digest for each in scans if each.raw_digest is not None}
    found = {}
    for digest, (carrier, sealed) in (await raw_payloads_of(conn, digests)).items():
        try:
            text = sealer.open(sealed, f"raw:{digest.hex()}").decode(errors="replace")
        except SealBroken:
            log.warning("raw.sealed_with_another_key")
            continue
        found[digest] = (carrier, text)
    return found


def _row(sealer: Sealer, each: KeptRow) -> Row:
    row: dict[str, Any] = json.loads(each.row)
    texts = {name: value if value is None else str(value) for name, value in row.items()}
    for column, value in row.items():
        if value and f"{each.kind}.{column}" in CONTEXTS:
            clear = opened(sealer, f"{each.kind}.{column}", texts)
            row[column] = UNREADABLE if clear is None else clear
    return _without_staff(_bare(row))


def _without_staff(row: Row) -> Row:
    """Neither address nor id, nor the name of who was handed a case."""
    kept = {name: value for name, value in row.items() if name not in _OF_STAFF}
    if kept.get("email"):
        kept["email"] = _STAFF
    if kept.get("action") == Action.CASE_HANDED_OVER:
        kept["detail"] = None
    return kept


def _bare(row: dict[str, Any]) -> Row:
    return {
        name: value
        for name, value in row.items()
        if name not in _LEFT_OUT and not name.endswith("_hash")
    }


def shown(document: PersonExport) -> str:
    """As it is written to a file."""
    return document.model_dump_json(indent=2, exclude_none=True)
