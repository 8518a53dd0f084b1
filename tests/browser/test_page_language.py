"""Which language a page speaks."""

import pytest

from tracking.words.language import choose


@pytest.mark.parametrize(
    ("explicit", "recipient", "accepted", "expected"),
    [
        ("ru", "lv", "et", "ru"),
        (None, "lt", "et", "lt"),
        (None, None, "et", "et"),
        (None, None, None, "en"),
        ("", "", "", "en"),
        ("xx", "lt", None, "lt"),  # an unknown wish is no wish
        ("../../etc", None, "lv", "lv"),
        ("LV", None, None, "lv"),
        (None, "lv-LV", None, "lv"),
        (None, "et_EE", None, "et"),
        (None, "fi", "sv,ru;q=0.5", "ru"),
        (None, None, "en-GB,en;q=0.9,lv;q=0.8", "en"),
        (None, None, "lv;q=0.3, lt;q=0.9", "lt"),
        (None, None, "lv;q=0, et;q=0.1", "et"),  # q=0 is a refusal
        (None, None, "*", "en"),
        (None, None, "lv;q=abc, ru", "ru"),
        (None, None, ",;,;q=1", "en"),
        (None, None, "de," * 100_000 + "lv", "en"),
    ],
)
def test_the_first_supported_wish_wins(explicit, recipient, accepted, expected) -> None:
    assert choose(explicit, recipient, accept_language=accepted) == expected
