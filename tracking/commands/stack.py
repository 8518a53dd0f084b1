"""What a command works with: the stack of a data folder, opened for the length of the command."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import asyncpg
import structlog
import typer

from tracking.local.folder import settings_for
from tracking.logs import redact
from tracking.sealing import Sealer
from tracking.settings import Settings
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
    pool = await open_pool(settings.database(), size=2)
    try:
        return await work(pool)
    finally:
        await pool.close()


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
