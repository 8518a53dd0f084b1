"""What follows from how handing over ended. Pure."""

from datetime import datetime, timedelta

from notifier.channels.base import Handed, Outcome
from schemas.notice import NoticeState
from tracking.store.notices import Claimed, Ending

MOST_TRIES = 10
_FIRST, _LONGEST = timedelta(seconds=15), timedelta(hours=1)


def ending(claimed: Claimed, handed: Handed, now: datetime) -> Ending:
    """`claimed.tries` counts those before this one. What cannot be in time is not tried again."""
    match handed.outcome:
        case Outcome.ACCEPTED:
            return Ending(claimed, NoticeState.SENT, None, None, handed.provider_id)
        case Outcome.AMBIGUOUS:
            return Ending(claimed, NoticeState.UNKNOWN, handed.code, None, handed.provider_id)
        case Outcome.REFUSED:
            return Ending(claimed, NoticeState.FAILED, handed.code or "refused")
    again = now + pause(claimed.tries, handed.retry_after)
    if claimed.tries + 1 >= MOST_TRIES or again >= claimed.until:
        return Ending(claimed, NoticeState.FAILED, handed.code or "not_taken_in_time")
    return Ending(claimed, NoticeState.PLANNED, handed.code, again)


def pause(tries: int, asked: float | None) -> timedelta:
    """Doubles with every try; what the provider asks for counts where it is longer."""
    ours = min(_FIRST * int(2**tries), _LONGEST)
    return max(ours, min(timedelta(seconds=asked or 0), _LONGEST))
