"""What every channel answers: whether the other side took the message, as far as we can know."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How handing over ended.

    AMBIGUOUS: the request may have arrived (the line broke or fell silent after it was sent), so
    a repeat could be a second message. RETRY: it surely was not taken, and may be later.
    """

    ACCEPTED = "accepted"
    REFUSED = "refused"
    RETRY = "retry"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Handed:
    """`code` is a stable word or the provider's own code for why, never its text.

    `provider_id` is by what a later receipt names the message. `retry_after` is in seconds, where
    the provider says so. `address_is_bad`: nothing can ever be sent there; do not try again.
    `gone`: the ids of subscriptions that a push service knows no more. `is_untried`: nobody was
    even asked. `is_paid`: it was not taken as a whole, but a part of it was, which costs.
    """

    outcome: Outcome
    code: str | None = None
    provider_id: str | None = None
    retry_after: float | None = None
    address_is_bad: bool = False
    gone: Sequence[bytes] = ()
    is_untried: bool = False
    is_paid: bool = False
