"""`klat quarantine map`, `unmap`, `maps`: what the operator says the codes of carriers mean."""

from typing import Annotated

import typer

from schemas.status import Handover, Reason, Status
from tracking.carriers.base import Meaning
from tracking.commands.stack import DataDir, Stack, on_stack, show_time
from tracking.errors import KlatError
from tracking.mapping import MapResult, did_you_mean, map_meaning
from tracking.mapping import unmap as take_back
from tracking.reread import released
from tracking.store.code_map import Code, Mapped, list_code_map
from tracking.store.pool import connection

CodeWord = Annotated[str, typer.Argument(help="The carrier's code, as `list` shows it.")]


class UnclearMapping(KlatError):  # noqa: N818 - named for what was asked
    """Say what the code means by exactly one of --status, --informational, --retracts-delivery."""


def map_(
    carrier: str,
    code: CodeWord,
    *,
    status: Annotated[Status | None, typer.Option(help="What it makes of the parcel.")] = None,
    reason: Annotated[Reason | None, typer.Option()] = None,
    handover: Annotated[Handover | None, typer.Option()] = None,
    informational: Annotated[bool, typer.Option("--informational")] = False,
    retracts_delivery: Annotated[bool, typer.Option("--retracts-delivery")] = False,
    data_dir: DataDir = None,
) -> None:
    """Say what a code means; said again, the last word counts. `retry` applies it to the past."""
    if [status is not None, informational, retracts_delivery].count(True) != 1:
        raise UnclearMapping
    if status is None and (reason or handover):
        raise UnclearMapping(
            f"--{'reason' if reason else 'handover'}: says more of a --status only"
        )
    meaning = Meaning(status, reason, handover, retracts_delivery)

    async def work(stack: Stack) -> MapResult:
        return await map_meaning(stack.pool, carrier, code, meaning, stack.now)

    done = on_stack(data_dir, work)
    typer.echo(f"mapped: {carrier} {code} means {_said(meaning)}")
    if done.seen:
        typer.echo(f"{done.seen} events came with it; `klat quarantine retry` reads them so")
    else:
        hint = did_you_mean(done.near)
        typer.echo(f"warning: no event has come with this code yet{hint}", err=True)


def unmap(carrier: str, code: CodeWord, data_dir: DataDir = None) -> None:
    """Take a meaning back: what came with the code waits again, after `retry` also in the past."""

    async def work(stack: Stack) -> int:
        return await take_back(stack.pool, stack.sealer, carrier, code, stack.now)

    seen = on_stack(data_dir, work)
    typer.echo(f"unmapped: {carrier} {code}")
    if seen:
        typer.echo(f"{seen} events came with it; `klat quarantine retry` takes its meaning back")


def maps(data_dir: DataDir = None) -> None:
    """List what was mapped."""

    async def work(stack: Stack) -> dict[Code, Mapped]:
        async with connection(stack.pool) as conn:
            return await list_code_map(conn)

    found = on_stack(data_dir, work)
    if not found:
        typer.echo("nothing is mapped")
    for (carrier, code), mapped in found.items():
        typer.echo(
            f"{carrier:<12}  {code:<32}  {show_time(mapped.mapped_at)}  {_said(mapped.meaning)}"
            f"{_shadowed(carrier, code)}"
        )


def _said(meaning: Meaning) -> str:
    if meaning.retracts_delivery:
        return "the latest delivery is taken back"
    parts = (meaning.status, meaning.reason, meaning.handover)
    return ", ".join(part for part in parts if part) or "informational"


def _shadowed(carrier: str, code: str) -> str:
    """The tables of a release win over the map: a mapping that it has caught up with is idle."""
    reading = released(carrier, code)
    idle = reading is not None and not reading.own
    return "  (idle: this release knows the code; unmap it)" if idle else ""
