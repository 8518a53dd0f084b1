"""Into the console: a password for once, one of one's own, a second factor; and who stays out."""

import re
from datetime import timedelta

import pyotp
import pytest

from schemas.staff import StaffRole
from tracking.local.simulate.shop import CONSOLE, STAFF, live_keys
from tracking.staff import login, passwords
from tracking.staff.login import IDLE, LONGEST
from tracking.staff.people import VALID, add_staff, disable_staff, reset_staff
from tracking.web.app import CONSOLE_ROUTES
from tracking.web.console.sign_on import SIGN_ON_ROUTES

EMAIL, OWN = "anna@help.example", "septiņi zirgi lēni grauž"
FORM = re.compile(r'name="form" value="([0-9a-f]{64})"')
SEEN = re.compile(r'name="seen" value="([0-9a-f]{32})"')
SEALED = re.compile(r'name="secret" value="([^"]+)"')
INTO = {"/support/login", *(each.path for each in SIGN_ON_ROUTES)}
SECRET = re.compile(r'class="secret"><bdi>([A-Z2-7 ]+)<')


class Browser:
    """Of somebody of the staff: it keeps the cookie, and sends the forms of the pages it saw."""

    def __init__(self, world) -> None:
        self.world = world
        self.world.http.cookie_jar.clear()
        self.form = self.seen = ""

    async def get(self, path: str = "/support"):
        answer = await self.world.call("GET", path)
        found, seen = FORM.search(answer.text), SEEN.search(answer.text)
        self.form = found[1] if found else ""
        self.seen = seen[1] if seen else ""
        self.page = answer
        return answer

    async def post(self, path: str, **fields: str):
        data = {"form": self.form, "seen": self.seen, **fields}
        return await self.world.call("POST", path, data=data)

    async def follows(self, answer):
        assert answer.status == 303, answer.text
        while answer.status == 303:
            answer = await self.get(answer.headers["Location"])
        return answer

    async def logs_in(self, password: str, email: str = EMAIL):
        return await self.post("/support/login", email=email, password=password)

    async def enters(self, once: str):
        """With the password for once, and then one of one's own."""
        await self.follows(await self.logs_in(once))
        return await self.follows(await self.post("/support/password", password=OWN))


@pytest.fixture
def browser(world) -> Browser:
    return Browser(world)


async def made(world, role: StaffRole = StaffRole.SUPPORT, email: str = EMAIL, shops=None) -> str:
    return await add_staff(world.pool, email, "Anna", role, shops, now=world.clock())


async def actions(world) -> list[str]:
    rows = await world.pool.fetch("SELECT action FROM audit ")
    return [row["action"] for row in rows]


async def test_the_first_day_of_a_support_person(world, browser):
    once = await made(world)
    assert (await browser.get()).headers["Location"] == "/support/login"
    asked = await browser.follows(await browser.logs_in(once))
    assert "was for once" in asked.text
    assert (await browser.get("/support")).headers["Location"] == "/support/password"
    browser.form = FORM.search(asked.text)[1]
    home = await browser.follows(await browser.post("/support/password", password=OWN))
    assert 'name="q"' in home.text
    await browser.get()
    assert (await browser.post("/support/logout")).headers["Location"] == "/support/login"
    assert (await browser.get()).headers["Location"] == "/support/login"
    assert (await browser.logs_in(once)).status == 422, "it was for once"
    assert 'name="q"' in (await browser.follows(await browser.logs_in(OWN))).text
    noted = ["logged_in", "logged_in", "logged_out", "password_changed"]
    assert sorted(await actions(world)) == noted


def test_a_guess_costs_what_rfc_9106_recommends():
    """Section 4: t=3, p=4, m=64 MiB; argon2id."""
    cost = passwords.COST
    assert (cost.type.name, cost.time_cost, cost.memory_cost) == ("ID", 3, 64 * 1024)


