"""Web push: one message to one browser, by the push service that it named.

Encrypted so that only the browser reads it (RFC 8291, aes128gcm), in our name (RFC 8292), posted to
the subscription's endpoint (RFC 8030). A repeat carries the same topic and replaces what still
waits, and the page's worker shows a notice once; so whatever ended unclear is repeated.
"""

import base64
from dataclasses import replace
from datetime import datetime
from typing import Final

import aiohttp
import http_ece
import structlog
from cryptography.hazmat.primitives.asymmetric import ec

from notifier.channels.base import Handed, Outcome
from notifier.channels.exchange import Answer, Limits, post
from notifier.channels.vapid import VapidTokens
from notifier.push import Message
from schemas.push import Subscription

log = structlog.get_logger()

# Of a service that anybody may have named, so that none takes a place for long. Those of browsers'
# makers answer within a second.
LIMITS: Final = Limits(connect=3.0, total=5.0)
_GONE: Final = frozenset({404, 410})
# The service knows us not by this key, or a proxy stands between: the operator's to repair.
_OURS_TO_REPAIR: Final = frozenset({*range(300, 400), 400, 401, 403, 405, 407})
_LATER: Final = frozenset({408, 425, 429})


class WebPush:
    """`key` and `contact` are those by which push services know us."""

    name = "web_push"

    def __init__(
        self,
        session: aiohttp.ClientSession,
        key: ec.EllipticCurvePrivateKey,
        contact: str,
        *,
        limits: Limits | None = None,
    ) -> None:
        self._session, self._limits = session, limits or LIMITS
        self._tokens = VapidTokens(key, contact)

    async def send(self, to: Subscription, message: Message, now: datetime) -> Handed:
        headers = {
            "Authorization": self._tokens.authorization(to.endpoint, now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(message.ttl),
            "Urgency": message.urgency,
            "Topic": message.topic,
        }
        body = encrypted(message.text, to)
        answer = await post(self._session, to.endpoint, body, headers, self._limits)
        return _unclear_again(answer) if isinstance(answer, Handed) else read(answer)


def encrypted(text: bytes, to: Subscription) -> bytes:
    """RFC 8291: with a key pair for this message only. Raises ValueError on keys that are none."""
    body: bytes = http_ece.encrypt(
        text,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=_decoded(to.p256dh),
        auth_secret=_decoded(to.auth),
        version="aes128gcm",
    )
    return body


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(f"{text}{'=' * (-len(text) % 4)}")


def _unclear_again(handed: Handed) -> Handed:
    return replace(handed, outcome=Outcome.RETRY)


def read(answer: Answer) -> Handed:
    """What a push service's answer means. Its id of the message is not kept: RFC 8030 gives no
    receipt without a subscription to receipts, and whoever has it may take the message back.
    """
    status = answer.status
    if answer.is_success:
        return Handed(Outcome.ACCEPTED)
    if status in _GONE:
        return Handed(Outcome.REFUSED, "subscription_gone", address_is_bad=True)
    if status in _OURS_TO_REPAIR:
        log.warning("push.refused", status_code=status)
    if status in _OURS_TO_REPAIR | _LATER or status >= 500:
        return Handed(Outcome.RETRY, f"http_{status}", retry_after=answer.retry_after)
    return Handed(Outcome.REFUSED, f"http_{status}")
