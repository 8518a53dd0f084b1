"""`klat users`: who may work in the console."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import asyncpg
import typer

from schemas.base import clean_text
from schemas.staff import StaffRole
from tracking.commands.policy import merchant_of
from tracking.commands.stack import DataDir, Stack, on_database, on_stack
from tracking.errors import KlatError
from tracking.staff.people import (
    VALID,
    NoSuchStaff,
    StaffExists,
    add_staff,
    change_staff,
    disable_staff,
    reset_staff,
)
from tracking.store.staff import Staff, StaffStore

app = typer.Typer(help="Who may work in the console.", no_args_is_help=True)

_LONGEST_NAME = 80

Email = Annotated[str, typer.Option(help="By what they log in.")]


class NobodyThere(KlatError):  # noqa: N818 - named for what was given
    """--email: nobody has this one; `klat users list` shows who there is."""


class SomebodyThere(KlatError):  # noqa: N818 - named for what was given
    """--email: somebody has this one; `klat users reset` makes a new password."""


class NoEmail(KlatError):  # noqa: N818 - named for what was given
    """--email: not an e-mail address."""


class NothingToChange(KlatError):  # noqa: N818 - named for what was given
    """Name what changes: --role, --merchant, or --all-shops."""


class EitherShops(KlatError):  # noqa: N818 - named for what was given
    """--merchant and --all-shops: one of them."""


@app.command()
def create(
    email: Email,
    role: Annotated[StaffRole, typer.Option(help="Leads grant more, admins also set up.")],
    name: Annotated[str | None, typer.Option(help="As colleagues see it.")] = None,
    merchant: Annotated[
        list[str] | None, typer.Option(help="Only parcels of this shop; may be repeated.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Prints a password for once, alone on the last line."""
    now, called = datetime.now(UTC), clean_text(name or email.partition("@")[0])[:_LONGEST_NAME]

    async def work(pool: asyncpg.Pool) -> str:
        shops = [await merchant_of(pool, each) for each in merchant] if merchant else None
        return await add_staff(pool, email, called, role, shops, now=now)

    try:
        password = on_database(data_dir, work)
    except StaffExists:
        raise SomebodyThere from None
    except ValueError:
        raise NoEmail from None
    _handed_over(password)


@app.command()
def reset(email: Email, data_dir: DataDir = None) -> None:
    """A new password for once and no second factor: who lost theirs begins anew."""
    now = datetime.now(UTC)
    try:
        password = on_database(data_dir, lambda pool: reset_staff(pool, email, now=now))
    except NoSuchStaff:
        raise NobodyThere from None
    _handed_over(password)


@app.command()
def disable(email: Email, data_dir: DataDir = None) -> None:
    """Shut out at once, wherever they are logged in. `reset` lets them in again."""
    now = datetime.now(UTC)
    try:
        on_database(data_dir, lambda pool: disable_staff(pool, email, now=now))
    except NoSuchStaff:
        raise NobodyThere from None
    typer.echo("disabled", err=True)


@app.command()
def change(
    email: Email,
    role: Annotated[StaffRole | None, typer.Option(help="From now on.")] = None,
    merchant: Annotated[
        list[str] | None, typer.Option(help="Only parcels of this shop; may be repeated.")
    ] = None,
    all_shops: Annotated[bool, typer.Option("--all-shops", help="Parcels of every shop.")] = False,  # noqa: FBT002 - an option
    data_dir: DataDir = None,
) -> None:
    """Another role or other shops, at once: every session ends. It is in the audit log."""
    if role is None and not merchant and not all_shops:
        raise NothingToChange
    if merchant and all_shops:
        raise EitherShops

    async def work(stack: Stack) -> None:
        found = [await merchant_of(stack.pool, each) for each in merchant or ()]

        def shops(staff: Staff) -> Sequence[UUID] | None:
            return None if all_shops else found or staff.shops

        await change_staff(stack.pool, stack.sealer, email, role, shops, now=stack.now)

    try:
        on_stack(data_dir, work)
    except NoSuchStaff:
        raise NobodyThere from None
    typer.echo("changed", err=True)


@app.command("list")
def list_users(data_dir: DataDir = None) -> None:
    """Everybody: e-mail, role, whose parcels they see, second factor, since when."""
    found = on_database(data_dir, lambda pool: StaffStore(pool).list_staff())
    for staff, shops in found:
        typer.echo("\t".join(_row(staff, shops)))
    if not found:
        typer.echo("nobody yet: klat users create --email … --role admin", err=True)


def _row(staff: Staff, shops: Sequence[str]) -> tuple[str, ...]:
    seen = "all shops" if staff.shops is None else ", ".join(shops)
    factor = "second factor" if staff.totp else "password only"
    state = "disabled" if staff.disabled_at else factor
    return staff.email, staff.role, seen, state, f"{staff.created_at:%Y-%m-%d}"


def _handed_over(password: str) -> None:
    typer.echo(f"for once, within {VALID.days} days, at /support; it is not shown again:", err=True)
    typer.echo(password)
