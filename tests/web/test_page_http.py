"""GET /t/{token}: the page, what it keeps to itself, and its headers."""

import re
import secrets
from datetime import timedelta

import pytest
from people import EMAIL, NAME, PHONE
from staging import START

from tracking.web.assets import static_path
from tracking.web.link import FULL_VIEW, GONE
from tracking.web.security import CSP

NUMBER = "CE123456789EE"


@pytest.fixture
async def path(world):
    """The path of a parcel that waits in a locker."""
    made = await world.register(await world.key("merchant", "Shop"))
    await world.waits_in_locker(NUMBER)
    return made.json["tracking_url"].removeprefix("http://track.test")


async def test_the_link_opens_the_page(world, path):
    page = await world.call("GET", path)
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert NUMBER in page.text
    assert "Rīga Akropole" in page.text
    assert "Shop" in page.text
    head = await world.call("HEAD", path)
    assert (head.status, head.text) == (200, "")


async def test_the_link_alone_shows_nobody_and_opens_no_door(world, path):
    page = (await world.call("GET", path)).text
    for secret in (NAME, PHONE, "0001<", EMAIL, "482913", "482 913", "Anna", "1010"):
        assert secret not in page


async def test_every_answer_has_its_headers(world, path):
    for address in (path, "/t/unknown", "/static/page.css", "/openapi.json", "/nowhere"):
        headers = (await world.call("GET", address)).headers
        assert headers["Content-Security-Policy"] == CSP
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "geolocation=()" in headers["Permissions-Policy"]
        assert headers["Server"] == "klat"
        assert "Strict-Transport-Security" not in headers
    assert (await world.call("GET", path)).headers["Cache-Control"] == "private, no-store"


