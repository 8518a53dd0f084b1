"""Who saw or did what, and when: added to, never changed."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from schemas.staff import Action
from tracking.errors import KlatError
from tracking.ids import uuid7
from tracking.sealing import Sealer
from tracking.store.staff import AuditRow, ShopDeed, Staff, StaffStore, note_audit

Noting = Callable[[asyncpg.Connection], Awaitable[None]]
"""Notes a deed in the transaction in which it is done: neither is there without the other."""
_ONE_LOOK: Final = timedelta(minutes=15)


class DoneAlready(KlatError):  # noqa: N818 - named for what was found
    """What was asked for with this form is done."""


async def note(
    store: StaffStore,
    sealer: Sealer,
    staff: Staff,
    action: Action,
    now: datetime,
    *,
    shipment_id: UUID | None = None,
    merchant_id: UUID | None = None,
    **detail: Any,
) -> None:
    """`detail` may quote what was typed: it is kept sealed. Raises StoreUnavailable."""
    row = _row(sealer, staff, action, now, uuid7(now), shipment_id, merchant_id, detail)
    await store.note_audit(row, staff.staff_id)


def noting(
    sealer: Sealer,
    staff: Staff,
    action: Action,
    now: datetime,
    shipment_id: UUID | None = None,
    merchant_id: UUID | None = None,
    once: UUID | None = None,
    **detail: Any,
) -> Noting:
    """The same, for whoever does the deed.

    `once` names the line: where it stands already, DoneAlready is raised and nothing is done.
    """
    row = _row(sealer, staff, action, now, once or uuid7(now), shipment_id, merchant_id, detail)

    async def noted(conn: asyncpg.Connection) -> None:
        try:
            await note_audit(conn, row, staff.staff_id)
        except asyncpg.UniqueViolationError:
            raise DoneAlready from None

    return noted


async def note_seen(store: StaffStore, staff: Staff, shipment_id: UUID, now: datetime) -> None:
    """Once for as long as somebody stays with a parcel: a page that renews itself is one look."""
    await store.note_seen(uuid7(now), now, staff, shipment_id, now - _ONE_LOOK)


def detail_of(row: AuditRow | ShopDeed, sealer: Sealer) -> dict[str, Any]:
    """Raises SealBroken."""
    return json.loads(sealer.open_text(row.detail, _context(row.audit_id))) if row.detail else {}


def _row(
    sealer: Sealer,
    staff: Staff,
    action: Action,
    now: datetime,
    audit_id: UUID,
    shipment_id: UUID | None,
    merchant_id: UUID | None,
    detail: dict[str, Any],
) -> AuditRow:
    sealed = sealer.seal_text(json.dumps(detail), _context(audit_id)) if detail else None
    return AuditRow(now, staff.email, action, shipment_id, sealed, audit_id, merchant_id)


def _context(audit_id: UUID) -> str:
    return f"audit:{audit_id}"
