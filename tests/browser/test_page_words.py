"""Every text of the page is said in every language, with that language's plurals."""

import re
from functools import cache
from gettext import c2py
from pathlib import Path

import polib
import pytest
from babel.messages.extract import extract_from_dir

import tracking.web
import tracking.words
from schemas.status import Handover, Reason, Status
from tracking.web import advice, wording
from tracking.words.catalog import DOMAIN, LOCALES, SOURCE, cldr_locale, plural_tags, words_of
from tracking.words.language import SUPPORTED

TRANSLATED = [language for language in SUPPORTED if language != SOURCE]
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"gettext": None, "N_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


@cache
def said_in_the_code() -> frozenset[tuple[str, str]]:
    """(context, text) of everything that the pages can say."""
    found = [
        text
        for package in (tracking.web, tracking.words)
        for text in extract_from_dir(
            Path(package.__file__).parent,
            METHODS,
            keywords=KEYWORDS,
            directory_filter=lambda path: (
                Path(path).name != "console"
            ),  # has a catalogue of its own
        )
    ]
    return frozenset((context or "", _first(text)) for _, _, text, _, context in found)


def _first(text: str | tuple[str, ...]) -> str:
    return text if isinstance(text, str) else text[0]


def catalog(language: str) -> polib.POFile:
    return polib.pofile(str(LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po"))


def forms(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_missing_left_over_or_fuzzy(language: str) -> None:
    entries = catalog(language)
    assert {(entry.msgctxt or "", entry.msgid) for entry in entries} == said_in_the_code()
    assert [entry.msgid for entry in entries if entry.fuzzy or entry.obsolete] == []
    assert [entry.msgid for entry in entries if not all(forms(entry))] == []


def test_the_code_says_more_than_a_few_things() -> None:
    assert len(said_in_the_code()) > 150
    assert ("window", "%(day)s, %(hours)s") in said_in_the_code()
    assert ("", "Refresh") in said_in_the_code()


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_are_the_same(language: str) -> None:
    for entry in catalog(language):
        expected = sorted(PLACEHOLDER.findall(entry.msgid))
        for form in forms(entry):
            assert sorted(PLACEHOLDER.findall(form)) == expected, entry.msgid
            assert "<" not in form


@pytest.mark.parametrize("language", TRANSLATED)
def test_plural_forms_are_those_of_cldr(language: str) -> None:
    header = catalog(language).metadata["Plural-Forms"]
    count, formula = re.fullmatch(r"nplurals=(\d); plural=(.*);", header).groups()
    index, tags, rule = c2py(formula), plural_tags(language), cldr_locale(language).plural_form
    assert int(count) == len(tags)
    assert [index(n) for n in range(1_000)] == [tags.index(rule(n)) for n in range(1_000)]
    for entry in catalog(language):
        assert not entry.msgid_plural or len(entry.msgstr_plural) == len(tags)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", {1: "1 day left", 2: "2 days left", 11: "11 days left", 21: "21 days left"}),
        ("lv", {1: "Atlikusi 1 diena", 2: "Atlikušas 2 dienas", 11: "Atlikušas 11 dienas"}),
        ("lv", {21: "Atlikusi 21 diena", 10: "Atlikušas 10 dienas"}),
        ("lt", {1: "Liko 1 diena", 2: "Liko 2 dienos", 10: "Liko 10 dienų", 21: "Liko 21 diena"}),
        ("et", {1: "Jäänud on 1 päev", 2: "Jäänud on 2 päeva", 21: "Jäänud on 21 päeva"}),
        ("ru", {1: "Остался 1 день", 3: "Осталось 3 дня", 5: "Осталось 5 дней"}),
        ("ru", {11: "Осталось 11 дней", 21: "Остался 21 день", 22: "Осталось 22 дня"}),
    ],
)
def test_days_left_are_counted_as_people_count(language: str, said: dict[int, str]) -> None:
    ngettext = words_of(language).ngettext
    assert {n: ngettext("%(n)d day left", "%(n)d days left", n) for n in said} == said


def test_text_from_outside_is_escaped_and_isolated() -> None:
    said = words_of("en").gettext("Code of the carrier: %(code)s", code="<b>&\u202e")
    assert said == "Code of the carrier: <bdi>&lt;b&gt;&amp;</bdi>", "what reorders is left out"


def test_every_status_reason_and_handover_has_its_words() -> None:
    assert set(wording.STATUS) == set(Status)
    assert set(wording.CAUSE) == set(Reason)
    for reason in Reason:
        assert advice.usual(Status.HELD, reason, None).text
    for handover in Handover:
        assert wording.handed(words_of("lv"), handover)
