"""`klat up`: everything on one machine. For trying Klāt out, not for production."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import typer

from tracking.errors import ConfigurationError, StartError
from tracking.local.child import Child
from tracking.local.endpoint import MOST_PORT, is_free
from tracking.local.folder import owned, remember, secret_key, vapid_key
from tracking.local.health import Disk
from tracking.local.postgres import PrivatePostgres
from tracking.local.rabbitmq import PrivateRabbitMQ
from tracking.local.supervisor import Service, supervised
from tracking.role import Role
from tracking.settings import PREFIX, Settings
from tracking.store.migrate import load_migrations, migrate

_START_LIMIT = 120.0  # seconds, for the servers and then for the roles
_DEMO_LIMIT = 60.0
_DEMO_PAUSE = 0.2
DEMO_STOP_LIMIT = 4.0  # the simulator has nothing to lose
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - only to ask whether the web role can listen there

# A demonstration's numbers are neighbours, and its text messages cost something to look at.
_OF_DEMO = {f"{PREFIX}SMS_ALIKE": "0", f"{PREFIX}SMS_PRICES": "*=0.045"}

Environment = dict[str, str]


@dataclass(frozen=True)
class Plan:
    """What to run, as data: `klat` is the command that is followed by `serve ROLE`."""

    settings: Settings
    demo: bool = False
    roles: Sequence[str] = tuple(Role)
    klat: Sequence[str] = (sys.executable, "-P", "-m", "tracking")

    def log(self, name: str) -> Path | None:
        """A demonstration leaves the terminal to what is worth trying."""
        return self.settings.data_dir / f"{name}.log" if self.demo else None


async def run_until_stopped(plan: Plan) -> None:
    """Run everything until SIGTERM or Ctrl-C, then put all of it away."""
    stopped = _cancel_on_signal()
    try:
        await _run(plan)
    except asyncio.CancelledError:
        if not stopped.is_set():
            raise
    except BaseExceptionGroup as group:
        raise _plain(_first(group)) from None
    except OSError as error:
        raise _plain(error) from None


def _cancel_on_signal() -> asyncio.Event:
    """The first signal cancels this task, so that all parts stop in order; more change nothing."""
    task, loop, stopped = asyncio.current_task(), asyncio.get_running_loop(), asyncio.Event()

    def on_signal() -> None:
        if task is not None and not stopped.is_set():
            stopped.set()
            task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    return stopped


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def _plain(error: BaseException) -> BaseException:
    """A full or unwritable disk is the operator's business, not a bug."""
    if isinstance(error, OSError):
        return StartError(f"{error.filename or 'the data folder'}: {error.strerror}")
    return error


async def _run(plan: Plan) -> None:
    settings = plan.settings
    if settings.http_port == settings.ops_port:
        raise ConfigurationError("--http-port and --ops-port: must differ")
    with owned(settings.data_dir):
        _require_port(settings.http_port, _EVERYWHERE, "--http-port")
        _require_port(settings.ops_port, "127.0.0.1", "--ops-port")
        for old in settings.data_dir.glob("*.log"):
            old.unlink()
        disk, ports = Disk(settings.data_dir), ops_ports(settings, plan.roles)
        async with _servers(settings, disk, ports) as environment:
            await migrate(environment[f"{PREFIX}DATABASE_URL"], load_migrations())
            async with supervised(_roles(plan, environment, ports), disk, start_limit=_START_LIMIT):
                typer.echo(f"ready http://127.0.0.1:{settings.http_port}")
                typer.echo(f"operator's ports: {_listed(ports)}")
                await (_simulate(plan, environment, disk) if plan.demo else _forever())


def ops_ports(settings: Settings, roles: Sequence[str]) -> dict[str, int]:
    """Where each role answers its operator: `web` where it was asked for, then the next free ones.

    The same at every start, unless somebody else has taken one meanwhile.
    """
    free = (
        port
        for port in range(settings.ops_port, MOST_PORT + 1)
        if port == settings.ops_port or (port != settings.http_port and is_free(port))
    )
    ports = dict(zip(sorted(roles, key=lambda role: role != Role.WEB), free, strict=False))
    if len(ports) < len(roles):
        raise ConfigurationError("--ops-port: too few free ports above it, one for each role")
    return ports


