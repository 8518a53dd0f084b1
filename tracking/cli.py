"""The commands of `klat`. Each finds the stack by its data folder or by the environment."""

import asyncio
from typing import Annotated

import structlog
import typer

from tracking.commands import (
    claims,
    compensations,
    keys,
    mail,
    measures,
    merchants,
    parked,
    person,
    policy,
    quarantine,
    suppressions,
    users,
    webhooks,
)
from tracking.commands.audit import audit
from tracking.commands.explain import explain
from tracking.commands.preview import preview
from tracking.commands.show import show
from tracking.commands.simulate import simulate
from tracking.commands.stack import DataDir, reaching, refuse_ended
from tracking.errors import KlatError
from tracking.local.folder import settings_for
from tracking.local.up import Plan, run_until_stopped
from tracking.logs import configure_logging
from tracking.role import Role
from tracking.settings import PREFIX, load_settings
from tracking.store import migrate as schema

log = structlog.get_logger(__name__)

app = typer.Typer(
    name="klat",
    help="Last-mile parcel tracking: a courier's event in, a live tracking page out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(keys.app, name="keys")
app.add_typer(merchants.app, name="merchants")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(parked.app, name="parked")
app.add_typer(suppressions.app, name="suppressions")
app.add_typer(person.app, name="person")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(mail.app, name="mail")
app.add_typer(policy.app, name="policy")
app.add_typer(compensations.app, name="compensations")
app.add_typer(claims.app, name="claims")
app.add_typer(users.app, name="users")
app.add_typer(measures.app, name="measures")
app.command()(show)
app.command()(explain)
app.command()(claims.scorecard)
app.command()(audit)
app.command()(preview)
app.command()(simulate)

Port = Annotated[int | None, typer.Option(min=1, max=65535)]
OpsHost = Annotated[
    str, typer.Option(help="Address of the operator's port; it must not be reached from outside.")
]
Drain = Annotated[
    float,
    typer.Option(min=0, max=60, help="Seconds that web serves on when told to stop, not ready."),
]


@app.command()
def up(
    *,
    http_port: Port = None,
    ops_port: Port = None,
    data_dir: DataDir = None,
    demo: Annotated[bool, typer.Option("--demo", help="Add simulated couriers.")] = False,
) -> None:
    """Run everything on this machine: PostgreSQL, RabbitMQ and all roles."""
    given = {
        "http_port": http_port,
        "ops_port": ops_port,
        "data_dir": data_dir,
        "demo": demo or None,
    }
    settings = load_settings(**{name: value for name, value in given.items() if value is not None})
    settings = settings.with_data_dir(settings.data_dir.resolve())
    configure_logging(settings.log_format, role="up")
    asyncio.run(run_until_stopped(Plan(settings, demo=demo)))


@app.command()
def serve(
    role: Role,
    *,
    ops_host: OpsHost = "127.0.0.1",
    drain: Drain = 5.0,
    data_dir: DataDir = None,
) -> None:
    """Run one role in the foreground."""
    from tracking.roles.run import run  # noqa: PLC0415 - other commands do not wait for its drivers

    settings = settings_for(data_dir)
    configure_logging(settings.log_format, role=role)
    try:
        settings.database()  # that it was never set is another matter than that it is away
        with reaching(settings):
            run(role, settings, ops_host=ops_host, drain=drain)
    except KlatError:
        raise
    except Exception:
        log.exception("role.crashed")  # not on stderr: the log hides what a driver quotes
        raise typer.Exit(code=1) from None


@app.command()
def migrate(
    *,
    data_dir: DataDir = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit 1 if one is pending or broken.")
    ] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Only list what is pending.")] = False,
) -> None:
    """Bring the schema up to date."""
    settings, known = settings_for(data_dir), schema.load_migrations()
    dsn, only_look = settings.database(), check or plan
    with reaching(settings):
        found = asyncio.run((schema.plan if only_look else schema.migrate)(dsn, known))
        broken = asyncio.run(schema.half_built(dsn, known)) if only_look else []
    _list("pending" if only_look else "applied", found)
    for migration in broken:
        typer.echo(f"invalid index {migration.index} of {migration}: run `klat migrate` again")
    raise typer.Exit(code=1 if check and found else 0)  # slow is no reason not to start


def _list(word: str, migrations: list[schema.Migration]) -> None:
    for migration in migrations:
        typer.echo(f"{word} {migration}")


@app.command()
def env(data_dir: DataDir = None) -> None:
    """Print the variables by which other programs join the stack, one a line."""
    settings = settings_for(data_dir)
    addresses = settings.database(), settings.broker()
    refuse_ended(settings, "database_url", "amqp_url")
    for name, address in zip(("DATABASE_URL", "AMQP_URL"), addresses, strict=True):
        typer.echo(f"{PREFIX}{name}={address}")
