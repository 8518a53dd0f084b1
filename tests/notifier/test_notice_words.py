"""Every text of the notices is said in every language, with that language's plurals."""

import re
from functools import cache
from gettext import c2py

import polib
import pytest
from babel.messages.extract import extract_from_dir
from notice_values import NOW, usual

from notifier.render import render_email
from notifier.wording import DOMAIN, LOCALES
from schemas.notice import Occasion
from schemas.scan import Window
from tracking.words.catalog import SOURCE, cldr_locale, plural_tags
from tracking.words.language import SUPPORTED

TRANSLATED = [language for language in SUPPORTED if language != SOURCE]
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
KEYWORDS = {"gettext": None, "N_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


@cache
def said_in_the_code() -> frozenset[tuple[str, str]]:
    root = LOCALES.parent
    found = extract_from_dir(root, METHODS, keywords=KEYWORDS)
    texts = [(context or "", text) for _, _, text, _, context in found]
    return frozenset((c, text if isinstance(text, str) else text[0]) for c, text in texts)


def catalog(language: str) -> polib.POFile:
    return polib.pofile(str(LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po"))


def forms(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_missing_left_over_or_fuzzy(language: str) -> None:
    entries = catalog(language)
    assert {(entry.msgctxt or "", entry.msgid) for entry in entries} == said_in_the_code()
    assert len({(entry.msgctxt, entry.msgid) for entry in entries}) == len(entries)
    assert [entry.msgid for entry in entries if entry.fuzzy or entry.obsolete] == []
    assert [entry.msgid for entry in entries if not all(forms(entry))] == []


def test_the_code_says_more_than_a_few_things() -> None:
    assert len(said_in_the_code()) > 60
    assert ("", "Track the parcel") in said_in_the_code()
    assert ("", "Your parcel was delivered") in said_in_the_code()


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_are_the_same(language: str) -> None:
    for entry in catalog(language):
        for form in forms(entry):
            assert sorted(PLACEHOLDER.findall(form)) == sorted(PLACEHOLDER.findall(entry.msgid))
            assert PLACEHOLDER.sub("", form).count("%") == 0, form
            assert not re.search(r"[<>\n]|  |^\s|\s$|https?:", form), form
            assert form[-1:] == entry.msgid[-1:] or "." not in form[-1:] + entry.msgid[-1:], form


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
    ("language", "days", "said"),
    [
        ("en", 1, "1 day left to collect it."),
        ("en", 21, "21 days left to collect it."),
        ("lv", 1, "Saņemšanai atlikusi 1 diena."),
        ("lv", 11, "Saņemšanai atlikušas 11 dienas."),
        ("lv", 21, "Saņemšanai atlikusi 21 diena."),
        ("lt", 3, "Atsiimti liko 3 dienos."),
        ("lt", 10, "Atsiimti liko 10 dienų."),
        ("lt", 21, "Atsiimti liko 21 diena."),
        ("et", 1, "Kättesaamiseks on jäänud 1 päev."),
        ("et", 21, "Kättesaamiseks on jäänud 21 päeva."),
        ("ru", 1, "На получение остался 1 день."),
        ("ru", 3, "На получение осталось 3 дня."),
        ("ru", 11, "На получение осталось 11 дней."),
    ],
)
def test_days_left_are_counted_as_people_count(language: str, days: int, said: str) -> None:
    until = NOW.replace(day=1, month=12)
    values = usual(Occasion.READY_FOR_PICKUP, language, until=until)
    day = until.fromordinal(until.toordinal() - days).replace(tzinfo=NOW.tzinfo, hour=9)
    mail = render_email(usual(Occasion.READY_FOR_PICKUP, language, until=values.until, now=day))
    assert said in mail.text.splitlines()


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (Window(starts=NOW), None),
        (Window(ends=NOW.replace(hour=12)), "It arrives by 14:00 today."),
        (Window(starts=NOW.replace(hour=12)), "It arrives today at about 14:00."),
        (Window(starts=NOW.replace(hour=9), ends=NOW.replace(hour=11)), "today, 11:00-13:00."),
        (Window(starts=NOW, ends=NOW.replace(day=27)), "Expected: 24-27 November."),
    ],
)
def test_a_window_is_said_as_far_as_it_is_known(window: Window, said: str | None) -> None:
    text = render_email(usual(Occasion.ACCEPTED, window=window)).text.replace("–", "-")
    lines = text.split("\n\n")
    if said is None:
        assert not re.search(r"arrives|Expected", text)
    else:
        assert said in lines[1]
