"""`klat suppressions`: who is not written to; for the operator with somebody on the line."""

from typing import Annotated

import typer

from schemas.contact import Person
from schemas.notice import Channel
from schemas.suppression import Level, SuppressionReason
from tracking.commands.stack import DataDir, Stack, on_stack
from tracking.errors import KlatError
from tracking.store.suppressions import EVERYBODY, Suppression, Suppressions
from tracking.suppression import address_hashes

app = typer.Typer(help="Who asked to hear less, or cannot be reached.", no_args_is_help=True)

Address = Annotated[str, typer.Argument(help="A phone number with its country, or a mail address.")]


class NoAddress(KlatError):  # noqa: N818 - named for what was given
    """Neither a phone number such as +37120000000 nor a mail address."""


@app.command("show")
def show(address: Address, data_dir: DataDir = None) -> None:
    """What stands against an address, a line a reason."""
    channel, to = read_address(address)

    async def work(stack: Stack) -> list[Suppression]:
        store = Suppressions(stack.pool)
        return await store.of(address_hashes(stack.sealer, channel, to))

    found = on_stack(data_dir, work)
    if not found:
        typer.echo(f"nothing stands against it: it is written to by {channel}")
    for each in sorted(found):
        whose = "every shop" if each.merchant_id == EVERYBODY else f"shop {each.merchant_id}"
        typer.echo(f"{each.channel}\t{whose}\t{each.reason}\t{each.level}")


@app.command("add")
def add(address: Address, data_dir: DataDir = None) -> None:
    """Write nothing more there, whichever shop wants to: the person asked for it."""
    channel, to = read_address(address)

    async def work(stack: Stack) -> None:
        newest = address_hashes(stack.sealer, channel, to)[0]
        asked = Suppression(newest, channel, EVERYBODY, SuppressionReason.ASKED, Level.ALL)
        await Suppressions(stack.pool).suppress([asked], now=stack.now)

    on_stack(data_dir, work)
    typer.echo(f"nothing is written there any more by {channel}")


@app.command("remove")
def remove(address: Address, data_dir: DataDir = None) -> None:
    """Forget all that stands against an address: the person wants to hear again."""
    channel, to = read_address(address)

    async def work(stack: Stack) -> int:
        store = Suppressions(stack.pool)
        return await store.lift_all_suppressions(address_hashes(stack.sealer, channel, to))

    typer.echo(f"removed {on_stack(data_dir, work)}")


def read_address(text: str) -> tuple[Channel, str]:
    """As a registration would be read. Raises NoAddress."""
    channel = Channel.EMAIL if "@" in text else Channel.SMS
    try:
        if channel is Channel.EMAIL:
            found = Person.model_validate({"email": text.strip()}).email
        else:
            found = Person.model_validate({"phone": text}).phone
    except ValueError:
        raise NoAddress from None
    assert found is not None, "it was given"
    return channel, found
