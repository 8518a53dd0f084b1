"""API keys: klat_live_<24 base62>_<6 base62 of a CRC-32>.

Prefix and checksum let a scanner find a leaked key offline; 24 random characters are 142 bits, so
that a plain SHA-256 at rest gives nothing away.
"""

import hashlib
import re
import secrets
import string
import zlib
from enum import StrEnum

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM_LENGTH = 24
_CHECKSUM_LENGTH = 6  # 62**6 > 2**32
_PREFIX = "klat_live_"
_FORMAT = re.compile(r"(klat_live_[0-9A-Za-z]{24})_([0-9A-Za-z]{6})")
_SHOWN = len(_PREFIX) + 4


class Role(StrEnum):
    """What a key may do: hand out parcels, report on them, or look at all of them."""

    MERCHANT = "merchant"
    COURIER = "courier"
    SUPPORT = "support"


def new_key() -> str:
    body = _PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LENGTH))
    return f"{body}_{_checksum(body)}"


def is_key(text: str) -> bool:
    """Whether this could be a key at all: the form and the checksum are right."""
    found = _FORMAT.fullmatch(text)
    return found is not None and _checksum(found[1]) == found[2]


def key_hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def shown_prefix(key: str) -> str:
    """What a list may show: enough to tell two keys apart, useless to a thief."""
    return key[:_SHOWN]


def secret_context(carrier: str) -> str:
    """To what the secret of a signing carrier is sealed."""
    return f"carrier_secret:{carrier}"


def _checksum(body: str) -> str:
    rest, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECKSUM_LENGTH):
        rest, digit = divmod(rest, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
