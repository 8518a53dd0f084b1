"""What a command works with: the stack of a data folder, opened for the length of the command."""

import asyncio
import logging
import shlex
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import asyncpg
import structlog
import typer

from tracking.errors import ConfigurationError, StoreUnavailable
from tracking.local.folder import is_in_use, settings_for
from tracking.logs import redact
from tracking.sealing import Sealer
from tracking.settings import Settings, load_settings
from tracking.store.pool import open_pool

T = TypeVar("T")

DataDir = Annotated[
    Path | None, typer.Option(help="Folder of the stack started by `klat up`; default .klat.")
]


@dataclass(frozen=True, slots=True)
class Stack:
    pool: asyncpg.Pool
    sealer: Sealer
    settings: Settings
    now: datetime


def on_stack(data_dir: Path | None, work: Callable[[Stack], Awaitable[T]]) -> T:
    """Run the work with a pool and the keys of this stack. Raises ConfigurationError."""
    settings = settings_for(data_dir)
    settings.database()  # first: a folder without a stack has no keys either
    sealer = Sealer(settings.keys())
    return asyncio.run(
        _with_pool(settings, lambda pool: work(Stack(pool, sealer, settings, datetime.now(UTC))))
    )


def on_database(data_dir: Path | None, work: Callable[[asyncpg.Pool], Awaitable[T]]) -> T:
    """Run what needs no secret key. Raises ConfigurationError."""
    return asyncio.run(_with_pool(settings_for(data_dir), work))


async def _with_pool(settings: Settings, work: Callable[[asyncpg.Pool], Awaitable[T]]) -> T:
    _log_aside()
    dsn = settings.database()
    with reaching(settings):
        pool = await open_pool(dsn, size=2)
        try:
            return await work(pool)
        finally:
            await pool.close()


@contextmanager
def reaching(settings: Settings) -> Iterator[None]:
    """Where the database cannot be reached since the stack has ended, say that instead.

    Also of a wrong password: another stack may have the port by now.
    """
    try:
        yield
    except (StoreUnavailable, ConfigurationError):
        refuse_ended(settings, "database_url")
        raise


def refuse_ended(settings: Settings, *needed: str) -> None:
    """Raise ConfigurationError where these addresses are what an ended stack has left."""
    folder = settings.data_dir
    if not set(needed) <= load_settings().model_fields_set and not is_in_use(folder):
        start = f"klat up --data-dir {shlex.quote(str(folder))}"
        raise ConfigurationError(f"nothing runs in {folder}: start it with `{start}`")


def _log_aside() -> None:
    """What a command prints is its answer: what its parts have to say goes to standard error."""
    if not structlog.is_configured():
        structlog.configure(
            processors=[redact, structlog.processors.LogfmtRenderer(key_order=["event"])],
            wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        )


def show_time(at: datetime) -> str:
    """UTC to the second, as the logs say it."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
