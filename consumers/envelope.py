"""What a message's headers say about its body."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aiormq.abc import DeliveredMessage

from tracking.decode import Envelope

_NO_HEADERS: Mapping[str, Any] = {}


def envelope(message: DeliveredMessage, now: datetime) -> Envelope:
    headers = message.header.properties.headers or _NO_HEADERS
    stamp = headers.get("x-received-at")
    number = headers.get("x-tracking-number")
    return Envelope(
        source=message.routing_key or "",
        native=headers.get("x-format") == "native",
        received_at=_instant(stamp, now) if stamp else now,
        tracking_number=str(number) if number else None,
    )


def _instant(stamp: Any, now: datetime) -> datetime:
    """The web's stamp of receipt; anything that is not a past instant is worth nothing."""
    try:
        at = datetime.fromisoformat(str(stamp))
    except ValueError:
        return now
    return min(at.astimezone(UTC), now) if at.tzinfo else now
