"""`klat policy`: what a shop promises and pays by itself; loaded, shown, and tried out before."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated
from uuid import UUID

import asyncpg
import typer

from tracking.commands.stack import DataDir, Stack, on_database, on_stack, show_time
from tracking.errors import KlatError
from tracking.payouts import payout_context
from tracking.policy_file import read_policy
from tracking.policy_load import Loaded, load_policy
from tracking.policy_try import Tried, tried_lines, try_policy
from tracking.policy_words import policy_lines
from tracking.store.compensations import save_payout_secret
from tracking.store.merchants import Merchants
from tracking.store.policies import PolicyVersion, policies_of
from tracking.store.pool import connection
from tracking.webhooks import new_secret

app = typer.Typer(
    help="What a shop promises, and pays by itself when it is late.", no_args_is_help=True
)

_LARGEST = 256 * 1024  # bytes of a file
File = Annotated[Path, typer.Argument(help="TOML; see docs/compensation.md.")]
MerchantName = Annotated[
    str | None, typer.Option("--merchant", help="The shop, where there is more than one.")
]


class WrongPolicyRequest(KlatError):  # noqa: N818 - named for what was asked
    """A policy cannot be loaded, shown or tried like this."""


@app.command()
def load(file: File, merchant: MerchantName = None, data_dir: DataDir = None) -> None:
    """Keep it as the shop's next version; nothing is taken of a file with a fault."""
    text = _text(file)

    async def work(pool: asyncpg.Pool) -> Loaded:
        found = await merchant_of(pool, merchant)
        return await load_policy(pool, found, text, now=datetime.now(UTC))

    read_policy(text)  # before the database is asked: a fault needs none
    loaded = on_database(data_dir, work)
    for warning in loaded.warnings:
        typer.echo(f"warning: {warning}", err=True)
    typer.echo(f"version {loaded.version} is loaded")
    for line in policy_lines(loaded.policy):
        typer.echo(f"  {line.striptags()}")


@app.command()
def show(merchant: MerchantName = None, data_dir: DataDir = None) -> None:
    """Every version, the latest first: of those valid on the day of a promise it is the latest."""

    async def work(pool: asyncpg.Pool) -> list[PolicyVersion]:
        found = await merchant_of(pool, merchant)
        async with connection(pool) as conn:
            return list((await policies_of(conn, [found])).get(found, ()))

    versions = on_database(data_dir, work)
    if not versions:
        typer.echo("no policy is loaded: nothing is promised or paid by itself")
    for each in reversed(versions):
        typer.echo(f"version {each.version}, loaded {show_time(each.loaded_at)}")
        for line in policy_lines(each.policy):
            typer.echo(f"  {line.striptags()}")


@app.command("try")
def try_(
    file: File,
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Registered since, UTC.")],
    merchant: MerchantName = None,
    data_dir: DataDir = None,
) -> None:
    """Say what it would have cost; nothing is loaded, and nothing is paid."""
    policy = read_policy(_text(file))
    began = _midnight(since.date())

    async def work(stack: Stack) -> Tried:
        found = await merchant_of(stack.pool, merchant)
        return await try_policy(stack.pool, stack.sealer, found, policy, began, now=stack.now)

    for line in tried_lines(on_stack(data_dir, work), policy):
        typer.echo(line)


@app.command()
def secret(merchant: MerchantName = None, data_dir: DataDir = None) -> None:
    """Make a new secret by which the shop's endpoint knows us, and print it, once."""

    async def work(stack: Stack) -> str:
        found = await merchant_of(stack.pool, merchant)
        made = new_secret()
        sealed = stack.sealer.seal_text(made, payout_context(found))
        async with connection(stack.pool) as conn:
            await save_payout_secret(conn, found, sealed, stack.now)
        return made

    made = on_stack(data_dir, work)
    typer.echo("Its endpoint checks signatures by it, as Standard Webhooks does. Not shown again:")
    typer.echo(made)


async def merchant_of(pool: asyncpg.Pool, name: str | None) -> UUID:
    """Raises WrongPolicyRequest where it is not clear whose."""
    shops = Merchants(pool)
    if name is not None:
        found = await shops.merchant_named(name)
        if found is None:
            raise WrongPolicyRequest(
                f"--merchant: no shop is called {name!r}; see klat merchants list"
            )
        return found
    known = await shops.list_merchants()
    if len(known) != 1:
        many = "there are several" if known else "no shop has a key yet"
        raise WrongPolicyRequest(f"--merchant: {many}; see klat merchants list")
    only = await shops.merchant_named(known[0].name)
    assert only is not None  # it was listed a moment ago
    return only


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)


def _text(file: Path) -> str:
    try:
        raw = file.read_bytes()[: _LARGEST + 1]
    except OSError as error:
        raise WrongPolicyRequest(f"{file}: {error.strerror}") from None
    if len(raw) > _LARGEST:
        raise WrongPolicyRequest(f"{file}: is larger than {_LARGEST} bytes")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise WrongPolicyRequest(f"{file}: is no UTF-8 text") from None
