"""Who may work in the console: made, renewed and shut out by the operator."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from schemas.contact import normal_email
from schemas.staff import Action, StaffRole
from tracking.errors import KlatError
from tracking.ids import uuid7
from tracking.sealing import Sealer
from tracking.staff.audit import noting
from tracking.staff.passwords import hash_password, one_time_password
from tracking.store.staff import Staff, StaffStore

VALID: Final = timedelta(days=7)


class NoSuchStaff(KlatError):  # noqa: N818 - named for what was found
    """Nobody has this e-mail."""


class StaffExists(KlatError):  # noqa: N818 - named for what was found
    """Somebody has this e-mail already."""


async def add_staff(
    pool: asyncpg.Pool,
    email: str,
    name: str,
    role: StaffRole,
    shops: Sequence[UUID] | None,
    *,
    now: datetime,
) -> str:
    """The password for once. Raises StaffExists, ValueError, StoreUnavailable."""
    password = one_time_password()
    staff = Staff(
        staff_id=uuid7(now),
        email=normal_email(email).lower(),
        name=name,
        role=role,
        shops=None if shops is None else tuple(shops),
        password=await hash_password(password),
        one_time_until=now + VALID,
        totp=None,
        totp_step=0,
        disabled_at=None,
        created_at=now,
    )
    if not await StaffStore(pool).insert_staff(staff):
        raise StaffExists
    return password


async def reset_staff(pool: asyncpg.Pool, email: str, *, now: datetime) -> str:
    """A new password for once; the second factor is set up anew, and every session ends.

    Raises NoSuchStaff, StoreUnavailable.
    """
    store, staff = StaffStore(pool), await _found(pool, email)
    password = one_time_password()
    await store.reset_staff(staff.staff_id, await hash_password(password), now + VALID)
    return password


async def change_staff(
    pool: asyncpg.Pool,
    sealer: Sealer,
    email: str,
    role: StaffRole | None,
    shops: Callable[[Staff], Sequence[UUID] | None],
    *,
    now: datetime,
) -> None:
    """Another role, unless None, and what `shops` makes of who it is; every session ends.

    Raises NoSuchStaff, StoreUnavailable.
    """
    store, staff = StaffStore(pool), await _found(pool, email)
    to, seen = role or staff.role, shops(staff)
    shown = None if seen is None else [str(each) for each in seen]
    deed = noting(sealer, staff, Action.ROLE_CHANGED, now, None, role=to, shops=shown)
    await store.change_staff(staff.staff_id, to, seen, deed)


async def password_for(pool: asyncpg.Pool, email: str, name: str, *, now: datetime) -> str:
    """Of the demo: a password that stays, of somebody of support who is made where there is none.

    Raises StoreUnavailable.
    """
    with suppress(StaffExists):
        await add_staff(pool, email, name, StaffRole.SUPPORT, None, now=now)
    store, staff, password = StaffStore(pool), await _found(pool, email), one_time_password()
    await store.save_password(staff, await hash_password(password), None)
    return password


async def disable_staff(pool: asyncpg.Pool, email: str, *, now: datetime) -> None:
    """At once: every session ends. Raises NoSuchStaff, StoreUnavailable."""
    store, staff = StaffStore(pool), await _found(pool, email)
    await store.disable_staff(staff.staff_id, now)


async def _found(pool: asyncpg.Pool, email: str) -> Staff:
    staff = await StaffStore(pool).staff_by_email(email.strip().lower())
    if staff is None:
        raise NoSuchStaff
    return staff
