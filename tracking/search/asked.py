"""What somebody may have meant who typed this into the one box. Pure.

Everything that it could be is looked for at once: who has a shopper on the line does not choose a
field first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import phonenumbers

from schemas.base import clean_text
from schemas.contact import normal_postcode
from schemas.scan import NUMBER
from tracking.search.names import words_in
from tracking.search.terms import LAST

LONGEST: Final = 100  # characters
SHORTEST: Final = 2
_HOME: Final = ("LV", "LT", "EE")  # whose numbers are read without their prefix
_NUMBER: Final = re.compile(NUMBER)
_PHONE: Final = re.compile(r"\+?[0-9 ().\-/\u00a0]{5,40}")
_POSTCODE: Final = re.compile(r"([A-Z]{1,2}-?)?[0-9]{4,6}", re.IGNORECASE)
_POSTCODE_LENGTH: Final = range(3, 9)
_ORDER: Final = re.compile(r"#+\s*")
_MOST_WORDS: Final = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """`numbers` of parcels or orders; `phones` in E.164; `phone_end`: last digits of one;
    `words` must all be in a name, `area` beside them is a postcode; all of `place` in a locker's.
    """

    numbers: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    phone_end: str | None = None
    email: str | None = None
    postcode: str | None = None
    words: tuple[str, ...] = ()
    area: str | None = None
    place: tuple[str, ...] = ()


def read_asked(typed: str) -> Asked:
    """Raises ValueError, with what to do, for what is too short or too long to look for."""
    text = clean_text(typed)
    if len(text) < SHORTEST:
        raise ValueError("type two characters or more")
    if len(text) > LONGEST:
        raise ValueError(f"type {LONGEST} characters or fewer")
    digits = "".join(re.findall(r"[0-9]", text))
    is_phone = bool(_PHONE.fullmatch(text)) and len(digits) >= LAST
    words, area = _name(text) if "@" not in text else ((), None)
    return Asked(
        numbers=tuple(dict.fromkeys(_numbers(text))),
        orders=tuple(dict.fromkeys((text, _ORDER.sub("", text, count=1)))),
        phones=tuple(dict.fromkeys(_phones(text, digits))) if is_phone else (),
        phone_end=digits[-LAST:] if is_phone else None,
        email=text.casefold() if "@" in text else None,
        postcode=_postcode(text),
        words=words,
        area=area,
        place=words_in(text) if "@" not in text else (),
    )


def _numbers(text: str) -> Iterator[str]:
    """In capitals, and without the blanks and hyphens of whoever reads it out."""
    for each in (text.upper(), re.sub(r"[\s-]", "", text).upper()):
        if _NUMBER.fullmatch(each) and any(sign.isdigit() for sign in each):
            yield each


def _postcode(text: str) -> str | None:
    """Of any country: letters and digits, with a digit among them."""
    code = normal_postcode(text)
    is_one = len(code) in _POSTCODE_LENGTH and any(sign.isdigit() for sign in code)
    return code if is_one else None


def _phones(text: str, digits: str) -> Iterator[str]:
    spelled = [f"+{digits}"] if text.startswith("+") else [f"+{digits}", digits]
    if digits.startswith("00"):
        spelled.append(f"+{digits[2:]}")
    for each in spelled:
        for country in _HOME:
            try:
                number = phonenumbers.parse(each, country)
            except phonenumbers.NumberParseException:
                continue
            if phonenumbers.is_possible_number(number):
                yield phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _name(text: str) -> tuple[tuple[str, ...], str | None]:
    """The words of a name, and the postcode that was typed beside them."""
    parts = text.split()
    areas = [part for part in parts if _POSTCODE.fullmatch(part)]
    words = words_in(" ".join(part for part in parts if not _POSTCODE.fullmatch(part)))
    letters = tuple(word for word in words if not word.isdigit())[:_MOST_WORDS]
    return letters, normal_postcode(areas[0]) if letters and areas else None
