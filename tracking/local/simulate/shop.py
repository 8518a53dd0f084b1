"""The demo's shop, as any shop would use Klāt: it registers parcels and gets links to them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
import asyncpg

from tracking.errors import KlatError
from tracking.keys import Role, key_hash
from tracking.local.simulate.sending import accepted, insist
from tracking.policy_load import load_policy
from tracking.settings import Settings
from tracking.staff.people import password_for
from tracking.store.keys import Keys
from tracking.store.merchants import Merchants
from tracking.store.policies import policies_of
from tracking.store.pool import connection, open_pool
from tracking.store.staff import StaffStore

SHOP = "Demo veikals"
CONSOLE = "console"
"""Among the keys: the password of somebody of support."""
STAFF = ("support@demo.example", "Demo support")
POLICY = """\
name = "demo"
currency = "EUR"
valid_from = 2020-01-01
promise_over = "pays"
[caps]
shipment = "30.00"
[[promise.services]]
days = 1
closes = "20:00"
[[tiers]]
late_by = "4h"
bonus = { kind = "code", amount = "3.00" }
[[tiers]]
late_by = "3d"
bonus = { kind = "code", amount = "5.00" }
"""


class NotRegistered(KlatError):  # noqa: N818 - named for what was answered
    """Klāt refused a parcel of the demo."""


async def live_keys(dsn: str, known: Mapping[str, str], couriers: Iterable[str]) -> dict[str, str]:
    """A key for the shop, one for support and one for each courier; known ones while they live."""
    pool = await insist(lambda: open_pool(dsn, size=1))
    try:
        keys = await insist(lambda: _ensure(Keys(pool), known, couriers))
        password = await insist(lambda: _password(pool, known.get(CONSOLE)))
        return keys | {CONSOLE: password}
    finally:
        await pool.close()


async def _ensure(store: Keys, known: Mapping[str, str], couriers: Iterable[str]) -> dict[str, str]:
    live = await store.live_keys()
    keys = {name: key for name, key in known.items() if key_hash(key) in live}
    wanted: list[tuple[Role, str, str | None]] = [
        (Role.MERCHANT, SHOP, None),
        (Role.SUPPORT, "Demo support", None),
        *((Role.COURIER, f"Demo {code}", code) for code in sorted(couriers)),
    ]
    for role, name, code in wanted:
        if (code or role) not in keys:
            now = datetime.now(UTC)
            keys[code or role] = await store.create(role, name, now=now, carrier=code)
    return keys


async def _password(pool: asyncpg.Pool, known: str | None) -> str:
    """The one that is known, unless this is another database."""
    if known is not None and await StaffStore(pool).staff_by_email(STAFF[0]) is not None:
        return known
    return await password_for(pool, *STAFF, now=datetime.now(UTC))


async def promise(dsn: str) -> None:
    """What the demo's shop promises and pays, unless somebody has loaded another policy."""
    pool = await insist(lambda: open_pool(dsn, size=1))
    try:
        await insist(lambda: _load_policy(pool))
    finally:
        await pool.close()


async def _load_policy(pool: asyncpg.Pool) -> None:
    merchant_id = await Merchants(pool).merchant_named(SHOP)
    assert merchant_id is not None  # it has a key
    async with connection(pool) as conn:
        known = await policies_of(conn, [merchant_id])
    if not known:
        await load_policy(pool, merchant_id, POLICY, now=datetime.now(UTC))


def notify(settings: Settings) -> dict[str, bool]:
    """By which ways its shoppers are told: only by those that end in the demo's inbox.

    A provider would take a message for real, and a made-up number may be somebody's.
    """
    return {
        "sms": settings.demo and settings.sms_provider == "none",
        "email": settings.demo and settings.smtp_url is None,
    }


@dataclass(frozen=True, slots=True)
class Shop:
    http: aiohttp.ClientSession
    url: str
    key: str
    notify: Mapping[str, bool]

    async def register(self, registration: dict[str, Any]) -> str:
        """The link to the parcel's page."""
        return await insist(lambda: self._register(registration))

    async def _register(self, registration: dict[str, Any]) -> str:
        headers = {
            "Authorization": f"Bearer {self.key}",
            "Idempotency-Key": registration["order"],
        }
        address = f"{self.url}/v1/shipments"
        body = {**registration, "notify": dict(self.notify)}
        async with self.http.post(address, json=body, headers=headers) as answer:
            if not accepted(answer.status):
                raise NotRegistered(f"a parcel of the demo was refused ({answer.status})")
            return str((await answer.json())["tracking_url"])

    async def has_page(self, link: str) -> bool:
        return await insist(lambda: self._has_page(link))

    async def _has_page(self, link: str) -> bool:
        async with self.http.get(link) as answer:
            return accepted(answer.status)
