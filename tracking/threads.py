"""What was said in the cases of a parcel, opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
import structlog

from schemas.case import Author
from tracking.domain.cases import Case
from tracking.sealing import SealBroken, Sealer
from tracking.store.cases import Cases, MessageRow

log = structlog.get_logger()


class Message(NamedTuple):
    """`text` None: it was forgotten, or no key opens it."""

    message_id: UUID
    at: datetime
    author: Author
    email: str | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Thread:
    """A case with all that was said in it, the oldest first."""

    case: Case
    messages: Sequence[Message]

    @property
    def sign(self) -> str:
        """Tells whether somebody has written in it since."""
        return sign_of(self.messages)


def message_context(message_id: UUID) -> str:
    """What the words of a message are bound to."""
    return f"case_message:{message_id}"


async def threads_of(pool: asyncpg.Pool, sealer: Sealer, shipment_id: UUID) -> list[Thread]:
    """Of a parcel, the oldest first. Raises StoreUnavailable."""
    cases, rows = await Cases(pool).of_shipment(shipment_id)
    return [
        Thread(case, [_message(row, sealer) for row in rows if row.case_id == case.case_id])
        for case in cases
    ]


def _message(row: MessageRow, sealer: Sealer) -> Message:
    return Message(row.message_id, row.at, row.author, row.email, _opened(row, sealer))


def _opened(row: MessageRow, sealer: Sealer) -> str | None:
    if row.text is None:
        return None
    try:
        return sealer.open_text(row.text, message_context(row.message_id))
    except SealBroken:
        log.warning("case.sealed_with_another_key", message_id=row.message_id)
        return None


def sign_of(messages: Sequence[object]) -> str:
    """Messages are added one by one; only the erasure of a person takes them away, all at once."""
    return str(len(messages))
