"""The alphabet against another implementation of GSM 03.38, character by character."""

import pytest
from gsm0338 import Codec
from hypothesis import given
from hypothesis import strategies as st

from notifier.sms.alphabet import BASIC, EXTENSION, Alphabet, alphabet, units

ESCAPE = "\x1b"  # the table's own mechanism, no character of a text
GSM7_TEXTS = st.text(st.sampled_from(sorted(BASIC | EXTENSION)))
ENCODE = Codec().encode


def septets(text: str) -> int | None:
    """As the oracle counts them: it writes one octet for each."""
    try:
        return len(ENCODE(text)[0])
    except UnicodeEncodeError:
        return None


def test_the_tables_have_the_size_of_the_standard():
    """128 places less the escape; the ten of the extension table."""
    assert (len(BASIC), len(EXTENSION)) == (127, 10)


def test_every_character_of_the_basic_plane_is_where_the_oracle_has_it():
    for char in map(chr, range(0x10000)):
        if char != ESCAPE:
            room = septets(char)
            assert (alphabet(char) is Alphabet.GSM7) == (room is not None), hex(ord(char))
            assert room in (None, units(char)), hex(ord(char))


@given(GSM7_TEXTS)
def test_septets_are_those_of_the_oracle(text):
    assert alphabet(text) is Alphabet.GSM7
    assert units(text) == septets(text)


@given(GSM7_TEXTS, st.sampled_from("ā–“õшα😀\u00a0\x1b`"), GSM7_TEXTS)
def test_one_character_from_outside_makes_the_whole_text_ucs2(before, outside, after):
    text = before + outside + after
    assert alphabet(text) is Alphabet.UCS2
    assert units(text) == len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    ("text", "of", "room"),
    [
        ("", Alphabet.GSM7, 0),
        ("Your parcel is here", Alphabet.GSM7, 19),
        ("10 €", Alphabet.GSM7, 5),  # 3 + 2
        ("Jäääär ö ü", Alphabet.GSM7, 10),
        ("Sõnum", Alphabet.UCS2, 5),
        ("Sūtījums", Alphabet.UCS2, 8),
        ("Посылка", Alphabet.UCS2, 7),
        ("Pakk 📦", Alphabet.UCS2, 7),  # 5 + 2
        ("€ā", Alphabet.UCS2, 2),
    ],
)
def test_texts(text, of, room):
    assert (alphabet(text), units(text)) == (of, room)
