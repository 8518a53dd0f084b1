"""What other rules leave of what was granted: they lower nothing, only the truth does. Pure."""

from collections.abc import Iterable, Sequence

from tracking.domain.compensation import Owed
from tracking.domain.ledger import Entry


def kept(now: Owed | None, before: Iterable[Owed | None], entries: Sequence[Entry]) -> Owed | None:
    """What is owed by the rules of now; or, where that is more, what those `before`, which have
    granted something, owe still, up to what was granted: it was told to the shopper.
    """
    granted = sum(each.granted for each in entries)
    still = max((each for each in before if each), key=lambda each: each.cents, default=None)
    if still is None:
        return now
    cents = min(granted, still.cents)
    return still._replace(cents=cents) if cents > (now.cents if now else 0) else now
