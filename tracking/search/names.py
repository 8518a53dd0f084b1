"""Names as they are typed on the telephone: without accents, in another alphabet, with a slip.

A word is found again by itself and by each of its forms with one sign left out (the deletions of
SymSpell, W. Garbe 2012): two words one slip apart have such a form in common, whatever the slip. So
names with typing errors can be looked up where only hashes are kept. Pure.
"""

import re
from typing import Final

from anyascii import anyascii
from rapidfuzz.distance import OSA

_WORD: Final = re.compile(r"[a-z0-9]+")
_APART: Final = re.compile(r"['’`´ʹʺ]")  # O'Neill is one word; soft signs are no signs of their own
_LONGEST, _MOST = 24, 6  # signs of a word, words of a name
_SURE: Final = 4  # a shorter word with a slip is another word


def words_in(name: str) -> tuple[str, ...]:
    """Its words in plain letters and digits, each once: "Žanis Ozoliņš-Bērzs" is three."""
    plain = _APART.sub("", anyascii(_APART.sub("", name)).lower())
    found = dict.fromkeys(word[:_LONGEST] for word in _WORD.findall(plain) if len(word) > 1)
    return tuple(found)[:_MOST]


def forms(word: str) -> frozenset[str]:
    """What it is found by."""
    if len(word) < _SURE:
        return frozenset({word})
    return frozenset({word, *(word[:at] + word[at + 1 :] for at in range(len(word)))})


def is_near(asked: str, word: str) -> bool:
    """The same, but for one sign that is wrong, missing, too many, or in its neighbour's place."""
    if min(len(asked), len(word)) < _SURE:
        return asked == word
    return int(OSA.distance(asked, word, score_cutoff=1)) <= 1
