"""Bonus codes: made here, hard to guess, easy to read out, and never kept in the clear."""

import re
import secrets
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from tracking.sealing import Sealer

# Crockford's base 32 without U: nothing that is mistaken for another sign when it is read out.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUPS, _GROUP = 3, 4
_NOT_MEANT: Final = str.maketrans("OILU", "011V")
_BETWEEN: Final = re.compile(r"[\s-]+")


def new_code() -> str:
    """60 random bits: "7K2M-9QXT-04HB"."""
    signs = [secrets.choice(_ALPHABET) for _ in range(_GROUPS * _GROUP)]
    return "-".join("".join(signs[at : at + _GROUP]) for at in range(0, len(signs), _GROUP))


def normal_code(typed: str) -> str:
    """As it is compared: however it was typed, and with what is easily mistaken put right."""
    return _BETWEEN.sub("", typed).upper().translate(_NOT_MEANT)


def code_hashes(sealer: Sealer, typed: str) -> Sequence[bytes]:
    """Under every key, the newest first."""
    return sealer.fingerprints(f"bonus\x1f{normal_code(typed)}".encode(errors="replace"))


def code_context(shipment_id: UUID) -> str:
    """What a sealed code is bound to."""
    return f"bonus:{shipment_id}"
