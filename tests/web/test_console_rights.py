"""Who may what of shops: every page and form for every role, of one's own shop and another's."""

import re
from pathlib import Path

import pytest
from shop_desk import ShopDesk

import tracking
from schemas.staff import StaffRole
from tracking.staff.people import add_staff
from tracking.store.staff import StaffStore
from tracking.web.console.rights import RIGHTS, Part, may
from tracking.web.console.shop.routes import SHOP_ROUTES

SECURITY = Path(tracking.__file__).parents[1] / "docs" / "security.md"
NOWHERE = "00000000-0000-0000-0000-000000000000"
SUPPORT, LEAD, ADMIN = StaffRole
# By role, and whether their shops are all of them: of which parts there are links and pages.
OF_SHOPS = {Part.SETTINGS, Part.POLICIES, Part.REGISTRATIONS}
MAY = {
    (SUPPORT, False): set(),
    (SUPPORT, True): set(),
    (LEAD, False): OF_SHOPS,
    (LEAD, True): OF_SHOPS,
    (ADMIN, False): OF_SHOPS | {Part.WEBHOOKS, Part.KEYS},
    (ADMIN, True): set(Part),
}


@pytest.fixture
async def desk(world):
    return await ShopDesk.opened(world)


def part_of(path: str) -> Part:
    """By its address."""
    of_shop = path.removeprefix("/support/shops/{merchant_id}/")
    if of_shop != path:
        return Part(of_shop.partition("/")[0])
    name = path.removeprefix("/support/").partition("/")[0]
    return {"shops": Part.SETTINGS, "keys": Part.OPERATOR_KEYS}.get(name) or Part(name)


def filled(path: str, shop: object) -> str:
    return re.sub(r"\{\w+\}", NOWHERE, path.replace("{merchant_id}", str(shop)))


@pytest.mark.parametrize(("role", "is_central"), MAY)
async def test_every_page_and_form_asks_for_the_right(desk, role, is_central):
    """Whoever adds a route adds it to this walk: it goes by the table."""
    await desk.becomes(role, None if is_central else [desk.shop])
    reached, refused = set(), set()
    for route in SHOP_ROUTES:
        part = part_of(route.path)
        answer = await desk.world.call(
            route.method, filled(route.path, desk.shop), data={} if route.method == "POST" else None
        )
        if part in MAY[role, is_central]:
            reached.add(part)
            # A form without its token is refused by another word than a role that is too low.
            assert "This is for" not in answer.text, route.path
        else:
            refused.add(part)
            assert (answer.status, "This is for" in answer.text) == (403, True), route.path
    assert reached == MAY[role, is_central]
    assert reached | refused == set(Part)


@pytest.mark.parametrize("role", StaffRole)
async def test_another_shop_and_one_that_is_none_look_alike(desk, role):
    await desk.becomes(role, [desk.shop])
    walked = 0
    for route in SHOP_ROUTES:
        if "{merchant_id}" not in route.path:
            continue
        walked += 1
        answers = []
        for shop in (desk.other, NOWHERE, "x"):
            answer = await desk.world.call(
                route.method, filled(route.path, shop), data={} if route.method == "POST" else None
            )
            answers.append((answer.status, answer.text))
        assert {status for status, _ in answers} == {404}, route.path
        assert len(set(answers)) == 1, route.path
        assert "Other" not in answers[0][1]
    assert walked >= 12


@pytest.mark.parametrize(("role", "is_central"), MAY)
async def test_there_are_links_to_what_somebody_may_and_to_nothing_else(desk, role, is_central):
    await desk.becomes(role, None if is_central else [desk.shop])
    allowed = MAY[role, is_central]
    home = (await desk.browser.get("/support")).text
    for path, part in (
        ("shops", Part.SETTINGS),
        ("keys", Part.OPERATOR_KEYS),
        ("quarantine", Part.QUARANTINE),
    ):
        assert (f'href="/support/{path}"' in home) is (part in allowed), path
    if Part.SETTINGS not in allowed:
        return
    page = await desk.page()
    linked = {Part(name) for name in re.findall(rf'href="{desk.path}/([\w-]+)"', page)}
    assert linked == allowed - {Part.OPERATOR_KEYS, Part.QUARANTINE}


async def test_the_list_names_the_shops_of_who_asks(desk):
    page = await desk.page("/support/shops")
    assert ">Shop<" in page
    assert ">Other<" in page
    await desk.becomes(LEAD, [desk.shop])
    answer = await desk.browser.get("/support/shops")
    assert (answer.status, answer.headers["Location"]) == (303, f"{desk.path}/settings")


async def test_the_table_of_rights_is_what_the_pages_say(desk):
    """`may` on real people, as the pages ask it."""
    for number, ((role, is_central), parts) in enumerate(MAY.items()):
        email = f"p{number}@help.example"
        shops = None if is_central else [desk.shop]
        await add_staff(desk.world.pool, email, "P", role, shops, now=desk.world.clock())
        staff = await StaffStore(desk.world.pool).staff_by_email(email)
        assert {part for part in Part if may(staff, part)} == parts


def test_security_md_says_who_may_what():
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", SECURITY.read_text(), re.MULTILINE)
    said = {
        name: (roles.strip(), whose.strip())
        for cell, roles, whose in rows
        for name in re.findall(r"`(/support/[\w/{}-]+)`", cell)
    }
    expected = {}
    for part, right in RIGHTS.items():
        path = {Part.OPERATOR_KEYS: "/support/keys", Part.QUARANTINE: "/support/quarantine"}.get(
            part, f"/support/shops/{{merchant_id}}/{part}"
        )
        roles = ", ".join(role for role in StaffRole if role in right.roles)
        expected[path] = (roles, "who see all shops" if right.of_all else "who see the shop")
    assert said == expected


async def test_the_same_form_of_another_session_or_site_is_refused(desk):
    await desk.page()
    fields = {"subject": "quiet", "seen": desk.seen("quiet"), "starts": "20:00", "ends": "08:00"}
    foreign = await desk.world.call(
        "POST", f"{desk.path}/settings", data={"form": "0" * 64, **fields}
    )
    assert foreign.status == 403
    other = await desk.world.call(
        "POST",
        f"{desk.path}/settings",
        data={"form": desk.browser.form, **fields},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert other.status == 403
    assert await desk.audit() == []
