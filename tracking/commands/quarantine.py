"""`klat quarantine`: what could not be applied, why, and once more when it can."""

from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from schemas.scan import TrackingNumber
from tracking.commands import quarantine_map
from tracking.commands.stack import DataDir, Stack, on_stack, show_time
from tracking.errors import KlatError
from tracking.prefix import the_only, uuid_range
from tracking.retry import Retried, retry_entry, retry_quarantine
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


class NotForThis(KlatError):  # noqa: N818 - named for what was asked
    """An entry that cannot be tried so."""


EntryId = Annotated[str, typer.Argument(help="An entry's id, or how it begins.")]


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
def show(quarantine_id: EntryId, data_dir: DataDir = None) -> None:
    """One entry with its raw bytes, which may hold personal data."""
    entry = on_stack(data_dir, lambda stack: _found(stack, quarantine_id))
    typer.echo(f"id       {entry.quarantine_id}")
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


async def _found(stack: Stack, begins: str) -> QuarantineEntry:
    """The one entry whose id begins so. Raises NotAnId, NoSuchEntry, Ambiguous."""
    async with connection(stack.pool) as conn:
        found = await find_quarantined(conn, uuid_range(begins), stack.sealer)
    return the_only(found, NoSuchEntry())


app.command("map")(quarantine_map.map_)
app.command()(quarantine_map.unmap)
app.command()(quarantine_map.maps)


@app.command()
def retry(
    quarantine_id: Annotated[
        str | None, typer.Argument(help="Only this entry: its id, or how it begins.")
    ] = None,
    *,
    tracking_number: Annotated[
        str | None, typer.Option(help="Whose payload the entry is, where it does not say.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Try everything once more, or one entry; safe to repeat."""
    number = _number(quarantine_id, tracking_number)

    async def work(stack: Stack) -> Retried:
        if quarantine_id is None:
            return await retry_quarantine(stack.pool, stack.sealer, now=stack.now)
        entry = await _found(stack, quarantine_id)
        _check_takes_number(entry, number)
        return await retry_entry(
            stack.pool, stack.sealer, entry, tracking_number=number, now=stack.now
        )

    done = on_stack(data_dir, work)
    typer.echo(f"{done.resolved} resolved, {done.waiting} still waiting")
    typer.echo(f"{done.shipments} shipments changed")
    if done.unopened:
        typer.echo(f"{done.unopened} cannot be opened: their key is gone from KLAT_SECRET_KEYS")
    if quarantine_id is not None and done.finding:
        typer.echo(f"it cannot be applied: {done.finding}")


def _number(quarantine_id: str | None, told: str | None) -> str | None:
    if told is None:
        return None
    if quarantine_id is None:
        raise NotForThis("--tracking-number: says whose payload one entry is; name the entry")
    try:
        return TypeAdapter[str](TrackingNumber).validate_python(told)
    except ValidationError:
        raise NotForThis("--tracking-number: not a tracking number") from None


def _check_takes_number(entry: QuarantineEntry, number: str | None) -> None:
    if number is not None and not (entry.native and entry.why == "malformed"):
        raise NotForThis("--tracking-number: only for a payload in a carrier's own format")


@app.command()
def dismiss(quarantine_id: EntryId, data_dir: DataDir = None) -> None:
    """Close an entry that will never be applied. Should the same come again, it opens again."""

    async def work(stack: Stack) -> bool:
        entry = await _found(stack, quarantine_id)
        async with connection(stack.pool) as conn:
            return await resolve_quarantined(conn, entry, stack.now)

    if not on_stack(data_dir, work):
        raise NoSuchEntry("More of it came just now; look at it once more")
    typer.echo("dismissed")
