"""The data folder of `klat up`: who uses it, and what other commands need to join its stack."""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from tracking.errors import ConfigurationError, StartError
from tracking.local.endpoint import write_private
from tracking.settings import Settings, load_settings
from tracking.vapid import new_vapid_key

NEEDED_SPACE = 300 * 2**20  # bytes; RabbitMQ stops accepting messages at 50 MB free
_TRIES, _PAUSE = 3, 0.05  # seconds
_STACK = "stack.json"
_PORTS = "ops_ports"  # by role; no setting, each role has its own
_KEYS = "secret-keys"
_VAPID = "vapid-key"


@contextmanager
def owned(folder: Path, *, needed_space: int = NEEDED_SPACE) -> Iterator[None]:
    """Create the folder and keep every other `klat up` out of it."""
    try:
        # root's PostgreSQL runs as another user and must be able to pass through
        folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigurationError(f"{folder}: {error.strerror}") from error
    try:
        _take(lock, folder)
        _require_space(folder, needed_space)
        yield
    finally:
        os.close(lock)


def _take(lock: int, folder: Path) -> None:
    """Try for a moment: a command may just be asking whether anything runs here."""
    for _ in range(_TRIES):
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(_PAUSE)
    raise ConfigurationError(f"{folder} is in use by another `klat up`")


def is_in_use(folder: Path) -> bool:
    """Does a `klat up` run in this folder? What it left there may be of one that has ended."""
    try:
        lock = os.open(folder / "lock", os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _require_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StartError(
            f"{folder}: the disk is full ({free >> 20} MB free, {needed >> 20} MB are needed)"
        )


def remember(folder: Path, ops_ports: Mapping[str, int], **settings: str | int) -> None:
    """Leave the settings of the running stack for the other commands, its ports for who looks."""
    write_private(folder / _STACK, json.dumps({**settings, _PORTS: ops_ports}, indent=1))


def secret_key(folder: Path) -> str:
    """The encryption key of this folder, made at the first start and kept."""
    file = folder / _KEYS
    if not file.exists():
        write_private(file, Fernet.generate_key().decode())
    return file.read_text()


def vapid_key(folder: Path) -> str:
    """The key for push services of this folder, likewise."""
    file = folder / _VAPID
    if not file.exists():
        write_private(file, new_vapid_key())
    return file.read_text()


def settings_for(data_dir: Path | None = None) -> Settings:
    """The settings of a command: the environment, then what the stack of the data folder left."""
    given = load_settings(**({"data_dir": data_dir} if data_dir else {}))
    left = {
        name: value
        for name, value in _left(given.data_dir).items()
        if name not in given.model_fields_set
    }
    return load_settings(data_dir=given.data_dir, **left)


def _left(folder: Path) -> dict[str, Any]:
    """Any file may be missing: with keys of one's own, `klat up` makes none."""
    stack = _text(folder / _STACK)
    left: dict[str, Any] = json.loads(stack) if stack is not None else {}
    left.pop(_PORTS, None)
    keys = {"secret_keys": _text(folder / _KEYS), "vapid_private_key": _text(folder / _VAPID)}
    return left | {name: key for name, key in keys.items() if key is not None}


def _text(file: Path) -> str | None:
    try:
        return file.read_text()
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise ConfigurationError(f"{error.filename}: {error.strerror}") from error
