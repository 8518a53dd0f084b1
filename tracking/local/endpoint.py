"""Where a private server listens and its password: chosen once, kept in its folder."""

import json
import os
import secrets
import socket
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from random import SystemRandom

# Below the range of outgoing connections: a client that retries a port of that range while the
# server is down can end up connected to itself, and then holds the port.
_PORTS = range(20000, 32000)
_TRIES = 200
MOST_PORT = 65535


@dataclass(frozen=True)
class Endpoint:
    password: str
    ports: dict[str, int]


def settle(file: Path, names: Collection[str]) -> Endpoint:
    """The endpoint remembered in this file; a new port in the place of one that is taken."""
    known = _read(file)
    ports = {name: _usable(known.ports.get(name)) for name in names}
    endpoint = Endpoint(known.password, ports)
    if endpoint != known:
        write_private(file, json.dumps(asdict(endpoint)))
    return endpoint


def _read(file: Path) -> Endpoint:
    if not file.exists():
        return Endpoint(secrets.token_urlsafe(24), {})
    return Endpoint(**json.loads(file.read_text()))


def _usable(port: int | None) -> int:
    return port if port and is_free(port) else free_port()


def free_port() -> int:
    """A port of the loopback interface on which nobody listens."""
    random = SystemRandom()
    return next(port for _ in range(_TRIES) if is_free(port := random.choice(_PORTS)))


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def write_private(file: Path, text: str) -> None:
    """Replace a file in one step; only its owner may read it."""
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    new.replace(file)