async def test_leads_and_admins_set_up_a_second_factor_and_no_code_works_twice(world, browser):
    page = await browser.enters(await made(world, StaffRole.ADMIN))
    secret = SECRET.search(page.text)[1].replace(" ", "")
    sealed = SEALED.search(page.text)[1]
    code = pyotp.TOTP(secret)
    wrong = await browser.post("/support/authenticator", secret=sealed, code="000000")
    assert (wrong.status, SECRET.search(wrong.text)[1].replace(" ", "")) == (422, secret)
    now = code.at(world.clock())
    await browser.follows(await browser.post("/support/authenticator", secret=sealed, code=now))
    assert "Find a parcel" in browser.page.text
    stored = await world.pool.fetchval("SELECT totp FROM staff")
    assert secret not in stored

    await browser.post("/support/logout")
    await browser.follows(await browser.logs_in(OWN))
    assert "one-time-code" in browser.page.text
    assert (await browser.post("/support/code", code=now)).status == 422, "it was used"
    world.clock.pass_by(seconds=30)
    page = await browser.follows(await browser.post("/support/code", code=code.at(world.clock())))
    assert "Find a parcel" in page.text


async def test_whoever_is_not_there_is_told_the_same(world, browser):
    once = await made(world)
    unknown = await browser.logs_in(once, "nobody@help.example")
    wrong = await browser.logs_in("no-such-password")
    await disable_staff(world.pool, EMAIL, now=world.clock())
    disabled = await browser.logs_in(once)
    texts = {re.sub(r'value="[^"]*"', "", each.text) for each in (unknown, wrong, disabled)}
    assert len(texts) == 1
    assert {unknown.status, wrong.status, disabled.status} == {422}
    assert not await world.pool.fetchval("SELECT count(*) FROM staff_session")


async def test_a_password_for_once_runs_out_and_a_new_one_ends_what_was(world, browser):
    once = await made(world)
    world.clock.now += VALID
    assert "its time is over" in (await browser.logs_in(once)).text
    again = await reset_staff(world.pool, EMAIL, now=world.clock())
    await browser.enters(again)
    await reset_staff(world.pool, EMAIL, now=world.clock())
    assert (await browser.get()).headers["Location"] == "/support/login"


async def test_after_five_wrong_ones_from_here_even_the_right_one_waits(world, browser):
    once = await made(world)
    for _ in range(5):
        await browser.logs_in("wrong-wrong-wrong")
    assert (await browser.logs_in(once)).status == 429
    elsewhere = {"X-Forwarded-For": "203.0.113.9"}
    data = {"email": EMAIL, "password": once}
    there = await world.call("POST", "/support/login", data=data, headers=elsewhere)
    assert there.status == 303, "who shuts somebody out has to be where they are"
    world.clock.pass_by(minutes=1)
    assert (await browser.logs_in(once)).status == 303


async def test_who_hammers_from_one_place_shuts_nobody_out_elsewhere(world, browser):
    once = await made(world)
    for _ in range(25):
        await browser.logs_in("wrong-wrong-wrong")
    elsewhere = {"X-Forwarded-For": "203.0.113.9"}
    data = {"email": EMAIL, "password": once}
    assert (await world.call("POST", "/support/login", data=data, headers=elsewhere)).status == 303
    counted = await world.pool.fetchval("SELECT max(wrong) FROM login_try")
    assert counted == 5, "who is paused here counts no more"


async def test_a_password_for_once_is_taken_however_it_was_copied(world, browser):
    once = await made(world)
    typed = f" {once.upper().replace('-', ' ')}\n"
    assert (await browser.logs_in(typed)).status == 303


async def test_a_reset_between_password_and_session_wins(world, browser, monkeypatch):
    once = await made(world)
    right = login.is_password

    async def slow(hashed, password):
        found = await right(hashed, password)
        await reset_staff(world.pool, EMAIL, now=world.clock())
        return found

    monkeypatch.setattr(login, "is_password", slow)
    assert (await browser.logs_in(once)).status == 422
    assert await world.pool.fetchval("SELECT count(*) FROM staff_session") == 0


