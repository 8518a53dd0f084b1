"""`klat preview`: any notice in any language with sample data, and what its text message costs."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from schemas.notice import Channel, Occasion
from schemas.preview import MailPreview, NoticePreview, PushPreview, SmsPreview
from tracking.errors import KlatError
from tracking.settings import load_settings
from tracking.words.language import LAST_RESORT, SUPPORTED


class Language(StrEnum):
    """Those that notices are written in."""

    LV = "lv"
    LT = "lt"
    ET = "et"
    EN = "en"
    RU = "ru"


_UNITS = {"gsm7": "septets", "ucs2": "UTF-16 units"}
_DEAREST = Decimal(100)


class NotWritten(KlatError):  # noqa: N818 - named for what happened
    """The HTML could not be written."""


def _price(text: str) -> Decimal:
    try:
        price = Decimal(text)
    except InvalidOperation:
        raise typer.BadParameter("is not a number such as 0.05") from None
    if not (price.is_finite() and 0 <= price <= _DEAREST):
        raise typer.BadParameter(f"is not a price of up to {_DEAREST} for a segment")
    return price


def preview(
    occasion: Annotated[
        Occasion | None, typer.Argument(help="Which notice; without it they are listed.")
    ] = None,
    *,
    language: Annotated[Language | None, typer.Option(help="Of the text; default en.")] = None,
    channel: Annotated[
        Channel | None, typer.Option(help="Also one by which it is not sent by default.")
    ] = None,
    shop: Annotated[str | None, typer.Option(help="In whose name.")] = None,
    price: Annotated[
        Decimal | None,
        typer.Option(parser=_price, metavar="PRICE", help="Of one segment, such as 0.05."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the HTML of the e-mail to it.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every language, and every notice where none is named.")
    ] = False,
) -> None:
    """Show a notice as it is sent, with sample data; for text messages what they take and cost."""
    if html is not None and (
        occasion is None or everything or channel not in {None, Channel.EMAIL}
    ):
        raise typer.BadParameter(
            "takes one e-mail: name its notice, and one language", param_hint="--html"
        )
    if occasion is None and not everything:
        _list()
        return
    found = list(_found(occasion, _languages(language, everything=everything), shop))
    for each in found:
        _show(each, channel, price, with_mail=html is not None)
    if html is not None:
        _write(html, found[0].email)


def _list() -> None:
    from notifier.occasions import RULES  # noqa: PLC0415 - other commands do not wait for it

    for occasion, rule in RULES.items():
        typer.echo(f"{occasion:<20}  {', '.join(rule.channels)}")
    typer.echo("\nshow one with `klat preview OCCASION --language lv`")


def _languages(language: Language | None, *, everything: bool) -> list[str]:
    if language is not None:
        return [language.value]
    return list(SUPPORTED) if everything else [LAST_RESORT]


def _found(
    occasion: Occasion | None, languages: list[str], shop: str | None
) -> Iterator[NoticePreview]:
    from notifier.preview import preview as worded  # noqa: PLC0415 - the same

    now, public_url = datetime.now(UTC), load_settings().public_url
    for each in Occasion if occasion is None else [occasion]:
        for language in languages:
            try:
                yield worded(each, language, now, shop=shop, public_url=public_url)
            except ValueError:
                raise typer.BadParameter("shows nothing", param_hint="--shop") from None


def _show(
    found: NoticePreview, channel: Channel | None, price: Decimal | None, *, with_mail: bool
) -> None:
    channels = [channel] if channel else list(found.channels)
    channels += [Channel.EMAIL] if with_mail and Channel.EMAIL not in channels else []
    for each in channels:
        by_default = "" if each in found.channels else ", not sent by default"
        typer.echo(f"== {found.occasion}, {found.language}, {each}{by_default}")
        for line in _lines(found, each, price):
            typer.echo(line)
        typer.echo("")


def _lines(found: NoticePreview, channel: Channel, price: Decimal | None) -> list[str]:
    match channel:
        case Channel.SMS:
            return _sms(found, price)
        case Channel.EMAIL:
            return _email(found.email)
        case Channel.PUSH:
            return _push(found.push)


def _sms(found: NoticePreview, price: Decimal | None) -> list[str]:
    spared = found.full.segments - found.sms.segments
    shorter = [f"spelt in full it takes {_counted(found.full)}"] if spared else []
    return [found.sms.text, f"-- {_counted(found.sms)}, {_cost(found.sms, price)}", *shorter]


def _counted(sms: SmsPreview) -> str:
    word = "segment" if sms.segments == 1 else "segments"
    used = f"{sms.units} of {sms.room} {_UNITS[sms.alphabet]}"
    return f"{sms.segments} {word} ({sms.alphabet}, {used})"


def _cost(sms: SmsPreview, price: Decimal | None) -> str:
    return "cost: give a --price" if price is None else f"cost {sms.cost(price)}"


def _email(mail: MailPreview) -> list[str]:
    return [f"From: {mail.sender}", f"Subject: {mail.subject}", "", mail.text.rstrip()]


def _push(push: PushPreview) -> list[str]:
    return [push.title, push.body]


def _write(file: Path, mail: MailPreview) -> None:
    try:
        file.write_text(mail.html, encoding="utf-8")
    except OSError as error:
        raise NotWritten(f"{file}: {error.strerror}") from None
    typer.echo(f"HTML written to {file}")
