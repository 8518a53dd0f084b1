"""Into the console by a provider of identities, and out of the hands of one that lies."""

import asyncio
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from aiohttp import web
from identity_provider import CLIENT, KEY, OTHER_KEY, SECRET, IdentityProvider
from joserfc.jwk import OKPKey
from test_console_login import EMAIL, SEALED, Browser, actions
from test_console_login import SECRET as TYPED

from schemas.staff import StaffRole
from tracking.errors import ConfigurationError
from tracking.ids import uuid7
from tracking.settings import Settings
from tracking.staff.oidc.setting import client_of
from tracking.staff.people import VALID, disable_staff, reset_staff
from tracking.staff.second import totp_context
from tracking.store.staff import Staff, StaffStore
from tracking.web.console.sign_on import LOGINS, PROVIDER

BEGIN, BACK, LOGIN = "/support/oidc", "/support/oidc/callback", "/support/login"


@pytest.fixture
async def provider():
    provider = IdentityProvider()
    runner = await provider.started()
    yield provider
    provider.lets_go()
    await runner.cleanup()


@pytest.fixture
def also_set(provider):
    return {
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SECRET,
        "oidc_name": "Zvejnieks",
        "oidc_acr": ("gold",),
    }


@pytest.fixture
def browser(world, provider):
    provider.now = world.clock
    return Browser(world)


async def made(world, role=StaffRole.SUPPORT, email=EMAIL):
    """By the operator; no password is hashed, which would take longer than all the rest."""
    staff = Staff(
        staff_id=uuid7(world.clock()),
        email=email,
        name="Anna",
        role=role,
        shops=None,
        password="hashed",
        one_time_until=world.clock() + VALID,
        totp=None,
        totp_step=0,
        disabled_at=None,
        created_at=world.clock(),
    )
    assert await StaffStore(world.pool).insert_staff(staff)


async def begun(browser):
    answer = await browser.get(BEGIN)
    assert answer.status == 303, answer.text
    return answer.headers["Location"]


async def signs_on(browser, provider):
    return await browser.get(provider.logs_in(await begun(browser)))


async def sessions(world):
    return await world.pool.fetchval("SELECT count(*) FROM staff_session")


async def refused(world, answer, status, said):
    """Nobody is in, and they are told what to do next on a page that begins anew."""
    assert (answer.status, said in answer.text) == (status, True), answer.text
    assert f'href="{BEGIN}"' in answer.text
    assert await sessions(world) == 0


async def test_who_the_operator_knows_comes_in_and_is_known_again_by_the_subject(
    world, browser, provider
):
    await made(world)
    page = await browser.follows(await signs_on(browser, provider))
    assert 'name="q"' in page.text, "no password of one's own is asked for"
    assert sorted(await actions(world)) == ["identity_tied", "logged_in"]
    await browser.post("/support/logout")
    assert (await browser.get()).headers["Location"] == LOGIN

    provider.person["email"] = "married@help.example"
    assert 'name="q"' in (await browser.follows(await signs_on(browser, provider))).text
    assert await world.pool.fetchval("SELECT count(*) FROM staff_identity") == 1


async def test_after_it_they_are_where_they_wanted_to_go_and_nowhere_else(world, browser, provider):
    await made(world)
    shop = await world.key("merchant", "Shop")
    path = f"/support/parcels/{(await world.register(shop)).json['shipment_id']}"
    await browser.get(path)
    back = provider.logs_in(await begun(browser))
    evil = "&next=https://evil.example&redirect=//evil.example&return_to=https://evil.example"
    answer = await browser.get(back + evil)
    assert answer.headers["Location"] == "/support"
    assert "CE123456789EE" in (await browser.follows(answer)).text


