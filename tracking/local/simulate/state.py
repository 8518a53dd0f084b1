"""What the demo made and goes on with when it starts again: a file that only its owner may read."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import Field, ValidationError

from schemas.base import Frozen, Instant
from tracking.local.endpoint import write_private

FRESH = timedelta(days=2)  # then deadlines have passed and the parcels are made anew


class Moving(Frozen):
    """The parcel that is under way, from which its whole journey follows."""

    started: Instant
    turn: int
    url: str


class DemoState(Frozen):
    """Keys by carrier code or role, links by the name of their parcel."""

    made_at: Instant
    keys: dict[str, str] = Field(default_factory=dict)
    links: dict[str, str] = Field(default_factory=dict)
    moving: Moving | None = None

    def is_fresh(self, now: datetime) -> bool:
        return now - self.made_at < FRESH


@contextmanager
def claimed(folder: Path) -> Iterator[bool]:
    """Whether the demo of this folder is ours to keep: only one process may."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / "demo.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield _taken(lock)
    finally:
        os.close(lock)


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def load(folder: Path, now: datetime) -> DemoState:
    """What was made before; a new beginning where nothing was or where it cannot be read."""
    try:
        return DemoState.model_validate_json((folder / _FILE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return DemoState(made_at=now.replace(microsecond=0))


def save(folder: Path, state: DemoState) -> None:
    write_private(folder / _FILE, state.model_dump_json(indent=1))


_FILE = "demo.json"
