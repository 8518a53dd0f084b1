"""What a push service and a browser are given of a notice. Pure.

Sources: RFC 8030 (TTL, Urgency, Topic), RFC 8291 section 4 (the longest text of one message).
"""

import base64
import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from notifier.channels.base import Handed, Outcome
from notifier.deliver import Outgoing
from notifier.render import PushText
from schemas.notice import Occasion
from schemas.push import Subscription

LONGEST: Final = 3993  # bytes of text in one message
LEFT_ALONE: Final = "push_service_unavailable"
_STEP: Final = 1024  # bytes; nearly every text fits the first step, so that all look alike
_LONGEST_TTL: Final = 28 * 86_400  # seconds; longer is refused by some push services


class Urgency(StrEnum):
    """RFC 8030, 5.3: what a device with a low battery still wakes for."""

    NORMAL = "normal"
    HIGH = "high"


class Message(NamedTuple):
    """To one browser. `ttl` in seconds; one of the same `topic` that still waits is replaced."""

    text: bytes
    ttl: int
    urgency: Urgency
    topic: str


_SOON: Final = frozenset(
    {
        Occasion.OUT_FOR_DELIVERY,
        Occasion.DELIVERY_TIME_CHANGED,
        Occasion.ARRIVING_NEXT,
        Occasion.PICKUP_LAST_HOURS,
    }
)


def message(outgoing: Outgoing, to: Subscription, said: PushText, key: bytes) -> Message:
    """One topic for a parcel: its news is its state, so the newer makes the older worthless."""
    now, topic = outgoing.values.now, topic_of(outgoing.shipment_id, to.id, key)
    told: dict[str, str | int] = {
        "title": said.title,
        "body": said.body,
        "lang": to.language,
        "page": said.url,
        "tag": topic,
        "id": str(outgoing.notice_id),
        "at": int(now.timestamp()),
    }
    return Message(padded(told), ttl(outgoing.until, now), urgency(outgoing), topic)


def urgency(outgoing: Outgoing) -> Urgency:
    return Urgency.HIGH if outgoing.values.occasion in _SOON else Urgency.NORMAL


def ttl(until: datetime, now: datetime) -> int:
    """As long as it is worth saying, in seconds."""
    return min(max(int((until - now).total_seconds()), 0), _LONGEST_TTL)


def topic_of(shipment_id: UUID, subscription_id: bytes, key: bytes) -> str:
    """24 bytes, base64url. Another one for each browser: a push service learns of no parcel, and
    not that two of its users wait for the same one.
    """
    mac = hmac.digest(key, b"topic\x1f" + shipment_id.bytes + subscription_id, "sha256")
    return base64.urlsafe_b64encode(mac[:24]).decode()


def padded(told: dict[str, str | int]) -> bytes:
    """JSON with blanks behind it, which its readers pass over. Raises ValueError if too long."""
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    if len(text) > LONGEST:
        raise ValueError("a push is too long")
    return text.ljust(min(-(-len(text) // _STEP) * _STEP, LONGEST))


def together(handed: Sequence[tuple[Subscription, Handed]]) -> Handed:
    """One notice to several browsers: sent if one of them has it, and then never repeated, as it
    would come twice there. To be tried again if none has it and one may have it later: when all
    that were asked can wait no longer, as those that were left alone hold up nobody else.
    """
    gone = tuple(to.id for to, each in handed if each.address_is_bad)
    found = min((each for _, each in handed), key=lambda each: _BEST.index(each.outcome))
    asked = [each for _, each in handed if not each.is_untried]
    return Handed(
        found.outcome,
        found.code,
        retry_after=_wait(asked) if asked else _wait([each for _, each in handed], soonest=True),
        address_is_bad=len(gone) == len(handed),
        gone=gone,
        is_untried=not asked,
    )


def _wait(handed: Sequence[Handed], *, soonest: bool = False) -> float | None:
    waits = [each.retry_after for each in handed if each.retry_after is not None]
    return (min if soonest else max)(waits, default=None)


_BEST: Final = (Outcome.ACCEPTED, Outcome.RETRY, Outcome.AMBIGUOUS, Outcome.REFUSED)
