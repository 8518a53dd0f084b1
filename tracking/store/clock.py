"""Parcels that time moves: what is due, how they stand, when to look again."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from schemas.promise import Slip
from schemas.shipment import ShipmentState
from tracking.domain.promise import Promise
from tracking.domain.standing import DeadlineKind, Published
from tracking.sql import SQL
from tracking.store.estimates import Eta, eta_in
from tracking.store.pool import store_errors
from tracking.store.promises import promises_in

_CHANNEL = "klat_clock"


@dataclass(frozen=True, slots=True)
class WatchedRow:
    """A parcel as it stands. What belongs to a registration is None where no shop made one."""

    shipment_id: UUID
    carrier: str
    tracking_number: str
    version: int
    state: ShipmentState
    created_at: datetime
    merchant_id: UUID | None
    order: str | None
    country: str | None
    region: str | None
    service: str | None
    registered_at: datetime | None
    eta: Eta | None
    has_outcome: bool
    published: Published
    promises: Sequence[Promise]
    review_at: datetime | None


class News(NamedTuple):
    """`fact` is a CloudEvent as JSON."""

    shipment_id: UUID
    version: int
    fact_type: str
    fact: str


async def due_shipments(conn: asyncpg.Connection, now: datetime, most: int) -> list[UUID]:
    rows = await conn.fetch(SQL["due_shipments"], now, most)
    return list(dict.fromkeys(row["shipment_id"] for row in rows))


async def next_deadline(conn: asyncpg.Connection) -> datetime | None:
    found: datetime | None = await conn.fetchval(SQL["next_deadline"])
    return found


async def hold_shipments(conn: asyncpg.Connection, ids: Iterable[UUID]) -> None:
    await conn.fetchval(SQL["hold_shipments"], sorted(ids))


async def watched(conn: asyncpg.Connection, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """For `watched_row`, which one of them may break that a later release has written."""
    return await conn.fetch(SQL["watched"], ids)  # type: ignore[no-any-return]  # no types


async def keep_standing(conn: asyncpg.Connection, found: Mapping[UUID, Published]) -> None:
    if found:
        columns = zip(*found.values(), strict=True)
        await conn.execute(SQL["keep_standing"], list(found), *map(list, columns))


async def keep_deadlines(
    conn: asyncpg.Connection,
    found: Mapping[UUID, Mapping[DeadlineKind, datetime]],
    reviewed: Mapping[UUID, datetime],
) -> None:
    """All that these parcels have from now on; but a review that was asked for since is kept.

    `reviewed`: which were, and when that was due as it was read.
    """
    rows = [(key, kind, due) for key, deadlines in found.items() for kind, due in deadlines.items()]
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    await conn.execute(
        SQL["keep_deadlines"],
        list(found),
        *map(list, columns),
        list(reviewed),
        list(reviewed.values()),
    )


async def write_news(conn: asyncpg.Connection, news: Sequence[News], now: datetime) -> None:
    if news:
        await conn.execute(SQL["write_news"], *map(list, zip(*news, strict=True)), now)


async def deadlines_waiting(conn: asyncpg.Connection, now: datetime) -> tuple[int, datetime | None]:
    """How many are overdue, counted to ten thousand, and since when the first."""
    row = await conn.fetchrow(SQL["deadlines_waiting"], now)
    return row["waiting"], row["oldest"]


async def ask_reviews(conn: asyncpg.Connection, ids: Sequence[UUID], now: datetime) -> None:
    """Whoever asks holds these shipments."""
    if ids:
        await conn.execute(SQL["ask_reviews"], ids, now)


async def review_shipments(
    conn: asyncpg.Connection, merchant_id: UUID, since: datetime, now: datetime
) -> None:
    await conn.execute(SQL["review_shipments"], merchant_id, since, now)


async def wakened(dsn: str, wake: Callable[[], None]) -> None:
    """Call `wake` whenever something is to be looked at now, until the connection is lost.

    Raises StoreUnavailable.
    """
    over = asyncio.Event()
    async with store_errors():
        conn = await asyncpg.connect(
            dsn, timeout=5, server_settings={"application_name": "klat clock"}
        )
        try:
            conn.add_termination_listener(lambda *_: over.set())
            await conn.add_listener(_CHANNEL, lambda *_: wake())
            wake()  # what was said before
            await over.wait()
        finally:
            conn.terminate()


def watched_row(row: asyncpg.Record) -> WatchedRow:
    """Raises ValueError where it is not understood."""
    slip = Slip(row["slip"]) if row["slip"] else None
    return WatchedRow(
        shipment_id=row["shipment_id"],
        carrier=row["carrier"],
        tracking_number=row["tracking_number"],
        version=row["version"],
        state=ShipmentState.kept(row["state"]),
        created_at=row["created_at"],
        merchant_id=row["merchant_id"],
        order=row["order_ref"],
        country=row["country"],
        region=row["region"],
        service=row["service"],
        registered_at=row["registered_at"],
        eta=eta_in(row),
        has_outcome=row["has_outcome"],
        published=Published(
            slip,
            row["tiers"],
            row["silent_since"],
            row["pickup_until"],
            row["statutory"],
            row["place"],
        ),
        promises=promises_in(row),
        review_at=row["review_at"],
    )
