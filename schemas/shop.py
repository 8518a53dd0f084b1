"""What a shop sets for itself, and what its operator sets for it."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import time
from enum import StrEnum
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

from schemas.api import Money
from schemas.base import KEPT, CountryCode, Frozen, ShortText
from schemas.contact import Email, e164
from schemas.notice import Channel, Occasion
from schemas.survey import SurveyMode

_LONGEST_ADDRESS = 500  # characters
_MAILBOX = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_CALLED = re.compile(r"\+?[0-9][0-9().-]{2,30}")
WRITABLE = r"[!#-&(-;=?-\[\]^_a-~]"
"""Of ASCII no blanks, quotes, angle brackets, backslash: it stands in pages, mails and headers."""
_WRITABLE = re.compile(f"{WRITABLE}*")
_SITE = re.compile(r"https://(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?/?")
_SENDER_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9 ._&+-]{0,10}")
_SERVICE = re.compile(r"MG[0-9a-f]{32}")
COLOUR = r"^#[0-9a-fA-F]{6}$"
_SHORT_CODE = re.compile(r"[0-9]{3,8}")
# Letters and a symbol that are drawn as nothing: fillers of Hangul, the empty pattern of Braille.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_SEEN = frozenset("LNPS")  # of the categories: letters, numbers, punctuation, symbols


def _help_link(value: str) -> str:
    if not _leads_somewhere(value):
        raise ValueError(
            "must be like https://shop.example.com/help, mailto:help@shop.example.com"
            " or tel:+37120000000"
        )
    return value


def _leads_somewhere(value: str) -> bool:
    """What leads nowhere, or what a browser would run, is no link."""
    if len(value) > _LONGEST_ADDRESS or not _WRITABLE.fullmatch(value):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    match value.partition(":")[0]:  # as it is written: mails take it in lower case only
        case "https":
            return bool(parts.hostname)
        case "mailto":
            return bool(_MAILBOX.fullmatch(parts.path))
        case "tel":
            return bool(_CALLED.fullmatch(parts.path))
        case _:
            return False


def _picture(value: str) -> str:
    if not value.startswith("https://") or not _leads_somewhere(value):
        raise ValueError("must be like https://shop.example.com/logo.png")
    return value


def _site(value: str) -> str:
    """A host that leads to this Klāt: short links are made below it."""
    wrong = "must be like https://t.shop.example.com, without a path"
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ValueError(wrong) from None
    if not _SITE.fullmatch(value) or not parts.hostname:
        raise ValueError(wrong)
    return value.rstrip("/")


def _visible(value: str) -> str:
    if not any(char not in _BLANK and unicodedata.category(char)[0] in _SEEN for char in value):
        raise ValueError("shows nothing: must hold a letter or a digit that is seen")
    return value


def _or_default(check: Callable[[str], str]) -> Callable[[str, ValidationInfo], str | None]:
    """What the release before kept and this one would not take is as by default: nothing breaks."""

    def checked(value: str, info: ValidationInfo) -> str | None:
        try:
            return check(value)
        except ValueError:
            if info.context == KEPT:
                return None
            raise

    return checked


def _sms_sender(value: str) -> str:
    """As GSM knows senders (3GPP TS 23.040, 9.1.2.5): a number, a short code, or up to 11 letters.

    Also the id of a messaging service of Twilio's.
    """
    if any(each.fullmatch(value) for each in (_SERVICE, _SHORT_CODE, _SENDER_NAME)):
        return value
    if value.startswith("+"):
        return e164(value)
    raise ValueError("must be a number such as +37120000000, or a name of 1 to 11 letters")


_Told = Mapping[Occasion, tuple[Channel, ...]]


def _hours_and_minutes(value: time) -> str:
    return value.strftime("%H:%M")


def _no_text_of_registered(value: _Told, info: ValidationInfo) -> _Told:
    """A text message is paid for when a carrier has the parcel, not for whatever a shop names."""
    ways = value.get(Occasion.REGISTERED, ())
    if Channel.SMS not in ways:
        return value
    if info.context == KEPT:
        others = tuple(way for way in ways if way is not Channel.SMS)
        return {**value, Occasion.REGISTERED: others}
    raise ValueError(
        "registered: must not hold sms, as no carrier has the parcel yet:"
        " use email, or text at accepted"
    )


HelpLink = Annotated[str, AfterValidator(_or_default(_help_link))]
Picture = Annotated[str, AfterValidator(_or_default(_picture))]
Site = Annotated[str, AfterValidator(_or_default(_site))]
ShopName = Annotated[
    ShortText,
    StringConstraints(min_length=1, max_length=60),
    AfterValidator(_or_default(_visible)),
]
Notices = Annotated[_Told, AfterValidator(_no_text_of_registered)]
SmsSender = Annotated[str, AfterValidator(_sms_sender)]
Colour = Annotated[str, StringConstraints(pattern=COLOUR)]
LocalTime = Annotated[time, PlainSerializer(_hours_and_minutes)]
PageLanguage = Literal["lv", "lt", "et", "en", "ru"]


class ShopBrand(Frozen):
    """The shop as its customers know it; by default by the name of its keys."""

    name: ShopName | None = None
    colour: Colour | None = None
    logo: Picture | None = None


class QuietHours(Frozen):
    """When nobody's phone sounds; local times of the place of delivery. Equal times: never."""

    starts: LocalTime = time(21)
    ends: LocalTime = time(8)

    @model_validator(mode="after")
    def _local(self) -> Self:
        if self.starts.tzinfo is not None or self.ends.tzinfo is not None:
            raise ValueError("are local times such as 21:00, without an offset")
        return self


class Spelling(StrEnum):
    """SHORT: our own words without the letters that make a message longer (Latvian, Lithuanian,
    Estonian) where that saves one; SHORT_NAMES: names of shops, carriers and places, too.
    """

    SHORT = "short"
    SHORT_NAMES = "short_names"
    FULL = "full"


class ShopSms(Frozen):
    """`countries` narrow those of the operator. No more than `daily_cap` is
    spent from midnight to midnight UTC.
    """

    spelling: Spelling = Spelling.SHORT
    countries: tuple[CountryCode, ...] | None = Field(default=None, max_length=250)
    daily_cap: Money | None = None


class ShopSettings(Frozen):
    """`GET` and `PUT /v1/settings`. What is left out is as by default.

    `notices` says by which ways an occasion is told, `[]` not at all; those that are not named are
    told as by default; `registered` never by `sms`. `parcel_markup`: mails say
    schema.org/ParcelDelivery to mail programs. `survey`: whether the page of
    a delivered parcel asks how it was.
    """

    help: HelpLink | None = None
    language: PageLanguage | None = None
    brand: ShopBrand = ShopBrand()
    notices: Notices = Field(default_factory=dict)
    quiet: QuietHours = QuietHours()
    sms: ShopSms = ShopSms()
    parcel_markup: Annotated[bool, Field(strict=True)] = True
    survey: SurveyMode = SurveyMode.PAGE


class ShopTerms(Frozen):
    """What the operator grants: senders are known to gateways and mail servers, and money is spent.

    `links` is the shop's own host for links, which must lead to this Klāt.
    """

    mail_from: Email | None = None
    sms_from: SmsSender | None = None
    sms_daily_cap: Money | None = None
    links: Site | None = None
