"""How rounds are called: the errand, which time it is, and which time somebody asked for it.

"9901", "9901 again", "9901 again 3", "9901 again 3 asked 2"; of an errand without a name "again".
Only the end counts, so an errand may be called anything: `errand` sees to it. Pure.
"""

import re
from collections.abc import Collection
from typing import Final

_ENDS_ASKED: Final = re.compile(r"(?:^| )asked ([0-9]{1,9})\Z")
_ENDS_AGAIN: Final = re.compile(r"(?:^| )again(?: ([0-9]{1,9}))?\Z")


def is_asked(round_: str) -> bool:
    """Somebody of support had it said (asked.py)."""
    return _ENDS_ASKED.search(round_) is not None


def asked_number(round_: str) -> int:
    """Which time it was asked for; 0 for a round by itself."""
    found = _ENDS_ASKED.search(round_)
    return int(found[1]) if found else 0


def auto_of(round_: str) -> str:
    """The round by itself, or which one was repeated."""
    return _ENDS_ASKED.sub("", round_)


def asked(round_: str, number: int) -> str:
    return f"{round_} asked {number}".lstrip()


def nth(base: str, before: int) -> str:
    """The round after so many: "9901", "9901 again", "9901 again 3"."""
    if before == 0:
        return base
    number = "" if before == 1 else f" {before + 1}"
    return f"{base} again{number}".lstrip()


def after(base: str, rounds: Collection[str]) -> str:
    """Behind the last of them: one between may have come to nothing."""
    return nth(base, max(map(_number, rounds), default=0))


def _number(round_: str) -> int:
    found = _ENDS_AGAIN.search(auto_of(round_))
    return int(found[1] or 2) if found else 1


def base_of(round_: str) -> str:
    """The errand, whichever time it is."""
    return _ENDS_AGAIN.sub("", auto_of(round_))


def turn_of(round_: str) -> tuple[int, int, str]:
    """In this order they follow each other; one that was asked for behind the one it repeats."""
    return _number(round_), asked_number(round_), round_


def errand(name: str) -> str:
    """A carrier's id of a place, told apart from the end of a round."""
    is_mistaken = _ENDS_ASKED.search(name) or _ENDS_AGAIN.search(name)
    return f"{name}." if is_mistaken else name
