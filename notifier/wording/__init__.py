"""The wording of notices, in English: the source that `notifier/locale` translates.

A table of sentences per occasion and two shared layouts, instead of a folder of templates per
occasion: of some hundred small files nearly all would differ in one sentence only. So a translator
has one catalogue of whole sentences, a developer one page per channel, and no layout is repeated.

A line has alternatives, from the fullest to the barest: the first of which everything is known is
said, and where none is, nothing. So a text never has a hole where a value is missing.

After a text changed:

    pybabel extract -F notifier/locale/babel.cfg -k pgettext:1c,2 -o notices.pot .
    pybabel update -D notices -i notices.pot -d notifier/locale --no-fuzzy-matching
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from tracking.words.catalog import Words

LOCALES: Final = Path(__file__).parents[1] / "locale"
DOMAIN: Final = "notices"

Line = tuple[str, ...]
Text = tuple[Line, ...]
Facts = Mapping[str, str]
"""What sentences speak of, by the name of its placeholder. Markup are our own words in the
reader's language, any other `str` is a name or a code from outside."""

PLACEHOLDER: Final = re.compile(r"%\((\w+)\)s")


@cache
def words_of(language: str) -> Words:
    return Words(language, DOMAIN, LOCALES)


def fullest(line: Line, facts: Facts) -> str | None:
    """The first alternative of which everything is known."""
    return next((text for text in line if facts.keys() >= set(PLACEHOLDER.findall(text))), None)


def said(text: Text, facts: Facts) -> list[str]:
    """The lines that can be said."""
    return [best for line in text if (best := fullest(line, facts))]
