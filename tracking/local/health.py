"""Does what runs still serve? Looked at now and then, given up slowly: a machine may be busy."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage
from typing import Protocol

import structlog

from tracking.local.process import TIGHT

log = structlog.get_logger(__name__)

LOOK_EVERY = 10.0  # seconds
LOOK_LIMIT = 10.0
PATIENCE = 60.0  # seconds without one good look, and at least so many looks: a machine that slept,
FEWEST = 4  # or had no time to look, gave the service no chance either


class Visible(Protocol):
    async def look(self) -> str | None:
        """Return what keeps it from serving, in a few words, or None while it serves."""


@dataclass
class Looks:
    """What looking at a service has shown. Instants are seconds of a monotonic clock.

    `grace`: seconds of patience more than for one that has served.
    """

    grace: float = 0.0
    failed: int = 0
    since: float = 0.0

    def note(self, *, serves: bool, now: float) -> bool:
        """True when it has failed for too long."""
        if serves:
            self.failed = 0
            return False
        if not self.failed:
            self.since = now
        self.failed += 1
        return self.failed >= FEWEST and now - self.since >= PATIENCE + self.grace


class Disk:
    """The disk of a folder; says once that it is full, and once that it no longer is."""

    def __init__(self, folder: Path, *, tight: int = TIGHT) -> None:
        self._folder, self._tight = folder, tight
        self._said = False

    def is_full(self) -> bool:
        free = disk_usage(self._folder).free
        full = free < self._tight
        if full and not self._said:
            log.warning("disk.full", free_bytes=free)
        elif self._said and not full:
            log.info("disk.has_room", free_bytes=free)
        self._said = full
        return full


async def until_given_up(service: Visible, disk: Disk, *, grace: float = 0.0) -> str:
    """Return what is wrong with it once it has not served for too long.

    Never while the disk is full: another start would help nothing, and might break more.
    """
    looks = Looks(grace)
    while True:
        await asyncio.sleep(LOOK_EVERY)
        fault = await _fault(service)
        if looks.note(serves=disk.is_full() or fault is None, now=time.monotonic()):
            return str(fault)


async def _fault(service: Visible) -> str | None:
    try:
        async with asyncio.timeout(LOOK_LIMIT):
            return await service.look()
    except TimeoutError:
        return f"no answer within {LOOK_LIMIT:.0f} s"
    except Exception as error:  # noqa: BLE001 - whatever a look meets is what it found
        return type(error).__name__
