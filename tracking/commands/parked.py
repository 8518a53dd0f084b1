"""`klat parked`: messages whose handling failed again and again."""

from typing import Annotated
from uuid import UUID

import typer

from consumers.connection import Publisher, publishing
from tracking.commands.stack import DataDir, Stack, on_stack, show_time
from tracking.store.parked import Parked, ParkedMessage

app = typer.Typer(help="Messages whose handling failed five times.", no_args_is_help=True)

_CHUNK = 100
KEY_GONE = "cannot be opened: its key is gone"


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
def replay(data_dir: DataDir = None) -> None:
    """Publish everything that is parked once more, as it came."""
    replayed, skipped = on_stack(data_dir, _replay)
    typer.echo(f"{replayed} replayed")
    for parked_id in skipped:
        typer.echo(f"{parked_id}  {KEY_GONE}")


async def _replay(stack: Stack) -> tuple[int, set[UUID]]:
    async with publishing(stack.settings.broker(), "klat parked replay") as publisher:
        return await _replay_all(stack, publisher)


async def _replay_all(stack: Stack, publisher: Publisher) -> tuple[int, set[UUID]]:
    """Marked after the confirm: a replay that is cut short publishes one message twice at most."""
    parked, replayed, skipped = Parked(stack.pool, stack.sealer), 0, set[UUID]()
    while messages := await _waiting(parked, skipped):
        for each in messages:
            if each.body is None:
                skipped.add(each.parked_id)
                continue
            await publisher.publish(
                each.exchange, each.routing_key, each.body, headers=each.headers
            )
            await parked.mark_replayed(each.parked_id, stack.now)
            replayed += 1
    return replayed, skipped


async def _waiting(parked: Parked, skipped: set[UUID]) -> list[ParkedMessage]:
    messages = await parked.list_parked(_CHUNK + len(skipped))
    return [each for each in messages if each.parked_id not in skipped]
