"""Where a text is cut, and what it costs."""

from math import ceil

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifier.sms.alphabet import BASIC, EXTENSION, alphabet, units, width
from notifier.sms.segments import ONE, PART, count, fits_one, segments

CHARS = st.sampled_from(sorted(BASIC | EXTENSION)) | st.sampled_from("āшõ😀") | st.characters()
TEXTS = st.text(CHARS, max_size=20).flatmap(
    lambda piece: st.integers(1, 60).map(lambda times: piece * times)
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),  # 2 * 153
        ("a" * 307, 3),
        ("€" * 80, 1),  # 160 septets
        ("€" * 81, 2),
        ("€" * 152, 2),  # 76 in each: an odd septet stays empty
        ("€" * 153, 3),  # 306 septets would be two
        ("ā" * 70, 1),
        ("ā" * 71, 2),
        ("ā" * 134, 2),  # 2 * 67
        ("ā" * 135, 3),
        ("😀" * 35, 1),  # 70 units
        ("😀" * 36, 2),
        ("😀" * 66, 2),  # 33 in each: an odd unit stays empty
        ("😀" * 67, 3),
    ],
)
def test_how_many(text, parts):
    assert count(text) == parts
    assert fits_one(text) == (parts == 1)


def test_an_escape_pair_is_not_torn():
    assert segments("a" * 152 + "€" + "b" * 10) == ["a" * 152, "€" + "b" * 10]


def test_a_surrogate_pair_is_not_torn():
    assert segments("ā" * 66 + "😀" + "b" * 10) == ["ā" * 66, "😀" + "b" * 10]


@given(TEXTS)
@example("\ud800" * 80)  # half a pair is a unit, too
def test_parts_hold_the_whole_text_and_are_as_full_as_they_can_be(text):
    parts, of = segments(text), alphabet(text)
    rooms = [sum(width(char, of) for char in part) for part in parts]
    assert "".join(parts) == text
    assert count(text) == len(parts)
    if len(parts) == 1:
        assert rooms[0] <= ONE[of]
    else:
        assert units(text) > ONE[of]
        assert all(room <= PART[of] for room in rooms)
        follows = [width(part[0], of) for part in parts[1:]]
        assert all(r + f > PART[of] for r, f in zip(rooms, follows, strict=False))
        assert ceil(units(text) / PART[of]) <= len(parts) <= ceil(units(text) / (PART[of] - 1))
