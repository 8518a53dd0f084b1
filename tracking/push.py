"""Push subscriptions: which endpoints are written to, and how a subscription is kept."""

import base64
import hashlib
import re
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec

from schemas.base import Frozen
from schemas.network import INSIDE
from schemas.push import Subscription, SubscriptionBody
from tracking.sealing import Sealer
from tracking.vapid import base64url

# A name with a top-level domain: no address in any of its spellings, no name of a local network.
_PUBLIC_NAME: Final = re.compile(r"(?:[a-z0-9_-]{1,63}\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})")

MOST: Final = 5
"""Browsers that one parcel is told to; a further one takes the place of the oldest."""


class _Kept(Frozen):
    """What is sealed: whoever has it could send to the browser, and open the page."""

    endpoint: str
    p256dh: str
    auth: str
    page: str


def subscription_id(endpoint: str) -> bytes:
    """Names the browser. An endpoint holds random bits enough not to be guessed from its hash."""
    return hashlib.sha256(endpoint.encode()).digest()


def is_public_key(p256dh: str) -> bool:
    """Whether it is a point of the curve; another could not be encrypted to."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decoded(p256dh))
    except ValueError:
        return False
    return True


def _decoded(text: str) -> bytes:
    return base64.b64decode(f"{text}{'=' * (-len(text) % 4)}", altchars=b"-_", validate=True)


def device_of(subscription: bytes) -> str:
    """The same in an address; the page works it out by itself."""
    return base64url(subscription)


def subscription_of(device: str) -> bytes | None:
    """None where it can be no name of a browser."""
    try:
        found = _decoded(device)
    except ValueError:
        return None
    return found if len(found) == hashlib.sha256().digest_size else None


def seal_subscription(sealer: Sealer, shipment_id: UUID, body: SubscriptionBody, page: str) -> str:
    kept = _Kept(endpoint=body.endpoint, p256dh=body.keys.p256dh, auth=body.keys.auth, page=page)
    return sealer.seal_text(kept.model_dump_json(), _context(shipment_id))


def open_subscription(
    sealer: Sealer, shipment_id: UUID, subscription: bytes, language: str, sealed: str
) -> Subscription:
    """Raises SealBroken when the key is gone."""
    kept = _Kept.kept(sealer.open_text(sealed, _context(shipment_id)))
    return Subscription(subscription, language, kept.endpoint, kept.p256dh, kept.auth, kept.page)


def _context(shipment_id: UUID) -> str:
    return f"push:{shipment_id}"


def wrong_endpoint(url: str, *, allow_private: bool = False) -> str | None:
    """Why nothing is sent there: push services speak https on port 443, under a public name.

    Anybody with a link may name an endpoint, so none may lead into the operator's network.
    `allow_private` lets everything pass, for tests with a push service of their own.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is no address"
    host = parts.hostname or ""
    if not host or parts.username is not None or parts.fragment:
        return "must be an address with a host, without user and fragment"
    if allow_private:
        return None
    if parts.scheme != "https" or port not in {None, 443}:
        return "must begin with https:// and be on port 443"
    if not _PUBLIC_NAME.fullmatch(host) or host.endswith(INSIDE):
        return "must name a host of the internet"
    return None
