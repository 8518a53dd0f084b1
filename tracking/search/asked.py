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
_PHONE: Final = re.compile(r"[(+]{0,2}[0-9 ().\-/\u00a0]{5,40}")
_POSTCODE: Final = re.compile(r"([A-Z]{1,2}-?)?[0-9]{4,6}", re.IGNORECASE)
_POSTCODE_LENGTH: Final = range(3, 9)
_ORDER: Final = re.compile(
    r"(?:(?:order|pasūtījum\w*|užsakym\w*|tellimus\w*|заказ\w*|nr|no)\b|№|#)[.:\s#]*",
    re.IGNORECASE,
)
_LABEL: Final = re.compile(
    r"(tel|tālr|tālrunis|phone|mailto|e-?pasts|e-?mail)[.:]\s*", re.IGNORECASE
)
_LINK: Final = re.compile(r"/t/([A-Za-z0-9_-]{22})(?![A-Za-z0-9_-])")
_AROUND: Final = " <>\"'„“”;,."
_HYPHENS: Final = str.maketrans("‐‑‒–—−", "------")
_BETWEEN: Final = re.compile(r"[\s./_~-]")
_PHONE_PART: Final = re.compile(r"\+?[0-9]{7,15}")
_MOST_WORDS: Final = 4
_PARCEL: Final = re.compile(r"[-./][0-9]{1,2}\Z")
_SERIAL: Final = re.compile(r"[0-9]{9}")
_S10: Final = re.compile(r"[A-Z]{2}([0-9]{9})[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Asked:
    """`numbers` of parcels or orders; `serials`: the digits of one alone;
    `phones` in E.164; `phone_end`: last digits of one;
    `words` must all be in a name, `area` beside them is a postcode, `beside` the end of a phone;
    all of `place` must be in a locker's. `link`: the token of a tracking page.
    """

    numbers: tuple[str, ...] = ()
    serials: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    phone_end: str | None = None
    email: str | None = None
    postcode: str | None = None
    words: tuple[str, ...] = ()
    area: str | None = None
    beside: str | None = None
    link: str | None = None
    place: tuple[str, ...] = ()


def read_asked(typed: str) -> Asked:
    """Raises ValueError, with what to do, for what is too short or too long to look for."""
    text = _plain(typed)
    if len(text) < SHORTEST:
        raise ValueError("type two characters or more")
    if len(text) > LONGEST:
        raise ValueError(f"type {LONGEST} characters or fewer")
    digits = "".join(re.findall(r"[0-9]", text))
    is_phone = bool(_PHONE.fullmatch(text)) and len(digits) >= LAST
    words, area, beside = _name(text) if "@" not in text else ((), None, None)
    return Asked(
        numbers=tuple(dict.fromkeys(_numbers(text))),
        serials=(bare,) if _SERIAL.fullmatch(bare := bare_number(text)) else (),
        orders=tuple(dict.fromkeys((text, _order(text)))),
        link=found[1] if (found := _LINK.search(text)) else None,
        phones=tuple(dict.fromkeys(_phones(text, digits))) if is_phone else (),
        phone_end=digits[-LAST:] if is_phone else None,
        email=text.casefold() if "@" in text else None,
        postcode=_postcode(text),
        words=words,
        area=area,
        beside=beside,
        place=words_in(text) if "@" not in text else (),
    )


def _plain(typed: str) -> str:
    """Without what stands around it where it was copied: labels, brackets, a full stop."""
    text = clean_text(typed).translate(_HYPHENS).strip(_AROUND)
    return _LABEL.sub("", text, count=1).strip(_AROUND)


def _order(text: str) -> str:
    found = _ORDER.match(text)
    return text[found.end() :] if found else text


def order_begun(order: str) -> str:
    """In small letters, and without the number of the parcel: "W-77/1" is of "w-77"."""
    return _PARCEL.sub("", order).lower()


def bare_number(number: str) -> str:
    """Of a parcel, as numbers are compared; the index of the store leaves out the same."""
    return _BETWEEN.sub("", number)


def serial_of(number: str) -> str | None:
    """The nine digits of a number of the Universal Postal Union (S10); None of any other."""
    found = _S10.fullmatch(bare_number(number))
    return found[1] if found else None


def _numbers(text: str) -> Iterator[str]:
    """In capitals, without the blanks and hyphens that nobody reads out."""
    bare = bare_number(text).upper()
    if _NUMBER.fullmatch(bare) and any(sign.isdigit() for sign in bare):
        yield bare


def _postcode(text: str) -> str | None:
    """Of any country: letters and digits, with a digit among them."""
    code = normal_postcode(text)
    is_one = len(code) in _POSTCODE_LENGTH and any(sign.isdigit() for sign in code)
    return code if is_one else None


def _phones(text: str, digits: str) -> Iterator[str]:
    spelled = [f"+{digits}"] if "+" in text else [f"+{digits}", digits]
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


def _name(text: str) -> tuple[tuple[str, ...], str | None, str | None]:
    """The words of a name, and the postcode and the end of a phone that were typed beside them."""
    parts = text.split()
    phones = [part for part in parts if _PHONE_PART.fullmatch(part)]
    areas = [part for part in parts if _POSTCODE.fullmatch(part) and part not in phones]
    rest = [part for part in parts if part not in areas and part not in phones]
    words = tuple(word for word in words_in(" ".join(rest)) if not word.isdigit())[:_MOST_WORDS]
    if not words:
        return (), None, None
    end = "".join(filter(str.isdigit, phones[0]))[-LAST:] if phones else None
    return words, normal_postcode(areas[0]) if areas else None, end
