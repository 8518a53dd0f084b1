"""What follows from how tries ended, for the webhook: a pause, or the end. Pure.

After a failure one is sent at a time (due_webhooks), after a few in a row with pauses in between,
so that a shop that is away costs the others nothing, however much waits for it. A success ends it.
Beside it stands whether the webhook is quick, whatever it answers (tracking.domain.places).
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from consumers.webhooks.verdict import Verdict
from schemas.webhook import DeliveryState, DisabledReason
from tracking.store.deliveries import Health

PAUSES_FROM: Final = 5  # failures in a row
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=10)
GIVEN_UP_AFTER: Final = timedelta(days=5)  # with failures only
SLOW_AFTER: Final = 0.5  # seconds
SLOW_FOR: Final = 5  # quick answers in a row after one that was not


class Tried(NamedTuple):
    """How a try ended, and how many seconds it took."""

    verdict: Verdict
    seconds: float


def after(health: Health, tries: Iterable[Tried], now: datetime) -> Health:
    """The health once these have ended, in this order."""
    for each in tries:
        if not each.verdict.is_ours:
            found = _after(health, each.verdict, now)
            health = replace(found, slowness=slowness(health.slowness, each.seconds))
    return health


def slowness(before: int, seconds: float) -> int:
    """How many quick answers make it quick, after one that took so long."""
    return SLOW_FOR if seconds > SLOW_AFTER else max(before - 1, 0)


def _after(health: Health, verdict: Verdict, now: datetime) -> Health:
    if health.reason is not None:
        return health
    if verdict.state is DeliveryState.DELIVERED:
        return Health()
    failures = health.failures + 1
    since = health.failing_since or now
    return Health(
        failures,
        since,
        _latest(health.paused_until, verdict.wait_until, now + pause(failures)),
        reason=_reason(verdict, since, now),
    )


def _reason(verdict: Verdict, since: datetime, now: datetime) -> DisabledReason | None:
    if verdict.is_gone:
        return DisabledReason.GONE
    return DisabledReason.FAILING if now - since >= GIVEN_UP_AFTER else None


def pause(failures: int) -> timedelta:
    """After so many in a row."""
    if failures < PAUSES_FROM:
        return timedelta(0)
    doublings = min(failures - PAUSES_FROM, 16)
    return min(FIRST_PAUSE * int(2**doublings), LONGEST_PAUSE)


def _latest(*instants: datetime | None) -> datetime:
    return max(each for each in instants if each is not None)
