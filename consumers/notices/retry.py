"""What follows from how handing over ended. Pure."""

from datetime import datetime, timedelta

from notifier.channels.base import Handed, Outcome
from schemas.notice import NoticeState
from tracking.store.notices import Ending, Handing

MOST_TRIES = 10
PROVIDER_UNAVAILABLE = "provider_unavailable"
_FIRST, _LONGEST = timedelta(seconds=15), timedelta(hours=1)


def ending(handing: Handing, handed: Handed, now: datetime) -> Ending:
    """`tries` of what is claimed are those before it. What cannot be in time is not tried again.

    What surely was not sent has spent nothing; of what may have been, nobody knows. Of what
    was taken in part nothing is given back: the parts that were not taken are counted, too.
    """
    claimed, paid = handing.claimed, handed.is_paid
    back = () if paid else handing.draws
    match handed.outcome:
        case Outcome.ACCEPTED:
            return Ending(claimed, NoticeState.SENT, None, None, handed.provider_id)
        case Outcome.AMBIGUOUS:
            return Ending(claimed, NoticeState.UNKNOWN, handed.code, None, handed.provider_id)
        case Outcome.REFUSED:
            return Ending(
                claimed, NoticeState.FAILED, handed.code or "refused", back=back, is_paid=paid
            )
    again = now + pause(claimed.tries, handed.retry_after)
    is_last = claimed.tries + 1 >= MOST_TRIES and not handed.is_untried
    if is_last or again >= claimed.until:
        return Ending(
            claimed, NoticeState.FAILED, handed.code or "not_taken_in_time", back=back, is_paid=paid
        )
    return Ending(claimed, NoticeState.PLANNED, handed.code, again, back=back, is_paid=paid)


def untried(handing: Handing) -> Ending:
    """It was handed over and did not leave: it is due as before, and no try was spent."""
    planned = Ending(handing.claimed, NoticeState.PLANNED, PROVIDER_UNAVAILABLE)
    return planned._replace(back=handing.draws, is_untried=True)


def pause(tries: int, asked: float | None) -> timedelta:
    """Doubles with every try; what the provider asks for counts where it is longer."""
    ours = min(_FIRST * int(2**tries), _LONGEST)
    return max(ours, min(timedelta(seconds=asked or 0), _LONGEST))
