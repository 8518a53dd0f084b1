"""What shoppers ask about parcels, what they are told, and the texts that shops have for it."""

from collections.abc import Collection, Sequence
from dataclasses import astuple
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from schemas.case import Author, CaseState, Opener, TextKind, Topic
from schemas.notice import Channel
from tracking.domain.cases import Case
from tracking.sql import SQL
from tracking.store.pool import connection


class MessageRow(NamedTuple):
    """`text` is sealed; None: forgotten. `email`: of the staff who wrote it, or wrote it down; ''
    for who may not know it. `proven` False: whoever wrote it had the link only.
    """

    case_id: UUID
    message_id: UUID
    at: datetime
    author: Author
    email: str | None
    text: str | None
    proven: bool = True


class ListedCase(NamedTuple):
    """A case in a list: nothing of what was said, and nobody but who of the staff has it (`whose`:
    '' for who may not know it).
    """

    shipment_id: UUID
    case_id: UUID
    topic: Topic
    state: CaseState
    contacts: int
    follows: UUID | None
    asked_at: datetime
    changed_at: datetime
    waits_since: datetime | None
    tracking_number: str
    carrier: str
    merchant_name: str
    whose: str | None
    order_ref: str | None


class Waiting(NamedTuple):
    waiting: int
    mine: int
    since: datetime | None


class Colleague(NamedTuple):
    staff_id: UUID
    name: str


class SupportText(NamedTuple):
    """`place` 0 stands in place of ours, any other beside it."""

    kind: TextKind
    topic: Topic
    place: int
    title: str
    text: str


