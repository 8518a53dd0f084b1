"""`klat measures`: the counts behind the measures."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from schemas.retention import ages
from tracking.commands.stack import DataDir, on_database
from tracking.errors import KlatError
from tracking.local.folder import settings_for
from tracking.measuring import open_for, opens
from tracking.measuring import rebuild as count_anew

app = typer.Typer(help="How shops, carriers and support do.", no_args_is_help=True)

Since = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="The first day; else all that are not closed."),
]


class DaysClosed(KlatError):  # noqa: N818 - named for what was asked for
    """--since: what these days were counted from may be deleted by now."""


@app.callback()
def measures() -> None:
    """That `rebuild` is a word of its own."""


@app.command()
def rebuild(since: Since = None, data_dir: DataDir = None) -> None:
    """Count days anew from what is kept, half a year back at the most."""
    now, open_ = datetime.now(UTC), open_for(ages(settings_for(data_dir).retention))
    earliest = opens(now, open_)
    first = earliest if since is None else since.date()
    if first < earliest:
        raise DaysClosed(
            f"--since: {earliest} at the earliest; days are closed after {open_.days} days,"
            " since what they were counted from is deleted some day"
        )
    counted = on_database(data_dir, lambda pool: count_anew(pool, first, now, open_=open_))
    typer.echo(f"days of shops counted anew: {counted}", err=True)
