"""Real servers for the tests: a private PostgreSQL and a RabbitMQ node per worker, on demand.

`database_url` is a database of the test's own with the current schema, `amqp_url` a vhost of its
own. `postgres` and `rabbitmq` are the servers themselves, for tests that kill and restart them; a
test that does so leaves them running. Nothing else on the machine is touched.
"""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from itertools import count
from pathlib import Path

import asyncpg
import pytest
from argon2 import PasswordHasher
from hypothesis import Phase, settings
from hypothesis.database import DirectoryBasedExampleDatabase
from people import said_of_people
from rabbit import erlang

from tracking.local.postgres import PrivatePostgres
from tracking.local.rabbitmq import PrivateRabbitMQ
from tracking.logs import configure_logging
from tracking.staff import passwords
from tracking.store.migrate import load_migrations, migrate

# No deadline (machines are shared), no explain phase (it traces every line). The same examples each
# time: a change is refused for what it does. `make fuzz` looks for others.
_PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.target, Phase.shrink)
settings.register_profile("klat", deadline=None, phases=_PHASES, derandomize=True, database=None)
settings.register_profile(
    "fuzz",
    deadline=None,
    phases=_PHASES,
    derandomize=False,
    database=DirectoryBasedExampleDatabase(".hypothesis/examples"),
    print_blob=True,
)
settings.load_profile("klat")

_TEMPLATE = "klat_template"
_MEMORY, _ROOM = Path("/dev/shm"), 6 * 2**30
_COPIED = "STRATEGY FILE_COPY"  # not through the log of a server whose data nobody keeps
_NUMBERS = count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--pg-bin", type=Path, help="folder of another PostgreSQL's programs, such as Debian's"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Whatever a test makes anybody log or print, it fails where that names a person."""
    report = yield
    # Not what pytest collects of the loggers by itself: that has not passed our formatter.
    printed = {f"Captured {stream} {report.when}" for stream in ("stdout", "stderr")}
    new = [text for title, text in report.sections if title in printed]
    leaks = {what for text in new for what in said_of_people(text)}
    if leaks and report.passed:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} logs {', '.join(sorted(leaks))}"
    return report


@pytest.fixture(scope="session", autouse=True)
def _logs_as_in_production() -> None:
    configure_logging("json")


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> None:
    """Who logs in is no test of how much a guess costs; that is one of test_console_login."""
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="klat-", dir=_in_memory()))
    yield folder
    logs = {file.name: said_of_people(file.read_text("utf-8")) for file in folder.glob("*/*.log")}
    shutil.rmtree(folder)
    assert not any(logs.values()), logs


def _in_memory() -> Path | None:
    """Where there is room: a database for each test is made there in an eighth of the time."""
    has_room = os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _ROOM
    return _MEMORY if has_room else None


@pytest.fixture(scope="session")
async def postgres(
    server_folder: Path, pytestconfig: pytest.Config
) -> AsyncIterator[PrivatePostgres]:
    server = PrivatePostgres(
        server_folder / "pg", durable=False, binaries=pytestconfig.getoption("--pg-bin")
    )
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(scope="session")
async def rabbitmq(server_folder: Path) -> AsyncIterator[PrivateRabbitMQ]:
    server = PrivateRabbitMQ(server_folder / "mq")
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(scope="session")
async def database_template(postgres: PrivatePostgres) -> str:
    await _administer(postgres, f"CREATE DATABASE {_TEMPLATE}")
    await migrate(postgres.url_of(_TEMPLATE), load_migrations())
    return _TEMPLATE


@pytest.fixture
async def database_url(postgres: PrivatePostgres, database_template: str) -> AsyncIterator[str]:
    """A database with the current schema and no rows."""
    name = f"test_{next(_NUMBERS)}"
    await _administer(postgres, f"CREATE DATABASE {name} TEMPLATE {database_template} {_COPIED}")
    yield postgres.url_of(name)
    await _administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def empty_database_url(postgres: PrivatePostgres) -> AsyncIterator[str]:
    """A database in which nothing was migrated."""
    name = f"test_{next(_NUMBERS)}"
    await _administer(postgres, f"CREATE DATABASE {name}")
    yield postgres.url_of(name)
    await _administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def amqp_url(rabbitmq: PrivateRabbitMQ) -> AsyncIterator[str]:
    """A vhost without exchanges or queues of ours."""
    name = f"test_{next(_NUMBERS)}"
    everything = '<<".*">>, <<".*">>, <<".*">>, <<"tests">>'
    await erlang(
        rabbitmq,
        f'ok = rabbit_vhost:add(<<"{name}">>, <<"tests">>),'
        f' rabbit_auth_backend_internal:set_permissions(<<"klat">>, <<"{name}">>, {everything}).',
    )
    yield rabbitmq.url_of(name)
    await erlang(rabbitmq, f'rabbit_vhost:delete(<<"{name}">>, <<"tests">>).')


async def _administer(postgres: PrivatePostgres, statement: str) -> None:
    connection = await asyncpg.connect(postgres.url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