async def test_what_is_asked_of_the_provider_is_new_each_time_and_bound_to_the_browser(
    world, browser, provider
):
    first = parse_qs(urlsplit(await begun(browser)).query)
    second = parse_qs(urlsplit(await begun(browser)).query)
    assert first["redirect_uri"] == [f"http://track.test{BACK}"]
    assert first["acr_values"] == ["gold"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name][0]) >= 43
        assert first[name] != second[name]
    answer = await browser.get(BEGIN)
    cookie = SimpleCookie(answer.headers["Set-Cookie"])["klat_oidc"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie["max-age"] == "600"
    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert asked["state"][0] not in cookie.value
    assert asked["nonce"][0] not in cookie.value


AUTHENTICATOR = "/support/authenticator"
FACTORS = (
    ({}, StaffRole.SUPPORT, "/support"),
    ({}, StaffRole.LEAD, AUTHENTICATOR),
    ({}, StaffRole.ADMIN, AUTHENTICATOR),
    ({"amr": ["pwd", "mfa"]}, StaffRole.ADMIN, "/support"),
    ({"amr": ["pwd"]}, StaffRole.ADMIN, AUTHENTICATOR),
    ({"amr": "mfa"}, StaffRole.ADMIN, AUTHENTICATOR),
    ({"acr": "gold"}, StaffRole.LEAD, "/support"),
    ({"acr": "silver"}, StaffRole.LEAD, AUTHENTICATOR),
    ({"acr": ["gold"]}, StaffRole.LEAD, AUTHENTICATOR),
)


async def test_leads_and_admins_need_two_factors_there_or_here(world, browser, provider):
    await made(world)
    for claims, role, lands in FACTORS:
        await world.pool.execute("UPDATE staff SET role = $1", role)
        provider.claims = claims
        answer = await signs_on(browser, provider)
        while answer.status == 303:
            at = answer.headers["Location"]
            answer = await browser.get(at)
        assert at == lands, (claims, role)
        home = await browser.get()
        assert (home.status == 200) == (lands == "/support")


async def test_who_has_an_authenticator_here_is_asked_for_its_code(world, browser, provider):
    await made(world, StaffRole.LEAD)
    provider.claims = {"amr": ["pwd"]}
    page = await browser.follows(await signs_on(browser, provider))
    secret, sealed = TYPED.search(page.text)[1].replace(" ", ""), SEALED.search(page.text)[1]
    code = pyotp.TOTP(secret)
    done = await browser.post("/support/authenticator", secret=sealed, code=code.at(world.clock()))
    assert 'name="q"' in (await browser.follows(done)).text
    await browser.post("/support/logout")
    world.clock.pass_by(minutes=1)
    page = await browser.follows(await signs_on(browser, provider))
    assert "one-time-code" in page.text
    done = await browser.post("/support/code", code=code.at(world.clock()))
    assert 'name="q"' in (await browser.follows(done)).text


async def test_nobody_signs_up_by_it(world, browser, provider):
    await refused(world, await signs_on(browser, provider), 403, "Nobody here has the e-mail")
    assert await world.pool.fetchval("SELECT count(*) FROM staff") == 0


async def test_an_email_that_is_not_vouched_for_is_nobodys(world, browser, provider):
    await made(world)
    for verified in (False, None, "false", 1, "yes"):
        provider.person["email_verified"] = verified
        answer = await signs_on(browser, provider)
        await refused(world, answer, 403, "Zvejnieks</bdi> does not vouch for your e-mail")


async def test_whoever_is_disabled_stays_out_tied_or_not(world, browser, provider):
    await made(world)
    await disable_staff(world.pool, EMAIL, now=world.clock())
    await refused(world, await signs_on(browser, provider), 403, "is closed")
    await reset_staff(world.pool, EMAIL, now=world.clock())
    await browser.follows(await signs_on(browser, provider))
    await disable_staff(world.pool, EMAIL, now=world.clock())
    assert (await browser.get()).headers["Location"] == LOGIN
    await refused(world, await signs_on(browser, provider), 403, "is closed")


async def test_who_gets_somebodys_old_email_at_the_provider_is_not_them(world, browser, provider):
    await made(world)
    await browser.follows(await signs_on(browser, provider))
    await browser.post("/support/logout")
    provider.person["sub"] = "another"
    await refused(world, await signs_on(browser, provider), 403, "belongs to somebody else")
    await reset_staff(world.pool, EMAIL, now=world.clock())
    assert (await signs_on(browser, provider)).headers["Location"] == "/support", "untied"


async def test_the_email_may_be_told_beside_the_token_for_the_same_subject_only(
    world, browser, provider
):
    await made(world)
    provider.userinfo = {"sub": "another", "email": EMAIL, "email_verified": True}
    await refused(world, await signs_on(browser, provider), 403, "does not hold")
    provider.userinfo["sub"] = provider.person["sub"]
    provider.userinfo["email_verified"] = "true"
    assert (await signs_on(browser, provider)).headers["Location"] == "/support"


ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})


