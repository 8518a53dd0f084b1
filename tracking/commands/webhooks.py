"""`klat webhooks`: where shops have their facts posted, and stopping one that does harm."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import asyncpg
import typer

from schemas.webhook import DisabledReason, WebhookState
from tracking.commands.stack import DataDir, on_database, show_time
from tracking.errors import KlatError
from tracking.prefix import the_only, uuid_range
from tracking.store.pool import connection, transaction
from tracking.store.webhooks import WebhookRow, all_webhooks, change_webhook, webhooks_within

app = typer.Typer(help="Webhooks of shops.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="The webhook: its id, or how it begins.")]


class NoSuchWebhook(KlatError):  # noqa: N818 - named for what was found
    """No webhook has an id that begins like this; see klat webhooks list."""


@app.command("list")
def list_(data_dir: DataDir = None) -> None:
    """Every webhook: id, state, failures in a row, host and shop."""

    async def work(pool: asyncpg.Pool) -> list[tuple[str, WebhookRow]]:
        async with connection(pool) as conn:
            return await all_webhooks(conn)

    found = on_database(data_dir, work)
    if not found:
        typer.echo("no shop has a webhook")
    for shop, each in found:
        typer.echo(_line(shop, each))


def _line(shop: str, each: WebhookRow) -> str:
    """The host only: what follows it may be a secret of the shop's."""
    why = f" ({each.reason} since {show_time(each.since)})" if each.reason else ""
    host = urlsplit(each.url).hostname or ""
    return f"{each.webhook_id}  {each.state}{why}  {each.failures} failures  {host}  {shop}"


@app.command()
def disable(webhook_id: Id, data_dir: DataDir = None) -> None:
    """Send nothing more to one; its shop cannot enable it. What waits for it is kept."""
    now = datetime.now(UTC)

    def off(row: WebhookRow) -> WebhookRow:
        reason = DisabledReason.OPERATOR
        return replace(row, state=WebhookState.DISABLED, reason=reason, since=now)

    typer.echo(f"disabled: {_change(data_dir, webhook_id, off)}")


@app.command()
def enable(webhook_id: Id, data_dir: DataDir = None) -> None:
    """Send to one again, what waited for it included."""
    now = datetime.now(UTC)

    def on(row: WebhookRow) -> WebhookRow:
        return replace(row, state=WebhookState.ENABLED, reason=None, since=now)

    typer.echo(f"enabled: {_change(data_dir, webhook_id, on)}")


def _change(
    data_dir: Path | None, begins: str, change: Callable[[WebhookRow], WebhookRow]
) -> object:
    """The id of the one that was changed. Raises NotAnId, NoSuchWebhook, Ambiguous."""

    async def work(pool: asyncpg.Pool) -> WebhookRow:
        async with transaction(pool) as conn:
            found = await webhooks_within(conn, *uuid_range(begins))
            return await change_webhook(
                conn, change(the_only(found, NoSuchWebhook())), datetime.now(UTC)
            )

    return on_database(data_dir, work).webhook_id
