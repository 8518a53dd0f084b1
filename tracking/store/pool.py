"""Connections to PostgreSQL: limits on every wait, driver errors in our own words."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import asyncpg
import structlog
from prometheus_client import Histogram

from tracking.errors import ConfigurationError, StatementTooSlow, StoreBusy, StoreUnavailable

T = TypeVar("T")
log = structlog.get_logger()

_CONNECT_TIMEOUT = 10.0  # seconds
ACQUIRE_TIMEOUT = 5.0  # seconds to wait for a free connection
_SAID_EVERY = 30.0  # seconds
COMMAND_TIMEOUT = 35.0  # seconds; longer than the server's limit, which says more
# Of the process, whichever pool it waits for; registered where the process is composed.
POOL_WAIT = Histogram(
    "klat_pool_wait_seconds",
    "Time until a connection to the database was free",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    registry=None,
)
_SERVER_SETTINGS = {
    "application_name": "klat",
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
}

# Another one was in the way. Nothing was committed: running the whole transaction again is safe.
_BUSY = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
)
# The other one made the row that this one wanted to make: at the next try it is there.
RETRYABLE = (StoreBusy, asyncpg.UniqueViolationError, *_BUSY)
# At the start these are a wrong setting. Later somebody is changing something, which passes.
_REFUSED = {
    asyncpg.InvalidPasswordError: "wrong user or password",
    asyncpg.InvalidAuthorizationSpecificationError: (
        "this user may not log in from here (pg_hba.conf), or there is none of this name"
    ),
    asyncpg.InvalidCatalogNameError: "there is no such database",
    asyncpg.InsufficientPrivilegeError: "this user may not connect to this database",
    asyncpg.exceptions.ClientConfigurationError: "an option in it cannot be used",
}
_AWAY = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.TargetServerAttributeNotMatched,
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DiskFullError,
    asyncpg.OutOfMemoryError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # it has no types
    """Nothing of ours leaves a trace in a session: no settings, listening, cursors or locks.

    So a round trip to wipe them, each time a connection goes back to the pool, is saved. An open
    transaction is ended nevertheless.
    """

    def get_reset_query(self) -> str:
        return ""


async def open_pool(dsn: str, *, size: int = 10) -> asyncpg.Pool:
    """A pool of connections. Raises StoreUnavailable, ConfigurationError."""
    with_errors = asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        command_timeout=COMMAND_TIMEOUT,
        server_settings=_SERVER_SETTINGS,
        connection_class=_Connection,
        max_inactive_connection_lifetime=300,
        timeout=_CONNECT_TIMEOUT,
    )
    async with connecting():
        return await with_errors


@asynccontextmanager
async def connecting() -> AsyncIterator[None]:
    """Connect for the first time: what PostgreSQL refuses now, it refuses at the next try too."""
    async with store_errors():
        try:
            yield
        except tuple(_REFUSED) as error:
            why = next(words for kind, words in _REFUSED.items() if isinstance(error, kind))
            raise ConfigurationError(f"KLAT_DATABASE_URL: {why}") from None


@asynccontextmanager
async def store_errors() -> AsyncIterator[None]:
    """Turn the driver's "not there" errors into StoreUnavailable, "in the way" into StoreBusy,
    which is one of those, a time limit into its own.
    """
    try:
        yield
    except asyncpg.QueryCanceledError as error:
        raise StatementTooSlow from error
    except _BUSY as error:
        raise StoreBusy(f"database busy: {type(error).__name__}") from error
    except _AWAY as error:
        raise StoreUnavailable(f"database unavailable: {type(error).__name__}") from error


@asynccontextmanager
async def connection(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    async with store_errors():
        with POOL_WAIT.time():
            conn = await pool.acquire(timeout=ACQUIRE_TIMEOUT)
        try:
            yield conn
        finally:
            await pool.release(conn)


@asynccontextmanager
async def transaction(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    async with connection(pool) as conn, conn.transaction():
        yield conn


async def retried(work: Callable[[], Awaitable[T]], *, tries: int = 5) -> T:
    """Run a whole transaction, again when another one was in its way.

    Raises StoreBusy when it still is at the last try.
    """
    for attempt in range(1, tries):
        try:
            return await work()
        except RETRYABLE:
            await asyncio.sleep(0.01 * 2**attempt)
    async with store_errors():
        return await work()


class _InOurWords(logging.Filter):
    """While the database is away the driver says so with a traceback at each of its tries."""

    def __init__(self) -> None:
        super().__init__()
        self._said = -_SAID_EVERY

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info is None:
            return True
        if time.monotonic() - self._said >= _SAID_EVERY:
            self._said = time.monotonic()
            log.warning("database.unreachable", error=type(record.exc_info[1]).__name__)
        return False


logging.getLogger("asyncpg.pool").addFilter(_InOurWords())
