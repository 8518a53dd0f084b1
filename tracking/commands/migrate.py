"""`klat migrate`: the schema of this release."""

import asyncio
from typing import Annotated

import typer

from tracking.commands.stack import DataDir, reaching
from tracking.local.folder import settings_for
from tracking.store import migrate as schema


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
