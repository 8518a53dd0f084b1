"""Spelling: plain is safe for every text, short touches our own words only."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.plain import Piece
from notifier.sms.alphabet import Alphabet, alphabet
from notifier.sms.segments import count
from notifier.sms.spelling import _AS_IT_IS, plain, short, spelt
from schemas.shop import Spelling

LATVIAN = "āčēģīķļņšūž"
LITHUANIAN = "ąčęėįšųūž"
ESTONIAN = "äöüõšž"
RUSSIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("„Pie Jāņa” – «Rīga» — ‘a’ ‚b’", "\"Pie Jāņa\" - \"Rīga\" - 'a' 'b'"),
        ("wait…", "wait..."),
        ("10\u00a0000\u202f€\u2009!", "10 000 € !"),
        ("10\u2060–\u206014", "10-14"),
        ("a\u202eb\u2066c\u2069\u200e\u200b\ufeff\u00ad", "abc"),
        ("a\x00b\x1bc\x7f", "abc"),
        ("one\r\ntwo\rthree\u2028four\tfive", "one\ntwo\nthree\nfour five"),
        ("O`Neill O´Neill Oʼneill", "O'Neill O'Neill O'neill"),
        ("Ja\u0304nis", "Jānis"),
        ("a\ud800b", "ab"),
        ("a\u200db \u200c", "ab "),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("Посылка № 5 — «Киев»", 'Посылка № 5 - "Киев"'),
        ("{{7*7}} %(code)s", "{{7*7}} %(code)s"),
    ],
)
def test_plain(text, wanted):
    assert plain(text) == wanted


@given(st.text())
def test_plain_text_stays_as_it_is(text):
    once = plain(text)
    assert plain(once) == once
    assert unicodedata.is_normalized("NFC", once)


@given(st.text())
def test_nothing_unseen_is_left(text):
    left = {unicodedata.category(char) for char in plain(text) if char not in "\n\u200c\u200d"}
    assert not left & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@given(st.text())
def test_letters_and_digits_are_never_touched(text):
    def letters(some: str) -> list[str]:
        """But for the two "letters" that are apostrophes."""
        apart = unicodedata.normalize("NFD", some)
        return [char for char in apart if char.isalnum() and char not in "ʹʼ"]

    assert letters(plain(text)) == letters(text)


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("lv", LATVIAN, "acegiklnsuz"),
        ("lv", LATVIAN.upper(), "ACEGIKLNSUZ"),
        ("lt", LITHUANIAN, "aceeisuuz"),
        ("lt", LITHUANIAN.upper(), "ACEEISUUZ"),
        ("et", ESTONIAN, "äöüosz"),
        ("et", ESTONIAN.upper(), "ÄÖÜOSZ"),
        ("lv", "Su\u0304ti\u0304jums", "Sutijums"),
        ("ru", RUSSIAN, RUSSIAN),
        ("lv", RUSSIAN, RUSSIAN),
        ("en", "naïve āā", "naïve āā"),
        ("xx", "āčē", "āčē"),
        ("lv", "%(name)s: ņem!", "%(name)s: nem!"),
    ],
)
def test_short(language, text, wanted):
    assert short(text, language) == wanted


@pytest.mark.parametrize(
    ("language", "letters"), [("lv", LATVIAN), ("lt", LITHUANIAN), ("et", ESTONIAN)]
)
def test_short_words_of_a_language_are_gsm7(language, letters):
    alphabet_of_it = "abcdefghijklmnopqrstuvwxyz" + letters
    assert alphabet(short(alphabet_of_it + alphabet_of_it.upper(), language)) is Alphabet.GSM7


@given(st.sampled_from(["lv", "lt", "et", "ru", "en"]), st.text(st.characters(codec="cp1251")))
def test_cyrillic_is_never_spelt_short(language, text):
    assert short(text, language) == unicodedata.normalize("NFC", text)


LINK = "https://track.example/t/0123456789abcdef012345"
UNTIL = "piektdienai, 21. jūnijam"


def ours(text: str) -> Piece:
    return Piece(text)


def kept(text: str) -> Piece:
    return Piece(text, protected=True)


def name(text: str) -> Piece:
    return Piece(text, protected=True, is_name=True)


def pieces(shop: str, code: str = "48213") -> list[Piece]:
    """Shop, code and link are protected; the words and the date are ours."""
    words = [ours("Sūtījums no "), name(shop), ours(" gaida pakomātā līdz "), ours(UNTIL)]
    return [*words, ours(". Kods: "), kept(code), ours(". Skaties šeit: "), kept(LINK)]


def said(shop: str, spelling: Spelling = Spelling.SHORT) -> str:
    return spelt(pieces(shop), "lv", spelling)


def test_our_words_are_spelt_short_where_it_saves_a_message():
    assert said("Rimi") == (
        "Sutijums no Rimi gaida pakomata lidz piektdienai, 21. junijam. Kods: 48213. "
        f"Skaties seit: {LINK}"
    )
    assert (count(said("Rimi")), count(said("Rimi", Spelling.FULL))) == (1, 3)


def test_a_name_stays_as_it_is_and_then_so_do_our_words():
    """It needs UCS-2, so that writing badly would save nothing."""
    assert said("Jāņa sēta") == "".join(piece.text for piece in pieces("Jāņa sēta"))


@pytest.mark.parametrize(
    ("shop", "plain_shop"),
    [("Jāņa sēta", "Jana seta"), ("Žemaičių kiemas", "Zemaiciu kiemas"), ("Õie pood", "Oie pood")],
)
def test_a_name_is_spelt_short_where_the_shop_chose_that(shop, plain_shop):
    text = said(shop, Spelling.SHORT_NAMES)
    assert text.startswith(f"Sutijums no {plain_shop} gaida pakomata")
    assert count(text) == 1


def test_neither_a_code_nor_cyrillic_is_ever_spelt_short():
    for code in ("Š4821", "КОД7"):
        assert code in spelt(pieces("Rimi", code), "lv", Spelling.SHORT_NAMES)
    assert "Янтарь" in said("Янтарь", Spelling.SHORT_NAMES)


def test_a_text_of_one_message_is_spelt_in_full():
    parts = [ours("Kods "), kept("48213"), ours(", līdz " + UNTIL)]
    text = spelt(parts, "lv", Spelling.SHORT)
    assert text == "Kods 48213, līdz piektdienai, 21. jūnijam"


def test_a_name_is_plain_so_that_its_quotes_cost_nothing():
    text = said("„Rimi”")
    assert 'no "Rimi" gaida' in text
    assert count(text) == 1


def test_no_pieces_are_no_text():
    assert spelt([], "lv", Spelling.SHORT) == ""


@given(st.text(min_size=1, max_size=200), st.sampled_from(Spelling))
def test_a_value_of_others_is_never_respelt(value, spelling):
    text = spelt([ours("āā["), kept(value), ours("]ēē")], "lv", spelling)
    assert plain(f"[{value}]") in text


@given(
    st.lists(st.builds(Piece, st.text(), st.booleans(), st.booleans())),
    st.sampled_from(["lv", "lt", "et", "ru"]),
)
def test_short_spelling_never_costs_more(parts, language):
    full, brief, names = (
        spelt(parts, language, each)
        for each in (Spelling.FULL, Spelling.SHORT, Spelling.SHORT_NAMES)
    )
    assert full == plain("".join(piece.text for piece in parts))
    assert count(names) <= count(brief) <= count(full)


def test_what_is_left_as_it_is_has_nothing_to_replace():
    """The quick way for nearly every text: each of its characters goes the long way unharmed."""
    quick = [char for char in map(chr, range(0x3000)) if _AS_IT_IS.fullmatch(char)]
    assert {*LATVIAN, *LITHUANIAN, *ESTONIAN, *RUSSIAN, "\n", " ", "@"} <= set(quick)
    text = "".join(quick)
    assert plain(f"{text}…") == f"{text}..."
    assert unicodedata.is_normalized("NFC", text)
