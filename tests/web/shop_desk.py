"""Somebody of the staff before the pages of a shop."""

import json
import re
from collections.abc import Sequence
from html import unescape
from typing import Any
from uuid import UUID, uuid4

from staging import World
from test_console_login import EMAIL
from test_console_login import Browser as _Browser
from yarl import URL

from schemas.staff import Action, StaffRole
from tracking.staff.audit import detail_of
from tracking.staff.login import session_hash
from tracking.store.merchants import Merchants
from tracking.store.staff import Staff, StaffStore

TOKEN = "a-token-of-the-tests"
ONCE = re.compile(r'name="once" value="([0-9a-f-]{36})"')


class Browser(_Browser):
    """One that is logged in already."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.form = self.seen = ""


class ShopDesk:
    """`path` is the shop's; `other` another shop's id."""

    def __init__(self, world: World, browser: Browser, shop: UUID, other: UUID) -> None:
        self.world, self.browser, self.shop, self.other = world, browser, shop, other
        self.path = f"/support/shops/{shop}"

    @classmethod
    async def opened(cls, world: World, role: StaffRole = StaffRole.LEAD) -> "ShopDesk":
        """A lead of all shops, two of which there are."""
        ids = []
        for name in ("Shop", "Other"):
            await world.key("merchant", name)
            ids.append(await Merchants(world.pool).merchant_named(name))
        await logged_in(world, role)
        return cls(world, Browser(world), *ids)

    async def becomes(self, role: StaffRole, shops: Sequence[UUID] | None = None) -> None:
        await self.world.pool.execute("UPDATE staff SET role = $1, shops = $2", role, shops)

    async def page(self, path: str = "/settings", lang: str = "en") -> str:
        """Its text; the answer is `browser.page`, and the forms are at hand."""
        whole = path if path.startswith("/support") else f"{self.path}{path}"
        answer = await self.browser.get(f"{whole}{'&' if '?' in whole else '?'}lang={lang}")
        assert answer.status == 200, answer.status
        found = ONCE.search(answer.text)
        self.once = found[1] if found else ""
        return plain(answer.text)

    async def sends(self, path: str, **fields: Any) -> Any:
        whole = path if path.startswith("/support") else f"{self.path}{path}"
        answer = await self.browser.post(whole, **{"once": self.once, **fields})
        answer.text = plain(answer.text)
        return answer

    def seen(self, subject: str) -> str:
        """The sign of what the form of this subject shows."""
        form = self.browser.page.text.partition(f'id="f-{subject}"')[2]
        return re.search(r'name="seen" value="([0-9a-f]{32})"', form)[1]

    async def audit(self) -> list[tuple[Action, dict[str, Any]]]:
        """What was done, the latest first, without logging in."""
        rows = await StaffStore(self.world.pool).list_audit(
            self.world.clock().replace(year=2099), EMAIL, 100
        )
        told = [(row.action, detail_of(row, self.world.deps.sealer)) for row in rows]
        return [each for each in told if each[0] not in {"logged_in", "password_changed"}]


async def logged_in(world: World, role: StaffRole) -> None:
    """By hand: a password takes longer to hash than all the rest of a test."""
    now, store, token = world.clock(), StaffStore(world.pool), TOKEN
    who = Staff(uuid4(), EMAIL, "Anna", role, None, "none", None, None, 0, None, now)
    await store.insert_staff(who)
    await store.set_totp(who.staff_id, "sealed", 1)
    await store.insert_session(session_hash(token), who, second=True, now=now)
    world.http.cookie_jar.clear()
    world.http.cookie_jar.update_cookies({"klat_staff": token}, URL(world.url))


def plain(text: str) -> str:
    return unescape(text).replace("\xa0", " ").replace("\u2060", "")


def as_json(value: Any) -> Any:
    return json.loads(json.dumps(value))
