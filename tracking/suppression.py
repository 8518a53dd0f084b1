"""Addresses as keyed hashes, and links by which somebody says to be written to less.

A stop link holds the hash of the address it was sent to and needs no row: it works as long as the
mail lies in a mailbox, also when the parcel is long forgotten.
"""

import base64
import binascii
import hmac
import unicodedata
from typing import Final, NamedTuple
from uuid import UUID

from schemas.notice import Channel
from schemas.suppression import SuppressionReason
from tracking.sealing import Sealer

DEAD: Final = frozenset({SuppressionReason.BAD_ADDRESS, SuppressionReason.STOP})
"""Nothing arrives there, or its provider lets nothing through. Who asked for fewer messages, or
called one spam, did not mean the answer to a question of their own.
"""
_HASH: Final = 16  # bytes of a keyed hash; of an address, and of a link's proof
_CHANNELS: Final = (Channel.SMS, Channel.EMAIL, Channel.PUSH)
_LENGTH: Final = 16 + 1 + 2 * _HASH


class StopLink(NamedTuple):
    """Whose messages of which way by which shop a stop link is about."""

    merchant_id: UUID
    channel: Channel
    address_hash: bytes


def address_hashes(sealer: Sealer, channel: Channel, address: str) -> list[bytes]:
    """Under every key, the newest first. Mailboxes that differ in case only are one."""
    marked = f"address\x1f{channel}\x1f{_plain(channel, address)}"
    return [each[:_HASH] for each in sealer.fingerprints(marked.encode(errors="replace"))]


def link_proofs(sealer: Sealer, token: str, channel: Channel, address: str) -> list[bytes]:
    """That the link of this token went to this address, under every key, the newest first.

    Each link has another one, so that nothing at rest tells which parcels are one person's.
    """
    marked = f"link sent to\x1f{token}\x1f{channel}\x1f{_plain(channel, address)}"
    return [each[:_HASH] for each in sealer.fingerprints(marked.encode(errors="replace"))]


def stop_token(sealer: Sealer, link: StopLink) -> str:
    """66 characters of an address."""
    said = link.merchant_id.bytes + bytes([_CHANNELS.index(link.channel)]) + link.address_hash
    return base64.urlsafe_b64encode(said + _proofs(sealer, said)[0]).decode().rstrip("=")


def read_stop_token(sealer: Sealer, token: str) -> StopLink | None:
    """None where it is none of ours."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    said, proof = raw[:-_HASH], raw[-_HASH:]
    if len(raw) != _LENGTH or said[16] >= len(_CHANNELS):
        return None
    if not any([hmac.compare_digest(proof, each) for each in _proofs(sealer, said)]):  # noqa: C419 - no short cut
        return None
    return StopLink(UUID(bytes=said[:16]), _CHANNELS[said[16]], said[17:])


def _plain(channel: Channel, address: str) -> str:
    plain = unicodedata.normalize("NFC", address.strip())
    return plain.casefold() if channel is Channel.EMAIL else plain


def _proofs(sealer: Sealer, said: bytes) -> list[bytes]:
    return [each[:_HASH] for each in sealer.fingerprints(b"stop link\x1f" + said)]
