"""Who saw or did what, and when: added to, never changed."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from schemas.staff import Action
from tracking.ids import uuid7
from tracking.sealing import Sealer
from tracking.store.staff import AuditRow, Staff, StaffStore, note_audit

Noting = Callable[[asyncpg.Connection], Awaitable[None]]
"""Notes a deed in the transaction in which it is done: neither is there without the other."""
_ONE_LOOK: Final = timedelta(minutes=15)


async def note(
    store: StaffStore,
    sealer: Sealer,
    staff: Staff,
    action: Action,
    now: datetime,
    *,
    shipment_id: UUID | None = None,
    **detail: Any,
) -> None:
    """`detail` may quote what was typed: it is kept sealed. Raises StoreUnavailable."""
    row = _row(sealer, staff, action, now, shipment_id, detail)
    await store.note_audit(row, staff.staff_id)


def noting(
    sealer: Sealer,
    staff: Staff,
    action: Action,
    now: datetime,
    shipment_id: UUID | None,
    **detail: Any,
) -> Noting:
    """The same, for whoever does the deed."""
    row = _row(sealer, staff, action, now, shipment_id, detail)

    async def noted(conn: asyncpg.Connection) -> None:
        await note_audit(conn, row, staff.staff_id)

    return noted


async def note_seen(store: StaffStore, staff: Staff, shipment_id: UUID, now: datetime) -> None:
    """Once for as long as somebody stays with a parcel: a page that renews itself is one look."""
    await store.note_seen(uuid7(now), now, staff, shipment_id, now - _ONE_LOOK)


def detail_of(row: AuditRow, sealer: Sealer) -> dict[str, Any]:
    """Raises SealBroken."""
    return json.loads(sealer.open_text(row.detail, _context(row.audit_id))) if row.detail else {}


def _row(
    sealer: Sealer,
    staff: Staff,
    action: Action,
    now: datetime,
    shipment_id: UUID | None,
    detail: dict[str, Any],
) -> AuditRow:
    audit_id = uuid7(now)
    sealed = sealer.seal_text(json.dumps(detail), _context(audit_id)) if detail else None
    return AuditRow(now, staff.email, action, shipment_id, sealed, audit_id)


def _context(audit_id: UUID) -> str:
    return f"audit:{audit_id}"
