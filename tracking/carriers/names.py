"""Names in a carrier's fields: who signed, and which carrier an aggregator speaks of."""

import re
import unicodedata
from typing import Any

from tracking.carriers.payload import prose

# Whatever country or product follows the name ("dpd-poland", "FedexSmartPost"), it is one carrier.
_FAMILIES = ("bpost", "dhl", "dpd", "fedex", "gls", "inpost", "omniva", "ups", "venipak")
_ALIASES = {"lpexpress": "unisend", "lietuvospastas": "unisend", "ltpost": "unisend"}
_LONGEST = 32
_NO_NAME = ("signature", "release", "required", "not req")


def carrier_code(name: str) -> str:
    """`FedEx` -> fedex, `dhl_express` -> dhl; a name we do not know becomes a slug of itself."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    compact = slug.replace("-", "")
    known = _ALIASES.get(compact) or next((f for f in _FAMILIES if compact.startswith(f)), None)
    return known or _fitting(slug)


def _fitting(slug: str) -> str:
    fitting = slug if slug[:1].isalpha() and len(slug) > 1 else f"carrier-{slug}"
    return fitting[:_LONGEST].rstrip("-")


def signer(value: Any) -> str | None:
    """Who signed, where the field holds a name: no clock time, no "signature not required"."""
    said = prose(value, 200)
    if said is None or any(char.isdigit() for char in said):
        return None
    is_name = any(char.isalpha() for char in said)
    return said if is_name and not any(word in said.casefold() for word in _NO_NAME) else None
