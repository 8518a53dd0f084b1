"""`klat quarantine`: what could not be applied, why, and once more when it can."""

from typing import Annotated
from uuid import UUID

import typer

from schemas.status import Handover, Reason, Status
from tracking.carriers.base import Meaning
from tracking.commands.stack import DataDir, Stack, on_stack, show_time
from tracking.errors import KlatError
from tracking.retry import Retried, retry_quarantine
from tracking.store.pool import connection
from tracking.store.quarantine import (
    QuarantineEntry,
    find_quarantined,
    list_quarantine,
    map_code,
    resolve_quarantined,
)

app = typer.Typer(
    help="What could not be applied: unreadable input and codes nobody mapped.",
    no_args_is_help=True,
)


class NoSuchEntry(KlatError):  # noqa: N818 - named for what was found
    """Nothing in quarantine has this id; `klat quarantine list` shows what has."""


class UnclearMapping(KlatError):  # noqa: N818 - named for what was asked
    """Say what the code means by exactly one of --status, --informational, --retracts-delivery."""


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


@app.command("map")
def map_(
    carrier: str,
    code: Annotated[str, typer.Argument(help="The carrier's code, as `list` shows it.")],
    *,
    status: Annotated[Status | None, typer.Option(help="What it makes of the parcel.")] = None,
    reason: Annotated[Reason | None, typer.Option()] = None,
    handover: Annotated[Handover | None, typer.Option()] = None,
    informational: Annotated[bool, typer.Option("--informational")] = False,
    retracts_delivery: Annotated[bool, typer.Option("--retracts-delivery")] = False,
    data_dir: DataDir = None,
) -> None:
    """Say what a code means, from now on; `retry` applies it to what came before."""
    if [status is not None, informational, retracts_delivery].count(True) != 1:
        raise UnclearMapping
    meaning = Meaning(status, reason, handover, retracts_delivery)

    async def work(stack: Stack) -> None:
        async with connection(stack.pool) as conn:
            await map_code(conn, carrier, code, meaning, stack.now)

    on_stack(data_dir, work)
    typer.echo("mapped; running consumers use it within seconds, `klat quarantine retry` now")


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
