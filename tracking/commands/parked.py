"""`klat parked`: messages whose handling failed again and again."""

import asyncio
from typing import Annotated

import typer

from consumers.connection import Publisher
from tracking.commands.stack import DataDir, Stack, on_stack, show_time
from tracking.store.parked import Parked, ParkedMessage

app = typer.Typer(help="Messages whose handling failed five times.", no_args_is_help=True)

_CONNECT_LIMIT = 10.0  # seconds
_CHUNK = 100


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
            f"{len(each.body):>7} bytes  {each.tries} tries  {each.error}"
        )


@app.command()
def replay(data_dir: DataDir = None) -> None:
    """Publish everything that is parked once more, as it came."""
    typer.echo(f"{on_stack(data_dir, _replay)} replayed")


async def _replay(stack: Stack) -> int:
    publisher = Publisher(stack.settings.broker(), "klat parked replay")
    running = asyncio.create_task(publisher.run())
    try:
        async with asyncio.timeout(_CONNECT_LIMIT):
            await publisher.connected()
        return await _replay_all(stack, publisher)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _replay_all(stack: Stack, publisher: Publisher) -> int:
    """Marked after the confirm: a replay that is cut short publishes one message twice at most."""
    parked, replayed = Parked(stack.pool, stack.sealer), 0
    while messages := await parked.list_parked(_CHUNK):
        for each in messages:
            await publisher.publish(
                each.exchange, each.routing_key, each.body, headers=each.headers
            )
            await parked.mark_replayed(each.parked_id, stack.now)
            replayed += 1
    return replayed
