"""The recipient of every test's parcel, and how to tell that a text says something about them.

No log may: whatever a test prints or logs is searched for these (tests/conftest.py).
"""

import json
import re
import unicodedata

NAME = "Jānis Bērziņš"
PHONE = "+37120000001"
EMAIL = "janis@example.lv"
POSTCODE = "LV-1010"
DOOR_CODE = "482913"

_WORDS = {
    "name": NAME,
    "surname": NAME.split()[1],
    "phone": PHONE,
    "national number": PHONE.removeprefix("+371"),
    "e-mail": EMAIL,
    "postcode": POSTCODE,
    "pickup code": DOOR_CODE,
}
# As a log may write them: as they are, escaped for JSON, decomposed, in the bytes of a repr.
_FORMS = (
    str,
    lambda text: json.dumps(text)[1:-1],
    lambda text: unicodedata.normalize("NFD", text),
    lambda text: repr(text.encode())[2:-1],
)
_PATTERNS = {
    **{
        what: re.compile("|".join(rf"(?<!\w){re.escape(form(text))}(?!\w)" for form in _FORMS))
        for what, text in _WORDS.items()
    },
    "API key": re.compile(r"klat_live_[0-9A-Za-z]{24}_"),
    "webhook secret": re.compile(r"whsec_[0-9A-Za-z+/]{32}"),
    "link": re.compile(r"/t/[0-9A-Za-z_-]{22}(?![0-9A-Za-z_-])"),
    "password in an address": re.compile(r"\w://[^/@\s:]*:(?!\*+@)[^/@\s]+@"),
}


def said_of_people(text: str) -> list[str]:
    """What the text gives away."""
    return [what for what, pattern in _PATTERNS.items() if pattern.search(text)]
