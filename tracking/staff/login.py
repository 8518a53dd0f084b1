"""Logging in: tries counted before they are looked at, sessions that open nothing until whole.

A session is made by the password, or by what a provider of identities says, and opens nothing
while something is still asked for: the second factor, a password of one's own, or, of leads and
admins, to set up a second factor.
"""

import hashlib
import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar

import asyncpg
import structlog

from schemas.staff import Action, StaffRole
from tracking.sealing import Sealer
from tracking.staff.audit import note
from tracking.staff.oidc.token import Identity
from tracking.staff.passwords import (
    as_handed_over,
    hash_password,
    is_password,
    refuse_when_full,
)
from tracking.staff.second import step_of, totp_context
from tracking.staff.strength import weakness
from tracking.store.staff import OwnSession, Session, Staff, StaffStore

log = structlog.get_logger()

IDLE, LONGEST = timedelta(hours=1), timedelta(hours=12)
_MOST_SHOWN: Final = 50
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


class NotKnown(StrEnum):
    """Why somebody whom the provider knows is nobody here."""

    UNVERIFIED = "unverified"  # it vouches for no e-mail
    UNKNOWN = "unknown"  # nobody here has it
    TAKEN = "taken"  # who has it is somebody else to the provider
    DISABLED = "disabled"


Why = TypeVar("Why", Refused, NotKnown)


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """`token` goes to the browser and nowhere else."""

    token: str
    staff: Staff


def still_wanted(session: Session) -> Wanted | None:
    staff = session.staff
    if staff.totp is not None and not session.second:
        return Wanted.CODE
    if staff.one_time_until is not None and not session.by_provider:
        return Wanted.PASSWORD
    if staff.totp is None and not session.second and staff.role in _TWO_FACTORS:
        return Wanted.AUTHENTICATOR
    return None


def session_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()


def is_alive(session: Session, now: datetime) -> bool:
    return now < session.created_at + LONGEST and now < session.seen_at + IDLE


