"""What an SMS costs, with facts as they usually are.

`python tests/notifier/test_notice_sms.py` prints the table: units and messages, spelt in full and
spelt short. The facts are a shop's name of 15 characters, a place of 18 and a link of 42.
"""

from dataclasses import replace

import gsm0338
import pytest
from notice_values import LANGUAGES, PICKUP, usual

from notifier.render import render_sms
from notifier.sms.alphabet import alphabet, units
from notifier.sms.segments import count
from notifier.sms.spelling import spelt
from notifier.values import Brand
from schemas.notice import Occasion
from schemas.scan import Location
from schemas.shop import Spelling

LATIN = [language for language in LANGUAGES if language != "ru"]
GSM7 = gsm0338.Codec()


def short(occasion: Occasion, language: str) -> str:
    return spelt(render_sms(usual(occasion, language)).pieces, language, Spelling.SHORT)


@pytest.mark.parametrize("language", LATIN)
@pytest.mark.parametrize("occasion", Occasion)
def test_one_message_says_it_all(occasion: Occasion, language: str) -> None:
    assert len(GSM7.encode(short(occasion, language))[0]) <= 160
    assert count(short(occasion, language)) == 1


@pytest.mark.parametrize("occasion", Occasion)
def test_russian_takes_two(occasion: Occasion) -> None:
    """UCS-2 holds 70 characters, and the link alone is 42: a sentence and a link never fit one."""
    text = short(occasion, "ru")
    assert count(text) == 2
    assert units(text) <= 134


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", Occasion)
def test_our_words_have_no_letter_that_costs_but_those_of_the_language(
    occasion: Occasion, language: str
) -> None:
    """A stray dash or quote would make a long English text two."""
    if language != "ru":
        GSM7.encode(short(occasion, language))
    if language == "en":
        GSM7.encode(render_sms(usual(occasion, language)).text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_with_diacritics_keeps_them_and_costs(language: str) -> None:
    """A name is not ours to respell. With one the text is UCS-2: three messages at most."""
    values = usual(Occasion.PICKUP_LAST_DAY, language)
    values = replace(values, place=Location(name="Rīgas Rimi Pļavnieki"))
    text = spelt(render_sms(values).pieces, language, Spelling.SHORT)
    assert "Rīgas Rimi Pļavnieki" in text
    assert count(text) <= 3


def _table() -> str:
    rows = [
        f"{occasion.value:20}"
        + "".join(f"{_cell(occasion, language):>26}" for language in LANGUAGES)
        for occasion in Occasion
    ]
    return "\n".join([" " * 20 + "".join(f"{code:>26}" for code in LANGUAGES), *rows])


def _cell(occasion: Occasion, language: str) -> str:
    full = render_sms(usual(occasion, language)).text
    return " -> ".join(
        f"{units(text)} {alphabet(text).value}/{count(text)}"
        for text in (full, short(occasion, language))
    )


if __name__ == "__main__":
    print(_table())


@pytest.mark.parametrize("occasion", sorted(PICKUP))
def test_with_names_spelt_short_a_locker_with_its_own_letters_costs_one_message(occasion):
    """The lockers of the Baltics are called so: a Latvian one in a Latvian text."""
    values = replace(
        usual(occasion, "lv"),
        place=Location(name="Rīgas Dārzciems 2", place_id="9901"),
        brand=Brand("Grāmatu nams"),
    )
    found = {each: count(spelt(render_sms(values).pieces, "lv", each)) for each in Spelling}
    assert found[Spelling.SHORT_NAMES] == 1
    assert found[Spelling.SHORT] > 1
