"""`klat env`: where the stack of a data folder is."""

import typer

from tracking.commands.stack import DataDir, refuse_ended
from tracking.local.folder import settings_for
from tracking.settings import PREFIX


def env(data_dir: DataDir = None) -> None:
    """Print the variables by which other programs join the stack, one a line."""
    settings = settings_for(data_dir)
    addresses = settings.database(), settings.broker()
    refuse_ended(settings, "database_url", "amqp_url")
    for name, address in zip(("DATABASE_URL", "AMQP_URL"), addresses, strict=True):
        typer.echo(f"{PREFIX}{name}={address}")
