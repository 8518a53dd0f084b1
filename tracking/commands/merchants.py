"""`klat merchants`: what shops set for themselves, and what their operator grants them."""

import json
import tomllib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID

import asyncpg
import typer
from pydantic import BaseModel, ValidationError

from schemas.api import Money
from schemas.base import clean_text
from schemas.faults import words
from schemas.shop import ShopSettings, ShopTerms
from tracking.commands.stack import DataDir, on_database
from tracking.errors import KlatError
from tracking.local.folder import settings_for
from tracking.store.merchants import Merchant, Merchants, Shop
from tracking.web.problem import pointer

app = typer.Typer(help="Shops: their settings, and what is granted to them.", no_args_is_help=True)

_NOTHING = "-"
_LARGEST = 64 * 1024  # bytes of a file
T = TypeVar("T", bound=BaseModel)

Name = Annotated[str, typer.Option(help="The shop, as its keys were made.")]


class WrongMerchantRequest(KlatError):  # noqa: N818 - named for what was asked
    """A shop cannot be set like this."""


@app.command("list")
def list_(data_dir: DataDir = None) -> None:
    """Every shop with its help link and language."""
    merchants = on_database(data_dir, lambda pool: Merchants(pool).list_merchants())
    if not merchants:
        typer.echo("no shop has a key yet")
    for each in merchants:
        typer.echo("\t".join(_columns(each)))


def _columns(merchant: Merchant) -> tuple[str, ...]:
    return (merchant.name, merchant.help or _NOTHING, merchant.language or _NOTHING)


@app.command("set")
def set_(
    name: Name,
    help_link: Annotated[
        str | None, typer.Option(help="Where a shopper asks: https:, mailto: or tel:; '' for none.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Of pages where nobody chose another; '' for none.")
    ] = None,
    mail_from: Annotated[
        str | None, typer.Option(help="Its own sender of mails; '' for KLAT_MAIL_FROM.")
    ] = None,
    sms_from: Annotated[
        str | None, typer.Option(help="Its own sender of text messages; '' for everybody's.")
    ] = None,
    sms_daily_cap: Annotated[
        str | None, typer.Option(help="Most spent a day on text messages: '20.00 EUR'; '' for all.")
    ] = None,
    links: Annotated[
        str | None, typer.Option(help="Its own host of links: https://t.shop.example; '' for ours.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Change what is given, leave the rest."""
    own = _given(help=help_link, language=language)
    cap = _money(sms_daily_cap) if sms_daily_cap else sms_daily_cap
    granted = _given(mail_from=mail_from, sms_from=sms_from, sms_daily_cap=cap, links=links)
    if not own and not granted:
        raise WrongMerchantRequest("nothing to set: give --help-link, --language or another option")
    who, currency = clean_text(name), settings_for(data_dir).sms_currency

    def change(shop: Shop) -> Shop:
        settings = _checked(ShopSettings, shop.settings.model_dump(mode="json") | own)
        terms = _checked(ShopTerms, shop.terms.model_dump(mode="json") | granted)
        _refuse_other_money(terms.sms_daily_cap if cap else None, currency)
        return replace(shop, settings=settings, terms=terms)

    set_for = on_database(data_dir, lambda pool: _changed(pool, who, change))
    typer.echo(f"set for {who}{_told(set_for.terms.sms_daily_cap if cap else None)}")


@app.command("settings")
def settings(
    name: Name,
    load: Annotated[
        Path | None, typer.Option(help="A file, JSON or .toml, that takes the place of all of it.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Print what the shop set, as JSON; or set it from a file."""
    new = _checked(ShopSettings, _read(load)) if load else None
    who = clean_text(name)

    def change(shop: Shop) -> Shop:
        return replace(shop, settings=new or shop.settings)

    shop = on_database(data_dir, lambda pool: _changed(pool, who, change))
    typer.echo(shop.settings.model_dump_json(indent=2))


@app.command("terms")
def terms(name: Name, data_dir: DataDir = None) -> None:
    """Print what the operator granted the shop, as JSON; `set` changes it."""
    who = clean_text(name)
    shop = on_database(data_dir, lambda pool: _changed(pool, who, lambda each: each))
    typer.echo(shop.terms.model_dump_json(indent=2))


async def _changed(pool: asyncpg.Pool, name: str, change: Callable[[Shop], Shop]) -> Shop:
    merchants = Merchants(pool)
    found: UUID | None = await merchants.merchant_named(name)
    changed: Awaitable[Shop | None] | None = merchants.change_shop(found, change) if found else None
    shop = await changed if changed else None
    if shop is None:
        raise WrongMerchantRequest(
            "--name: no shop of this name has a key; see klat merchants list"
        )
    return shop


def _given(**options: Any) -> dict[str, Any]:
    """An empty text takes away."""
    return {name: value or None for name, value in options.items() if value is not None}


def _money(text: str) -> dict[str, str]:
    amount, _, currency = text.strip().partition(" ")
    return {"amount": amount, "currency": currency.strip() or "EUR"}


def _refuse_other_money(cap: Money | None, currency: str) -> None:
    """A cap in another currency would stop every text message of the shop."""
    if cap is not None and cap.currency != currency:
        raise WrongMerchantRequest(f"--sms-daily-cap: text messages are paid in {currency}")


def _told(cap: Money | None) -> str:
    return f": at most {cap.amount} {cap.currency} a day on text messages" if cap else ""


def _checked(model: type[T], fields: object) -> T:
    try:
        return model.model_validate_json(json.dumps(fields, default=str))
    except ValidationError as error:
        faults = [f"{_place(each['loc'])}: {words(each)}" for each in error.errors()]
        raise WrongMerchantRequest("\n".join(faults)) from None


def _place(location: tuple[str | int, ...]) -> str:
    """An option of `set`, or where in the document."""
    name = str(location[0]).replace("_", "-") if location else ""
    options = {"help": "--help-link"} | {
        each: f"--{each}"
        for each in ("language", "mail-from", "sms-from", "sms-daily-cap", "links")
    }
    return options.get(name) or pointer(*location)


def _read(file: Path) -> object:
    try:
        text = file.read_bytes()[: _LARGEST + 1]
    except OSError as error:
        raise WrongMerchantRequest(f"--load: {file}: {error.strerror}") from None
    if len(text) > _LARGEST:
        raise WrongMerchantRequest(f"--load: {file}: is larger than {_LARGEST} bytes")
    try:
        return tomllib.loads(text.decode()) if file.suffix == ".toml" else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WrongMerchantRequest(f"--load: {file}: {error}") from None