@pytest.mark.parametrize(
    ("algorithm", "key"), [("ES256", OTHER_KEY), ("Ed25519", ED), ("EdDSA", ED)]
)
async def test_other_kinds_of_keys_are_taken(world, browser, provider, algorithm, key):
    await made(world)
    provider.keys, provider.sign_with = [KEY, key], (algorithm, key)
    assert (await signs_on(browser, provider)).headers["Location"] == "/support"


LIES = {
    "another nonce": {"claims": {"nonce": "another"}},
    "no nonce": {"claims": {"nonce": None}},
    "for another client": {"claims": {"aud": "another"}},
    "for us among others, nobody authorised": {"claims": {"aud": [CLIENT, "another"]}},
    "for us among others, another authorised": {
        "claims": {"aud": [CLIENT, "another"], "azp": "another"}
    },
    "for us, another authorised": {"claims": {"azp": "another"}},
    "for nobody": {"claims": {"aud": []}},
    "of another issuer": {"claims": {"iss": "https://evil.example"}},
    "of several issuers": {"claims": {"iss": ["https://evil.example"]}},
    "of nobody": {"claims": {"sub": None}},
    "of a number": {"claims": {"sub": 17}},
    "of a very long subject": {"claims": {"sub": "1" * 256}},
    "without end": {"claims": {"exp": None}},
    "without beginning": {"claims": {"iat": None}},
    "unsigned": {"sign_with": ("none", None)},
    "signed with the public key as a secret": {
        "sign_with": ("HS256", None),
    },
    "signed with an algorithm that is not on the list": {"sign_with": ("PS256", KEY)},
    "signed with a key that is not theirs": {"sign_with": ("ES256", OTHER_KEY)},
    "signed with another key than it says": {
        "sign_with": ("ES256", OTHER_KEY),
        "header": {"kid": "first"},
    },
    "with what must be understood and is not": {"header": {"crit": ["sky"], "sky": "blue"}},
}


async def test_a_token_that_does_not_hold_opens_nothing(world, browser, provider):
    await made(world)
    truth = {name: getattr(provider, name) for name in ("claims", "header", "sign_with")}
    for lie in LIES.values():
        for name, value in {**truth, **lie}.items():
            setattr(provider, name, value)
        world.app[LOGINS]._levels.clear()
        await refused(world, await signs_on(browser, provider), 403, "does not hold")
    assert await world.pool.fetchval("SELECT count(*) FROM staff_identity") == 0
    for name, value in truth.items():
        setattr(provider, name, value)
    assert (await signs_on(browser, provider)).status == 303, "it was the lies"


async def test_clocks_may_be_two_minutes_apart(world, browser, provider):
    await made(world)
    at = int(world.clock().timestamp())
    for is_in, claims in (
        (True, {"exp": -119, "iat": -500}),
        (False, {"exp": -120, "iat": -500}),
        (True, {"exp": 500, "iat": 120}),
        (False, {"exp": 500, "iat": 121}),
        (False, {"exp": 500, "iat": 0, "nbf": 121}),
    ):
        provider.claims = {name: at + apart for name, apart in claims.items()}
        assert (await signs_on(browser, provider)).status == (303 if is_in else 403), claims


async def test_a_new_key_of_the_provider_is_found_but_not_looked_for_all_the_time(
    world, browser, provider
):
    await made(world)
    await browser.follows(await signs_on(browser, provider))
    provider.keys, provider.sign_with = [OTHER_KEY], ("ES256", OTHER_KEY)
    looked = ("GET", "/keys")
    for _ in range(3):
        assert (await signs_on(browser, provider)).status == 403
    assert provider.asked.count(looked) == 1, "just looked"
    world.clock.pass_by(minutes=1)
    assert (await signs_on(browser, provider)).status == 303
    assert provider.asked.count(looked) == 2


