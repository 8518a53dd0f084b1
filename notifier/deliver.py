"""A way to people: words a notice for one channel and hands it to that channel's provider."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from notifier.channels.base import Handed
from notifier.values import Values
from schemas.notice import Channel
from schemas.push import Subscription


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One notice, worded, to one person. Its repr names nobody.

    `to` is a number or an address; a push goes to `subscriptions` instead, one of each browser.
    From `until` on it is not worth saying. `sender` is the shop's own, None the one that is set for
    everybody. `proof` shows that a mail with this notice's id is ours.
    """

    notice_id: UUID
    shipment_id: UUID
    until: datetime
    to: str = field(repr=False)
    name: str | None = field(repr=False)
    values: Values = field(repr=False)
    words: Mapping[str, str] = field(repr=False)
    sender: str | None = None
    subscriptions: Sequence[Subscription] = field(default=(), repr=False)
    proof: str = field(default="0" * 20, repr=False)


class Way(Protocol):
    """`provider` is a stable name; a receipt is looked up by it."""

    @property
    def channel(self) -> Channel: ...

    @property
    def provider(self) -> str: ...

    def compose(self, values: Values) -> Mapping[str, str]:
        """The words as they are kept and shown to support. Raises MissingValueError."""
        ...

    async def send(self, outgoing: Outgoing) -> Handed:
        """Never raises for what the other side does."""
        ...

    async def close(self) -> None:
        """Take leave of the provider."""
        ...
