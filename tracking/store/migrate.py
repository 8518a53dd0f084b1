"""The schema's way forward: numbered SQL files, each applied once, in order, never undone.

A file is one transaction. One that begins with `-- no-transaction` (CREATE INDEX CONCURRENTLY)
holds a single statement that may be run again. It holds up nobody, so it waits for transactions
that are open as long as they are; when it breaks off, an index is left that is not valid. That one
is dropped and built anew by the next run, also where it was taken for built.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

import asyncpg

from tracking.errors import KlatError
from tracking.store.pool import connecting

_FILE = re.compile(r"(?P<number>\d{4})_(?P<name>\w+)\.sql")
_NO_TRANSACTION = "-- no-transaction"
_INDEX = re.compile(r"CREATE (?:UNIQUE )?INDEX CONCURRENTLY (?:IF NOT EXISTS )?(\w+)")
_SQL = files("tracking.sql")
_LEDGER = {
    name: _SQL.joinpath("ledger", f"{name}.sql").read_text(encoding="utf-8")
    for name in ("create", "exists", "applied", "record", "lock", "limits", "unhurried", "invalid")
}
_MIGRATIONS = _SQL.joinpath("migrations")
_TURN_LIMIT = 120.0  # seconds to wait for another process that migrates
_TURN_PAUSE = 0.2


class MigrationError(KlatError):
    """The schema cannot be brought up to date."""


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def in_transaction(self) -> bool:
        return not self.sql.startswith(_NO_TRANSACTION)

    @property
    def index(self) -> str | None:
        """What it builds beside everything else."""
        found = None if self.in_transaction else _INDEX.search(self.sql)
        return found[1] if found else None

    def __str__(self) -> str:
        return f"{self.number:04}_{self.name}"


def load_migrations(folder: Traversable = _MIGRATIONS) -> list[Migration]:
    """All migrations in order; the numbers leave no gap and none is given twice."""
    found = [_read(file) for file in folder.iterdir() if file.name.endswith(".sql")]
    migrations = sorted(found, key=lambda migration: migration.number)
    for expected, migration in enumerate(migrations, start=1):
        if migration.number != expected:
            raise MigrationError(f"{migration}: the number {expected:04} was expected")
    return migrations


def _read(file: Traversable) -> Migration:
    name = _FILE.fullmatch(file.name)
    if name is None:
        raise MigrationError(f"{file.name}: a migration is called 0001_what_it_does.sql")
    return Migration(int(name["number"]), name["name"], file.read_text(encoding="utf-8"))


async def pending(
    connection: asyncpg.Connection, migrations: Sequence[Migration]
) -> list[Migration]:
    """What is still to be applied. Unknown ones, applied by a newer version, are left alone."""
    known = await connection.fetchval(_LEDGER["exists"])
    applied = dict(await connection.fetch(_LEDGER["applied"])) if known else {}
    for migration in migrations:
        if applied.get(migration.number, migration.checksum) != migration.checksum:
            raise MigrationError(f"{migration}: the file was changed after it was applied")
    return [migration for migration in migrations if migration.number not in applied]


async def plan(dsn: str, migrations: Sequence[Migration]) -> list[Migration]:
    """What `migrate` would do."""
    async with _connected(dsn) as connection:
        return await pending(connection, migrations)


async def half_built(dsn: str, migrations: Sequence[Migration]) -> list[Migration]:
    """Those that were applied, and whose index is not valid."""
    async with _connected(dsn) as connection:
        return await _half_built(connection, migrations)


async def _half_built(
    connection: asyncpg.Connection, migrations: Sequence[Migration]
) -> list[Migration]:
    pending_ones, invalid = await pending(connection, migrations), await _invalid(connection)
    applied = [migration for migration in migrations if migration not in pending_ones]
    return [migration for migration in applied if migration.index in invalid]


async def _invalid(connection: asyncpg.Connection) -> dict[str, str]:
    """Names, and how to drop them."""
    return dict(await connection.fetch(_LEDGER["invalid"]))


async def migrate(dsn: str, migrations: Sequence[Migration]) -> list[Migration]:
    """Apply what is pending or half built, one process at a time, and return it."""
    async with _connected(dsn) as connection:
        await _take_turn(connection)
        await connection.execute(_LEDGER["create"])
        todo = [
            *await _half_built(connection, migrations),
            *await pending(connection, migrations),
        ]
        for migration in todo:
            await _apply(connection, migration)
        return todo


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    async with connecting():
        connection = await asyncpg.connect(dsn, timeout=10)
    try:
        yield connection
    finally:
        await connection.close(timeout=5)


async def _take_turn(connection: asyncpg.Connection) -> None:
    try:
        async with asyncio.timeout(_TURN_LIMIT):
            while not await connection.fetchval(_LEDGER["lock"]):  # noqa: ASYNC110 - not ours to set
                await asyncio.sleep(_TURN_PAUSE)
    except TimeoutError:
        raise MigrationError("another process has been migrating this database too long") from None


async def _apply(connection: asyncpg.Connection, migration: Migration) -> None:
    try:
        if migration.in_transaction:
            await connection.execute(_LEDGER["limits"])
            async with connection.transaction():
                await _run(connection, migration)
        else:
            await connection.execute(_LEDGER["unhurried"])
            await _drop_half_built(connection, migration)
            await _run(connection, migration)
    except asyncpg.LockNotAvailableError as error:
        raise MigrationError(f"{migration}: a table is busy, run `klat migrate` again") from error
    except asyncpg.PostgresError as error:
        raise MigrationError(f"{migration}: {error.args[0]}") from error


async def _drop_half_built(connection: asyncpg.Connection, migration: Migration) -> None:
    drop = (await _invalid(connection)).get(migration.index or "")
    if drop is not None:
        await connection.execute(drop)


async def _run(connection: asyncpg.Connection, migration: Migration) -> None:
    await connection.execute(migration.sql)
    await connection.execute(
        _LEDGER["record"], migration.number, migration.name, migration.checksum
    )
