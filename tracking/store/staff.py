"""Staff, their sessions, tries to log in, and the audit log."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg

from schemas.staff import Action, StaffRole
from tracking.sql import SQL
from tracking.store.pool import connection, transaction

FIRST_PAUSE: Final = timedelta(minutes=1)  # doubles with every further round of tries
LONGEST_PAUSE: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Staff:
    """`shops` None: all of them. `one_time_until`: the password is the operator's."""

    staff_id: UUID
    email: str
    name: str
    role: StaffRole
    shops: tuple[UUID, ...] | None
    password: str
    one_time_until: datetime | None
    totp: str | None
    totp_step: int
    disabled_at: datetime | None
    created_at: datetime


class Session(NamedTuple):
    """`second`: two factors were given, here or to a provider. `by_provider`: it said who it is."""

    session_hash: bytes
    second: bool
    created_at: datetime
    seen_at: datetime
    staff: Staff
    by_provider: bool = False


class OwnSession(NamedTuple):
    session_hash: bytes
    created_at: datetime
    seen_at: datetime


class AuditRow(NamedTuple):
    """`detail` is sealed."""

    at: datetime
    email: str
    action: Action
    shipment_id: UUID | None
    detail: str | None
    audit_id: UUID
    merchant_id: UUID | None = None


class ShopDeed(NamedTuple):
    """`email` None: somebody whom the reader need not know. `detail` is sealed."""

    at: datetime
    action: Action
    detail: str | None
    audit_id: UUID
    email: str | None


class NoteRow(NamedTuple):
    """`text` is sealed."""

    note_id: UUID
    at: datetime
    email: str
    text: str


