"""`klat serve`: one role, as a container or a unit of systemd runs it."""

from typing import Annotated

import structlog
import typer

from tracking.commands.stack import DataDir, reaching
from tracking.errors import KlatError
from tracking.local.folder import settings_for
from tracking.logs import configure_logging
from tracking.role import Role
from tracking.roles.run import run

log = structlog.get_logger(__name__)

OpsHost = Annotated[
    str, typer.Option(help="Address of the operator's port; it must not be reached from outside.")
]
Drain = Annotated[
    float,
    typer.Option(min=0, max=60, help="Seconds that web serves on when told to stop, not ready."),
]


def serve(
    role: Role,
    *,
    ops_host: OpsHost = "127.0.0.1",
    drain: Drain = 5.0,
    data_dir: DataDir = None,
) -> None:
    """Run one role in the foreground."""
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