async def test_a_reset_while_somebody_chooses_a_password_wins_and_says_so(
    world, browser, monkeypatch
):
    await browser.follows(await browser.logs_in(await made(world)))
    right = login.hash_password

    async def slow(password):
        hashed = await right(password)
        await reset_staff(world.pool, EMAIL, now=world.clock())
        return hashed

    monkeypatch.setattr(login, "hash_password", slow)
    answer = await browser.post("/support/password", password=OWN)
    assert (answer.status, answer.headers["Location"]) == (303, "/support/login")
    assert (await browser.logs_in(OWN)).status == 422


async def test_a_page_that_asks_by_itself_keeps_no_session_alive(world, browser):
    await browser.enters(await made(world))
    shop = await world.key("merchant", "Shop")
    path = f"/support/parcels/{(await world.register(shop)).json['shipment_id']}"
    seen = "SELECT seen_at FROM staff_session"
    before = await world.pool.fetchval(seen)
    world.clock.pass_by(minutes=50)
    await world.call("GET", f"{path}?fresh")
    await world.call("GET", f"{path}/notes")
    async with world.http.get(f"{world.url}{path}/stream") as line:
        assert line.status == 200
    assert (await world.pool.fetchval(seen) > before) is True, "somebody asked for /notes"
    world.clock.pass_by(minutes=59)
    await world.call("GET", f"{path}?fresh")
    world.clock.pass_by(minutes=2)
    assert (await world.call("GET", path)).headers["Location"] == "/support/login"


async def test_after_the_login_it_goes_on_to_the_parcel_that_was_asked_for(world, browser):
    shop = await world.key("merchant", "Shop")
    path = f"/support/parcels/{(await world.register(shop)).json['shipment_id']}"
    assert (await browser.get(path)).headers["Location"] == "/support/login"
    assert "CE123456789EE" in (await browser.enters(await made(world))).text
    assert 'name="q"' in (await browser.get()).text, "once"


async def test_every_page_of_the_console_asks_who_it_is(world, browser):
    nobody = 0
    for route in CONSOLE_ROUTES:
        path = re.sub(r"\{\w+\}", "00000000-0000-0000-0000-000000000000", route.path)
        answer = await world.call(route.method, path, data={} if route.method == "POST" else None)
        if path in INTO:
            continue
        nobody += 1
        assert (answer.status, answer.headers["Location"]) == (303, "/support/login"), path
    assert nobody > 15
    half = await made(world)
    await browser.logs_in(half)
    for route in CONSOLE_ROUTES:
        path = re.sub(r"\{\w+\}", "00000000-0000-0000-0000-000000000000", route.path)
        if path in {"/support/logout", "/support/password", *INTO}:
            continue
        answer = await world.call(route.method, path, data={} if route.method == "POST" else None)
        assert answer.headers["Location"] == "/support/password", path


@pytest.mark.parametrize("spent", [IDLE, LONGEST])
async def test_a_session_ends_when_nobody_uses_it_and_at_the_end_of_the_day(world, browser, spent):
    await browser.enters(await made(world))
    begun, step = world.clock(), IDLE - timedelta(minutes=2)
    while world.clock() + step < begun + spent:
        world.clock.now += step
        assert (await browser.get()).status == 200
    world.clock.now = begun + spent if spent is LONGEST else world.clock() + IDLE
    assert (await browser.get()).headers["Location"] == "/support/login"
    assert not await world.pool.fetchval("SELECT count(*) FROM staff_session")


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "12 characters or more"),
        ("password1234", "quickly guessed"),
        ("annahelpexample", "quickly guessed"),
        ("qwertyuiop123", "quickly guessed"),
        ("x" * 129, "longer than 128"),
    ],
)
async def test_an_easy_password_is_refused_with_what_to_do(world, browser, password, said):
    await browser.follows(await browser.logs_in(await made(world)))
    answer = await browser.post("/support/password", password=password)
    assert (answer.status, said in answer.text) == (422, True)
    assert f'value="{password}"' not in answer.text