async def test_the_policy_allows_nothing_from_elsewhere(world, path):
    rules = dict(rule.split(" ", 1) for rule in CSP.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert not re.search(r"https?:|unsafe|\*", CSP)
    page = (await world.call("GET", path)).text
    loaded = re.findall(
        r"<(?:script|img|iframe|source)[^>]*src=\"([^\"]*)|<link[^>]*href=\"([^\"]*)", page
    )
    assert loaded
    assert all(address.startswith("/static/") for pair in loaded for address in pair if address)
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=", page)


async def test_links_that_lead_nowhere_are_answered_alike(world, path):
    answers = []
    revoked = path
    await world.pool.execute("UPDATE public_link SET revoked_at = now()")
    for address in (
        revoked,
        f"/t/{secrets.token_urlsafe(16)}",
        "/t/short",
        "/t/" + "x" * 300,
        "/t/%00",
        "/t/%ff",
    ):
        for below in ("", "/unlock"):
            method = "POST" if below else "GET"
            answers.append(await world.call(method, address + below, data=b"answer=1010"))
    assert {answer.status for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert NUMBER not in answers[0].text
    assert answers[0].headers["Content-Type"] == "text/html; charset=utf-8"


async def test_the_page_ends_long_after_the_parcel(world, path):
    world.clock.now = START + timedelta(days=1)
    await world.scanned(NUMBER, "delivered", signed_by="Anna Kalniņa")
    ended = await world.pool.fetchval("SELECT (state->>'since')::timestamptz FROM shipment")
    world.clock.now = ended + FULL_VIEW
    assert 'name="answer"' in (await world.call("GET", path)).text
    world.clock.now = ended + FULL_VIEW + timedelta(seconds=1)
    late = await world.call("GET", path)
    assert (late.status, 'name="answer"' in late.text) == (200, False)
    world.clock.now = ended + GONE + timedelta(seconds=1)
    assert (await world.call("GET", path)).status == 404


@pytest.mark.parametrize(("status", "silence"), [("cancelled", 0), ("exception", 90)])
async def test_the_page_of_a_parcel_that_never_arrived_ends_too(world, path, status, silence):
    world.clock.now = START + timedelta(days=1)
    await world.scanned(NUMBER, "accepted", "in_transit", status)
    promised = START + timedelta(days=1, hours=8)  # 18:00 in Riga
    since = await world.pool.fetchval("SELECT (state->>'since')::timestamptz FROM shipment")
    ended = promised + timedelta(days=silence) if silence else since
    world.clock.now = ended + FULL_VIEW
    assert 'name="answer"' in (await world.call("GET", path)).text
    world.clock.now += timedelta(seconds=1)
    assert 'name="answer"' not in (await world.call("GET", path)).text
    assert (await world.call("POST", f"{path}/unlock", data={"answer": "1010"})).status == 303
    world.clock.now = ended + GONE
    assert (await world.call("GET", path)).status == 200
    world.clock.now += timedelta(seconds=1)
    assert (await world.call("GET", path)).status == 404


async def test_the_language_is_chosen_then_kept(world, path):
    assert 'lang="lv"' in (await world.call("GET", path)).text  # the recipient's
    chosen = await world.call("GET", path + "?lang=et")
    assert 'lang="et"' in chosen.text
    (cookie,) = chosen.headers.getall("Set-Cookie")
    assert cookie.startswith("klat_lang=et;")
    assert "Path=/t;" in cookie
    assert "SameSite=Lax" in cookie
    assert "HttpOnly" in cookie
    assert 'lang="et"' in (await world.call("GET", path)).text
    nonsense = await world.call("GET", path + "?lang=%22%3E")
    assert ('lang="et"' in nonsense.text, "Set-Cookie" in nonsense.headers) == (True, False)
    unknown = await world.call("GET", "/t/nobody", headers={"Accept-Language": "lt"})
    assert 'lang="et"' in unknown.text
    world.http.cookie_jar.clear()
    unknown = await world.call("GET", "/t/nobody", headers={"Accept-Language": "lt"})
    assert 'lang="lt"' in unknown.text


async def test_reading_changes_nothing(world, path):
    tables = ("shipment", "registration", "public_link", "challenge", "outbox", "idempotency")

    async def rows():
        return [await world.pool.fetch(f"SELECT {t}::text AS row FROM {t}") for t in tables]

    before = await rows()
    for method in ("GET", "HEAD"):
        for address in (path, f"{path}?lang=en", f"{path}/unlock", f"{path}/unlock?answer=1010"):
            await world.call(method, address)
    assert await rows() == before


async def test_files_of_the_page_are_kept_for_ever(world):
    file = await world.call("GET", static_path("page.css"))
    assert (file.status, file.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert file.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for wrong in ("/static/page.css", "/static/..%2fview.py", "/static/", "/static/%00"):
        missing = await world.call("GET", wrong)
        assert (missing.status, missing.headers["Cache-Control"]) == (404, "private, no-store")


async def test_without_the_database_the_page_says_so(world, path):
    await world.pool.close()
    page = await world.call("GET", path)
    assert (page.status, 3 <= int(page.headers["Retry-After"]) <= 8) == (503, True)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert NUMBER not in page.text


async def test_guessing_is_slowed_down_but_true_links_are_served(world, path):
    statuses = [(await world.call("GET", f"/t/guess{n}")).status for n in range(110)]
    assert statuses[:100] == [404] * 100
    assert statuses[-1] == 429
    assert (await world.call("GET", path)).status == 200
    limited = await world.call("GET", "/t/guess")
    assert (limited.status, limited.headers["Retry-After"]) == (429, "60")
    elsewhere = {"X-Forwarded-For": "203.0.113.7"}
    assert (await world.call("GET", "/t/guess", headers=elsewhere)).status == 404


async def test_a_parcel_of_a_carrier_that_klat_does_not_read(world):
    shop = await world.key("merchant", "Shop")
    made = await world.register(shop, carrier="velo-riga", recipient=None, promise=None)
    page = await world.call("GET", made.json["tracking_url"].removeprefix("http://track.test"))
    assert page.status == 200
    assert "Velo-Riga" in page.text
    assert 'name="answer"' not in page.text


class TestBehindTls:
    @pytest.fixture
    def public_url(self):
        return "https://track.test"

    async def test_the_world_is_told_to_stay_with_https(self, world):
        headers = (await world.call("GET", "/nowhere")).headers
        assert headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