class Cases:
    """Reads, and the texts of shops; what is written of cases runs in the caller's transaction."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def of_shipment(
        self, shipment_id: UUID, shops: Collection[UUID] | None
    ) -> tuple[list[Case], list[MessageRow]]:
        """As who works for these shops may read it, None: for all."""
        async with connection(self._pool) as conn:
            cases = await cases_of(conn, shipment_id)
            return cases, await case_messages_of(conn, shipment_id, shops)

    async def help_of(
        self, shipment_id: UUID, merchant_id: UUID, language: str
    ) -> tuple[list[SupportText], list[Case]]:
        """What its page needs."""
        async with connection(self._pool) as conn:
            texts = await support_texts(conn, merchant_id, language)
            return texts, await cases_of(conn, shipment_id)

    async def waiting_cases(
        self,
        shops: Collection[UUID] | None,
        topic: Topic | None,
        whose: UUID | None,
        behind: datetime,
        most: int,
        reader: Collection[UUID] | None,
    ) -> list[ListedCase]:
        """`reader`: the shops of who reads it, None: all."""
        wanted = (_list(shops), topic, whose, behind, most, _list(reader))
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["waiting_cases"], *wanted)
        return [_listed(row) for row in rows]

    async def latest_cases(
        self,
        shops: Collection[UUID] | None,
        topic: Topic | None,
        before: datetime,
        most: int,
        reader: Collection[UUID] | None,
    ) -> list[ListedCase]:
        wanted = (_list(shops), topic, before, most, _list(reader))
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["latest_cases"], *wanted)
        return [_listed(row) for row in rows]

    async def count_waiting_cases(self, shops: Collection[UUID] | None, me: UUID) -> Waiting:
        async with connection(self._pool) as conn:
            return Waiting(*await conn.fetchrow(SQL["count_waiting_cases"], _list(shops), me))

    async def usual_answer(
        self, merchant_id: UUID, since: datetime, now: datetime
    ) -> tuple[int, timedelta | None]:
        """How many were asked, and within how long three of four were answered."""
        async with connection(self._pool) as conn:
            row = await conn.fetchrow(SQL["usual_answer"], merchant_id, since, now)
        return row["asked"], row["within"]

    async def colleagues(
        self, merchant_id: UUID, shops: Collection[UUID] | None
    ) -> list[Colleague]:
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["colleagues"], merchant_id, _list(shops))
        return [Colleague(*row) for row in rows]

    async def shops_to_choose(
        self, shops: Collection[UUID] | None, most: int
    ) -> list[tuple[UUID, str]]:
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["shops_to_choose"], _list(shops), most)
        return [(row["merchant_id"], row["name"]) for row in rows]

    async def support_texts(self, merchant_id: UUID, language: str) -> list[SupportText]:
        async with connection(self._pool) as conn:
            return await support_texts(conn, merchant_id, language)


async def cases_of(conn: asyncpg.Connection, shipment_id: UUID) -> list[Case]:
    return [_case(row) for row in await conn.fetch(SQL["cases_of"], shipment_id)]


async def case_messages_of(
    conn: asyncpg.Connection, shipment_id: UUID, shops: Collection[UUID] | None = None
) -> list[MessageRow]:
    rows = await conn.fetch(SQL["case_messages_of"], shipment_id, _list(shops))
    return [MessageRow(**{**row, "author": Author(row["author"])}) for row in rows]


async def case_answers(
    conn: asyncpg.Connection, wanted: Sequence[tuple[UUID, UUID]]
) -> list[tuple[UUID, UUID, str, str]]:
    """Of these shipments and messages: both, the sealed words, the language of who asked."""
    rows = await conn.fetch(SQL["case_answers"], *zip(*wanted, strict=True))
    return [tuple(row) for row in rows]


async def count_case_messages(
    conn: asyncpg.Connection, shipment_id: UUID, message_id: UUID, since: datetime, *, proven: bool
) -> tuple[bool, int, int, datetime | None]:
    """Whether there is this one, how many shoppers who are proven (or who are not) wrote since then
    and ever, and when the last of all was.
    """
    row = await conn.fetchrow(SQL["count_case_messages"], shipment_id, message_id, since, proven)
    return bool(row["known"]), row["lately"], row["ever"], row["last"]


async def save_case(conn: asyncpg.Connection, case: Case) -> None:
    await conn.execute(SQL["save_case"], *astuple(case))


async def insert_case_message(conn: asyncpg.Connection, shipment_id: UUID, row: MessageRow) -> None:
    await conn.execute(SQL["insert_case_message"], shipment_id, *row)


async def support_texts(
    conn: asyncpg.Connection, merchant_id: UUID, language: str
) -> list[SupportText]:
    rows = await conn.fetch(SQL["support_texts"], merchant_id, language)
    return [
        SupportText(
            TextKind(row["kind"]), Topic(row["topic"]), row["place"], row["title"], row["text"]
        )
        for row in rows
    ]


async def save_support_text(
    conn: asyncpg.Connection, merchant_id: UUID, language: str, text: SupportText, now: datetime
) -> None:
    await conn.execute(
        SQL["save_support_text"],
        merchant_id,
        text.kind,
        language,
        text.topic,
        text.place,
        text.title,
        text.text,
        now,
    )


async def drop_support_text(
    conn: asyncpg.Connection, merchant_id: UUID, language: str, text: SupportText
) -> None:
    await conn.execute(
        SQL["drop_support_text"], merchant_id, text.kind, language, text.topic, text.place
    )


def _list(shops: Collection[UUID] | None) -> list[UUID] | None:
    return None if shops is None else list(shops)


def _case(row: asyncpg.Record) -> Case:
    fields: dict[str, Any] = dict(row)
    return Case(
        **{
            **fields,
            "topic": Topic(fields["topic"]),
            "opened_by": Opener(fields["opened_by"]),
            "state": CaseState(fields["state"]),
            "reply_by": Channel(fields["reply_by"]) if fields["reply_by"] else None,
        }
    )


def _listed(row: asyncpg.Record) -> ListedCase:
    fields: dict[str, Any] = dict(row)
    return ListedCase(
        **{
            **fields,
            "topic": Topic(fields["topic"]),
            "state": CaseState(fields["state"]),
        }
    )