def redirect():
    return web.Response(status=307, headers={"Location": "http://127.0.0.1:1/"})


def html():
    return web.Response(status=500, text="<h1>Gateway</h1>", content_type="text/html")


def huge():
    return web.json_response({"issuer": "x" * 300_000})


def deep():
    return web.Response(text="[" * 100_000, content_type="application/json")


def gzipped():
    headers = {"Content-Encoding": "gzip"}
    return web.Response(body=b"\x1f\x8b" + b"\0" * 100, headers=headers)


@pytest.mark.parametrize(
    "path", ["/.well-known/openid-configuration", "/keys", "/token", "/userinfo"]
)
async def test_an_answer_that_is_none_ends_in_a_page_that_says_so(world, browser, provider, path):
    await made(world)
    provider.userinfo = {"sub": provider.person["sub"], "email": EMAIL, "email_verified": True}
    for lie in (redirect, html, huge, deep, gzipped):
        provider.instead = {path: lie}
        answer = await browser.get(BEGIN)
        if answer.status == 303:
            answer = await browser.get(provider.logs_in(answer.headers["Location"]))
        await refused(world, answer, 503, "Try again in a minute")
    provider.instead = {}
    assert (await signs_on(browser, provider)).status == 303, "nothing of it is kept"


async def test_a_provider_that_does_not_answer_holds_nobody(world, browser, provider):
    await made(world)
    world.app[PROVIDER].patience = 0.05
    back = provider.logs_in(await begun(browser))
    provider.hangs = {"/token"}
    await refused(world, await browser.get(back), 503, "does not answer as it should")


UNUSABLE = (
    {"issuer": "https://evil.example"},
    {"token_endpoint": "http://evil.example/token"},
    {"jwks_uri": "http://192.0.2.1/keys"},
    {"authorization_endpoint": "javascript:alert(1)"},
    {"token_endpoint": "https://user:pass@evil.example/token"},
    {"token_endpoint": None},
    {"code_challenge_methods_supported": ["plain"]},
)


async def test_metadata_that_cannot_be_right_leads_nowhere(world, browser, provider):
    for told in UNUSABLE:
        provider.metadata = told
        await refused(world, await browser.get(BEGIN), 503, "Try again in a minute")


SPOILT = (
    (lambda back: back.replace("state=", "state=x"), 400),
    (lambda back: back.partition("&state=")[0] + "&state=", 400),
    (lambda back: back.partition("&state=")[0] + "&state=%ff%ed%a0%80", 400),
    (lambda back: f"{back}&code=another", 400),
    (lambda back: back.replace("code=", "nocode="), 400),
    (lambda back: f"{back}&iss=https://evil.example", 400),
    (lambda back: back.replace("code=", "code=" + "x" * 5000), 400),
    (lambda back: back.replace("code=", "code=x"), 503),
)


async def test_an_answer_to_something_else_is_none(world, browser, provider):
    """State of another log-in, mix-up of providers (RFC 9207), parameters twice, a made-up code."""
    await made(world)
    for spoil, status in SPOILT:
        back = spoil(provider.logs_in(await begun(browser)))
        said = "begun in another window" if status == 400 else "does not answer as it should"
        await refused(world, await browser.get(back), status, said)


async def test_a_provider_that_says_its_name_in_answers_must_say_it(world, browser, provider):
    await made(world)
    provider.metadata = {"authorization_response_iss_parameter_supported": True}
    back = provider.logs_in(await begun(browser))
    await refused(world, await browser.get(back), 400, "begun in another window")
    back = provider.logs_in(await begun(browser))
    assert (await browser.get(f"{back}&iss={provider.issuer}")).status == 303


async def test_an_answer_in_another_browser_logs_nobody_in(world, browser, provider):
    """Neither a victim as the attacker (log-in CSRF) nor who stole the address as the victim."""
    await made(world)
    back = provider.logs_in(await begun(browser))
    world.http.cookie_jar.clear()
    await refused(world, await browser.get(back), 400, "begun in another window")
    await begun(browser)
    await refused(world, await browser.get(back), 400, "begun in another window")
    forged = {"Cookie": "klat_oidc=AAAA"}
    world.http.cookie_jar.clear()
    answer = await world.call("GET", back, headers=forged)
    await refused(world, answer, 400, "begun in another window")


