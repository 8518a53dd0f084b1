"""Beside the senders and by time: what was left behind, and what has waited too long."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from consumers.notices.endings import Endings
from schemas.notice import Channel, NoticeState
from tracking.errors import KlatError
from tracking.store.notices import Ending, Notices

log = structlog.get_logger()

AT_ONCE: Final = 100  # that are given up in one statement
CLAIM_LIMIT: Final = timedelta(minutes=2)  # longer than looking again and waiting ever take
HAND_LIMIT: Final = timedelta(minutes=10)  # longer than any provider's limits together
TOO_LATE: Final = timedelta(hours=1)  # before a text is worthless
_WAITED: Final = timedelta(minutes=1)  # that a due notice was not taken, whoever may take it
_LOOK_EVERY: Final = 20.0  # seconds


class Upkeep:
    """`texts` are the endings of text messages, None where none are sent; `wake` the senders."""

    def __init__(
        self,
        notices: Notices,
        texts: Endings | None,
        wake: Callable[[], None],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._notices, self._texts = notices, texts
        self._wake, self._clock = wake, clock

    async def run(self) -> None:
        """Until cancelled, however much there is to send."""
        while True:
            try:
                await self.take_over()
                await self.give_up()
            except KlatError as error:
                log.warning("notices.not_looked_after", error=type(error).__name__)
            await asyncio.sleep(_LOOK_EVERY)

    async def take_over(self) -> None:
        """What a sender that died left behind."""
        now = self._clock()
        left = await self._notices.abandoned_notices(
            claimed_before=now - CLAIM_LIMIT, handed_before=now - HAND_LIMIT, now=now
        )
        for notice_id, state in left:
            log.warning("notice.left_behind", message_id=notice_id, state=state)
        if left:
            self._wake()

    async def give_up(self) -> None:
        """Texts that are due, were not taken and soon are worth nothing: a mail still helps.

        Nothing takes the place of a mail.
        """
        if self._texts is None:
            return
        now = self._clock()
        while late := await self._notices.give_up_notices(
            Channel.SMS, AT_ONCE, due_before=now - _WAITED, late=now + TOO_LATE, now=now
        ):
            endings = [Ending(each, NoticeState.FAILED, "not_taken_in_time") for each in late]
            self._texts.tell(endings)
