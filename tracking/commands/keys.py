"""`klat keys`: who may call the HTTP interface, with what carriers sign, by what push knows us."""

import sys
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import TypeAdapter, ValidationError

from schemas.base import clean_text
from schemas.scan import CarrierCode
from tracking.carriers import CARRIERS, READERS
from tracking.commands.stack import DataDir, on_database
from tracking.errors import KlatError
from tracking.keys import Role, secret_context
from tracking.local.folder import settings_for
from tracking.mapping import did_you_mean, near
from tracking.sealing import Sealer
from tracking.store.keys import Keys, ListedKey
from tracking.vapid import new_vapid_key

app = typer.Typer(
    help="API keys, the secrets with which carriers sign, the key for push.", no_args_is_help=True
)

Carrier = Annotated[str | None, typer.Option(help="Code of the carrier or locker operator.")]
T = TypeVar("T")


class WrongKeyRequest(KlatError):  # noqa: N818 - named for what was asked
    """Such a key cannot be made."""


@app.command()
def create(
    role: Annotated[Role, typer.Option(help="What the key may do.")],
    name: Annotated[str, typer.Option(help="Whose key it is; of a merchant, its account.")],
    carrier: Carrier = None,
    data_dir: DataDir = None,
) -> None:
    """Make a key and print it, once, alone on the last line."""
    who = clean_text(name)
    if not who:
        raise WrongKeyRequest("--name: must not be empty")
    code = _carrier_for(role, carrier)
    if code is not None:
        _warn_of_stranger(code, _run(data_dir, lambda keys: keys.list_keys()))
    key = _run(data_dir, lambda keys: keys.create(role, who, now=_now(), carrier=code))
    typer.echo(f"A key of the role {role} for {code or who}. It is not shown again:")
    typer.echo(key)


def _carrier_for(role: Role, carrier: str | None) -> str | None:
    if role is not Role.COURIER:
        if carrier is not None:
            raise WrongKeyRequest(f"--carrier: a {role} key speaks for no carrier")
        return None
    if carrier is None:
        raise WrongKeyRequest("--carrier: a courier key needs the carrier that it speaks for")
    return _code(carrier)


def _warn_of_stranger(code: str, keys: Iterable[ListedKey]) -> None:
    """A locker operator may have any code; one that nobody has yet may be a slip of the finger."""
    known = READERS | {key.carrier for key in keys if key.carrier}
    if code not in known:
        hint = did_you_mean(near(code, known))
        typer.echo(
            f"warning: --carrier: {code} is new, no reader or key has it yet{hint}", err=True
        )


def _code(carrier: str) -> str:
    try:
        return TypeAdapter[str](CarrierCode).validate_python(carrier)
    except ValidationError:
        raise WrongKeyRequest("--carrier: not a carrier code such as omniva") from None


@app.command("list")
def list_keys(data_dir: DataDir = None) -> None:
    """Every key there ever was, by its first characters."""
    for key in _run(data_dir, lambda keys: keys.list_keys()):
        typer.echo("\t".join(_columns(key)))


def _columns(key: ListedKey) -> tuple[str, ...]:
    state = f"revoked {_day(key.revoked_at)}" if key.revoked_at else "live"
    used = f"used {_day(key.last_used_at)}" if key.last_used_at else "never used"
    return (str(key.key_id), f"{key.prefix}…", key.role, key.carrier or key.name, state, used)


def _day(at: datetime) -> str:
    return at.strftime("%Y-%m-%d")


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="The key's id, or its first characters as listed.")],
    data_dir: DataDir = None,
) -> None:
    """End a key, everywhere within five seconds."""
    ended = _run(data_dir, lambda keys: keys.revoke(key.rstrip("…"), now=_now()))
    typer.echo(f"revoked {ended}")


@app.command()
def secret(
    carrier: Annotated[str, typer.Option(help="A carrier that signs what it posts.")],
    data_dir: DataDir = None,
) -> None:
    """Keep the secret with which a carrier signs; it is read from standard input."""
    known = CARRIERS.get(_code(carrier))
    if known is None or known.verify is None:
        raise WrongKeyRequest(f"--carrier: {carrier} signs nothing")
    text = sys.stdin.readline().strip()
    if not text:
        raise WrongKeyRequest("standard input: no secret came")
    sealed = Sealer(settings_for(data_dir).keys()).seal_text(text, secret_context(carrier))
    _run(data_dir, lambda keys: keys.save_carrier_secret(carrier, sealed, now=_now()))
    typer.echo(f"kept the secret of {carrier}")


@app.command()
def vapid() -> None:
    """Make a private key for push services and print it, alone on the last line."""
    typer.echo("A key for KLAT_VAPID_PRIVATE_KEY. With another one, all who subscribed are lost:")
    typer.echo(new_vapid_key())


def _now() -> datetime:
    return datetime.now(UTC)


def _run(data_dir: Path | None, work: Callable[[Keys], Awaitable[T]]) -> T:
    return on_database(data_dir, lambda pool: work(Keys(pool)))