async def test_an_answer_counts_once_even_where_the_provider_takes_its_code_again(
    world, browser, provider
):
    await made(world)
    provider.keeps_codes = True
    back = provider.logs_in(await begun(browser))
    answer = await browser.get(back)
    assert answer.status == 303
    gone = [each for each in answer.headers.getall("Set-Cookie") if each.startswith("klat_oidc=")]
    assert "Max-Age=0" in gone[0]
    again = await browser.get(back)
    assert (again.status, await sessions(world)) == (400, 1)


async def test_a_log_in_waits_ten_minutes_for_its_answer(world, browser, provider):
    await made(world)
    back = provider.logs_in(await begun(browser))
    world.clock.pass_by(minutes=10)
    await refused(world, await browser.get(back), 400, "too long ago")


async def test_who_does_not_want_to_is_told_how_to_go_on(world, browser, provider):
    back = provider.logs_in(await begun(browser))
    state = parse_qs(urlsplit(back).query)["state"][0]
    said = "error_description=%3Cscript%3E&error=access_denied"
    answer = await browser.get(f"{BACK}?{said}&state={state}")
    await refused(world, answer, 403, "Zvejnieks</bdi> did not log you in")
    assert "script%3E" not in answer.text
    assert "<script>" not in answer.text


async def test_two_windows_of_the_first_day_are_one_person(world, browser, provider):
    await made(world)
    jar = world.http.cookie_jar
    backs = []
    for _ in range(2):
        jar.clear()
        back = provider.logs_in(await begun(browser))
        cookie = next(each for each in jar if each.key == "klat_oidc").value
        backs.append((back, {"Cookie": f"klat_oidc={cookie}"}))
    jar.clear()
    answers = await asyncio.gather(
        *(world.call("GET", back, headers=cookie) for back, cookie in backs)
    )
    assert [each.headers.get("Location") for each in answers] == ["/support"] * 2
    assert await world.pool.fetchval("SELECT count(*) FROM staff_identity") == 1


async def test_what_they_have_of_their_own_they_change_soon_after_it_or_after_another(
    world, browser, provider
):
    await made(world)
    await browser.follows(await signs_on(browser, provider))
    page = await browser.get("/support/authenticator")
    assert 'name="present"' not in page.text
    secret, sealed = TYPED.search(page.text)[1].replace(" ", ""), SEALED.search(page.text)[1]
    world.clock.pass_by(minutes=11)
    fields = {"secret": sealed, "code": pyotp.TOTP(secret).at(world.clock())}
    late = await browser.post("/support/authenticator", **fields)
    assert (late.status, "too long ago for this" in late.text) == (422, True)
    await browser.follows(await signs_on(browser, provider))
    page = await browser.get("/support/authenticator")
    secret, sealed = TYPED.search(page.text)[1].replace(" ", ""), SEALED.search(page.text)[1]
    fields = {"secret": sealed, "code": pyotp.TOTP(secret).at(world.clock())}
    done = await browser.post("/support/authenticator", **fields)
    assert done.headers["Location"] == "/support"
    row = await world.pool.fetchrow("SELECT staff_id, totp FROM staff")
    assert world.deps.sealer.open_text(row["totp"], totp_context(row["staff_id"])) == secret


async def test_who_comes_by_it_sets_no_password_and_stays_no_longer(world, browser, provider):
    """Shut out there, they would come in by one; and each change would begin the day anew."""
    await made(world)
    await browser.follows(await signs_on(browser, provider))
    assert "/support/password" not in (await browser.get("/support/account")).text
    assert (await browser.get("/support/password")).status == 404
    began = await world.pool.fetchval("SELECT created_at FROM staff_session")
    world.clock.pass_by(minutes=9)
    page = await browser.get("/support/authenticator")
    secret, sealed = TYPED.search(page.text)[1].replace(" ", ""), SEALED.search(page.text)[1]
    fields = {"secret": sealed, "code": pyotp.TOTP(secret).at(world.clock())}
    assert (await browser.post("/support/authenticator", **fields)).status == 303
    assert await world.pool.fetchval("SELECT created_at FROM staff_session") == began


