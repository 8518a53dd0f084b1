"""`klat quarantine`: what could not be applied, why, and once more when it can."""

from typing import Annotated
from uuid import UUID

import typer

from tracking.commands import quarantine_map
from tracking.commands.stack import DataDir, Stack, on_stack, show_time
from tracking.errors import KlatError
from tracking.retry import Retried, retry_quarantine
from tracking.store.pool import connection
from tracking.store.quarantine import (
    QuarantineEntry,
    find_quarantined,
    list_quarantine,
    resolve_quarantined,
)

app = typer.Typer(
    help="What could not be applied: unreadable input and codes nobody mapped.",
    no_args_is_help=True,
)


class NoSuchEntry(KlatError):  # noqa: N818 - named for what was found
    """Nothing in quarantine has this id; `klat quarantine list` shows what has."""


@app.command("list")
def list_(limit: Annotated[int, typer.Option(min=1)] = 50, data_dir: DataDir = None) -> None:
    """What waits, the latest first."""

    async def work(stack: Stack) -> list[QuarantineEntry]:
        async with connection(stack.pool) as conn:
            return await list_quarantine(conn, limit)

    entries = on_stack(data_dir, work)
    if not entries:
        typer.echo("quarantine is empty")
    for entry in entries:
        typer.echo(
            f"{entry.quarantine_id}  {show_time(entry.last_at)}  {entry.count:>5}x  "
            f"{entry.source:<18}  {entry.why:<15}  {entry.detail}"
        )


@app.command()
def show(quarantine_id: UUID, data_dir: DataDir = None) -> None:
    """One entry with its raw bytes, which may hold personal data."""

    async def work(stack: Stack) -> QuarantineEntry | None:
        async with connection(stack.pool) as conn:
            return await find_quarantined(conn, quarantine_id, stack.sealer)

    entry = on_stack(data_dir, work)
    if entry is None:
        raise NoSuchEntry
    typer.echo(f"source   {entry.source}{' (native)' if entry.native else ''}")
    typer.echo(f"reason   {entry.why}: {entry.detail}")
    typer.echo(
        f"seen     {entry.count}x, {show_time(entry.first_at)} to {show_time(entry.last_at)}"
    )
    typer.echo(f"size     {entry.size} bytes")
    if entry.key_gone:
        typer.echo("body     cannot be opened: its key is gone")
    if entry.body is not None:
        typer.echo("")
        typer.echo(entry.body.decode("utf-8", "backslashreplace"))


app.command("map")(quarantine_map.map_)
app.command()(quarantine_map.unmap)
app.command()(quarantine_map.maps)


@app.command()
def retry(data_dir: DataDir = None) -> None:
    """Try everything once more; safe to repeat."""

    async def work(stack: Stack) -> Retried:
        return await retry_quarantine(stack.pool, stack.sealer, now=stack.now)

    done = on_stack(data_dir, work)
    typer.echo(f"{done.resolved} resolved, {done.waiting} still waiting")
    typer.echo(f"{done.shipments} shipments changed")
    if done.unopened:
        typer.echo(f"{done.unopened} cannot be opened: their key is gone from KLAT_SECRET_KEYS")


@app.command()
def dismiss(quarantine_id: UUID, data_dir: DataDir = None) -> None:
    """Close an entry that will never be applied. Should the same come again, it opens again."""

    async def work(stack: Stack) -> bool:
        async with connection(stack.pool) as conn:
            found = await find_quarantined(conn, quarantine_id, stack.sealer)
            return found is not None and await resolve_quarantined(conn, found, stack.now)

    if not on_stack(data_dir, work):
        raise NoSuchEntry
    typer.echo("dismissed")
