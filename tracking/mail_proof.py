"""What shows that a mail is ours: a keyed hash in its Message-ID, which comes back with a report.

The id of a notice can be reckoned by who knows carrier and number of its parcel. Without a proof
anybody could say that a mail bounced, and silence an address.
"""

import hmac
from typing import Final
from uuid import UUID

from tracking.sealing import Sealer

_BYTES: Final = 10


def mail_proof(sealer: Sealer, notice_id: UUID) -> str:
    """20 hex digits, the same for every try."""
    return _proofs(sealer, notice_id)[0]


def is_proven(sealer: Sealer, notice_id: UUID, proof: str) -> bool:
    """Whether it was made with one of our keys."""
    given = proof.encode(errors="replace")
    return any([hmac.compare_digest(given, each.encode()) for each in _proofs(sealer, notice_id)])  # noqa: C419 - no short cut


def _proofs(sealer: Sealer, notice_id: UUID) -> list[str]:
    marked = b"message id\x1f" + notice_id.bytes
    return [each[:_BYTES].hex() for each in sealer.fingerprints(marked)]
