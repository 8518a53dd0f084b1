"""A parcel as it is handed over: rows, state and events of a person, opened. Reads nothing."""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from schemas.notice import Addressee
from schemas.person import ExportedParcel, ExportedScan, Row
from schemas.scan import Pickup, Scan
from schemas.shipment import ShipmentState
from schemas.staff import Action
from tracking.carriers import CARRIERS
from tracking.carriers.base import Malformed, ParseContext
from tracking.incoming import pickup_context
from tracking.person.sealed import CONTEXTS, opened
from tracking.person.who import Share, is_whole
from tracking.sealing import SealBroken, Sealer
from tracking.store.person import KeptScan
from tracking.store.person_export import KeptRow
from tracking.web.visible import full_state

UNREADABLE: Final = "unreadable"
# Hashes, keys and what belongs to the machine: they say nothing to the person.
_LEFT_OUT: Final = frozenset({"digest", "token_hash", "code_hash", "contact", "shopper"})
# Who of the staff it was is nothing of the person's: it was "support".
_OF_STAFF: Final = frozenset({"staff_id", "assigned_to"})
_STAFF: Final = "support"
# What of a parcel the buyer is shown of what somebody else received.
_OF_BUYER: Final = frozenset({"registration", "promise", "notice", "outcome"})


def parcel_without_scans(
    sealer: Sealer, share: Share, state: ShipmentState, rows: Sequence[KeptRow]
) -> ExportedParcel:
    """All of it but the events, whose payloads may be long."""
    parcel, roles = share.parcel, share.roles
    return ExportedParcel(
        shipment_id=parcel.shipment_id,
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        shop=parcel.merchant_name,
        roles=sorted(roles),
        recipient=share.contact.recipient if Addressee.RECIPIENT in roles else None,
        buyer=share.contact.buyer if Addressee.BUYER in roles else None,
        state=_state(sealer, share, state),
        scans=[],
        rows=_rows(sealer, share, rows),
    )


def _rows(sealer: Sealer, share: Share, rows: Sequence[KeptRow]) -> dict[str, list[Row]]:
    whole = is_whole(share)
    kept: dict[str, list[Row]] = defaultdict(list)
    for each in rows:
        if whole or each.kind in _OF_BUYER:
            told = _row(sealer, each)
            if each.kind != "notice" or told["addressee"] in share.roles:
                kept[each.kind].append(told)
    return kept


def _state(sealer: Sealer, share: Share, state: ShipmentState) -> ShipmentState:
    if not is_whole(share):
        return ShipmentState(status=state.status)
    try:
        return full_state(state, sealer, share.parcel.carrier, share.parcel.tracking_number)
    except SealBroken:
        unread = {"pickup_code": UNREADABLE, "pickup_qr": None}
        return state.model_copy(update=unread)


def scan_of(sealer: Sealer, each: KeptScan, raw: str | None) -> ExportedScan:
    """`raw`: the payload in which it came, where that may be handed over."""
    return ExportedScan(
        received_at=each.received.received_at,
        scan=_opened(sealer, each.received.scan),
        raw=raw,
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


def speaks_of_it_only(carrier: str, text: str, number: str) -> bool:
    """A payload may hold many parcels: other people's are not handed over."""
    reader = CARRIERS.get(carrier)
    if reader is None:
        return False
    try:
        parsed = reader.parse(text.encode(), ParseContext(tracking_number=number))
    except Malformed:
        return False
    return not parsed.problems and {scan.tracking_number for scan in parsed.scans} == {number}


def _row(sealer: Sealer, each: KeptRow) -> Row:
    row: dict[str, Any] = json.loads(each.row)
    texts = {name: value if value is None else str(value) for name, value in row.items()}
    for column, value in row.items():
        if value and f"{each.kind}.{column}" in CONTEXTS:
            clear = opened(sealer, f"{each.kind}.{column}", texts)
            row[column] = UNREADABLE if clear is None else clear
    return _without_staff(bare(row))


def _without_staff(row: Row) -> Row:
    """Neither address nor id, nor the name of who was handed a case."""
    kept = {name: value for name, value in row.items() if name not in _OF_STAFF}
    if kept.get("email"):
        kept["email"] = _STAFF
    if kept.get("action") == Action.CASE_HANDED_OVER:
        kept["detail"] = None
    return kept


def bare(row: dict[str, Any]) -> Row:
    """Without hashes and keys."""
    return {
        name: value
        for name, value in row.items()
        if name not in _LEFT_OUT and not name.endswith("_hash")
    }
