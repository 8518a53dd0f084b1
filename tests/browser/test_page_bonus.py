"""The bonus on the page: that there is one, how long, and its code only for the recipient."""

import re
from dataclasses import replace
from html import unescape

import pytest
from parcels import CODE, NOW, STATES, bonus

from tracking.web.page import render_tracking_page
from tracking.web.view import ParcelView, UnlockState
from tracking.words.language import SUPPORTED

ANSWER = 'name="answer"'
HIDDEN = "Its code is shown here once"
IN_MESSAGE = "The code is in the message from the shop."


def page(view: ParcelView, language: str = "en") -> str:
    return unescape(render_tracking_page(view, language, now=NOW)).replace("\xa0", " ")


def card(view: ParcelView, language: str = "en") -> str:
    found = re.search(r'<section class="card bonus".*?</section>', page(view, language), re.DOTALL)
    return found[0] if found else ""


@pytest.mark.parametrize(
    ("state", "shown", "not_shown"),
    [
        ("bonus_locked", [ANSWER, "€3<"], [CODE, HIDDEN, IN_MESSAGE]),
        ("bonus_wrong", [ANSWER, "does not match"], [CODE]),
        ("bonus_unlocked", [CODE, "€3<"], [ANSWER, HIDDEN, IN_MESSAGE]),
        ("bonus_elsewhere", [IN_MESSAGE, "€4.50<"], [ANSWER, CODE, HIDDEN]),
        ("ready_with_bonus", [HIDDEN], [ANSWER, CODE]),
        ("ready_unlocked_with_bonus", [CODE], [ANSWER, HIDDEN]),
    ],
)
def test_who_sees_what_of_it(state, shown, not_shown):
    said = card(STATES[state])
    assert all(each in said for each in shown), said
    assert not any(each in said for each in not_shown), said
    assert page(STATES[state]).count(ANSWER) == (STATES[state].unlock not in OPEN)


OPEN = {UnlockState.UNLOCKED, UnlockState.IMPOSSIBLE}


def test_without_one_or_when_its_time_is_over_there_is_no_card_and_all_is_as_before():
    view = STATES["bonus_locked"]
    over = replace(view, bonus=replace(bonus(), until=NOW))
    for each in (over, replace(view, bonus=None)):
        assert card(each) == ""
        assert page(each).count(ANSWER) == 1


def test_a_code_that_slipped_into_a_closed_view_is_not_written():
    leaky = replace(STATES["bonus_locked"], bonus=bonus(code=CODE))
    assert CODE not in page(leaky)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Valid until 17 February 2027."),
        ("lv", "Derīgs līdz 17.02.2027."),
        ("lt", "Galioja iki 2027-02-17."),
        ("et", "Kehtib kuni 17.02.2027."),
        ("ru", "Действует до 17.02.2027."),
    ],
)
def test_its_last_day_is_said_with_the_year(language, said):
    assert said in re.sub(r"<[^>]*>", "", card(STATES["bonus_locked"], language))


@pytest.mark.parametrize("language", [each for each in SUPPORTED if each != "en"])
def test_it_is_told_in_the_language_of_the_page(language):
    for state in ("bonus_locked", "bonus_elsewhere", "ready_with_bonus"):
        ours, english = card(STATES[state], language), card(STATES[state])
        texts = [set(re.findall(r"<(?:p|h2)[^>]*>([^<]+)", each)) for each in (ours, english)]
        assert not {each for each in texts[0] & texts[1] if re.search("[a-z]{3}", each)}