class Login:
    """Raises StoreUnavailable, as all that reads or writes.

    `by_passwords` False: who came by one is not in, either.
    """

    def __init__(self, pool: asyncpg.Pool, sealer: Sealer, *, by_passwords: bool = True) -> None:
        self._store, self._sealer = StaffStore(pool), sealer
        self._by_passwords = by_passwords

    async def by_password(
        self, email: str, password: str, address: str, now: datetime
    ) -> LoggedIn | Refused:
        """Who is not there, is disabled or has another password is told the same, as late.

        Raises TooManyPasswords.
        """
        refuse_when_full()  # before it counts as a try
        name = email.strip().lower()
        if not await self._may_try("password", name, address, now):
            return _refused("password", Refused.PAUSED)
        staff = await self._store.staff_by_email(name)
        if staff is not None and staff.one_time_until is not None:
            password = as_handed_over(password)
        is_right = await is_password(staff.password if staff else None, password)
        if staff is None or not is_right or staff.disabled_at is not None:
            return _refused("password", Refused.WRONG)
        if staff.one_time_until is not None and staff.one_time_until <= now:
            return _refused("password", Refused.OVER)
        await self._store.forget_logins(self._tried("password", name, address))
        return await self._begin(staff, second=False, now=now)

    async def by_identity(self, who: Identity, now: datetime) -> LoggedIn | Refused | NotKnown:
        """Whom the provider means; by the e-mail for which it vouches only the first time."""
        tied = await self._store.staff_by_identity(who.issuer, who.subject)
        staff = tied or await self._tied(who, now)
        if isinstance(staff, NotKnown):
            return _refused("provider", staff)
        if staff.disabled_at is not None:
            return _refused("provider", NotKnown.DISABLED)
        return await self._begin(staff, second=who.is_two_factors, by_provider=True, now=now)

    async def _tied(self, who: Identity, now: datetime) -> Staff | NotKnown:
        if who.email is None:
            return NotKnown.UNVERIFIED
        # No folding: it makes one of two addresses that are not, as "ß" and "ss".
        staff = await self._store.staff_by_email(who.email.strip().lower())
        if staff is None or not who.email.isascii():
            return NotKnown.UNKNOWN
        if staff.disabled_at is not None:
            return NotKnown.DISABLED
        if not await self._store.tie_identity(staff.staff_id, who.issuer, who.subject, now=now):
            # Perhaps by a second window of theirs.
            return await self._store.staff_by_identity(who.issuer, who.subject) or NotKnown.TAKEN
        await note(self._store, self._sealer, staff, Action.IDENTITY_TIED, now)
        return staff

    async def by_code(
        self, session: Session, typed: str, address: str, now: datetime
    ) -> LoggedIn | Refused:
        """The session that was begun by the password makes way for one that is whole."""
        staff = session.staff
        if not await self._may_try("code", staff.email, address, now):
            return _refused("code", Refused.PAUSED)
        step = self._step(staff, typed, now)
        if step is None or not await self._store.use_totp_step(staff.staff_id, step):
            return _refused("code", Refused.WRONG)
        await self._store.forget_logins(self._tried("code", staff.email, address))
        if not await self._store.end_session(session.session_hash):
            return _refused("code", Refused.WRONG)  # it was ended meanwhile
        return await self._begin(staff, second=True, by_provider=session.by_provider, now=now)

    async def is_present(
        self, session: Session, password: str, address: str, now: datetime
    ) -> Refused | None:
        """Whether it is them who are at the desk: by the password they have."""
        staff = session.staff
        if not await self._may_try("present", staff.email, address, now):
            return _refused("present", Refused.PAUSED)
        if not await is_password(staff.password, password):
            return _refused("present", Refused.WRONG)
        await self._store.forget_logins(self._tried("present", staff.email, address))
        return None

    async def set_password(
        self, session: Session, password: str, now: datetime
    ) -> LoggedIn | Refused | str:
        """Every other session ends. Or why it is too weak: "short", "long", "guessable", "same"."""
        staff = session.staff
        weak = await weakness(password, staff.email, staff.name)
        if weak is None and await is_password(staff.password, password):
            weak = "same"
        if weak is not None:
            return weak
        hashed = await hash_password(password)
        if not await self._store.save_password(staff, hashed, None):
            return Refused.WRONG  # it is another one meanwhile
        await note(self._store, self._sealer, staff, Action.PASSWORD_CHANGED, now)
        changed = replace(staff, password=hashed, one_time_until=None)
        return await self._anew(changed, session, second=session.second, now=now)

    async def set_authenticator(
        self, session: Session, secret: str, typed: str, now: datetime
    ) -> LoggedIn | Refused:
        """`secret` was shown to them; the code proves that it arrived."""
        staff = session.staff
        step = step_of(secret, typed, now)
        sealed = self._sealer.seal_text(secret, totp_context(staff.staff_id))
        if step is None or not await self._store.set_totp(staff.staff_id, sealed, step):
            return _refused("authenticator", Refused.WRONG)
        await note(self._store, self._sealer, staff, Action.SECOND_FACTOR_SET, now)
        return await self._anew(replace(staff, totp=sealed), session, second=True, now=now)

    async def session(self, token: str, now: datetime, *, is_use: bool) -> Session | None:
        """None where it has ended, or never was. `is_use`: somebody is there, so it goes on."""
        found = await self._store.find_session(session_hash(token))
        if found is None:
            return None
        if not is_alive(found, now) or not (found.by_provider or self._by_passwords):
            await self._store.end_session(found.session_hash)
            return None
        if is_use and now - found.seen_at >= _TOUCHED:
            await self._store.touch_session(found.session_hash, now)
        return found

    async def sessions_of(self, session: Session, now: datetime) -> list[OwnSession]:
        """Where they are logged in, this one among them."""
        return await self._store.sessions_of(
            session.staff.staff_id, now - IDLE, now - LONGEST, _MOST_SHOWN
        )

    async def end_others(self, session: Session, hashes: Collection[bytes], now: datetime) -> int:
        """These of their own, but for the one by which they ask. How many there were."""
        hashes = set(hashes) - {session.session_hash}
        ended = await self._store.end_sessions(session.staff.staff_id, hashes)
        if ended:
            await note(
                self._store, self._sealer, session.staff, Action.SESSIONS_ENDED, now, number=ended
            )
        return ended

    async def log_out(self, session: Session, now: datetime) -> None:
        await self._store.end_session(session.session_hash)
        await note(self._store, self._sealer, session.staff, Action.LOGGED_OUT, now)

    async def _begin(
        self,
        staff: Staff,
        *,
        second: bool,
        by_provider: bool = False,
        now: datetime,
        since: datetime | None = None,
    ) -> LoggedIn | Refused:
        """`since`: when they logged in, where this takes another session's place."""
        token = secrets.token_urlsafe(32)
        hashed = session_hash(token)
        if not await self._store.insert_session(
            hashed, staff, second=second, by_provider=by_provider, now=now, since=since
        ):
            return _refused("session", Refused.WRONG)  # the password is another one meanwhile
        if still_wanted(Session(hashed, second, now, now, staff, by_provider)) is None:
            by = "provider" if by_provider else "password"
            await note(self._store, self._sealer, staff, Action.LOGGED_IN, now, by=by)
        return LoggedIn(token, staff)

    async def _anew(
        self, staff: Staff, session: Session, *, second: bool, now: datetime
    ) -> LoggedIn | Refused:
        """Who knew the old secret has no session any more."""
        await self._store.end_sessions_of(staff.staff_id)
        return await self._begin(
            staff, second=second, by_provider=session.by_provider, now=now, since=session.created_at
        )

    def _step(self, staff: Staff, typed: str, now: datetime) -> int | None:
        if staff.totp is None:
            return None
        secret = self._sealer.open_text(staff.totp, totp_context(staff.staff_id))
        return step_of(secret, typed, now)

    async def _may_try(self, what: str, email: str, address: str, now: datetime) -> bool:
        """Who is paused here counts no more against the person: so nobody is shut out."""
        here, account = self._tried(what, email, address)
        return await self._store.claim_login(
            here, _TRIES, now=now
        ) and await self._store.claim_login(account, _TRIES_ON_ACCOUNT, now=now)

    def _tried(self, what: str, email: str, address: str) -> Sequence[bytes]:
        """Whom and from where, and whom."""
        names = (["here", what, email, address], ["all", what, email])
        return [self._sealer.fingerprints(f"login{json.dumps(n)}".encode())[0] for n in names]


def _refused(what: str, why: Why) -> Why:
    """Nobody is named: who it was is not known, or is to be found in the audit log."""
    log.warning("staff.refused", factor=what, reason=why)
    return why
