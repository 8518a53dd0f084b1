"""Cases are asked, answered, solved, handed over: each deed one transaction, with its audit line.

Whoever writes holds the parcel against its erasure, then its registration: two who write at once
see each other. A message's id is made of the id of its form: the same form posted twice is one.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID, uuid5

import asyncpg
import structlog

from schemas.case import Author, CaseState, Opener, Topic
from schemas.notice import Channel
from tracking.domain import cases as domain
from tracking.domain.cases import Asked, Case
from tracking.errors import KlatError, PeopleErased
from tracking.ids import uuid7
from tracking.sealing import Sealer
from tracking.staff.audit import Noting
from tracking.store.cases import (
    MessageRow,
    case_messages_of,
    cases_of,
    count_case_messages,
    insert_case_message,
    save_case,
)
from tracking.store.person import hold_against_erasure
from tracking.store.pool import retried, transaction
from tracking.store.registrations import Registrations
from tracking.store.staff import Staff
from tracking.threads import message_context, sign_of

log = structlog.get_logger()

MOST_A_DAY: Final = 10  # of one parcel by shoppers who are proven, and as many by who is not
MOST_EVER: Final = 100
_DAY: Final = timedelta(days=1)
_TICK: Final = timedelta(microseconds=1)

Planning = Callable[[asyncpg.Connection, Case, UUID], Awaitable[None]]
"""Plans that an answer is sent, in the transaction in which it is written."""


class NoSuchCase(KlatError):  # noqa: N818 - named for what was found
    """There is none of this id on this parcel, or nobody registered the parcel."""


class CaseChanged(KlatError):  # noqa: N818 - named for what was found
    """Somebody has written in it meanwhile."""


class TooManyMessages(KlatError):  # noqa: N818 - named for what was found
    """So many were written of this parcel within a day, or ever."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a shopper says. `by`: e-mail of the staff who wrote it down, None: the shopper.

    `proven` False: whoever says it has the link only.
    """

    topic: Topic
    text: str
    language: str
    reply_by: Channel | None
    form_id: UUID
    opened_by: Opener = Opener.SHOPPER
    by: str | None = None
    proven: bool = True


@dataclass(frozen=True, slots=True)
class Reply:
    """What staff answer. `seen`: the sign of the thread that they had before them."""

    case_id: UUID
    text: str
    form_id: UUID
    seen: str
    solves: bool = False


async def ask(
    pool: asyncpg.Pool,
    sealer: Sealer,
    shipment_id: UUID,
    question: Question,
    *,
    now: datetime,
    noting: Noting | None = None,
) -> Case:
    """The case that it belongs to. Its text is clean and not empty.

    Raises NoSuchCase, PeopleErased, TooManyMessages, StoreUnavailable.
    """
    return await retried(partial(_ask, pool, sealer, shipment_id, question, now, noting))


async def _ask(
    pool: asyncpg.Pool,
    sealer: Sealer,
    shipment_id: UUID,
    question: Question,
    now: datetime,
    noting: Noting | None,
) -> Case:
    async with transaction(pool) as conn:
        case, is_new = await ask_within(conn, pool, sealer, shipment_id, question, now)
        if not is_new:
            return case
        if noting is not None:
            await noting(conn)
    log.info("case.asked", shipment_id=shipment_id, case_id=case.case_id, topic=case.topic)
    return case


async def ask_within(
    conn: asyncpg.Connection,
    pool: asyncpg.Pool,
    sealer: Sealer,
    shipment_id: UUID,
    question: Question,
    now: datetime,
) -> tuple[Case, bool]:
    """In the transaction of what led to it; False: it was asked before.

    Raises NoSuchCase, PeopleErased, TooManyMessages.
    """
    message_id = _message_id(shipment_id, question.form_id)
    if not await hold_against_erasure(conn, shipment_id):
        raise PeopleErased
    registration = await Registrations(pool).registration_for_update(conn, shipment_id)
    if registration is None:
        raise NoSuchCase
    known, lately, ever, last = await count_case_messages(
        conn, shipment_id, message_id, now - _DAY, proven=question.proven
    )
    cases = await cases_of(conn, shipment_id)
    if known:
        return await _case_of(conn, shipment_id, message_id, cases), False
    is_written = question.by is None and question.opened_by is Opener.SHOPPER
    if is_written and (lately >= MOST_A_DAY or ever >= MOST_EVER):
        raise TooManyMessages
    case = domain.asked(
        cases,
        Asked(
            shipment_id,
            uuid7(now),
            registration.merchant_id,
            question.topic,
            question.opened_by,
            question.language,
            question.reply_by,
            question.proven,
        ),
        now,
    )
    await save_case(conn, case)
    at, by = _after(last, now), question.by
    await _write(
        conn, sealer, case, message_id, Author.SHOPPER, by, question.text, at,
        proven=question.proven,
    )  # fmt: skip
    return case, True


async def _case_of(
    conn: asyncpg.Connection, shipment_id: UUID, message_id: UUID, cases: Sequence[Case]
) -> Case:
    rows = await case_messages_of(conn, shipment_id)
    of = next(row.case_id for row in rows if row.message_id == message_id)
    return next(case for case in cases if case.case_id == of)


async def reply(
    pool: asyncpg.Pool,
    sealer: Sealer,
    shipment_id: UUID,
    told: Reply,
    staff: Staff,
    *,
    now: datetime,
    noting: Noting,
    planning: Planning | None = None,
) -> Case:
    """An answer, once for each form.

    Raises NoSuchCase, PeopleErased, CaseChanged, StoreUnavailable.
    """
    return await retried(
        partial(_reply, pool, sealer, shipment_id, told, staff, now, noting, planning)
    )


async def _reply(
    pool: asyncpg.Pool,
    sealer: Sealer,
    shipment_id: UUID,
    told: Reply,
    staff: Staff,
    now: datetime,
    noting: Noting,
    planning: Planning | None,
) -> Case:
    message_id = _message_id(shipment_id, told.form_id)
    async with transaction(pool) as conn:
        case, rows = await _held_to_write(pool, conn, shipment_id, told.case_id)
        if any(row.message_id == message_id for row in rows):
            return case
        if sign_of(rows) != told.seen:
            raise CaseChanged
        after = domain.answered(case, staff.staff_id, now)
        after = domain.solved(after, staff.staff_id, now) if told.solves else after
        await save_case(conn, after)
        at, by = _after(rows[-1].at if rows else None, now), staff.email
        await _write(conn, sealer, after, message_id, Author.STAFF, by, told.text, at)
        if planning is not None:
            await planning(conn, after, message_id)
        await noting(conn)
    log.info("case.answered", shipment_id=shipment_id, case_id=case.case_id, state=after.state)
    return after


async def move(
    pool: asyncpg.Pool,
    shipment_id: UUID,
    case_id: UUID,
    make: Callable[[Case], Case],
    *,
    seen: str,
    noting: Noting,
) -> Case:
    """Solved, or opened again, by who had all of it before them (`seen`: the sign of the thread).

    Of an erased parcel none is opened, as nobody could answer it.
    Raises NoSuchCase, PeopleErased, CaseChanged, StoreUnavailable.
    """

    async def moved() -> Case:
        async with transaction(pool) as conn:
            is_named = await hold_against_erasure(conn, shipment_id)
            case, rows = await _held(pool, conn, shipment_id, case_id)
            after = make(case)
            if after == case:
                return case
            if after.state is CaseState.OPEN and not is_named:
                raise PeopleErased
            if sign_of(rows) != seen:
                raise CaseChanged
            await save_case(conn, after)
            await noting(conn)
            return after

    return await retried(moved)


async def hand_over(
    pool: asyncpg.Pool,
    sealer: Sealer,
    shipment_id: UUID,
    case_id: UUID,
    to: UUID | None,
    word: str,
    form_id: UUID,
    staff: Staff,
    *,
    now: datetime,
    noting: Noting,
) -> Case:
    """To a colleague, with a word for them where there is one.

    Raises NoSuchCase, PeopleErased, StoreUnavailable.
    """

    async def handed() -> Case:
        message_id = _message_id(shipment_id, form_id)
        async with transaction(pool) as conn:
            case, rows = await _held_to_write(pool, conn, shipment_id, case_id)
            after = domain.assigned(case, to, now)
            is_new = word and all(row.message_id != message_id for row in rows)
            if after == case and not is_new:
                return case
            await save_case(conn, after)
            if is_new:
                at, by = _after(rows[-1].at if rows else None, now), staff.email
                await _write(conn, sealer, case, message_id, Author.COLLEAGUE, by, word, at)
            await noting(conn)
            return after

    return await retried(handed)


async def _held(
    pool: asyncpg.Pool, conn: asyncpg.Connection, shipment_id: UUID, case_id: UUID
) -> tuple[Case, list[MessageRow]]:
    """The case and what was said in it, while nobody else writes. Raises NoSuchCase."""
    if await Registrations(pool).registration_for_update(conn, shipment_id) is None:
        raise NoSuchCase
    found = [each for each in await cases_of(conn, shipment_id) if each.case_id == case_id]
    if not found:
        raise NoSuchCase
    rows = await case_messages_of(conn, shipment_id)
    return found[0], [row for row in rows if row.case_id == case_id]


async def _held_to_write(
    pool: asyncpg.Pool, conn: asyncpg.Connection, shipment_id: UUID, case_id: UUID
) -> tuple[Case, list[MessageRow]]:
    """The same, for words: none of a parcel whose people were erased. Raises PeopleErased too."""
    if not await hold_against_erasure(conn, shipment_id):
        raise PeopleErased
    return await _held(pool, conn, shipment_id, case_id)


async def _write(
    conn: asyncpg.Connection,
    sealer: Sealer,
    case: Case,
    message_id: UUID,
    author: Author,
    email: str | None,
    text: str,
    at: datetime,
    *,
    proven: bool = True,
) -> None:
    sealed = sealer.seal_text(text, message_context(message_id))
    row = MessageRow(case.case_id, message_id, at, author, email, sealed, proven)
    await insert_case_message(conn, case.shipment_id, row)


def _after(last: datetime | None, now: datetime) -> datetime:
    """Behind what was said before, whatever the clocks of two processes say."""
    return max(now, last + _TICK) if last else now


def _message_id(shipment_id: UUID, form_id: UUID) -> UUID:
    return uuid5(shipment_id, f"case message\x1f{form_id}")
