"""What a publisher needs on the broker: made at each connection, and until the broker takes it."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress

import aiormq
import structlog
from aiormq.abc import AbstractChannel
from aiormq.exceptions import ChannelPreconditionFailed

from consumers.failures import FAILURES

log = structlog.get_logger()

_FIRST_RETRY, _LAST_RETRY = 1.0, 30.0  # seconds

Prepare = Callable[[AbstractChannel], Awaitable[None]]


class Declaration:
    """`prepare` declares what is needed. On connections of its own: what the broker refuses must
    not keep anybody from publishing.
    """

    def __init__(self, url: str, name: str, prepare: Prepare | None) -> None:
        self._url, self._name, self._prepare = url, name, prepare
        self._refused = asyncio.Event()
        self._said: str | None = None

    async def make(self) -> None:
        """Raises FAILURES where there is no broker; what it refuses is said, and tried again."""
        if self._prepare is None:
            return
        connection = await aiormq.connect(self._url)
        try:
            await self._prepare(await connection.channel())
        except FAILURES as error:
            self._refused.set()
            self._say_refused(error)
        else:
            self._note_made()
        finally:
            with suppress(*FAILURES):
                await connection.close()

    async def keep(self) -> None:
        """Try again what was refused, until cancelled: somebody mends it, or it was a race with
        who makes the same things otherwise.
        """
        wait = _FIRST_RETRY
        while True:
            if not self._refused.is_set():
                wait = _FIRST_RETRY
            await self._refused.wait()
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
            wait = min(wait * 2, _LAST_RETRY)
            with suppress(*FAILURES):
                await self.make()

    def _note_made(self) -> None:
        if self._refused.is_set():
            log.info("topology.declared", source=self._name)
        self._refused.clear()
        self._said = None

    def _say_refused(self, error: BaseException) -> None:
        """Once, however often it is tried. No text of ours in it."""
        reason, before = str(error), self._said
        self._said = reason
        if reason == before:
            return
        if isinstance(error, ChannelPreconditionFailed):
            log.error("topology.mismatch", source=self._name, reason=reason)
        else:
            log.warning("topology.not_declared", source=self._name, error=type(error).__name__)
