"""What staff tell each other of a parcel. Kept sealed: it may quote a shopper."""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID, uuid5

import structlog

from schemas.base import clean_text
from tracking.errors import PeopleErased
from tracking.sealing import SealBroken, Sealer
from tracking.staff.audit import Noting
from tracking.store.staff import NoteRow, Staff, StaffStore

log = structlog.get_logger()

LONGEST: Final = 2000  # characters


class Note(NamedTuple):
    at: datetime
    email: str
    text: str


async def add_note(
    store: StaffStore,
    sealer: Sealer,
    staff: Staff,
    shipment_id: UUID,
    typed: str,
    form_id: UUID,
    noting: Noting,
    now: datetime,
) -> bool:
    """Once for each form. False where nothing was written, or too much.

    Raises PeopleErased, StoreUnavailable.
    """
    text = "\n".join(filter(None, map(clean_text, typed.splitlines())))
    if not text or len(text) > LONGEST:
        return False
    # With its text: who goes back to the form and writes another one loses no words.
    note_id = uuid5(shipment_id, f"note\x1f{form_id}\x1f{text}")
    sealed = sealer.seal_text(text, _context(note_id))
    row = NoteRow(note_id, now, staff.email, sealed)
    if not await store.insert_note(shipment_id, row, noting):
        raise PeopleErased
    return True


async def notes_of(
    store: StaffStore, sealer: Sealer, staff: Staff, shipment_id: UUID
) -> list[Note]:
    """Those that they may see and that open, as they were written. Raises StoreUnavailable."""
    found = []
    for row in await store.notes_of(shipment_id, staff.shops):
        try:
            found.append(Note(row.at, row.email, sealer.open_text(row.text, _context(row.note_id))))
        except SealBroken:
            log.warning("note.sealed_with_another_key", shipment_id=shipment_id)
    return found


def _context(note_id: UUID) -> str:
    return f"staff_note:{note_id}"
