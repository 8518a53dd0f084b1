"""What the HTTP interface is handed by the process that composes it."""

from collections.abc import Callable, Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import NamedTuple, Protocol
from uuid import UUID

import asyncpg
from aiohttp import web
from prometheus_client import CollectorRegistry

from schemas.notice import Addressee, Channel, Occasion
from schemas.preview import NoticePreview
from schemas.shop import ShopSettings
from tracking.frames import Frames
from tracking.live import LiveHub
from tracking.sealing import Sealer
from tracking.settings import Settings
from tracking.staff.audit import Noting


class Publish(Protocol):
    """Hand a message to the exchange `courier.events`; return when the broker has confirmed it.

    Headers: x-received-at, x-receipt, content-type; x-format and x-tracking-number where they
    apply. Raises tracking.errors.BrokerUnavailable.
    """

    async def __call__(
        self, routing_key: str, body: bytes, *, headers: Mapping[str, str]
    ) -> None: ...


class Call(NamedTuple):
    """A callback as it came. `target` is path and query; `headers` find names in any case."""

    target: str
    headers: Mapping[str, str]
    body: bytes
    now: datetime


class Verdict(Enum):
    """Of a callback. UNREADABLE: it is who it says, and nothing can be made of its body."""

    TAKEN = "taken"
    NOT_PROVEN = "not_proven"
    UNREADABLE = "unreadable"


class Admit(Protocol):
    """Whether who calls back has proven by its headers who it is."""

    def __call__(self, headers: Mapping[str, str], /) -> bool: ...


class Take(Protocol):
    """Take a provider's callback. Raises tracking.errors.StoreUnavailable."""

    async def __call__(self, call: Call, /) -> Verdict: ...


class Preview(Protocol):
    """A notice with sample data, in the name of `shop` and as its `settings` want it.

    Raises ValueError where nothing of the name can be shown.
    """

    def __call__(
        self,
        occasion: Occasion,
        language: str,
        now: datetime,
        *,
        shop: str | None = None,
        settings: ShopSettings | None = None,
    ) -> NoticePreview: ...


class Redecide(Protocol):
    """Look at what these parcels' shoppers are to be told, since who can be reached has changed.

    `why` stands where notices have the id of the fact that made us look.

    Raises tracking.errors.StoreUnavailable.
    """

    async def __call__(self, ids: Collection[UUID], why: str, now: datetime) -> None: ...


class Offered(NamedTuple):
    """What support may have said now: `choice` names it, `to` is the number or address that gets
    it. With a `reason`: why it cannot be (schemas.explained).
    """

    choice: UUID
    occasion: Occasion
    channel: Channel
    addressee: Addressee
    to: str | None
    reason: str | None


class Noted(Protocol):
    """The line of the audit log for a deed of which this is known."""

    def __call__(self, **detail: str) -> Noting: ...


class ByHand(Protocol):
    """Messages that support has sent. Both raise tracking.errors.StoreUnavailable."""

    async def offered(self, shipment_id: UUID, now: datetime) -> list[Offered]: ...

    async def say(self, shipment_id: UUID, chosen: UUID, noted: Noted, now: datetime) -> bool:
        """False: it is not on offer any more. Asked twice, it is said once."""
        ...


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Deps:
    """`hub` is the live hub whose streams hang below the tracking page, `frames` reads for them.

    `callbacks` are those that the settings open, by their paths; `admit` has those of them whose
    proof is in the headers: nothing is read of who lacks it. `preview` None: nobody words
    notices here. `redecide`, `by_hand` None: nobody decides here. `says_more`: by which ways a shop
    of these settings says more than what has to be acted on. `allow_private`: push services may be
    on this machine, for tests.
    """

    pool: asyncpg.Pool
    sealer: Sealer
    settings: Settings
    publish: Publish
    hub: LiveHub
    frames: Frames
    callbacks: Mapping[str, Take] = field(default_factory=dict)
    admit: Mapping[str, Admit] = field(default_factory=dict)
    preview: Preview | None = None
    redecide: Redecide | None = None
    by_hand: ByHand | None = None
    says_more: Callable[[ShopSettings], AbstractSet[Channel]] = lambda _: frozenset(Channel)
    allow_private: bool = False
    now: Callable[[], datetime] = utc_now
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)


DEPS = web.AppKey("deps", Deps)
