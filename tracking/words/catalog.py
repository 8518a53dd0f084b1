"""Words of the shopper's pages: .po files read once, plural forms chosen by CLDR's rules.

English is the source and has no file. After a text changed:

    pybabel extract -F tracking/words/locale/babel.cfg -k pgettext:1c,2 -o page.pot .
    pybabel update -D page -i page.pot -d tracking/words/locale --no-fuzzy-matching
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from babel import Locale
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

from schemas.base import for_eyes
from tracking.words.language import SUPPORTED

LOCALES: Final = Path(__file__).parent / "locale"
DOMAIN: Final = "page"
CONSOLE: Final = "console"
SOURCE: Final = "en"

_PLURAL_ORDER = ("zero", "one", "two", "few", "many", "other")
_Texts = dict[tuple[str | None, str], tuple[str, ...]]


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools know
    """Mark a text in a table for translation; it is translated where it is used."""
    return message


def cldr_locale(language: str) -> Locale:
    """Dates in English follow the day-month order and 24 hours of Europe."""
    return Locale.parse("en_GB" if language == SOURCE else language)


def plural_tags(language: str) -> list[str]:
    """The plural categories that whole numbers have, in the order of a .po file's forms."""
    rule = cldr_locale(language).plural_form
    used = {rule(n) for n in range(200)}
    return [tag for tag in _PLURAL_ORDER if tag in used]


class Words:
    """The texts of one language. What they return is safe HTML.

    A `str` among the values is text from outside: escaped, and isolated by <bdi> so that its
    direction cannot reorder the sentence. Markup (our own dates and phrases) goes in as it is.
    """

    def __init__(self, language: str, domain: str = DOMAIN, locales: Path = LOCALES) -> None:
        self.language = language
        self.locale = cldr_locale(language)
        self._texts = _read(language, domain, locales)
        self._plural = _plural_index(language)

    def gettext(self, message: str, /, **values: str | int) -> Markup:
        return _filled(self._find(None, message)[0], values)

    def pgettext(self, context: str, message: str, /, **values: str | int) -> Markup:
        return _filled(self._find(context, message)[0], values)

    def ngettext(self, singular: str, plural: str, n: int, /, **values: str | int) -> Markup:
        forms = self._texts.get((None, singular)) or (singular, plural)
        return _filled(forms[self._plural(n)], {"n": n, **values})

    def _find(self, context: str | None, message: str) -> tuple[str, ...]:
        return self._texts.get((context, message)) or (message,)


@cache
def words_of(language: str) -> Words:
    return Words(language)


@cache
def console_words(language: str) -> Words:
    """Of the console of support, which speaks Latvian and English."""
    return Words(language, CONSOLE)


def _filled(text: str, values: dict[str, str | int]) -> Markup:
    if not values:
        return escape(text)
    return escape(text) % {name: isolated(value) for name, value in values.items()}


def isolated(value: str | int) -> Markup:
    if isinstance(value, str) and not isinstance(value, Markup):
        return Markup("<bdi>{}</bdi>").format(for_eyes(value))
    return escape(value)


def _plural_index(language: str) -> Callable[[int], int]:
    rule, tags = cldr_locale(language).plural_form, plural_tags(language)
    return lambda n: tags.index(rule(n))


def _read(language: str, domain: str, locales: Path) -> _Texts:
    if language == SOURCE:
        return {}
    path = locales / language / "LC_MESSAGES" / f"{domain}.po"
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    return {
        _key(message.context, message.id): _forms(message.string)
        for message in catalog
        if message.id and message.string and not message.fuzzy
    }


def _key(
    context: str | None, message_id: str | list[str] | tuple[str, ...]
) -> tuple[str | None, str]:
    return context, message_id if isinstance(message_id, str) else message_id[0]


def _forms(string: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else tuple(string)


def read_languages() -> None:
    """At start-up: a request never waits for a file."""
    for language in SUPPORTED:
        words_of(language)
