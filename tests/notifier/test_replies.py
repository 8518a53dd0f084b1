"""What people write back, in the languages of those who are written to."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.replies import Meaning, meaning

STOP, START, OTHER = Meaning.STOP, Meaning.START, Meaning.OTHER


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        *((word, STOP) for word in ("STOP", "stopall", "Stop all", "UNSUBSCRIBE", "CANCEL", "End")),
        *((word, STOP) for word in ("QUIT", "OPTOUT", "opt-out", "REVOKE", "ARRET", "Arrêt")),
        *((word, STOP) for word in ("BEIGT", "atteikties", "ATRAKSTĪTIES", "atrakstities")),
        *((word, STOP) for word in ("STABDYTI", "atsisakau", "Nebesiųsti", "NEBESIUSTI")),
        *((word, STOP) for word in ("LÕPETA", "lopeta", "Stopp", "loobun")),
        *((word, STOP) for word in ("СТОП", "стоп", "Отписаться", "ОТПИСКА")),
        *((word, STOP) for word in ("koniec", "abmelden", "avsluta")),
        *((word, STOP) for word in (" stop ", "Stop!", "STOP.", "«стоп»", '"stop"', "stop\n")),
        *((word, STOP) for word in ("ｓｔｏｐ", "STOP\u200b", "\u202dSTOP\u202c", "stop 🙏")),
        *((word, START) for word in ("START", "unstop", "Sākt", "sakt", "PRADĖTI", "alusta")),
        *((word, START) for word in ("старт", "Подписаться", "resume")),
        *((word, OTHER) for word in ("", " ", "!", "🙏", "stop by at six", "dont stop")),
        *((word, OTHER) for word in ("stops", "stoppen", "1", "yes", "HELP", "Paldies!", "отмена")),
        *((word, OTHER) for word in ("stop" + " " * 5 + "x" * 50, "stop\0stop", "x" * 100_000)),
    ],
)  # fmt: skip
def test_only_a_whole_word_means_anything(text, wanted):
    assert meaning(text) is wanted
    assert meaning(unicodedata.normalize("NFD", text)) is wanted
    assert meaning(text.swapcase()) is wanted


@given(st.text())
def test_any_text_means_something(text):
    assert meaning(text) in Meaning
