"""Secrets at rest: sealed with AES-SIV, bound to what they belong to; tokens keyed-hashed.

AES-SIV (RFC 5297) is deterministic: the same pickup code of the same parcel gives the same text,
so that "told again" is not mistaken for "changed". The context is authenticated, so a sealed text
moved to another row does not open.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from tracking.errors import KlatError

_VERSION = b"\x01"
_KEY_ID = 4  # bytes


class SealBroken(KlatError):  # noqa: N818 - named for what was found
    """A sealed value does not open with any of the keys: KLAT_SECRET_KEYS lacks its key."""


class _Key:
    def __init__(self, secret: str) -> None:
        material = hashlib.scrypt(secret.encode(), salt=b"klat/1", n=2**12, r=8, p=1, dklen=96)
        self.siv = AESSIV(material[:64])
        self.mac = material[64:]
        self.id = hashlib.sha256(b"id" + material).digest()[:_KEY_ID]


class Sealer:
    """Seals with the first key, opens with any: keys are rotated by putting a new one in front."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("at least one secret key is needed")
        self._keys = [_Key(key) for key in keys]

    @property
    def key_id(self) -> bytes:
        """Which key is the newest: what was made with another one is known by it."""
        return self._keys[0].id

    def seal(self, clear: bytes, context: str) -> bytes:
        key = self._keys[0]
        # AESSIV refuses empty data; the marker byte keeps an empty value sealable.
        body = key.siv.encrypt(b"\x00" + clear, [context.encode()])
        return _VERSION + key.id + body

    def open(self, sealed: bytes, context: str) -> bytes:
        """Raises SealBroken when no key opens it or the context differs."""
        head = 1 + _KEY_ID
        for key in self._keys:
            if sealed[:1] == _VERSION and hmac.compare_digest(sealed[1:head], key.id):
                try:
                    return key.siv.decrypt(sealed[head:], [context.encode()])[1:]
                except InvalidTag:
                    break
        raise SealBroken

    def has_sealed(self, raw: bytes) -> bool:
        """Whether it begins like what one of these keys has sealed."""
        return raw[:1] == _VERSION and raw[1 : 1 + _KEY_ID] in {key.id for key in self._keys}

    def seal_text(self, clear: str, context: str) -> str:
        return base64.urlsafe_b64encode(self.seal(clear.encode(), context)).decode()

    def open_text(self, sealed: str, context: str) -> str:
        return self.open(base64.urlsafe_b64decode(sealed), context).decode()

    def fingerprints(self, clear: bytes) -> list[bytes]:
        """Keyed hashes under every key, the newest first: to tell equal from different.

        They cannot be tried out without a key, and a new key in front changes nothing.
        """
        return [hmac.digest(key.mac, b"fingerprint\x1f" + clear, "sha256") for key in self._keys]

    def token_hashes(self, token: str) -> list[bytes]:
        """Keyed hashes of a link token under every key, the newest key first."""
        return [hmac.digest(key.mac, token.encode(), "sha256") for key in self._keys]
