"""Who saw or did what, and when: added to, never changed."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from schemas.staff import Action
from tracking.ids import uuid7
from tracking.sealing import Sealer
from tracking.store.staff import AuditRow, Staff, StaffStore


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
    audit_id = uuid7(now)
    sealed = sealer.seal_text(json.dumps(detail), _context(audit_id)) if detail else None
    await store.note_audit(audit_id, now, staff, action, shipment_id, sealed)


def detail_of(row: AuditRow, sealer: Sealer) -> dict[str, Any]:
    """Raises SealBroken."""
    return json.loads(sealer.open_text(row.detail, _context(row.audit_id))) if row.detail else {}


def _context(audit_id: UUID) -> str:
    return f"audit:{audit_id}"
