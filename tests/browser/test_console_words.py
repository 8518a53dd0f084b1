"""The console's catalogue: everything in Latvian, nothing left over."""

import re
from pathlib import Path

import polib
from babel.messages.extract import extract_from_dir

import tracking.web
from schemas.explained import REASON, RULE, explained
from tracking.words.catalog import CONSOLE, LOCALES

KEYWORDS = {"gettext": None, "N_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
WEB = Path(tracking.web.__file__).parent
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def whys() -> set[str | None]:
    """What the console says of notices in the words of `klat explain`."""
    return {*RULE.values(), *map(explained, REASON), explained("30003")}


def said_in_the_code() -> set[str]:
    parts = [
        (WEB / "console", "python", "**.py"),
        (WEB / "templates/console", "jinja2", "**.html"),
        (WEB.parent, "python", "policy_words.py"),
    ]
    return set(map(str, whys())) | {
        text if isinstance(text, str) else text[0]
        for folder, method, pattern in parts
        for _, _, text, _, _ in extract_from_dir(folder, [(pattern, method)], keywords=KEYWORDS)
    }


def test_everything_is_said_in_latvian_and_nothing_is_left_over():
    entries = polib.pofile(str(LOCALES / "lv" / "LC_MESSAGES" / f"{CONSOLE}.po"))
    assert {entry.msgid for entry in entries} == said_in_the_code()
    assert len(said_in_the_code()) > 40
    for entry in entries:
        said = [entry.msgstr, *entry.msgstr_plural.values()]
        assert any(said), entry.msgid
        for each in filter(None, said):
            wanted = set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
            assert set(PLACEHOLDER.findall(each)) == wanted, entry.msgid
