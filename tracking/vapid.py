"""The key by which push services know this installation (RFC 8292, VAPID): a P-256 key pair.

Browsers bind a subscription to its public half, so whoever loses the private one loses them all.
"""

import base64
import binascii
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

_BYTES = 32
_PEM = "-----BEGIN "


def new_vapid_key() -> str:
    """A private key as web push tools write it: 32 bytes, base64url without padding."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return base64url(number.to_bytes(_BYTES, "big"))


@lru_cache(maxsize=4)
def private_key(text: str) -> ec.EllipticCurvePrivateKey:
    """The key of 32 bytes in base64url, or of PEM. Raises ValueError, which repeats nothing."""
    try:
        return _from_pem(text) if text.lstrip().startswith(_PEM) else _from_raw(text)
    except (ValueError, TypeError, UnsupportedAlgorithm, binascii.Error):
        raise ValueError("is no P-256 private key: make one with `klat keys vapid`") from None


def _from_raw(text: str) -> ec.EllipticCurvePrivateKey:
    raw = base64.b64decode(f"{text.strip().rstrip('=')}=", altchars=b"-_", validate=True)
    if len(raw) != _BYTES:
        raise ValueError
    return ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())


def _from_pem(text: str) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(text.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError  # noqa: TRY004 - a wrong text, as every other
    return key


def public_key(key: ec.EllipticCurvePrivateKey) -> str:
    """What browsers call `applicationServerKey`: the uncompressed point, base64url."""
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64url(point)


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
