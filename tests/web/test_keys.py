"""API keys: their form, their life, and how fast a revoked one ends."""

import asyncio
import string
from contextlib import asynccontextmanager
from types import SimpleNamespace

import aiohttp
import command
import pytest
from staging import event
from typer.testing import CliRunner

from tracking import cli
from tracking.errors import KlatError, StoreUnavailable
from tracking.keys import Role, is_key, new_key
from tracking.store.keys import Keys, NoSuchKey
from tracking.web import keyring
from tracking.web.deps import DEPS
from tracking.web.keyring import KEYRING, REFRESH_EVERY, Keyring, keyring_context


def test_a_key_has_the_form_that_scanners_know():
    key = new_key()
    prefix, live, random, checksum = key.split("_")
    assert (prefix, live, len(random), len(checksum)) == ("klat", "live", 24, 6)
    assert set(random + checksum) <= set(string.ascii_letters + string.digits)
    assert is_key(key)
    assert len({new_key() for _ in range(1000)}) == 1000


def test_the_checksum_finds_typing_mistakes():
    key = new_key()
    for place in range(len("klat_live_"), len(key)):
        other = "a" if key[place] != "a" else "b"
        assert not is_key(key[:place] + other + key[place + 1 :])
    assert not is_key(key + "a")
    assert not is_key(key[:-1])


def test_the_checksum_is_a_crc_32_of_what_stands_before_it():
    # Worked out with zlib.crc32 and pen and paper, so that other tools can check keys offline.
    assert is_key("klat_live_" + "0" * 24 + "_" + _base62(b"klat_live_" + b"0" * 24))


