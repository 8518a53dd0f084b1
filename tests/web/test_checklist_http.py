"""What docs/security.md ticks off and no other test shows: of every route, and by TLS."""

import re
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import asyncpg
import pytest
from test_console_login import Browser, made
from test_two_shops_http import path_of, rows_of, sends, walled
from two_shops import two_shops

from schemas.staff import StaffRole
from tracking.keys import Role, new_key
from tracking.staff.strength import what_is_weak
from tracking.store.keys import Keys
from tracking.store.pool import open_pool
from tracking.web.deps import utc_now
from tracking.web.routing import ROUTES

NOWHERE = "00000000-0000-0000-0000-000000000000"
# The same for everybody, for as long as this version serves.
PUBLIC = {"/static/{name}", "/sw.js", "/openapi.json", "/asyncapi.json"}


@pytest.fixture
async def shops(world):
    return await two_shops(world)


async def every_get(world, shop):
    """Each route that reads, with the answer that its own people get."""
    lead = shop.offices[StaffRole.LEAD]
    for route in world.app[ROUTES]:
        parts = set(re.findall(r"\{(\w+)\}", route.path))
        if route.method == "GET" and route.timed and parts <= set(shop.ids):
            who = lead.cookie if route.access == "session" else shop.key
            yield route, await world.call("GET", path_of(route, shop.ids), headers=who)


async def test_every_answer_says_what_it_is_and_in_which_letters(world, shops):
    seen = set()
    async for route, answer in every_get(world, shops[1]):
        media = answer.headers.get("Content-Type", "")
        if answer.text:
            seen.add(media)
            assert media, route.path
            assert not media.startswith("text/") or "charset=utf-8" in media, route.path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", route.path
    assert len(seen) >= 3


async def test_nothing_of_anybody_is_kept_by_a_cache(world, shops):
    async for route, answer in every_get(world, shops[1]):
        if route.path not in PUBLIC:
            assert "no-store" in answer.headers["Cache-Control"], route.path


async def test_reading_any_route_changes_nothing_of_a_shop(world, shops):
    theirs = shops[1]
    before = await rows_of(world, theirs)
    read = [route async for route, _ in every_get(world, theirs)]
    assert len(read) > 25
    assert await rows_of(world, theirs) == before


async def test_no_form_of_the_console_is_taken_from_another_site_or_without_its_token(world, shops):
    theirs = shops[1]
    lead = theirs.offices[StaffRole.LEAD]
    before = await rows_of(world, theirs)
    forms = [each for each in walled(world) if each.access == "session" and each.method == "POST"]
    assert len(forms) > 5
    for route in forms:
        for other in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
            who = {**lead.cookie, **other}
            assert (await sends(world, route, theirs.ids, who, lead.form))[0] == 403, route.path
        for token in ("", "0" * 64, lead.form[:-1]):
            assert (await sends(world, route, theirs.ids, lead.cookie, token))[0] == 403, route.path
    assert await rows_of(world, theirs) == before


async def test_every_page_of_the_console_offers_the_way_out(world, shops):
    pages = 0
    async for route, answer in every_get(world, shops[1]):
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        if route.access == "session" and answer.status == 200 and is_page:
            assert 'action="/support/logout"' in answer.text, route.path
            pages += 1
    assert pages >= 3


def test_a_password_may_have_a_hundred_characters_of_any_kind():
    for password in ('ā 🐟~"<>' * 16, "kā zivs ūdenī, " * 7, "x9Qz" * 25):
        assert 100 <= len(password) <= 128
        assert what_is_weak(password) not in {"short", "long"}
    assert what_is_weak("septiņi zirgi lēni grauž sienu, kamēr astoņi gaiļi dzied" * 2) is None


async def test_a_key_in_an_address_is_none(world, shops):
    key = shops[1].key["Authorization"].removeprefix("Bearer ")
    for name in ("key", "api_key", "access_token", "token", "Authorization"):
        answer = await world.call("GET", f"/v1/settings?{name}={key}")
        assert answer.status == 401
        assert key not in answer.text


async def test_the_operators_pages_are_not_on_the_public_port(world):
    for path in ("/metrics", "/healthz", "/readyz", "/debug", "/.git/config", "/admin", "/docs"):
        assert (await world.call("GET", path)).status == 404


async def test_a_new_installation_has_no_account_and_no_key(world):
    for table in ("staff", "api_key", "merchant", "carrier_secret"):
        assert await world.pool.fetchval(f"SELECT count(*) FROM {table}") == 0


