"""A way to people: words a notice for one channel and hands it to that channel's provider."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from notifier.channels.base import Handed
from notifier.values import Values
from schemas.notice import Channel


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One notice, worded, to one address. It is not worth saying from `until` on.

    Its repr names nobody.
    """

    notice_id: UUID
    to: str = field(repr=False)
    name: str | None = field(repr=False)
    values: Values = field(repr=False)
    words: Mapping[str, str] = field(repr=False)
    until: datetime


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
