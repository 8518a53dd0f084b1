"""A receipt, and what it changes. Receipts come late, twice and in any order."""

from dataclasses import dataclass
from typing import Final

from schemas.notice import NoticeState

# What is known of a notice that a provider speaks of. A later "delivered" outranks "failed": some
# carriers report both, and that it arrived is the stronger claim.
_RANK: Final = {NoticeState.SENT: 1, NoticeState.FAILED: 2, NoticeState.DELIVERED: 3}


@dataclass(frozen=True, slots=True)
class Receipt:
    """`state` is SENT, DELIVERED or FAILED; `code` is the provider's, for why.

    `reference` is ours, where it came back: it finds the notice when no answer ever named
    `provider_id`, or where the provider has no name for the message.
    """

    provider_id: str | None
    state: NoticeState
    code: str | None = None
    reference: str | None = None


def settled(now_state: NoticeState, receipt_state: NoticeState) -> NoticeState:
    """The state after a receipt: the same whatever their order, however often they come.

    A notice that was dropped was never handed over, and stays so.
    """
    if now_state is NoticeState.DROPPED:
        return now_state
    more = _RANK.get(receipt_state, 0) > _RANK.get(now_state, 0)
    return receipt_state if more else now_state
