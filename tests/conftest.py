"""Real servers for the tests: one private PostgreSQL and one RabbitMQ node per run, on demand.

`database_url` is a database of the test's own with the current schema, `amqp_url` a vhost of its
own. `postgres` and `rabbitmq` are the servers themselves, for tests that kill and restart them; a
test that does so leaves them running. Nothing else on the machine is touched.
"""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import asyncpg
import pytest
from rabbit import erlang

from tracking.local.postgres import PrivatePostgres
from tracking.local.rabbitmq import PrivateRabbitMQ
from tracking.store.migrate import load_migrations, migrate

_TEMPLATE = "klat_template"
_NUMBERS = count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--pg-bin", type=Path, help="folder of another PostgreSQL's programs, such as Debian's"
    )


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="klat-"))
    yield folder
    shutil.rmtree(folder)


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
    await _administer(postgres, f"CREATE DATABASE {name} TEMPLATE {database_template}")
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