async def test_of_their_own_accord_only_with_the_password_they_have(world, browser):
    await browser.enters(await made(world))
    assert (await browser.get("/support/account")).status == 200
    await browser.get("/support/password")
    better = "desmit gaiļi dzied ļoti skaļi"
    wrong = await browser.post("/support/password", password=better, present="no")
    assert (wrong.status, "not the password you have" in wrong.text) == (422, True)
    await browser.get("/support/password")
    done = await browser.post("/support/password", password=better, present=OWN)
    assert done.status == 303

    page = await browser.get("/support/authenticator")
    secret, sealed = SECRET.search(page.text)[1].replace(" ", ""), SEALED.search(page.text)[1]
    code = pyotp.TOTP(secret).at(world.clock())
    fields = {"secret": sealed, "code": code}
    assert (await browser.post("/support/authenticator", **fields, present=OWN)).status == 422
    assert await world.pool.fetchval("SELECT totp FROM staff") is None
    assert (await browser.post("/support/authenticator", **fields, present=better)).headers[
        "Location"
    ] == "/support"
    assert await world.pool.fetchval("SELECT totp FROM staff") is not None
    assert (await browser.get("/support/authenticator")).headers["Location"] == "/support/account"
    assert "is set up" in (await browser.get("/support/account")).text


async def test_the_same_password_is_no_new_one(world, browser):
    once = await made(world)
    await browser.follows(await browser.logs_in(once))
    assert "the one you have" in (await browser.post("/support/password", password=once)).text


async def test_forms_of_other_sites_and_of_earlier_sessions_do_nothing(world, browser):
    await browser.enters(await made(world))
    other = {"Sec-Fetch-Site": "cross-site"}
    for path in ("/support/search", "/support/logout", "/support/login"):
        data = {"form": browser.form, "q": "anna"}
        answer = await world.call("POST", path, data=data, headers=other)
        assert answer.status == 403, path
    browser.form = "0" * 64
    assert (await browser.post("/support/search", q="anna")).status == 403
    assert (await browser.post("/support/logout")).status == 403
    assert (await browser.get()).status == 200, "still logged in"


async def test_what_the_browser_keeps_is_nothing_that_is_kept_here(world, browser):
    answer = await browser.logs_in(await made(world))
    (cookie,) = answer.headers.getall("Set-Cookie")
    parts = {part.partition("=")[0].strip() for part in cookie.split(";")}
    assert parts == {"klat_staff", "HttpOnly", "Max-Age", "Path", "SameSite"}
    token = cookie.partition("=")[2].partition(";")[0]
    assert len(token) == 43
    kept = await world.pool.fetchval("SELECT session_hash FROM staff_session")
    assert token.encode() not in kept
    assert (await world.pool.fetchval("SELECT password FROM staff")).startswith("$argon2id$")


@pytest.mark.parametrize("path", ["/support", "/support/password", "/support/code"])
async def test_nobody_comes_in_by_the_address(world, browser, path):
    assert (await browser.get(path)).headers["Location"] == "/support/login"
    key = await world.key("support")
    answer = await world.call("GET", path, headers=key)
    assert answer.headers["Location"] == "/support/login", "a key is no login"


async def test_it_is_no_part_of_what_is_described_for_machines(world):
    assert "/support/login" not in (await world.call("GET", "/openapi.json")).text


async def test_the_password_that_the_demo_prints_opens_it_and_stays(world, browser, database_url):
    keys = await live_keys(database_url, {}, {"omniva"})
    page = await browser.follows(await browser.logs_in(keys[CONSOLE], STAFF[0]))
    assert 'name="q"' in page.text
    assert await live_keys(database_url, keys, {"omniva"}) == keys
    await world.pool.execute("DELETE FROM staff")
    elsewhere = await live_keys(database_url, keys, {"omniva"})
    assert elsewhere[CONSOLE] != keys[CONSOLE]
    assert (await browser.logs_in(elsewhere[CONSOLE], STAFF[0])).status == 303
