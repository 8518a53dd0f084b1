"""Web push: a subscription as a browser tells it, and as it is sent to."""

from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from schemas.base import Frozen

LONGEST_ENDPOINT = 2048  # characters; those of the push services have up to about 800

# Unpadded, as browsers write it: 65 bytes of an uncompressed point, 16 bytes of a secret.
PublicKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{87}$")]
AuthSecret = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{22}$")]
# Nothing but the characters of RFC 3986: what one program reads as a host, all others do.
_ADDRESS = r"^https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+$"
Endpoint = Annotated[str, StringConstraints(max_length=LONGEST_ENDPOINT, pattern=_ADDRESS)]


class _FromBrowser(BaseModel):
    """Strict in what is read, deaf to the rest, which browsers may add to."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class SubscriptionKeys(_FromBrowser):
    """RFC 8291: the browser's public key and its secret, base64url."""

    p256dh: PublicKey
    auth: AuthSecret


class SubscriptionBody(_FromBrowser):
    """`POST /t/{token}/push`: what `PushSubscription.toJSON()` gives (W3C Push API)."""

    endpoint: Endpoint
    keys: SubscriptionKeys
    expiration_time: float | None = Field(default=None, alias="expirationTime")  # epoch, ms


class Subscribed(Frozen):
    """A browser's place at a parcel: `device` names it, `language` is what it is told in."""

    device: str
    language: str | None


class Subscription(NamedTuple):
    """One browser to send to. `page` is the path that its notices open, /t/<token>."""

    id: bytes
    language: str
    endpoint: str
    p256dh: str
    auth: str
    page: str

    def __repr__(self) -> str:
        """Whoever knows the endpoint and the link could use them."""
        return f"<Subscription {self.id.hex()[:8]}>"
