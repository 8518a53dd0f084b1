"""A server that refuses what is set: one line that says what, 78, and no secret."""

import asyncio
import os
import sys
from urllib.parse import urlsplit

import asyncpg
import pytest
from cryptography.fernet import Fernet
from proxy import in_front_of
from structlog.testing import capture_logs

from consumers.connection import publishing
from tracking.errors import BrokerUnavailable, ConfigurationError, StoreUnavailable
from tracking.local.endpoint import free_port
from tracking.store.pool import connection, open_pool

SECRET = "hunter2"  # of nobody
STRANGER = "klat_stranger"


def with_login(url, login, **parts):
    found = urlsplit(url)
    return found._replace(netloc=f"{login}@{found.netloc.rpartition('@')[2]}", **parts).geturl()


@pytest.fixture
async def stranger(database_url):
    """A user who may do nothing yet."""
    admin = await asyncpg.connect(database_url)
    await admin.execute(f"CREATE ROLE {STRANGER} PASSWORD '{SECRET}'")
    yield admin
    await admin.execute(f"DROP ROLE {STRANGER}")
    await admin.close()


def wrong_password(url):
    return with_login(url, f"klat:{SECRET}")


def no_such_database(url):
    return urlsplit(url)._replace(path="/nowhere").geturl()


def an_option_of_another_driver(url):
    return f"{url}?sslmode=perhaps"


REFUSED = [
    (wrong_password, "wrong user or password"),
    (no_such_database, "there is no such database"),
    (an_option_of_another_driver, "an option in it cannot be used"),
]


@pytest.mark.parametrize(("change", "why"), REFUSED)
async def test_what_postgresql_refuses_at_the_start_is_a_wrong_setting(database_url, change, why):
    with pytest.raises(ConfigurationError) as caught:
        await open_pool(change(database_url))
    assert str(caught.value) == f"KLAT_DATABASE_URL: {why}"


async def test_a_user_who_may_not_log_in_or_connect_is_a_wrong_setting(database_url, stranger):
    url = with_login(database_url, f"{STRANGER}:{SECRET}")
    with pytest.raises(ConfigurationError, match="this user may not log in from here"):
        await open_pool(url)
    await stranger.execute(f"ALTER ROLE {STRANGER} LOGIN")
    name = urlsplit(database_url).path[1:]
    await stranger.execute(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
    with pytest.raises(ConfigurationError, match="this user may not connect to this database"):
        await open_pool(url)


async def test_a_password_that_is_changed_later_is_waited_for(database_url, stranger):
    """Nobody's messages are parked because somebody is changing passwords."""
    await stranger.execute(f"ALTER ROLE {STRANGER} LOGIN")
    pool = await open_pool(with_login(database_url, f"{STRANGER}:{SECRET}"), size=2)
    await stranger.execute(f"ALTER ROLE {STRANGER} PASSWORD 'another'")
    async with connection(pool):
        with pytest.raises(StoreUnavailable, match="InvalidPasswordError"):
            async with connection(pool):
                pass
    await pool.close()


@pytest.fixture
def environment(database_url, amqp_url, tmp_path):
    return os.environ | {
        "KLAT_DATABASE_URL": database_url,
        "KLAT_AMQP_URL": amqp_url,
        "KLAT_DATA_DIR": str(tmp_path),
        "KLAT_HTTP_PORT": str(free_port()),
        "KLAT_OPS_PORT": str(free_port()),
        "KLAT_SECRET_KEYS": Fernet.generate_key().decode(),
    }


async def klat(environment, *words):
    """The exit code, and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "tracking", *words),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    return process.returncode, out.decode(), errors.decode()


COMMANDS = ["serve web", "serve ingest", "serve relay", "migrate --check", "keys list", "show X"]


@pytest.mark.parametrize("command", COMMANDS)
async def test_every_command_says_it_in_one_line_and_ends_with_78(environment, command):
    environment["KLAT_DATABASE_URL"] = wrong_password(environment["KLAT_DATABASE_URL"])
    ended = await klat(environment, *command.split())
    assert ended == (78, "", "KLAT_DATABASE_URL: wrong user or password\n")


@pytest.mark.parametrize("command", ["serve relay", "keys list"])
async def test_a_server_that_is_away_is_1(environment, command):
    environment["KLAT_DATABASE_URL"] = "postgresql://klat:hunter2@127.0.0.1:1/klat"
    ended = await klat(environment, *command.split())
    assert ended == (1, "", "database unavailable: ConnectionRefusedError\n")


AMQP_REFUSED = [
    (wrong_password, 78, "KLAT_AMQP_URL: wrong user or password"),
    (
        no_such_database,
        78,
        "KLAT_AMQP_URL: no such virtual host, or no permission for it",
    ),
    (
        lambda _: f"amqp://klat:{SECRET}@127.0.0.1:1/klat",
        1,
        "RabbitMQ unavailable: AMQPConnectionError",
    ),
]


@pytest.mark.parametrize(("change", "code", "why"), AMQP_REFUSED)
async def test_a_command_that_publishes_says_what_rabbitmq_refuses(environment, change, code, why):
    environment["KLAT_AMQP_URL"] = change(environment["KLAT_AMQP_URL"])
    assert await klat(environment, "parked", "replay") == (code, "", f"{why}\n")


async def test_a_broker_that_says_nothing_is_not_waited_for_long(amqp_url, monkeypatch):
    monkeypatch.setattr("consumers.connection.CONNECT_LIMIT", 0.2)
    async with in_front_of(amqp_url) as proxy:
        proxy.silent = True
        with pytest.raises(BrokerUnavailable, match="TimeoutError"):
            async with publishing(proxy.url(amqp_url), "tests"):
                pass


async def test_while_it_is_away_the_driver_speaks_in_our_words_and_rarely(
    postgres, database_url, capsys
):
    pool = await open_pool(database_url, size=2)
    with capture_logs() as logs:
        await postgres.stop()
        async with asyncio.timeout(20):
            while not logs:  # noqa: ASYNC110 - the driver's own clock
                await asyncio.sleep(0.05)
        await asyncio.sleep(1.5)
        await postgres.start()
    pool.terminate()
    assert [(line["event"], line["log_level"]) for line in logs] == [
        ("database.unreachable", "warning")
    ]
    assert "asyncpg.pool" not in capsys.readouterr().out
