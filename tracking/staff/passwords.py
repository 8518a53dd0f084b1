"""Passwords of staff: argon2id, off the loop."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.profiles import RFC_9106_LOW_MEMORY

from tracking.errors import KlatError

LONGEST: Final = 128
_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
_GROUPS, _GROUP = 5, 4  # 98 bits
COST: Final = RFC_9106_LOW_MEMORY  # its second recommended option: 64 MiB, 3 passes
_HASHER = PasswordHasher.from_parameters(COST)
_AT_ONCE: Final = asyncio.Semaphore(2)
MOST_WAITING: Final = 20  # a tenth of a second each, two at a time: a second for the last


class TooManyPasswords(KlatError):  # noqa: N818 - named for what was found
    """As many passwords wait to be hashed as may; a moment later there is room again."""


class _Queue:
    waiting = 0


def refuse_when_full() -> None:
    """Raises TooManyPasswords: each takes 64 MiB, and who waits long gives up anyway."""
    if _Queue.waiting >= MOST_WAITING:
        raise TooManyPasswords


@asynccontextmanager
async def _turn() -> AsyncIterator[None]:
    refuse_when_full()
    _Queue.waiting += 1
    try:
        async with _AT_ONCE:
            yield
    finally:
        _Queue.waiting -= 1


def one_time_password() -> str:
    """For the operator to hand over: "k7m2-9qxt-…"."""
    return _grouped("".join(secrets.choice(_ALPHABET) for _ in range(_GROUPS * _GROUP)))


def as_handed_over(typed: str) -> str:
    """A password for once, however it was copied or read out."""
    signs = "".join(sign for sign in typed.lower() if sign in _ALPHABET)
    return _grouped(signs) if len(signs) == _GROUPS * _GROUP else typed


def _grouped(signs: str) -> str:
    return "-".join(signs[at : at + _GROUP] for at in range(0, len(signs), _GROUP))


async def hash_password(password: str) -> str:
    """Raises TooManyPasswords."""
    async with _turn():
        return await asyncio.to_thread(_HASHER.hash, password)


async def is_password(hashed: str | None, password: str) -> bool:
    """Takes as long where there is nobody: who asks learns nothing. Raises TooManyPasswords."""
    async with _turn():
        return await asyncio.to_thread(_verified, hashed, password) and bool(hashed)


@cache
def _nobodys() -> str:
    return _HASHER.hash(secrets.token_urlsafe())


def _verified(hashed: str | None, password: str) -> bool:
    try:
        return _HASHER.verify(hashed or _nobodys(), password[: LONGEST * 2])
    except (Argon2Error, InvalidHashError):
        return False
