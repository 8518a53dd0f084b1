"""The line to a message centre (SMPP): kept bound; what comes over it is handed on."""

import asyncio
from datetime import UTC, datetime
from random import uniform
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Gauge

from consumers.notices.receipts import Settling
from consumers.notices.replies import Replies
from notifier.channels.smpp import SmppSms
from notifier.receipts.smpp import is_receipt, receipt, reply
from notifier.smpp import status
from notifier.smpp.line import NotBound
from notifier.smpp.pdu import Body
from tracking.errors import KlatError

log = structlog.get_logger()

_FIRST, _LONGEST = 1.0, 60.0  # seconds between tries; each twice the one before


class Centre:
    """`run` is what a role starts. `close` unbinds; nothing is bound anew after that."""

    def __init__(
        self, sms: SmppSms, settling: Settling, replies: Replies, registry: CollectorRegistry
    ) -> None:
        self._sms, self._settling, self._replies = sms, settling, replies
        self._leaving = asyncio.Event()
        self._bound = Gauge(
            "klat_smpp_bound", "Whether the line to the message centre is bound", registry=registry
        )

    async def run(self) -> None:
        """Until it is told to leave. A refused bind is tried again slowly: accounts are locked."""
        pause = _FIRST
        while not self._leaving.is_set():
            try:
                await self._sms.bind()
            except NotBound as error:
                log.warning("smpp.not_bound", reason=error.code)
                pause = _LONGEST if error.is_for_the_operator else min(pause * 2, _LONGEST)
            else:
                pause = _FIRST
                await self._serve()
            await self._wait(pause)

    async def _serve(self) -> None:
        log.info("smpp.bound")
        self._bound.set(1)
        try:
            why = await self._served()
        finally:
            self._bound.set(0)
        if not self._leaving.is_set():
            log.warning("smpp.lost", reason=why)

    async def _served(self) -> str:
        """Who was told to leave while it was binding has nobody to listen to any more."""
        if self._leaving.is_set():
            await self._sms.close()
            return "unbound"
        return await self._sms.serve(self.take)

    async def _wait(self, pause: float) -> None:
        """Those who lost their line together do not come back together."""
        try:
            async with asyncio.timeout(uniform(pause / 2, pause)):  # noqa: S311 - spread, not secret
                await self._leaving.wait()
        except TimeoutError:
            return

    async def close(self) -> None:
        self._leaving.set()
        await self._sms.close()

    async def take(self, message: Body) -> int:
        """The command_status that answers it: taken, or whether it shall come again."""
        try:
            await self._hand_on(message, datetime.now(UTC))
        except KlatError as error:
            log.warning("smpp.not_taken", error=type(error).__name__)
            return status.TEMPORARY
        except Exception as error:
            # A fault of ours: it would break us again.
            log.exception("smpp.not_understood", error_type=type(error).__name__)
            return status.PERMANENT
        return status.OK

    async def _hand_on(self, message: Body, now: datetime) -> None:
        if is_receipt(message):
            told = receipt(message, self._sms.server.message_ids)
            await self._settling.apply(_PROVIDER, [told], now)
        else:
            await self._replies.take(_PROVIDER, [reply(message)], now)


_PROVIDER: Final = SmppSms.name
