"""Names of rounds: what is made of an errand is read from them again, however it is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.round_names import (
    after,
    asked,
    asked_number,
    auto_of,
    base_of,
    errand,
    is_asked,
    nth,
    turn_of,
)

WORDS = st.lists(st.sampled_from(["Depot", "asked", "again", "1", "3", "twice"]), max_size=5)
NAMES = st.one_of(st.text(max_size=20), st.builds(" ".join, WORDS)).map(str.strip)
TIMES = st.integers(0, 5)


@given(NAMES, TIMES, st.integers(1, 5))
def test_of_any_errand_it_is_known_which_time_it_is(name, before, number):
    base = errand(name)
    round_ = nth(base, before)
    repeated = asked(round_, number)
    assert (base_of(round_), auto_of(round_), is_asked(round_)) == (base, round_, False)
    assert (base_of(repeated), auto_of(repeated), is_asked(repeated)) == (base, round_, True)
    assert (asked_number(round_), asked_number(repeated)) == (0, number)
    assert after(base, {round_, repeated}) == nth(base, before + 1)
    assert turn_of(round_) < turn_of(repeated) < turn_of(nth(base, before + 1))


@pytest.mark.parametrize(
    ("before", "named"), [(0, "9901"), (1, "9901 again"), (2, "9901 again 3"), (3, "9901 again 4")]
)
def test_they_are_called(before, named):
    assert nth("9901", before) == named
    assert asked(named, 2) == f"{named} asked 2"
    assert (nth("", before), asked("", 1)) == (named.removeprefix("9901").lstrip(), "asked 1")


def test_a_place_that_is_called_like_a_round_is_told_at_all():
    assert [errand(name) for name in ("Depot asked twice", "Depot asked 2", "again")] == [
        "Depot asked twice",
        "Depot asked 2.",
        "again.",
    ]
