"""Who a parcel is for, as a shop tells it: every field checked, a fault names its field."""

import re
from typing import Annotated

import phonenumbers
from pydantic import AfterValidator, BeforeValidator, StringConstraints, field_validator
from pydantic_core.core_schema import ValidationInfo

from schemas.base import KEPT, CountryCode, Frozen, ShortText, clean_text
from schemas.languages import LANGUAGES

_PHONE_TEXT = re.compile(r"\+?[0-9 ().\-/\u00a0]{3,40}")
# Plausible, not RFC 5321 whole: no quoting, no comments, nothing that could end a header.
_EMAIL = re.compile(r"(?P<local>[^\s@\"(),:;<>\[\]\\\x00-\x20]{1,64})@(?P<domain>[^\s@]{1,253})")
_DOMAIN = re.compile(r"(?!.*\.\.)[^\W_]([\w-]|\.(?=[^\W_]))*\.[^\W\d_][\w-]*[^\W_]")
_MAX_EMAIL = 254
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})([-_][A-Za-z0-9]{2,8})*")


def e164(value: str, country: str | None = None) -> str:
    """The number as +<country><number>; `country` reads a number written without its prefix.

    Asks whether such a number is possible, not whether its range is in use: the list of ranges
    ages, and a shopper with a new range must not be refused.
    """
    if not _PHONE_TEXT.fullmatch(value):
        raise ValueError("not a phone number such as +37120000000")
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        raise ValueError("not a phone number with its country, such as +37120000000") from None
    if not phonenumbers.is_possible_number(number):
        raise ValueError("no phone number of that country has this length")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normal_email(value: str) -> str:
    """Its domain in small letters. Raises ValueError for what is none."""
    found = _EMAIL.fullmatch(value)
    if not found or len(value) > _MAX_EMAIL or not value.isprintable():
        raise ValueError("not an e-mail address")
    local, domain = found["local"], found["domain"].lower()
    if local.startswith(".") or local.endswith(".") or ".." in local:
        raise ValueError("not an e-mail address")
    if not _DOMAIN.fullmatch(domain):
        raise ValueError("not an e-mail address: its domain cannot exist")
    return f"{local}@{domain}"


def _language(value: str) -> str:
    found = _LANGUAGE.fullmatch(value)
    if not found:
        raise ValueError("not a language code such as lv")
    return found[1].lower()


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def normal_postcode(value: str) -> str:
    """A postcode as it is compared: letters and digits only, upper case."""
    return "".join(filter(str.isalnum, clean_text(value))).upper()


Email = Annotated[str, AfterValidator(normal_email)]
Language = Annotated[str, AfterValidator(_language)]
Country = Annotated[CountryCode, BeforeValidator(_upper)]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
Postcode = Annotated[ShortText, StringConstraints(max_length=20)]


class Person(Frozen):
    """Someone to tell. A phone is kept as E.164; in national form it needs the country."""

    country: Country | None = None
    name: ShortText | None = None
    phone: Phone | None = None
    email: Email | None = None
    language: Language | None = None

    @field_validator("phone")
    @classmethod
    def _as_e164(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None or info.context == KEPT:  # kept as E.164
            return value
        return e164(value, info.data.get("country"))

    @field_validator("language")
    @classmethod
    def _as_known(cls, value: str | None, info: ValidationInfo) -> str | None:
        """Of three letters there are thousands, and nobody keeps the list."""
        if value is None or info.context == KEPT or len(value) == 3 or value in LANGUAGES:
            return value
        raise ValueError("no language of ISO 639-1; pages are written in lv, lt, et, en and ru")


class Recipient(Person):
    """Who gets the parcel; postcode or phone is the second factor of the tracking page."""

    postcode: Postcode | None = None


class Buyer(Person):
    """Who ordered, where that is somebody else."""
