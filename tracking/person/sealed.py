"""Every sealed column, and to what its text is bound: one line each, for who opens them all.

A column that is not here is not opened: the check counts it as unread, and a test says so.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final

from tracking.sealing import SealBroken, Sealer

CONTEXTS: Final[Mapping[str, str]] = {
    "audit.detail": "audit:{audit_id}",
    "bonus.code": "bonus:{shipment_id}",
    "case_message.text": "case_message:{message_id}",
    "idempotency.body": "idempotency:{merchant_id}:{key}",
    "inbox_message.content": "inbox:{notice_id}",
    "inbox_message.html": "inbox:{notice_id}",
    "notice.content": "notice:{notice_id}",
    "parked_message.sealed": "parked:{parked_id}",
    "push_subscription.sealed": "push:{shipment_id}",
    "quarantine.sealed": "quarantine:{fingerprint}",
    "raw_payload.sealed": "raw:{digest}",
    "registration.contact": "contact:{shipment_id}",
    "staff_note.text": "staff_note:{note_id}",
    "survey.word": "survey:{shipment_id}",
}
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{24,}={0,2}")
_HEX: Final = r"\x"


def opened(sealer: Sealer, column: str, row: Mapping[str, str | None]) -> str | None:
    """`column`: table.column; `row` as PostgreSQL writes it. None where no key opens it."""
    sealed = row[column.partition(".")[2]] or ""
    bare = {name: (value or "").removeprefix(_HEX) for name, value in row.items()}
    context = CONTEXTS[column].format(**bare)
    try:
        raw = (
            bytes.fromhex(sealed.removeprefix(_HEX))
            if sealed.startswith(_HEX)
            else base64.urlsafe_b64decode(sealed)
        )
        return sealer.open(raw, context).decode(errors="replace")
    except (SealBroken, ValueError, binascii.Error):
        return None


def looks_sealed(sealer: Sealer, text: str) -> bool:
    """Whether something in it was sealed with one of these keys."""
    return any(_is_sealed(sealer, found[0]) for found in _TOKEN.finditer(text))


def _is_sealed(sealer: Sealer, token: str) -> bool:
    try:
        return sealer.has_sealed(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, binascii.Error):
        return False
