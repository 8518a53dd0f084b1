"""Terms as small keyed hashes: without the key none can be tried (docs/decisions/0028 says what
shows all the same).

Four bytes are the same for different terms now and then, so what was found is opened and looked at
before it is shown.
"""

from collections.abc import Iterable
from typing import Final

from tracking.sealing import Sealer
from tracking.search.terms import Term

_BYTES: Final = 4


def blind_terms(sealer: Sealer, terms: Iterable[Term]) -> list[int]:
    """Under the newest key, as they are kept."""
    return sorted({_hashes(sealer, term)[0] for term in terms})


def blind_either(sealer: Sealer, terms: Iterable[Term]) -> list[int]:
    """Under every key, to find any of these terms."""
    return sorted({each for term in terms for each in _hashes(sealer, term)})


def whole_hashes(sealer: Sealer, term: Term) -> list[bytes]:
    """32 bytes under every key, the newest first; the index keeps the first four of them."""
    marked = f"search\x1f{term.kind}\x1f{term.text}".encode(errors="replace")
    return sealer.fingerprints(marked)


def _hashes(sealer: Sealer, term: Term) -> list[int]:
    return [int.from_bytes(each[:_BYTES], signed=True) for each in whole_hashes(sealer, term)]
