"""SMS: what every provider does, and which answers mean the same for all of them."""

from typing import Final, Protocol

from notifier.channels.base import Handed, Outcome
from notifier.channels.exchange import Answer


class SmsProvider(Protocol):
    """Gives one text to a gateway, once. Repeating is for the caller, by the outcome.

    `to` is E.164. `reference` is ours for the notice: it comes back with receipts, and gateways
    that honour it never send twice for one. `valid_seconds` is how long the text stays true: what
    could not be delivered by then shall not be. `sender` is the shop's own, None everybody's.
    """

    @property
    def name(self) -> str: ...

    async def send(
        self,
        to: str,
        text: str,
        reference: str,
        valid_seconds: int | None = None,
        sender: str | None = None,
    ) -> Handed: ...


# Wrong credentials, wrong address, a proxy in between: the operator's to repair, and then it works.
# Of redirections we follow none.
_OURS_TO_REPAIR: Final = frozenset({*range(300, 400), 401, 403, 404, 405, 407})
_TOO_MANY: Final = 429
# The request came in too slowly, or clashes with another: what became of that one, nobody says.
_UNCLEAR: Final = frozenset({408, 409})


def handed(answer: Answer, code: str | None, provider_id: str | None) -> Handed:
    """What HTTP alone says of an answer. `code` is the gateway's, else the status stands for it.

    Success without an id is none: something answered that is not the gateway, or the answer was
    cut, and whether a message left is not known.
    """
    said = code or f"http_{answer.status}"
    if answer.is_success:
        if provider_id is None:
            return Handed(Outcome.AMBIGUOUS, "unreadable")
        return Handed(Outcome.ACCEPTED, None, provider_id)
    return Handed(_outcome(answer), said, retry_after=answer.retry_after)


def _outcome(answer: Answer) -> Outcome:
    """Of no success. Any 5xx may come after the message was taken.

    But 503 with Retry-After is the gateway itself turning a request away. A proxy that lost its
    gateway in the middle of one answers 502, 504 or 503 too, and names no time.
    """
    status = answer.status
    turned_away = status == 503 and answer.retry_after is not None
    if turned_away or status == _TOO_MANY or status in _OURS_TO_REPAIR:
        return Outcome.RETRY
    refused = 400 <= status < 500 and status not in _UNCLEAR
    return Outcome.REFUSED if refused else Outcome.AMBIGUOUS
