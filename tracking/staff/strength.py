"""Whether a password is too easy, as somebody guesses who has the hash and a list. Pure."""

import asyncio
import re
from collections.abc import Sequence
from typing import Final

from zxcvbn import zxcvbn

from tracking.staff.passwords import LONGEST

SHORTEST: Final = 12
_REST: Final = 8  # signs that are left when the own name is taken out
_WORDS: Final = re.compile(r"\w+")
_SURE: Final = 3  # of zxcvbn's 0 to 4: "safely unguessable", also where the hash was stolen
_READ: Final = 40  # signs that are judged; more make it slow and change nothing
_AT_ONCE: Final = asyncio.Semaphore(2)


async def weakness(password: str, *known: str) -> str | None:
    """The same, beside the loop: some passwords take seconds to judge."""
    async with _AT_ONCE:
        return await asyncio.to_thread(what_is_weak, password, *known)


def what_is_weak(password: str, *known: str) -> str | None:
    """Why it must be another one; `known`: what a guesser tries first, such as the own name."""
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    parts = [part for each in known for part in (each, *_WORDS.findall(each))]
    found = zxcvbn(password[:_READ], user_inputs=parts, max_length=_READ)
    is_strong = found["score"] >= _SURE and len(_without(password, parts)) >= _REST
    return None if is_strong else "guessable"


def _without(password: str, parts: Sequence[str]) -> str:
    left = password.casefold()
    for part in (each for each in parts if len(each) > 2):
        left = left.replace(part.casefold(), "")
    return left
