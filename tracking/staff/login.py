"""Logging in: tries counted before they are looked at, sessions that open nothing until whole.

A session is made by the password alone and opens nothing while something is still asked for: the
second factor, a password of one's own, or, of leads and admins, to set up a second factor.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import asyncpg

from schemas.staff import Action, StaffRole
from tracking.sealing import Sealer
from tracking.staff.audit import note
from tracking.staff.passwords import hash_password, is_password
from tracking.staff.second import step_of, totp_context
from tracking.staff.strength import what_is_weak
from tracking.store.staff import Session, Staff, StaffStore

IDLE, LONGEST = timedelta(hours=1), timedelta(hours=12)
_TOUCHED: Final = timedelta(minutes=1)  # more exactly nobody needs to know
_TRIES, _TRIES_ON_ACCOUNT = 5, 50  # from one address; from all of them, so that nobody is shut out
_TWO_FACTORS: Final = frozenset({StaffRole.LEAD, StaffRole.ADMIN})


class Wanted(StrEnum):
    """What is still asked for before a session opens anything."""

    CODE = "code"
    PASSWORD = "password"  # noqa: S105 - what is asked for
    AUTHENTICATOR = "authenticator"


class Refused(StrEnum):
    """Why somebody did not get further."""

    WRONG = "wrong"
    PAUSED = "paused"
    OVER = "over"  # the one-time password has run out


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """`token` goes to the browser and nowhere else."""

    token: str
    staff: Staff


def still_wanted(session: Session) -> Wanted | None:
    staff = session.staff
    if staff.totp is not None and not session.second:
        return Wanted.CODE
    if staff.one_time_until is not None:
        return Wanted.PASSWORD
    if staff.totp is None and staff.role in _TWO_FACTORS:
        return Wanted.AUTHENTICATOR
    return None


def session_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()


def is_alive(session: Session, now: datetime) -> bool:
    return now < session.created_at + LONGEST and now < session.seen_at + IDLE


class Login:
    """Raises StoreUnavailable, as all that reads or writes."""

    def __init__(self, pool: asyncpg.Pool, sealer: Sealer) -> None:
        self._store, self._sealer = StaffStore(pool), sealer

    async def by_password(
        self, email: str, password: str, address: str, now: datetime
    ) -> LoggedIn | Refused:
        """Who is not there, is disabled or has another password is told the same, as late."""
        name = email.strip().casefold()
        if not await self._may_try("password", name, address, now):
            return Refused.PAUSED
        staff = await self._store.staff_by_email(name)
        is_right = await is_password(staff.password if staff else None, password)
        if staff is None or not is_right or staff.disabled_at is not None:
            return Refused.WRONG
        if staff.one_time_until is not None and staff.one_time_until <= now:
            return Refused.OVER
        await self._store.forget_logins(self._tried("password", name, address))
        token = await self._begin(staff, second=False, now=now)
        if staff.totp is None:
            await note(self._store, self._sealer, staff, Action.LOGGED_IN, now)
        return LoggedIn(token, staff)

    async def by_code(
        self, session: Session, typed: str, address: str, now: datetime
    ) -> LoggedIn | Refused:
        """The session that was begun by the password makes way for one that is whole."""
        staff = session.staff
        if not await self._may_try("code", staff.email, address, now):
            return Refused.PAUSED
        step = self._step(staff, typed, now)
        if step is None or not await self._store.use_totp_step(staff.staff_id, step):
            return Refused.WRONG
        await self._store.forget_logins(self._tried("code", staff.email, address))
        await self._store.end_session(session.session_hash)
        token = await self._begin(staff, second=True, now=now)
        await note(self._store, self._sealer, staff, Action.LOGGED_IN, now)
        return LoggedIn(token, staff)

    async def set_password(self, session: Session, password: str, now: datetime) -> LoggedIn | str:
        """Every other session ends. Or why it is too weak: "short", "long", "guessable", "same"."""
        staff = session.staff
        weak = what_is_weak(password, staff.email, staff.name)
        if weak is None and await is_password(staff.password, password):
            weak = "same"
        if weak is not None:
            return weak
        await self._store.save_password(staff.staff_id, await hash_password(password), None)
        await note(self._store, self._sealer, staff, Action.PASSWORD_CHANGED, now)
        return await self._anew(session, second=session.second, now=now)

    async def set_authenticator(
        self, session: Session, secret: str, typed: str, now: datetime
    ) -> LoggedIn | Refused:
        """`secret` was shown to them; the code proves that it arrived."""
        staff = session.staff
        step = step_of(secret, typed, now)
        if step is None:
            return Refused.WRONG
        sealed = self._sealer.seal_text(secret, totp_context(staff.staff_id))
        await self._store.save_totp(staff.staff_id, sealed, step)
        await note(self._store, self._sealer, staff, Action.SECOND_FACTOR_SET, now)
        return await self._anew(session, second=True, now=now)

    async def session(self, token: str, now: datetime) -> Session | None:
        """None where it has ended, or never was."""
        found = await self._store.find_session(session_hash(token))
        if found is None:
            return None
        if not is_alive(found, now):
            await self._store.end_session(found.session_hash)
            return None
        if now - found.seen_at >= _TOUCHED:
            await self._store.touch_session(found.session_hash, now)
        return found

    async def log_out(self, session: Session, now: datetime) -> None:
        await self._store.end_session(session.session_hash)
        await note(self._store, self._sealer, session.staff, Action.LOGGED_OUT, now)

    async def _begin(self, staff: Staff, *, second: bool, now: datetime) -> str:
        token = secrets.token_urlsafe(32)
        await self._store.insert_session(
            session_hash(token), staff.staff_id, second=second, now=now
        )
        return token

    async def _anew(self, session: Session, *, second: bool, now: datetime) -> LoggedIn:
        """Who knew the old secret has no session any more."""
        await self._store.end_sessions_of(session.staff.staff_id)
        return LoggedIn(await self._begin(session.staff, second=second, now=now), session.staff)

    def _step(self, staff: Staff, typed: str, now: datetime) -> int | None:
        if staff.totp is None:
            return None
        secret = self._sealer.open_text(staff.totp, totp_context(staff.staff_id))
        return step_of(secret, typed, now)

    async def _may_try(self, what: str, email: str, address: str, now: datetime) -> bool:
        here, account = self._tried(what, email, address)
        return await self._store.claim_login(
            account, _TRIES_ON_ACCOUNT, now=now
        ) and await self._store.claim_login(here, _TRIES, now=now)

    def _tried(self, what: str, email: str, address: str) -> Sequence[bytes]:
        """Whom and from where, and whom."""
        names = (f"{what}\x1f{email}\x1f{address}", f"{what}\x1f{email}")
        return [self._sealer.fingerprints(f"login\x1f{name}".encode())[0] for name in names]
