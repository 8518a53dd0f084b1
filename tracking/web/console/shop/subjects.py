"""What a shop sets, in forms of one subject each: from a form, into a form, as text. Pure."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from pydantic import ValidationError

from schemas.api import FieldError
from schemas.notice import Channel, Occasion
from schemas.shop import ShopSettings
from schemas.survey import SurveyMode
from tracking.settings import Settings
from tracking.web.problem import field_errors
from tracking.web.settings import unkept
from tracking.words.catalog import N_

Usual = Mapping[Occasion, Sequence[Channel]]
"""By which ways an occasion is told where the shop says nothing."""
Fields = dict[str, str]


SURVEYS: Final[Mapping[SurveyMode, str]] = {
    SurveyMode.OFF: N_("not at all"),
    SurveyMode.PAGE: N_("on the page of the delivered parcel"),
    SurveyMode.PAGE_AND_MESSAGE: N_("there, and by e-mail and notification three hours later"),
}


class Subject(StrEnum):
    BRAND = "brand"
    LANGUAGE = "language"
    OCCASIONS = "occasions"
    QUIET = "quiet"
    TEXTS = "texts"
    SURVEY = "survey"


TITLES: Final[Mapping[Subject, str]] = {
    Subject.BRAND: N_("Brand"),
    Subject.LANGUAGE: N_("Language and mails"),
    Subject.OCCASIONS: N_("What shoppers are told, and by which way"),
    Subject.QUIET: N_("Quiet hours"),
    Subject.TEXTS: N_("Text messages"),
    Subject.SURVEY: N_("How it was"),
}
LABELS: Final[Mapping[str, str]] = {
    "name": N_("Name that shoppers know"),
    "title": N_("Title"),
    "text": N_("Text"),
    "colour": N_("Colour"),
    "logo": N_("Address of the logo"),
    "help": N_("Where shoppers ask"),
    "language": N_("Language where nobody chose one"),
    "markup": N_("Mails tell mail programs of the parcel"),
    "starts": N_("From"),
    "ends": N_("Until"),
    "spelling": N_("Spelling"),
    "countries": N_("Only to these countries"),
    "cap": N_("At most a day"),
    "survey": N_("Shoppers are asked"),
}
WRONG: Final[Mapping[str, str]] = {
    "name": N_("1 to 60 characters, at least one that is seen."),
    "colour": N_("Six digits behind a #, such as #0d5560."),
    "logo": N_("An address such as https://shop.example.com/logo.png."),
    "help": N_(
        "Such as https://shop.example.com/help, mailto:help@shop.example.com or tel:+37120000000."
    ),
    "language": N_("One of the list."),
    "markup": N_("One of the list."),
    "starts": N_("A time such as 21:00."),
    "ends": N_("A time such as 08:00."),
    "spelling": N_("One of the list."),
    "countries": N_("Two letters each, such as LV EE, and only of those that are served here."),
    "cap": N_("An amount such as 20.00. The operator must have set a price of text messages."),
    "survey": N_("One of the list."),
    "registered": N_(
        "Registered: no text message, as no carrier has the parcel yet. Use e-mail, or a text at"
        " the next occasion."
    ),
}
_EMAIL: Final = re.compile(r"[^@\s:/?]+@[^@\s:/?]+\.[^@\s:/?]+")
_PHONE: Final = re.compile(r"[+(]{0,2}[0-9][0-9 ().-]{3,30}")
_HOST: Final = re.compile(r"(?:[\w-]+\.)+[^\W\d_]{2,}(?::[0-9]+)?(?:[/?#].*)?")
_FIELD_OF: Final = (
    ("/help", "help"),
    ("/brand/name", "name"),
    ("/brand/colour", "colour"),
    ("/brand/logo", "logo"),
    ("/language", "language"),
    ("/parcel_markup", "markup"),
    ("/quiet/ends", "ends"),
    ("/quiet", "starts"),
    ("/sms/spelling", "spelling"),
    ("/sms/countries", "countries"),
    ("/sms/daily_cap", "cap"),
    ("/survey", "survey"),
    ("/notices", "registered"),
)


def fields_of(subject: Subject, settings: ShopSettings, usual: Usual) -> Fields:
    """As its form shows it, all as text; of occasions the ways, with blanks between."""
    match subject:
        case Subject.BRAND:
            brand = settings.brand
            told = {"name": brand.name, "colour": brand.colour, "logo": brand.logo}
            return _texts({**told, "help": settings.help})
        case Subject.LANGUAGE:
            markup = "on" if settings.parcel_markup else ""
            return _texts({"language": settings.language, "markup": markup})
        case Subject.OCCASIONS:
            ways = {each: settings.notices.get(each, usual[each]) for each in Occasion}
            return {each.value: " ".join(sorted(of)) for each, of in ways.items()}
        case Subject.QUIET:
            return {
                "starts": f"{settings.quiet.starts:%H:%M}",
                "ends": f"{settings.quiet.ends:%H:%M}",
            }
        case Subject.TEXTS:
            sms = settings.sms
            cap = sms.daily_cap.amount if sms.daily_cap else None
            countries = " ".join(sms.countries or ())
            return _texts({"spelling": sms.spelling, "countries": countries, "cap": cap})
        case Subject.SURVEY:
            return {"survey": settings.survey.value}


def _texts(told: Mapping[str, str | None]) -> Fields:
    return {name: value or "" for name, value in told.items()}


def typed(subject: Subject, form: Mapping[str, str]) -> Fields:
    """What was sent of this subject, as its form shows it again."""
    if subject is Subject.OCCASIONS:
        return {
            each.value: " ".join(sorted(way for way in Channel if f"{each}.{way}" in form))
            for each in Occasion
        }
    names = fields_of(subject, ShopSettings(), _NOTHING)
    return {name: form.get(name, "").strip() for name in names}


_NOTHING: Final[Usual] = dict.fromkeys(Occasion, ())


def changed(
    subject: Subject, told: Fields, before: ShopSettings, usual: Usual, settings: Settings
) -> ShopSettings | set[str]:
    """The settings with what was told of the subject, the rest as it is; or which fields of it
    are wrong, and there is nothing else of them to be told than WRONG.
    """
    document = before.model_dump(mode="json")
    _INTO[subject](document, told, usual, settings.sms_currency)
    try:
        after = ShopSettings.model_validate_json(json.dumps(document))
    except ValidationError as error:
        return _wrong(subject, field_errors(error))
    return _wrong(subject, unkept(after, settings)) or after


def _wrong(subject: Subject, faults: Sequence[FieldError]) -> set[str]:
    """Of this subject: what an earlier release let through elsewhere holds nothing up here."""
    names = {
        next((name for start, name in _FIELD_OF if each.pointer.startswith(start)), "")
        for each in faults
    }
    mine = set(fields_of(subject, ShopSettings(), _NOTHING))
    return names & mine


def _brand(document: dict[str, Any], told: Fields, _: Usual, __: str) -> None:
    document["brand"] = {name: told[name] or None for name in ("name", "colour", "logo")}
    document["help"] = _link(told["help"]) or None


def _link(typed: str) -> str:
    """As a link, what people type: an e-mail address, a phone number, a page without a scheme."""
    if _EMAIL.fullmatch(typed):
        return f"mailto:{typed}"
    if _PHONE.fullmatch(typed):
        return "tel:" + "".join(each for each in typed if each in "+0123456789")
    return f"https://{typed}" if _HOST.fullmatch(typed) else typed


def _language(document: dict[str, Any], told: Fields, _: Usual, __: str) -> None:
    document["language"] = told["language"] or None
    document["parcel_markup"] = told["markup"] == "on"


def _occasions(document: dict[str, Any], told: Fields, usual: Usual, _: str) -> None:
    """What is as by default is not said, unless it was said before."""
    said: dict[str, list[str]] = document["notices"]
    document["notices"] = {
        each.value: ways
        for each in Occasion
        for ways in [told[each.value].split()]
        if each.value in said or set(ways) != {way.value for way in usual[each]}
    }


def _quiet(document: dict[str, Any], told: Fields, _: Usual, __: str) -> None:
    document["quiet"] = dict(told)


def _survey(document: dict[str, Any], told: Fields, _: Usual, __: str) -> None:
    document["survey"] = told["survey"]


def _of_texts(document: dict[str, Any], told: Fields, _: Usual, currency: str) -> None:
    countries = told["countries"].upper().replace(",", " ").split()
    amount = told["cap"].replace(",", ".")
    document["sms"] = {
        "spelling": told["spelling"],
        "countries": countries or None,
        "daily_cap": {"amount": amount, "currency": currency} if amount else None,
    }


_INTO: Final[Mapping[Subject, Callable[[dict[str, Any], Fields, Usual, str], None]]] = {
    Subject.BRAND: _brand,
    Subject.LANGUAGE: _language,
    Subject.OCCASIONS: _occasions,
    Subject.QUIET: _quiet,
    Subject.TEXTS: _of_texts,
    Subject.SURVEY: _survey,
}


def difference(before: Fields, after: Fields) -> dict[str, tuple[str, str]]:
    """What is another one now: of each field the old and the new."""
    return {name: (before[name], after[name]) for name in after if before[name] != after[name]}
