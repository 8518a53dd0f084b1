"""`klat parked`: messages whose handling failed again and again."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import typer

from consumers.connection import Publisher, publishing
from tracking.commands.stack import DataDir, Stack, on_stack, show_time
from tracking.errors import KlatError
from tracking.prefix import the_only, uuid_range
from tracking.store.parked import Parked, ParkedMessage

app = typer.Typer(help="Messages whose handling failed five times.", no_args_is_help=True)

_CHUNK = 100
KEY_GONE = "cannot be opened: its key is gone"

ParkedId = Annotated[str, typer.Argument(help="A message's id, or how it begins.")]


class NoSuchMessage(KlatError):  # noqa: N818 - named for what was found
    """Nothing is parked under this id; `klat parked list` shows what is."""


@app.command("list")
def list_(limit: Annotated[int, typer.Option(min=1)] = 50, data_dir: DataDir = None) -> None:
    """What waits to be replayed, the oldest first."""

    async def work(stack: Stack) -> list[ParkedMessage]:
        return await Parked(stack.pool, stack.sealer).list_parked(limit)

    messages = on_stack(data_dir, work)
    if not messages:
        typer.echo("nothing is parked")
    for each in messages:
        typer.echo(
            f"{each.parked_id}  {show_time(each.parked_at)}  {each.routing_key:<20}  "
            f"{_size(each):>7} bytes  {each.tries} tries  "
            f"{KEY_GONE if each.body is None else each.error}"
        )


def _size(message: ParkedMessage) -> str:
    return "?" if message.body is None else str(len(message.body))


@app.command()
def show(parked_id: ParkedId, data_dir: DataDir = None) -> None:
    """One message as it came, which may hold personal data."""
    message = on_stack(data_dir, lambda stack: _found(stack, parked_id))
    typer.echo(f"id       {message.parked_id}")
    typer.echo(f"way      {message.exchange}, {message.routing_key}, {message.queue}")
    typer.echo(f"error    {message.error}, {message.tries} tries, {show_time(message.parked_at)}")
    for name, value in sorted(message.headers.items()):
        typer.echo(f"header   {name}: {value}")
    if message.body is None:
        typer.echo(f"body     {KEY_GONE}")
    else:
        typer.echo("")
        typer.echo(message.body.decode("utf-8", "backslashreplace"))


async def _found(stack: Stack, begins: str) -> ParkedMessage:
    """The one message whose id begins so. Raises NotAnId, NoSuchMessage, Ambiguous."""
    found = await Parked(stack.pool, stack.sealer).find_parked(uuid_range(begins))
    return the_only(found, NoSuchMessage())


@app.command()
def replay(
    parked_id: Annotated[
        str | None, typer.Argument(help="Only this message: its id, or how it begins.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Publish everything that is parked once more, or one message, as it came."""
    replayed, skipped = on_stack(data_dir, lambda stack: _replay(stack, parked_id))
    typer.echo(f"{replayed} replayed")
    for each in skipped:
        typer.echo(f"{each}  {KEY_GONE}")


async def _replay(stack: Stack, begins: str | None) -> tuple[int, set[UUID]]:
    only = None if begins is None else await _found(stack, begins)
    async with publishing(stack.settings.broker(), "klat parked replay") as publisher:
        if only is None:
            return await _replay_all(stack, publisher)
        return await _replay_these(stack, publisher, [only])


async def _replay_all(stack: Stack, publisher: Publisher) -> tuple[int, set[UUID]]:
    """Marked after the confirm: a replay that is cut short publishes one message twice at most."""
    parked, replayed, skipped = Parked(stack.pool, stack.sealer), 0, set[UUID]()
    while messages := await _waiting(parked, skipped):
        count, closed = await _replay_these(stack, publisher, messages)
        replayed, skipped = replayed + count, skipped | closed
    return replayed, skipped


async def _replay_these(
    stack: Stack, publisher: Publisher, messages: Sequence[ParkedMessage]
) -> tuple[int, set[UUID]]:
    """How many were published, and which cannot be opened."""
    parked, skipped = Parked(stack.pool, stack.sealer), set[UUID]()
    for each in messages:
        if each.body is None:
            skipped.add(each.parked_id)
            continue
        await publisher.publish(each.exchange, each.routing_key, each.body, headers=each.headers)
        await parked.mark_replayed(each.parked_id, stack.now)
    return len(messages) - len(skipped), skipped


async def _waiting(parked: Parked, skipped: set[UUID]) -> list[ParkedMessage]:
    messages = await parked.list_parked(_CHUNK + len(skipped))
    return [each for each in messages if each.parked_id not in skipped]
