"""Names in any spelling: folded to plain letters, found with one slip, and not with two."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tracking.search.names import forms, is_near, words_in

WORD = st.text("abcdefghijklmnoprstuvz", min_size=4, max_size=14)
SIGN = st.sampled_from("abcdefghijklmnoprstuvz")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Anna Ozoliņa", ("anna", "ozolina")),
        ("  ŽANIS   ozoliņš-Bērzs ", ("zanis", "ozolins", "berzs")),
        ("Łukasz Żółć", ("lukasz", "zolc")),
        ("Õnne-Mari Jõgi", ("onne", "mari", "jogi")),
        ("Живко Озолиня", ("zhivko", "ozolinya")),
        ("O'Neill", ("oneill",)),
        ("O’Neill", ("oneill",)),
        ("SIA „Zaļā Lapa”", ("sia", "zala", "lapa")),
        ("A B C", ()),
        ("Anna Anna", ("anna",)),
        ("", ()),
        ("x" * 300, ("x" * 24,)),
        ("aa bb cc dd ee ff gg hh", ("aa", "bb", "cc", "dd", "ee", "ff")),
        ("\u202eanna\u0301\u0301\u0301", ("anna",)),
        ("李 小龍", ("li", "xiaolong")),
    ],
)
def test_a_name_is_its_words_in_plain_letters(name, words):
    assert words_in(name) == words


@given(WORD, st.integers(0, 20), SIGN, st.sampled_from(["lost", "added", "wrong", "swapped"]))
def test_whatever_slip_was_made_once_it_is_found(word, at, sign, slip):
    at %= len(word) - 1
    typed = {
        "lost": word[:at] + word[at + 1 :],
        "added": word[:at] + sign + word[at:],
        "wrong": word[:at] + sign + word[at + 1 :],
        "swapped": word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    }[slip]
    assume(len(typed) >= 4)
    assert is_near(typed, word)
    assert forms(typed) & forms(word)


@given(WORD, WORD)
def test_who_is_near_has_a_form_in_common(one, other):
    if is_near(one, other):
        assert forms(one) & forms(other)


@pytest.mark.parametrize(
    ("asked", "word", "near"),
    [
        ("ozolina", "ozolina", True),
        ("ozolna", "ozolina", True),
        ("ozoilna", "ozolina", True),
        ("ozlna", "ozolina", False),
        ("ana", "anna", False),
        ("bo", "bo", True),
        ("bo", "ba", False),
    ],
)
def test_one_slip_is_forgiven_in_words_of_four_signs(asked, word, near):
    assert is_near(asked, word) is near
    assert is_near(word, asked) is near
