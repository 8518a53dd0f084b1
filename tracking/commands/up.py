"""`klat up`: the whole of it, for trying out."""

import asyncio
from typing import Annotated

import typer

from tracking.commands.stack import DataDir
from tracking.local.up import Plan, run_until_stopped
from tracking.logs import configure_logging
from tracking.settings import load_settings

Port = Annotated[int | None, typer.Option(min=1, max=65535)]


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
