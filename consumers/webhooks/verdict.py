"""What follows from how a try ended, for the delivery. Pure.

The schedule is that of Standard Webhooks 1.0.0: ten tries within 75 hours and a half.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from notifier.channels.webhook import Failure, Reply
from schemas.webhook import DeliveryState

SCHEDULE: Final = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""The pause before each try, from the one before."""

JITTER: Final = 0.1  # of a pause, at the most, and never less than the pause
LONGEST_WAIT: Final = timedelta(days=1)  # however long a shop asks us to wait
_ASKS_TO_WAIT: Final = frozenset({429, 502, 503, 504})
_GONE: Final = 410


class Verdict(NamedTuple):
    """`wait_until`: nothing at all is to be sent to this webhook before. `is_gone`: never again.

    `is_ours`: it says nothing about the webhook.
    """

    state: DeliveryState
    due_at: datetime | None
    outcome: str
    wait_until: datetime | None = None
    is_gone: bool = False
    is_ours: bool = False


def verdict(reply: Reply, tries: int, now: datetime, spread: float) -> Verdict:
    """`tries` counts this one; `spread` from 0 to 1 is where in the jitter the next one falls."""
    is_ours = reply.failure is not None and reply.failure.is_ours
    if reply.failure is Failure.INTERRUPTED:
        return Verdict(DeliveryState.WAITING, now, reply.failure, is_ours=is_ours)
    if reply.failure is Failure.NOT_KEPT:
        return Verdict(DeliveryState.FAILED, None, reply.failure, is_ours=is_ours)
    if reply.status is not None and 200 <= reply.status < 300:
        return Verdict(DeliveryState.DELIVERED, None, "delivered")
    outcome = reply.failure or "refused"
    if reply.status == _GONE:
        return Verdict(DeliveryState.FAILED, None, outcome, is_gone=True)
    wait_until = now + _asked(reply) if _asked(reply) else None
    if tries >= len(SCHEDULE):
        return Verdict(DeliveryState.FAILED, None, outcome, wait_until, is_ours=is_ours)
    due_at = max(now + SCHEDULE[tries] * (1 + JITTER * spread), wait_until or now)
    return Verdict(DeliveryState.WAITING, due_at, outcome, wait_until, is_ours=is_ours)


def _asked(reply: Reply) -> timedelta:
    if reply.status not in _ASKS_TO_WAIT or not reply.retry_after:
        return timedelta(0)
    return min(timedelta(seconds=reply.retry_after), LONGEST_WAIT)
