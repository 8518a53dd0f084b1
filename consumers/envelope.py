"""What a message's headers say about its body."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiormq.abc import DeliveredMessage

from consumers.topology import DEAD
from tracking.decode import Envelope

_NO_HEADERS: Mapping[str, Any] = {}
_FORMATS = (None, "native", "klat")  # without the header a body is in Klāt's own format


def envelope(message: DeliveredMessage, now: datetime) -> Envelope:
    headers = message.header.properties.headers or _NO_HEADERS
    stamp = headers.get("x-received-at")
    number = headers.get("x-tracking-number")
    return Envelope(
        source=_storable(message.routing_key or ""),
        native=headers.get("x-format") == "native",
        received_at=_instant(stamp, now) if stamp else now,
        tracking_number=_storable(number) if number else None,
        is_clear=headers.get("x-format") in _FORMATS,
    )


def _storable(value: Any) -> str:
    """As text that PostgreSQL takes: whoever may publish may write anything here."""
    return str(value).replace("\0", "\ufffd")


def _instant(stamp: Any, now: datetime) -> datetime:
    """The web's stamp of receipt; anything that is not a past instant is worth nothing."""
    try:
        at = datetime.fromisoformat(str(stamp))
        return min(at.astimezone(UTC), now) if at.tzinfo else now
    except (ValueError, OverflowError):
        return now


@dataclass(frozen=True, slots=True)
class Origin:
    """By which way a message first came, so that it can be sent again."""

    queue: str
    exchange: str
    routing_key: str
    headers: Mapping[str, str]


def origin(message: DeliveredMessage) -> Origin:
    """Of a dead-lettered message: where it was before (RabbitMQ keeps that in `x-death`)."""
    told = message.header.properties.headers or _NO_HEADERS
    headers = {
        str(name): _storable(value)
        for name, value in told.items()
        if str(name) in {"x-format", "x-received-at", "x-receipt", "x-tracking-number"}
    }
    queue: Any = message.consumer_tag  # consumers.source gives each queue its name for a tag
    exchange: Any = message.exchange or ""
    key: Any = message.routing_key or ""
    deaths = told.get("x-death")
    if key == DEAD and isinstance(deaths, list) and deaths:
        death: Any = deaths[0]
        queue, exchange, key = death["queue"], death["exchange"], death["routing-keys"][0]
    return Origin(_storable(queue), _storable(exchange), _storable(key), headers)


def parked_id(message: DeliveredMessage) -> uuid.UUID:
    """The same for the same content, so that parking it twice keeps one."""
    about = origin(message)
    name = f"{about.exchange}\x1f{about.routing_key}\x1f{sorted(about.headers.items())}\x1f"
    digest = hashlib.blake2b(name.encode() + message.body, digest_size=16)
    return uuid.UUID(bytes=digest.digest())
