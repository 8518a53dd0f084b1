"""Who may call, kept in the process: read every two seconds, and served on while the database is
away. A revoked key ends everywhere within five seconds; a new one works at its first use.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from uuid import UUID

import structlog
from aiohttp import web

from tracking.errors import KlatError, StoreUnavailable
from tracking.keys import is_key, key_hash, secret_context
from tracking.sealing import SealBroken, Sealer
from tracking.store.idempotency import Calls
from tracking.store.keys import ApiKey, Keys
from tracking.store.pool import store_errors
from tracking.web.deps import DEPS, Deps
from tracking.web.limits import Buckets

log = structlog.get_logger()

REFRESH_EVERY = 2.0  # seconds
_REFRESH_LIMIT = 2.5  # seconds; a black hole must not make the list older than it need be
_HOUSEKEEPING_EVERY = 30  # refreshes


class Keyring:
    """The keys and carrier secrets as last read; which keys were used since last written."""

    def __init__(self, keys: Keys, sealer: Sealer, now: Callable[[], datetime]) -> None:
        self._store = keys
        self._sealer = sealer
        self._now = now
        self._keys: dict[bytes, ApiKey] | None = None
        self._secrets: dict[str, str] = {}
        self._used: dict[UUID, datetime] = {}
        self._misses = Buckets(burst=20, per_second=10)

    async def find(self, key: str) -> ApiKey | None:
        """The caller with this key. Raises StoreUnavailable when an unknown one cannot be read."""
        if not is_key(key):
            return None
        digest = key_hash(key)
        if digest not in (self._keys or {}):
            await self._look_again()
        found = (self._keys or {}).get(digest)
        if found is not None:
            self._used[found.key_id] = self._now()
        return found

    async def _look_again(self) -> None:
        if self._keys is None or self._misses.take(""):
            await self.refresh()

    def carriers(self) -> set[str]:
        """For whom somebody has a key."""
        return {key.carrier for key in (self._keys or {}).values() if key.carrier}

    def secret(self, carrier: str) -> str | None:
        """With what the carrier signs its posts."""
        return self._secrets.get(carrier)

    async def refresh(self) -> None:
        async with store_errors(), asyncio.timeout(_REFRESH_LIMIT):
            self._keys = await self._store.live_keys()
            self._secrets = self._opened(await self._store.carrier_secrets())

    def _opened(self, sealed: dict[str, str]) -> dict[str, str]:
        secrets = {}
        for carrier, text in sealed.items():
            try:
                secrets[carrier] = self._sealer.open_text(text, secret_context(carrier))
            except SealBroken:
                log.warning("carrier_secret.sealed_with_another_key", carrier=carrier)
        return secrets

    async def write_uses(self) -> None:
        """Raises StoreUnavailable; what could not be written is written the next time."""
        used, self._used = self._used, {}
        try:
            if used:
                await self._store.touch_keys(used)
        except BaseException:
            self._used = used | self._used
            raise


KEYRING = web.AppKey("keyring", Keyring)


async def keyring_context(app: web.Application) -> AsyncIterator[None]:
    """Keep the ring fresh while the application runs."""
    deps = app[DEPS]
    ring = app[KEYRING]
    task = asyncio.create_task(_keep_fresh(ring, deps), name="keyring")
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    try:
        await ring.write_uses()
    except KlatError:
        log.warning("keys.uses_not_written")


class _Freshness:
    """Says once that the keys are stale, and once that they no longer are."""

    def __init__(self) -> None:
        self._said = False

    def note(self, *, stale: bool) -> None:
        if stale and not self._said:
            log.warning("keys.stale")
        elif self._said and not stale:
            log.info("keys.fresh")
        self._said = stale


async def _keep_fresh(ring: Keyring, deps: Deps) -> None:
    turn, freshness = 0, _Freshness()
    while True:
        try:
            await ring.refresh()
        except StoreUnavailable:
            freshness.note(stale=True)
        except Exception:
            log.exception("keys.refresh_failed")
        else:
            freshness.note(stale=False)
            if turn % _HOUSEKEEPING_EVERY == 0:
                await _keep_house(ring, deps)
        turn += 1
        await asyncio.sleep(REFRESH_EVERY)


async def _keep_house(ring: Keyring, deps: Deps) -> None:
    """What it cannot write now it writes the next time; the keys are fresh nevertheless."""
    try:
        await ring.write_uses()
        await Calls(deps.pool).prune_calls(now=deps.now())
    except StoreUnavailable:
        log.warning("keys.uses_not_written")
    except Exception:
        log.exception("keys.housekeeping_failed")
