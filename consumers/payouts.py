"""Refunds and points: the endpoint of the shop is asked, signed, again with the same id until it
has answered that it is done.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from random import random
from typing import Final, Protocol

import aiohttp
import structlog
from prometheus_client import CollectorRegistry, Counter

from consumers.webhooks.verdict import verdict
from notifier.channels.webhook import Failure, Reply, post_webhook
from notifier.signature import signed_headers
from schemas.webhook import DeliveryState
from tracking.errors import KlatError
from tracking.payouts import Answered, Asking, Taken

log = structlog.get_logger()

Post = Callable[[str, bytes, Mapping[str, str]], Awaitable[Reply]]
AT_ONCE: Final = 20
_LOOK_EVERY: Final = 5.0  # seconds


class Take(Protocol):
    """Take in hand what is due. Raises StoreUnavailable."""

    async def __call__(self, most: int, *, now: datetime) -> Taken: ...


class Settle(Protocol):
    """Note how it ended. Raises StoreUnavailable."""

    async def __call__(self, answers: Sequence[Answered], *, now: datetime) -> None: ...


class Payouts:
    """`post` takes an address, a body and headers, and never raises for the other side."""

    def __init__(
        self,
        take: Take,
        settle: Settle,
        post: Post,
        registry: CollectorRegistry,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._take, self._settle, self._post, self._now = take, settle, post, now
        self._asked = Counter(
            "klat_payouts", "What endpoints of shops were asked to do", ["outcome"],
            registry=registry,
        )  # fmt: skip

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                while await self.carry_out():
                    pass
            except KlatError as error:
                log.warning("payouts.not_carried_out", error=type(error).__name__)
            await asyncio.sleep(_LOOK_EVERY)

    async def carry_out(self) -> int:
        """What is due now, at the most so many; how many. Raises StoreUnavailable."""
        taken = await self._take(AT_ONCE, now=self._now())
        answers = await asyncio.gather(*(self._ask(each) for each in taken.asking))
        await self._settle(answers, now=self._now())
        return len(taken.asking) + taken.waiting

    async def _ask(self, asking: Asking) -> Answered:
        at, body = self._now(), asking.body.encode()
        headers = signed_headers(asking.payout_id, at, body, [asking.secret])
        try:
            reply = await self._post(asking.url, body, headers)
        except Exception as error:
            log.exception("payout.not_posted", error_type=type(error).__name__)
            reply = Reply(failure=Failure.FAULT)
        return self._answered(asking, reply)

    def _answered(self, asking: Asking, reply: Reply) -> Answered:
        found = verdict(reply, asking.row.tries, self._now(), random())  # noqa: S311 - spread, not secret
        is_done = found.state is DeliveryState.DELIVERED
        self._asked.labels(found.outcome).inc()
        if not is_done:
            log.warning(
                "payout.not_done",
                compensation_id=asking.row.compensation_id,
                shipment_id=asking.row.shipment_id,
                reason=found.outcome,
                attempt=asking.row.tries,
            )
        due_at = found.due_at if found.state is DeliveryState.WAITING else None
        return Answered(asking.row, is_done, due_at, found.outcome)


def posting_by(session: aiohttp.ClientSession) -> Post:
    return partial(post_webhook, session)