def _base62(text: bytes) -> str:
    rest = 0xFFFFFFFF
    for byte in text:
        rest ^= byte
        for _ in range(8):
            rest = (rest >> 1) ^ (0xEDB88320 if rest & 1 else 0)
    rest ^= 0xFFFFFFFF
    alphabet = string.digits + string.ascii_uppercase + string.ascii_lowercase
    return "".join(alphabet[rest // 62**power % 62] for power in reversed(range(6)))


async def post(world, headers):
    return (await world.call("POST", "/v1/events", json=event(), headers=headers)).status


async def test_a_new_key_works_at_its_first_use(world):
    assert await post(world, await world.key("courier", carrier="omniva")) == 202


async def test_only_the_hash_of_a_key_is_kept(world):
    headers = await world.key("courier", carrier="omniva")
    key = headers["Authorization"].removeprefix("Bearer ")
    rows = await world.pool.fetch("SELECT api_key::text AS row FROM api_key")
    assert key not in rows[0]["row"]
    assert key[20:] not in rows[0]["row"]


async def test_a_revoked_key_ends_with_the_next_refresh(world):
    headers = await world.key("courier", carrier="omniva")
    assert await post(world, headers) == 202
    (listed,) = await Keys(world.pool).list_keys()
    await Keys(world.pool).revoke(str(listed.key_id), now=world.clock())
    await world.app[KEYRING].refresh()
    assert await post(world, headers) == 401
    assert REFRESH_EVERY + 2.5 < 5  # and the longest that a refresh may take


async def test_the_ring_is_refreshed_in_the_background(world):
    headers = await world.key("courier", carrier="omniva")
    assert await post(world, headers) == 202
    (listed,) = await Keys(world.pool).list_keys()
    await Keys(world.pool).revoke(str(listed.key_id), now=world.clock())
    async with asyncio.timeout(5):
        while await post(world, headers) != 401:  # noqa: ASYNC110 - seen from outside only
            await asyncio.sleep(0.05)


async def test_uses_are_written_now_and_then(world):
    await post(world, await world.key("courier", carrier="omniva"))
    await written(world)


async def test_uses_that_could_not_be_written_are_written_later(world, monkeypatch):
    ring = world.app[KEYRING]
    headers = await world.key("courier", carrier="omniva")
    with monkeypatch.context() as away:
        away.setattr(Keys, "touch_keys", unavailable)
        await post(world, headers)
        with pytest.raises(StoreUnavailable):
            await ring.write_uses()
    await written(world)


async def unavailable(*_):
    raise StoreUnavailable("away")


async def written(world):
    """The ring's own round may be at it in the same moment."""
    async with asyncio.timeout(5):
        while True:
            await world.app[KEYRING].write_uses()
            (listed,) = await Keys(world.pool).list_keys()
            if listed.last_used_at == world.clock():
                return
            await asyncio.sleep(0.02)


async def test_stale_keys_are_said_once_and_once_that_they_are_fresh(world, monkeypatch):
    """By a ring of its own: that of the application looks at its own times, and would be heard."""
    turns, all_done = iter([True, False, False, False, True, True]), asyncio.Event()

    class Unsteady(Keys):
        async def live_keys(self) -> dict[bytes, object]:
            if (there := next(turns, None)) is None:
                all_done.set()
            elif not there:
                raise StoreUnavailable("away")
            return {}

    ring = Keyring(Unsteady(world.pool), world.app[DEPS].sealer, world.clock)
    said: list[str] = []
    monkeypatch.setattr(keyring, "REFRESH_EVERY", 0)
    monkeypatch.setattr(keyring, "log", SimpleNamespace(warning=said.append, info=said.append))
    app = {DEPS: world.app[DEPS], KEYRING: ring}
    async with asyncio.timeout(5), asynccontextmanager(keyring_context)(app):
        await all_done.wait()
    assert said == ["keys.stale", "keys.fresh"]


async def test_while_the_database_is_away_known_keys_work_and_unknown_ones_wait(world):
    known = await world.key("courier", carrier="omniva")
    assert await post(world, known) == 202
    await world.pool.close()
    with pytest.raises(StoreUnavailable):
        await world.app[KEYRING].refresh()
    assert await post(world, known) == 202
    assert await post(world, {"Authorization": f"Bearer {new_key()}"}) == 503


NO_KEYS = (
    "",
    "Bearer",
    "Bearer ",
    "Bearer klat_live_x_y",
    f"Bearer {new_key()}",
    f"bearer  {new_key()} ",
    f"Token {new_key()}",
    "Basic",
    "Basic !!!",
    "Basic YWJj",
    "Basic /////w==",
    "Bearer " + "x" * 5000,
    "Bearer klat_live_ēēēēēēēēēēēēēēēēēēēēēēēē_ēēēēēē",
)


async def test_whatever_is_no_key_is_answered_alike(world):
    for credentials in NO_KEYS:
        answer = await world.call(
            "POST", "/v1/events", json=event(), headers={"Authorization": credentials}
        )
        assert answer.status == 401, credentials
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json == {
            "type": "about:blank",
            "title": "Unauthorised",
            "status": 401,
            "detail": "No valid API key was given",
        }


async def test_a_key_may_be_the_password_of_basic_authentication(world):
    key = (await world.key("courier", carrier="omniva"))["Authorization"].split()[1]
    headers = {"Authorization": aiohttp.encode_basic_auth("any", key)}
    assert await post(world, headers) == 202


async def test_keys_of_one_name_share_a_merchant(world):
    keys = Keys(world.pool)
    for name in ("Shop", "Shop", "Other"):
        await keys.create(Role.MERCHANT, name, now=world.clock())
    owners = [key.merchant_id for key in (await keys.live_keys()).values()]
    assert None not in owners
    assert len(set(owners)) == 2


async def test_a_key_is_revoked_by_what_the_list_shows_unless_that_is_not_clear(world):
    keys = Keys(world.pool)
    for _ in range(2):
        await keys.create(Role.SUPPORT, "desk", now=world.clock())
    first, second = await keys.list_keys()
    await world.pool.execute("UPDATE api_key SET prefix = 'klat_live_same'")
    with pytest.raises(NoSuchKey, match="Several"):
        await keys.revoke("klat_live_same", now=world.clock())
    assert all(key.revoked_at is None for key in await keys.list_keys())
    assert await keys.revoke(str(first.key_id), now=world.clock()) == first.key_id
    assert await keys.revoke("klat_live_same", now=world.clock()) == second.key_id
    with pytest.raises(NoSuchKey, match="No live key"):
        await keys.revoke(str(first.key_id), now=world.clock())


async def klat(database_url: str, *words: str, stdin: str = "") -> command.Ended:
    env = {"KLAT_DATABASE_URL": database_url, "KLAT_SECRET_KEYS": "A" * 43 + "="}
    return await command.klat("keys", *words, env=env, typed=stdin)


async def test_the_commands_make_list_and_end_keys(database_url):
    _, made, _ = await klat(
        database_url, "create", "--role", "courier", "--name", "depot", "--carrier", "omniva"
    )
    key = made.splitlines()[-1]
    assert is_key(key)
    _, listed, _ = await klat(database_url, "list")
    assert key not in listed
    assert key[:14] in listed
    assert "live" in listed
    code, _, _ = await klat(database_url, "revoke", key[:14])
    assert code == 0
    assert "revoked" in (await klat(database_url, "list"))[1]
    code, _, said = await klat(database_url, "revoke", key[:14])
    assert (code, said) == (1, "No live key has this id or these first characters.\n")


WRONG = (
    (("--role", "courier", "--name", "a"), "--carrier: a courier key needs"),
    (("--role", "support", "--name", "a", "--carrier", "dpd"), "--carrier: a support key"),
    (("--role", "courier", "--name", "a", "--carrier", "D P D"), "--carrier: not a carrier"),
    (("--role", "support", "--name", " "), "--name: must not be empty"),
)


def test_the_commands_refuse_keys_that_make_no_sense():
    for arguments, said in WRONG:
        result = CliRunner().invoke(cli.app, ["keys", "create", *arguments])
        assert isinstance(result.exception, KlatError)
        assert str(result.exception).startswith(said)


async def test_a_carrier_that_nobody_knows_gets_its_key_with_a_warning(database_url):
    make = ("create", "--role", "courier", "--name", "a", "--carrier")
    code, out, err = await klat(database_url, *make, "omnvia")
    assert (code, is_key(out.splitlines()[-1])) == (0, True)
    assert err.startswith("warning: --carrier: omnvia is new")
    assert "did you mean omniva?" in err
    for carrier in ("omnvia", "omniva"):
        assert (await klat(database_url, *make, carrier))[2] == ""
    assert "did you mean" not in (await klat(database_url, *make, "zz-lockers"))[2]


async def test_the_secret_of_a_carrier_is_read_from_standard_input_and_sealed(database_url, pool):
    code, out, _ = await klat(database_url, "secret", "--carrier", "easypost", stdin="sécret\n")
    assert (code, "sécret" in out) == (0, False)
    sealed = await pool.fetchval("SELECT sealed FROM carrier_secret WHERE carrier = 'easypost'")
    assert "sécret" not in sealed
    code, _, err = await klat(database_url, "secret", "--carrier", "omniva", stdin="x\n")
    assert (code, err) == (1, "--carrier: omniva signs nothing\n")
    code, _, err = await klat(database_url, "secret", "--carrier", "easypost")
    assert (code, err) == (1, "standard input: no secret came\n")