class StaffStore:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def _run(self, query: str, *arguments: Any) -> Any:
        async with connection(self._pool) as conn:
            return await conn.fetchval(query, *arguments)

    async def insert_staff(self, staff: Staff) -> bool:
        """False where somebody has this e-mail."""
        shops = None if staff.shops is None else list(staff.shops)
        made = await self._run(
            SQL["insert_staff"],
            staff.staff_id,
            staff.email,
            staff.name,
            staff.role,
            shops,
            staff.password,
            staff.one_time_until,
            staff.created_at,
        )
        return made is not None

    async def list_staff(self) -> list[tuple[Staff, list[str]]]:
        """Everybody, with the names of the shops they see."""
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["list_staff"])
        return [(_staff(row), row["shop_names"]) for row in rows]

    async def staff_by_email(self, email: str) -> Staff | None:
        async with connection(self._pool) as conn:
            row = await conn.fetchrow(SQL["staff_by_email"], email)
        return _staff(row) if row else None

    async def staff_by_identity(self, issuer: str, subject: str) -> Staff | None:
        async with connection(self._pool) as conn:
            row = await conn.fetchrow(SQL["staff_by_identity"], issuer, subject)
        return _staff(row) if row else None

    async def tie_identity(
        self, staff_id: UUID, issuer: str, subject: str, *, now: datetime
    ) -> bool:
        """False where they, or this identity, are tied already, or they are shut out."""
        return await self._run(SQL["tie_identity"], staff_id, issuer, subject, now) is not None

    async def save_password(self, staff: Staff, hashed: str, until: datetime | None) -> bool:
        """False where it is another one than `staff` has by now."""
        saved = await self._run(SQL["save_password"], staff.staff_id, hashed, until, staff.password)
        return saved is not None

    async def reset_staff(self, staff_id: UUID, hashed: str, until: datetime) -> None:
        await self._run(SQL["reset_staff"], staff_id, hashed, until)

    async def set_totp(self, staff_id: UUID, sealed: str, step: int) -> bool:
        """False where there is one already."""
        return await self._run(SQL["set_totp"], staff_id, sealed, step) is not None

    async def use_totp_step(self, staff_id: UUID, step: int) -> bool:
        """False where it, or a later one, was used before."""
        return await self._run(SQL["use_totp_step"], staff_id, step) is not None

    async def disable_staff(self, staff_id: UUID, at: datetime) -> None:
        await self._run(SQL["disable_staff"], staff_id, at)

    async def insert_session(
        self,
        session_hash: bytes,
        staff: Staff,
        *,
        second: bool,
        by_provider: bool = False,
        now: datetime,
        since: datetime | None = None,
    ) -> bool:
        """False where the password that `staff` has is no longer theirs, or they are shut out.

        `since`: when they logged in; None: now.
        """
        made = await self._run(
            SQL["insert_session"],
            session_hash,
            staff.staff_id,
            second,
            now,
            staff.password,
            by_provider,
            since or now,
        )
        return made is not None

    async def find_session(self, session_hash: bytes) -> Session | None:
        async with connection(self._pool) as conn:
            row = await conn.fetchrow(SQL["find_session"], session_hash)
        if row is None:
            return None
        return Session(
            row["session_hash"],
            row["second"],
            row["session_created_at"],
            row["seen_at"],
            _staff(row),
            row["by_provider"],
        )

    async def touch_session(self, session_hash: bytes, now: datetime) -> None:
        await self._run(SQL["touch_session"], session_hash, now)

    async def end_session(self, session_hash: bytes) -> bool:
        """False where it had ended before."""
        return await self._run(SQL["end_session"], session_hash) is not None

    async def end_sessions_of(self, staff_id: UUID) -> None:
        await self._run(SQL["end_sessions_of"], staff_id)

    async def sessions_of(
        self, staff_id: UUID, seen_after: datetime, begun_after: datetime, most: int
    ) -> list[OwnSession]:
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["sessions_of"], staff_id, seen_after, begun_after, most)
        return [OwnSession(*row) for row in rows]

    async def end_sessions(self, staff_id: UUID, hashes: Collection[bytes]) -> int:
        """How many there were."""
        async with connection(self._pool) as conn:
            return len(await conn.fetch(SQL["end_sessions"], staff_id, list(hashes)))

    async def change_staff(
        self,
        staff_id: UUID,
        role: StaffRole,
        shops: Collection[UUID] | None,
        noting: Callable[[asyncpg.Connection], Awaitable[None]],
    ) -> None:
        async with transaction(self._pool) as conn:
            await conn.execute(SQL["change_staff"], staff_id, role, _list(shops))
            await noting(conn)

    async def claim_login(self, name_hash: bytes, tries: int, *, now: datetime) -> bool:
        """One more try; False while paused."""
        claimed = await self._run(
            SQL["claim_login"], name_hash, now, tries, FIRST_PAUSE, LONGEST_PAUSE
        )
        return claimed is not None

    async def forget_logins(self, name_hashes: Sequence[bytes]) -> None:
        await self._run(SQL["forget_logins"], name_hashes)

    async def note_audit(self, row: AuditRow, staff_id: UUID) -> None:
        async with connection(self._pool) as conn:
            await note_audit(conn, row, staff_id)

    async def note_seen(
        self, audit_id: UUID, at: datetime, staff: Staff, shipment_id: UUID, since: datetime
    ) -> None:
        await self._run(
            SQL["note_seen"], audit_id, at, staff.staff_id, staff.email, shipment_id, since
        )

    async def insert_note(
        self,
        shipment_id: UUID,
        row: NoteRow,
        noting: Callable[[asyncpg.Connection], Awaitable[None]],
    ) -> bool:
        """Once; it is noted with it. False where its people were erased."""
        async with transaction(self._pool) as conn:
            is_new = await conn.fetchval(
                SQL["insert_note"], shipment_id, row.note_id, row.at, row.email, row.text
            )
            if is_new:
                await noting(conn)
        return is_new is not None

    async def notes_of(self, shipment_id: UUID, shops: Collection[UUID] | None) -> list[NoteRow]:
        """Who works for some shops sees what was written by who works for no others."""
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["notes_of"], shipment_id, _list(shops))
        return [NoteRow(*row) for row in rows]

    async def audit_of_shipment(
        self, shipment_id: UUID, most: int, shops: Collection[UUID] | None
    ) -> list[AuditRow]:
        """Who works for some shops sees what was done by who works for no others."""
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["audit_of_shipment"], shipment_id, most, _list(shops))
        return [_audit({**row, "shipment_id": shipment_id}) for row in rows]

    async def audit_of_merchant(
        self, merchant_id: UUID, most: int, shops: Collection[UUID] | None
    ) -> list[ShopDeed]:
        """Who works for some shops is not told by whom, where they work for others, too."""
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["audit_of_merchant"], merchant_id, most, _list(shops))
        return [ShopDeed(**{**row, "action": Action(row["action"])}) for row in rows]

    async def list_audit(self, before: datetime, email: str | None, most: int) -> list[AuditRow]:
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["list_audit"], before, email, most)
        return [_audit(dict(row)) for row in rows]


async def note_audit(conn: asyncpg.Connection, row: AuditRow, staff_id: UUID) -> None:
    """In the transaction of what was done."""
    await conn.execute(
        SQL["note_audit"],
        row.audit_id,
        row.at,
        staff_id,
        row.email,
        row.action,
        row.shipment_id,
        row.detail,
        row.merchant_id,
    )


def _list(shops: Collection[UUID] | None) -> list[UUID] | None:
    return None if shops is None else list(shops)


def _staff(row: asyncpg.Record) -> Staff:
    shops = row["shops"]
    return Staff(
        staff_id=row["staff_id"],
        email=row["email"],
        name=row["name"],
        role=StaffRole(row["role"]),
        shops=None if shops is None else tuple(shops),
        password=row["password"],
        one_time_until=row["one_time_until"],
        totp=row["totp"],
        totp_step=row["totp_step"],
        disabled_at=row["disabled_at"],
        created_at=row["created_at"],
    )


def _audit(row: dict[str, Any]) -> AuditRow:
    return AuditRow(**{**row, "action": Action(row["action"])})
