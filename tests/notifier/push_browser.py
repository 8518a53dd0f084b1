"""A browser that subscribes and reads what it is sent: RFC 8291, written from the RFC alone.

It shares no code with the sender: ECDH, HKDF and AES-GCM of `cryptography`, by the steps of
RFC 8291 section 3.4 and the one record of RFC 8188 section 2.
"""

import base64
import json
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from schemas.push import Subscription
from tracking.push import subscription_id

CURVE = ec.SECP256R1()
PAGE = "http://track.test/t/Wn3vYk2mQp4xRt6zBd8fHA"
ENDPOINT = "https://push.example.com/wpush/v2/gAAAAABk"


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(decoded(text), "big"), CURVE)


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)


@dataclass
class Browser:
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(CURVE))
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def p256dh(self) -> str:
        return encoded(point(self.key.public_key()))

    def body(self, endpoint: str = ENDPOINT) -> dict[str, Any]:
        """What `PushSubscription.toJSON()` gives."""
        keys = {"p256dh": self.p256dh, "auth": encoded(self.auth)}
        return {"endpoint": endpoint, "expirationTime": None, "keys": keys}

    def subscription(
        self, endpoint: str = ENDPOINT, language: str = "en", page: str = PAGE
    ) -> Subscription:
        key, auth = self.p256dh, encoded(self.auth)
        return Subscription(subscription_id(endpoint), language, endpoint, key, auth, page)

    def decrypt(self, body: bytes) -> bytes:
        """Raises InvalidTag, or AssertionError on what RFC 8188 or 8291 forbid."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= size, "one record"
        there = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender)
        shared = self.key.exchange(ec.ECDH(), there)
        info = b"WebPush: info\0" + point(self.key.public_key()) + sender
        secret = derived(shared, self.auth, info, 32)
        content = derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = derived(secret, salt, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(content).decrypt(nonce, record, None).rstrip(b"\0")
        assert padded[-1:] == b"\2", "the last record"
        return padded[:-1]

    def read(self, body: bytes) -> dict[str, Any]:
        return json.loads(self.decrypt(body))