async def test_two_addresses_are_not_one_because_they_fold_alike(world, browser, provider):
    """As "ß" and "ss" do, and the long s and s (CVE-2019-19844)."""
    await made(world, email="strauss@help.example")
    for other in ("strau\u00df@help.example", "\u017ftrauss@help.example"):
        provider.person["email"] = other
        await refused(world, await signs_on(browser, provider), 403, "Nobody here has the e-mail")
    assert await world.pool.fetchval("SELECT count(*) FROM staff_identity") == 0


@pytest.mark.parametrize("language", ["en", "lv"])
async def test_both_ways_in_are_offered(world, browser, provider, language):
    page = await browser.get(f"{LOGIN}?lang={language}")
    assert f'href="{BEGIN}"' in page.text
    assert "Zvejnieks" in page.text
    assert 'name="password"' in page.text


class TestWithoutPasswords:
    @pytest.fixture
    def also_set(self, also_set):
        return {**also_set, "password_login": False}

    async def test_the_provider_is_the_only_way_in(self, world, browser, provider):
        await made(world)
        page = await browser.get(LOGIN)
        assert 'name="password"' not in page.text
        assert (await browser.logs_in("one of theirs")).status == 404
        page = await browser.follows(await signs_on(browser, provider))
        assert 'name="q"' in page.text
        assert "/support/password" not in (await browser.get("/support/account")).text
        assert (await browser.get("/support/password")).status == 404
        assert (await browser.post("/support/password", password="x" * 20)).status == 404

    async def test_who_came_by_a_password_before_is_out(self, world, browser, provider):
        await made(world)
        await browser.follows(await signs_on(browser, provider))
        assert (await browser.get()).status == 200
        await world.pool.execute("UPDATE staff_session SET by_provider = false")
        assert (await browser.get()).headers["Location"] == LOGIN


class TestWithoutSecret:
    @pytest.fixture
    def also_set(self, also_set):
        return {**also_set, "oidc_client_secret": None}

    async def test_the_proof_of_pkce_is_what_the_code_is_exchanged_with(
        self, world, browser, provider
    ):
        await made(world)
        provider._is_us = lambda request, form: (
            form["client_id"] == CLIENT
            and "client_secret" not in form
            and "Authorization" not in request.headers
        )
        assert (await signs_on(browser, provider)).headers["Location"] == "/support"


async def test_a_secret_is_sent_in_the_form_where_the_provider_wants_it_there(
    world, browser, provider
):
    await made(world)
    provider.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    provider._is_us = lambda request, form: (
        form.get("client_secret") == SECRET and "Authorization" not in request.headers
    )
    assert (await signs_on(browser, provider)).headers["Location"] == "/support"


async def test_nothing_of_it_is_in_the_log(world, browser, provider, caplog):
    await made(world)
    back = provider.logs_in(await begun(browser))
    await browser.follows(await browser.get(back))
    provider.sign_with = ("none", None)
    await signs_on(browser, provider)
    said = caplog.text
    assert "/support/oidc/callback" in said
    asked = parse_qs(urlsplit(back).query)
    for secret in (asked["code"][0], asked["state"][0], SECRET, "248289761001", "at-1"):
        assert secret not in said


async def test_who_comes_to_the_way_back_by_themselves_is_shown_the_way_in(world, browser):
    assert (await browser.get(f"{BACK}?lang=lv")).headers["Location"] == LOGIN


class TestWithoutProvider:
    @pytest.fixture
    def also_set(self):
        return {}

    async def test_there_is_no_such_way(self, world, browser):
        assert (await browser.get(BEGIN)).status == 404
        assert (await browser.get(f"{BACK}?code=1&state=2")).status == 404
        assert "oidc" not in (await browser.get(LOGIN)).text


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ({"oidc_issuer": "https://id.example"}, "KLAT_OIDC_CLIENT_ID: is not set"),
        ({"password_login": False}, "KLAT_OIDC_ISSUER: is not set"),
    ],
)
def test_a_setting_that_needs_another_says_so_at_the_start(settings, missing):
    with pytest.raises(ConfigurationError, match=missing):
        client_of(Settings(**settings))
