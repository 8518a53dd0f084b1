"""A circuit breaker: a provider in trouble is left alone, and asked with one message at a time.

Pure: a state, what happened, and `now`. What it saves are messages: one that is given to a gateway
that hangs may have left, so it is unknown and never said again.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from notifier.channels.base import Handed, Outcome

FAULTS_TO_OPEN: Final = 5  # in a row
FIRST_PAUSE: Final = timedelta(seconds=15)  # doubles with each probe that fails
LONGEST_PAUSE: Final = timedelta(minutes=5)
# RFC 3463: 4.1.x and 4.2.x speak of one address and its mailbox, not of the server.
_OF_AN_ADDRESS: Final = re.compile(r"4\.[12]\.\d{1,3}")


class Position(StrEnum):
    """CLOSED: all may go. OPEN: none. HALF_OPEN: one, the probe."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Breaker:
    """`faults` in a row; `pauses` since it opened, the last of which lasts `until`."""

    faults: int = 0
    pauses: int = 0
    until: datetime | None = None

    def position(self, now: datetime) -> Position:
        if self.until is None:
            return Position.CLOSED
        return Position.OPEN if now < self.until else Position.HALF_OPEN

    def after(self, handed: Handed, now: datetime) -> "Breaker":
        """The state after one message. Those under way when it opened change no pause."""
        match is_fault(handed):
            case None:
                return self
            case False:
                return Breaker()
        faulty = replace(self, faults=self.faults + 1)
        match self.position(now):
            case Position.OPEN:
                return self
            case Position.CLOSED if faulty.faults < FAULTS_TO_OPEN:
                return faulty
        pause = max(_pause(self.pauses), _asked(handed))
        return replace(faulty, pauses=self.pauses + 1, until=now + pause)


def is_fault(handed: Handed) -> bool | None:
    """Of the provider, or on the way to it. None: it says nothing about the provider.

    A refusal is an answer of one that works.
    """
    match handed.outcome:
        case Outcome.ACCEPTED | Outcome.REFUSED:
            return False
        case Outcome.RETRY if _OF_AN_ADDRESS.fullmatch(handed.code or ""):
            return None
    return True


def _pause(pauses: int) -> timedelta:
    return min(FIRST_PAUSE * int(2 ** min(pauses, 10)), LONGEST_PAUSE)


def _asked(handed: Handed) -> timedelta:
    """What the provider asks for counts where it is longer, up to an hour."""
    return min(timedelta(seconds=handed.retry_after or 0), timedelta(hours=1))
