"""Whether a callback of a gateway of one's own is signed: Standard Webhooks, symmetric. Pure.

Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

PREFIX: Final = "whsec_"
TOLERANCE: Final = timedelta(minutes=5)
_MOST_SIGNATURES: Final = 10  # one for each secret while they are changed


def secret_of(text: str) -> bytes:
    """The key in `whsec_…`. ValueError where there is none."""
    try:
        return base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("is no base64") from None


def is_signed(headers: Mapping[str, str], body: bytes, secret: bytes, now: datetime) -> bool:
    """Whether one of `webhook-signature` was made with the secret, less than five minutes ago.

    `headers` find their names in any case.
    """
    identifier = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not secret or not identifier or not _is_now(timestamp, now):
        return False
    signed = f"{identifier}.{timestamp}.".encode(errors="replace") + body
    right = b"v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest())
    given = headers.get("webhook-signature", "").split()[:_MOST_SIGNATURES]
    return any(hmac.compare_digest(each.encode(errors="replace"), right) for each in given)


def _is_now(timestamp: str, now: datetime) -> bool:
    """Seconds since 1970, told within the tolerance of our clock."""
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > 12:
        return False
    return abs(now.timestamp() - int(timestamp)) <= TOLERANCE.total_seconds()


def is_bearer(headers: Mapping[str, str], secret: str) -> bool:
    """Whether `Authorization: Bearer` holds the secret; how much of it is right takes no time."""
    scheme, _, given = headers.get("Authorization", "").partition(" ")
    right = hmac.compare_digest(given.strip().encode(errors="replace"), secret.encode())
    return bool(secret) and scheme.lower() == "bearer" and right