def _listed(ports: Mapping[str, int]) -> str:
    return ", ".join(f"{role} {port}" for role, port in ports.items())


def _require_port(port: int, host: str, option: str) -> None:
    if not is_free(port, host):
        raise ConfigurationError(f"port {port} is taken: choose another with {option}")


@asynccontextmanager
async def _servers(
    settings: Settings, disk: Disk, ports: Mapping[str, int]
) -> AsyncIterator[Environment]:
    """The private servers that are needed, and the variables by which all roles find them."""
    folder = settings.data_dir
    postgres = None if settings.database_url else PrivatePostgres(folder / "postgres")
    rabbitmq = None if settings.amqp_url else PrivateRabbitMQ(folder / "rabbitmq")
    database_url = postgres.url if postgres else settings.database()
    amqp_url = rabbitmq.url if rabbitmq else settings.broker()
    remember(
        folder,
        ports,
        database_url=database_url,
        amqp_url=amqp_url,
        http_port=settings.http_port,
        ops_port=settings.ops_port,
        public_url=settings.public_url,
        demo=settings.demo,
    )
    servers: list[Service] = [server for server in (postgres, rabbitmq) if server]
    async with supervised(servers, disk, start_limit=_START_LIMIT):
        yield _environment(settings, database_url, amqp_url)


def _environment(settings: Settings, database_url: str, amqp_url: str) -> Environment:
    given = [key.get_secret_value() for key in settings.secret_keys]
    vapid = settings.vapid_private_key
    return (
        (_OF_DEMO if settings.demo else {})
        | os.environ
        | {
            f"{PREFIX}DATABASE_URL": database_url,
            f"{PREFIX}AMQP_URL": amqp_url,
            f"{PREFIX}DATA_DIR": str(settings.data_dir),
            f"{PREFIX}HTTP_PORT": str(settings.http_port),
            f"{PREFIX}OPS_PORT": str(settings.ops_port),
            f"{PREFIX}PUBLIC_URL": settings.public_url,
            f"{PREFIX}SECRET_KEYS": ",".join(given) or secret_key(settings.data_dir),
            f"{PREFIX}DEMO": str(int(settings.demo)),
            f"{PREFIX}VAPID_PRIVATE_KEY": (
                vapid.get_secret_value() if vapid else vapid_key(settings.data_dir)
            ),
        }
    )


def _roles(plan: Plan, environment: Environment, ports: Mapping[str, int]) -> list[Child]:
    """One child a role."""
    return [
        Child(
            role,
            [*plan.klat, "serve", role, "--drain", "0"],  # there is no balancer
            environment | {f"{PREFIX}OPS_PORT": str(ports[role])},
            ops_port=ports[role],
            log=plan.log(role),
        )
        for role in plan.roles
    ]


async def _simulate(plan: Plan, environment: Environment, disk: Disk) -> None:
    """Keep the couriers' simulator running, and say what it found worth trying."""
    worth_trying = plan.settings.data_dir / "demo.txt"
    worth_trying.unlink(missing_ok=True)
    words = [*plan.klat, "simulate"]
    simulator = Child(
        "simulate", words, environment, log=plan.log("simulate"), stop_limit=DEMO_STOP_LIMIT
    )
    async with supervised([simulator], disk, start_limit=_START_LIMIT):
        with suppress(TimeoutError):
            async with asyncio.timeout(_DEMO_LIMIT):
                while not worth_trying.exists():  # noqa: ASYNC110 - another process makes it
                    await asyncio.sleep(_DEMO_PAUSE)
            typer.echo(worth_trying.read_text().rstrip())
        typer.echo(f"logs: {plan.settings.data_dir}/*.log")
        await _forever()


async def _forever() -> None:
    await asyncio.Event().wait()