async def test_a_fault_of_ours_is_told_without_a_word_about_it(world, shops, monkeypatch):
    async def fails(*_):
        raise ZeroDivisionError("secret of the machine room")

    monkeypatch.setattr(Keys, "live_keys", fails)
    unknown = {"Authorization": f"Bearer {new_key()}"}
    answer = await world.call("GET", "/v1/settings", headers=unknown)
    assert (answer.status, "machine room" in answer.text) == (500, False)
    assert answer.json == {
        "type": "about:blank",
        "title": "Something went wrong here",
        "status": 500,
    }


async def test_who_gets_in_and_who_does_not_is_written_down(world, caplog):
    browser = Browser(world)
    once = await made(world)
    await browser.logs_in("wrong-wrong-wrong")
    assert "'factor': 'password', 'reason': 'wrong', 'event': 'staff.refused'" in caplog.text
    await browser.enters(once)
    rows = await world.pool.fetch("SELECT action, email, at FROM audit")
    assert {row["action"] for row in rows} == {"logged_in", "password_changed"}
    assert all(row["at"].tzinfo for row in rows)
    caplog.clear()
    key = await world.key("courier", carrier="omniva")
    assert (await world.call("GET", "/v1/settings", headers=key)).status == 403
    assert "'status_code': 403" in caplog.text
    assert not re.search(r"'key_id': (None|'\[hidden\])", caplog.text), "by whom"


async def test_what_runs_needs_no_right_to_change_the_schema(postgres, database_url):
    """The role that operators.md makes for everything but `klat migrate`."""
    admin = await asyncpg.connect(database_url)
    await admin.execute(
        """
        CREATE ROLE least LOGIN PASSWORD 'least';
        GRANT USAGE ON SCHEMA public TO least;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO least;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO least;
        """
    )
    parts = urlsplit(database_url)
    host = parts.netloc.rpartition("@")[2]
    pool = await open_pool(parts._replace(netloc=f"least:least@{host}").geturl(), size=2)
    try:
        assert await Keys(pool).create(Role.MERCHANT, "Shop", now=utc_now())
        for statement in (
            "CREATE TABLE more (id int)",
            "ALTER TABLE staff ADD COLUMN x int",
            "DROP TABLE audit",
            "TRUNCATE audit",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.execute(statement)
    finally:
        await pool.close()
        await admin.execute("DROP OWNED BY least")
        await admin.execute("DROP ROLE least")
        await admin.close()


class TestBehindTls:
    @pytest.fixture
    def public_url(self):
        return "https://track.test"

    @pytest.fixture
    def also_set(self):
        return {"oidc_issuer": "https://id.example", "oidc_client_id": "klat"}

    async def test_every_cookie_is_bound_to_this_host_to_tls_and_to_the_server(self, world):
        once = await made(world)
        url = (await world.register(await world.key("merchant", "Shop"))).json
        path, shipment = urlsplit(url["tracking_url"]).path, url["shipment_id"]
        data = {"email": "anna@help.example", "password": once}
        answers = [
            await world.call("GET", f"{path}?lang=lv"),
            await world.call("POST", f"{path}/unlock", data={"answer": "1010"}),
            await world.call("GET", "/support/login?lang=lv"),
            await world.call("GET", f"/support/parcels/{shipment}"),
            await world.call("POST", "/support/login", data=data),
        ]
        found = {}
        for answer in answers:
            for each in answer.headers.getall("Set-Cookie"):
                found |= SimpleCookie(each)
        assert set(found) == {
            "__Secure-klat_lang",
            "__Secure-klat_unlock",
            "__Secure-klat_console_lang",
            "__Secure-klat_next",
            "__Host-klat_staff",
        }
        for name, each in found.items():
            assert (each["secure"], each["httponly"], each["samesite"]) == (True, True, "Lax")
            assert not each["domain"]
            assert (each["path"] == "/") == name.startswith("__Host-"), name

    async def test_every_route_says_that_it_is_https_only(self, world):
        for route in world.app[ROUTES]:
            path = re.sub(r"\{\w+\}", NOWHERE, route.path)
            options = {"json": {}} if route.method in {"POST", "PUT", "PATCH"} else {}
            if path.startswith("/support/oidc"):
                continue  # asks a provider that is not there
            answer = await world.call(route.method, path, **options)
            said = answer.headers["Strict-Transport-Security"]
            assert int(re.search(r"max-age=(\d+)", said)[1]) >= 365 * 24 * 3600, path
            assert "includeSubDomains" in said
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "base-uri 'none'" in policy
            assert "frame-ancestors" in policy
