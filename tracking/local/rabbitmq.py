"""A private RabbitMQ node in a folder; the system's own node is never touched."""

import asyncio
import os
import shutil
import signal
from asyncio.subprocess import Process
from collections.abc import Sequence
from pathlib import Path

from consumers.probe import fault_of
from tracking.errors import ConfigurationError, StartError
from tracking.local.endpoint import settle, write_private
from tracking.local.process import report, spawn, stop

_START_LIMIT = 120.0  # seconds
STOP_LIMIT = 6.0  # the node's and its port mapper's together
_EPMD_STOP_LIMIT = 1.0
_PAUSE = 0.1
_GREETING = b"AMQP\x00\x00\x09\x01"
_METHOD_FRAME = b"\x01"  # what a ready node answers to the greeting
_PLUGINS = "[rabbitmq_consistent_hash_exchange].\n"
_FAULTS = ("[error]", "BOOT FAILED", "Error", "error:")
# Debian's command on the PATH changes to a user of its own; the script in these folders does not.
_SCRIPTS = (Path("/usr/lib/rabbitmq/bin"), Path("/usr/local/lib/rabbitmq/bin"))
_USER = _VHOST = "klat"


class PrivateRabbitMQ:
    """One node and its epmd; `start`, `wait`, `stop` may follow each other any number of times."""

    name = "rabbitmq"

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self.log = self.home / "rabbitmq.log"
        self._server = find_server()
        self._node: Process | None = None
        self._epmd: Process | None = None
        self._epmd_keeper: asyncio.Task[None] | None = None
        self.home.mkdir(parents=True, exist_ok=True)
        self.endpoint = settle(self.home / "endpoint.json", ["amqp", "distribution", "epmd"])

    @property
    def url(self) -> str:
        return self.url_of(_VHOST)

    def url_of(self, vhost: str) -> str:
        port = self.endpoint.ports["amqp"]
        return f"amqp://{_USER}:{self.endpoint.password}@127.0.0.1:{port}/{vhost}"

    async def start(self) -> None:
        """Return when it speaks AMQP."""
        self._write_configuration()
        self.log.unlink(missing_ok=True)
        await self._start_epmd()
        self._node = await spawn(
            [self._server, "-noinput"], env=self.environment(), log=self.log, folder=self.home
        )
        try:
            async with asyncio.timeout(_START_LIMIT):
                await self._until_ready(self._node)
        except TimeoutError:
            raise StartError(self._report("RabbitMQ does not answer")) from None

    async def wait(self) -> int:
        """Return when the node has ended, with its exit code."""
        assert self._node is not None
        return await self._node.wait()

    async def look(self) -> str | None:
        """A node whose disk was full may run on without serving anybody."""
        return await fault_of(self.url)

    async def stop(self) -> None:
        await stop(self._node, grace=STOP_LIMIT - _EPMD_STOP_LIMIT, how=signal.SIGTERM)
        if self._epmd_keeper is not None:
            self._epmd_keeper.cancel()
            await asyncio.wait({self._epmd_keeper})  # not awaited: we may be cancelled ourselves
            self._epmd_keeper = None
        await stop(self._epmd, grace=_EPMD_STOP_LIMIT, how=signal.SIGTERM)

    def kill(self) -> None:
        """As a crash would."""
        assert self._node is not None
        self._node.kill()

    def environment(self) -> dict[str, str]:
        """What the node and its tools (rabbitmqctl) need; nothing of the system's node."""
        ports = self.endpoint.ports
        return {
            "PATH": os.pathsep.join([os.environ.get("PATH", ""), os.defpath]),
            "LANG": "C.UTF-8",
            "HOME": str(self.home),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(ports["epmd"]),
            "ERL_ZFLAGS": "-start_epmd false",  # one of its own would outlive the node
            "RABBITMQ_ALLOW_INPUT": "1",  # the script then becomes the node, so signals reach it
            "RABBITMQ_NODENAME": "klat@localhost",
            "RABBITMQ_DIST_PORT": str(ports["distribution"]),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_MNESIA_BASE": str(self.home / "db"),
            "RABBITMQ_LOG_BASE": str(self.home / "log"),
            "RABBITMQ_SCHEMA_DIR": str(self.home / "schema"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(self.home / "generated"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.home / "enabled_plugins"),
            "RABBITMQ_CONFIG_FILE": str(self.home / "rabbitmq.conf"),
            "RABBITMQ_CONFIG_FILES": str(self.home / "conf.d" / "*.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.home / "advanced.config"),
            "RABBITMQ_CONF_ENV_FILE": str(self.home / "rabbitmq-env.conf"),
        }

    def _write_configuration(self) -> None:
        write_private(self.home / "enabled_plugins", _PLUGINS)
        write_private(self.home / ".erlang.cookie", self.endpoint.password)
        write_private(self.home / "rabbitmq.conf", "\n".join(self._configuration()) + "\n")

    def _configuration(self) -> Sequence[str]:
        return (
            f"listeners.tcp.default = 127.0.0.1:{self.endpoint.ports['amqp']}",
            f"default_user = {_USER}",
            f"default_pass = {self.endpoint.password}",
            f"default_vhost = {_VHOST}",
            "log.file = false",
            "log.console = true",
            "log.console.level = warning",
        )

    async def _start_epmd(self) -> None:
        """Erlang's port mapper, ours alone, started again should it end before the node."""
        if self._epmd_keeper is None:
            self._epmd = await self._spawn_epmd()
            self._epmd_keeper = asyncio.create_task(self._keep_epmd(), name="keep-epmd")

    async def _keep_epmd(self) -> None:
        while self._epmd is not None:
            await self._epmd.wait()
            await asyncio.sleep(_PAUSE)
            self._epmd = await self._spawn_epmd()

    async def _spawn_epmd(self) -> Process:
        return await spawn([find_epmd()], env=self.environment(), log=self.home / "epmd.log")

    async def _until_ready(self, node: Process) -> None:
        while not await self._answers():
            if node.returncode is not None:
                raise StartError(self._report("RabbitMQ did not start"))
            await asyncio.sleep(_PAUSE)

    async def _answers(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.endpoint.ports["amqp"])
        except OSError:
            return False
        try:
            writer.write(_GREETING)
            return await reader.read(1) == _METHOD_FRAME
        except OSError:
            return False
        finally:
            writer.close()

    def _report(self, what: str) -> str:
        return report(what, self.log, _FAULTS)


def find_server() -> Path:
    """The script that starts a node as whoever calls it."""
    on_path = shutil.which("rabbitmq-server")
    for script in (*(folder / "rabbitmq-server" for folder in _SCRIPTS), on_path):
        if script is not None and Path(script).exists():
            return Path(script)
    raise ConfigurationError(
        "rabbitmq-server was not found: install it (apt-get install rabbitmq-server)"
        " or set KLAT_AMQP_URL"
    )


def find_epmd() -> str:
    return shutil.which("epmd") or "/usr/bin/epmd"
