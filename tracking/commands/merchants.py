"""`klat merchants`: what the pages of a shop's parcels show of it."""

import re
from typing import Annotated
from urllib.parse import urlsplit

import typer

from schemas.base import clean_text
from tracking.commands.stack import DataDir, on_database
from tracking.errors import KlatError
from tracking.store.merchants import Merchant, Merchants
from tracking.words.language import SUPPORTED

app = typer.Typer(help="Shops: their help link and the language of pages.", no_args_is_help=True)

_LONGEST = 500  # characters
_NOTHING = "-"
_MAILBOX = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_NUMBER = re.compile(r"\+?[0-9][0-9().-]{2,30}")
_UNWRITABLE = re.compile(r"[\s\x00-\x1f\x7f]")


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
    name: Annotated[str, typer.Option(help="The shop, as its keys were made.")],
    help_link: Annotated[
        str | None, typer.Option(help="Where a shopper asks: https:, mailto: or tel:; '' for none.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Of pages where nobody chose another; '' for none.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Change what is given, leave the rest."""
    if help_link is None and language is None:
        raise WrongMerchantRequest("nothing to set: give --help-link or --language")
    who, link, code = clean_text(name), checked_link(help_link), _checked_language(language)
    changed = on_database(
        data_dir,
        lambda pool: Merchants(pool).change_merchant(who, help_link=link, language=code),
    )
    if not changed:
        raise WrongMerchantRequest(
            "--name: no shop of this name has a key; see klat merchants list"
        )
    typer.echo(f"set for {who}")


def checked_link(text: str | None) -> str | None:
    """The address; what leads nowhere, or what a browser would run, is none."""
    if text and not _is_link(text):
        raise WrongMerchantRequest(
            "--help-link: must be like https://shop.example.com/help, mailto:help@shop.example.com"
            " or tel:+37120000000"
        )
    return text


def _is_link(text: str) -> bool:
    if len(text) > _LONGEST or _UNWRITABLE.search(text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(parts.hostname)
    if parts.scheme == "mailto":
        return bool(_MAILBOX.fullmatch(parts.path))
    return parts.scheme == "tel" and bool(_NUMBER.fullmatch(parts.path))


def _checked_language(code: str | None) -> str | None:
    if code and code not in SUPPORTED:
        raise WrongMerchantRequest(f"--language: must be one of {', '.join(SUPPORTED)}")
    return code
