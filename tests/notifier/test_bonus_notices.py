"""A bonus is told when it is granted, when it is worth another sum, and when it was not owed."""

from notice_values import usual
from situations import DAY, HOUR, NOON, Shopper, everybody, state

from notifier.occasions import IMPORTANT, OF_BONUS, BonusStanding
from notifier.render import render_email
from schemas.notice import Occasion
from schemas.status import Status

LATE = state(Status.IN_TRANSIT, NOON - 3 * DAY)


def told(shopper: Shopper) -> list[tuple[str, str]]:
    """Ways and occasions, of bonuses."""
    return [
        (key.channel.value, key.occasion.value)
        for _, key in shopper.sent
        if key.occasion in OF_BONUS
    ]


def granted(cents: int, left: int | None = None, at=NOON, *, withdrawn: bool = False):
    return BonusStanding(cents, cents if left is None else left, at, withdrawn)


def later(shopper: Shopper, bonus: BonusStanding, hours: int) -> None:
    now = NOON + hours * HOUR
    shopper.bonus = bonus._replace(at=now)
    shopper.hear(LATE, now)
    shopper.send_due(LATE, now)


def test_it_is_told_once_by_text_and_mail():
    shopper = Shopper()
    for hours in range(3):
        shopper.bonus = granted(300)
        shopper.hear(LATE, NOON + hours * HOUR)
        shopper.send_due(LATE, NOON + hours * HOUR)
    assert told(shopper) == [("sms", "bonus_granted"), ("email", "bonus_granted")]


def test_another_sum_is_told_and_a_used_one_is_not():
    shopper = Shopper()
    later(shopper, granted(300), 0)
    later(shopper, granted(300, 180), 1)
    later(shopper, granted(500, 380), 24)
    later(shopper, granted(500, 0), 25)
    assert told(shopper) == [("sms", "bonus_granted"), ("email", "bonus_granted")] * 2


def test_that_it_was_not_owed_is_told_by_ways_by_which_it_was_told():
    shopper = Shopper(everybody(sms="no_phone"))
    later(shopper, granted(300), 0)
    later(shopper, granted(0, withdrawn=True), 1)
    later(shopper, granted(0, withdrawn=True), 2)
    assert told(shopper) == [("email", "bonus_granted"), ("email", "bonus_withdrawn")]


def test_where_it_was_told_to_nobody_nothing_is_taken_back():
    shopper = Shopper()
    later(shopper, granted(0, withdrawn=True), 0)
    assert told(shopper) == []


def test_where_the_shop_does_not_want_it_nothing_is_said():
    shopper = Shopper(everybody(sms="no_phone"))
    later(shopper, granted(300), 0)
    later(shopper, granted(0), 1)
    assert told(shopper) == [("email", "bonus_granted")]


def test_less_than_was_told_is_told():
    shopper = Shopper(everybody(sms="no_phone"))
    for hours, cents in ((0, 300), (1, 500), (2, 300), (3, 300), (4, 500)):
        later(shopper, granted(cents), hours)
    assert len(told(shopper)) == 4


def test_a_code_whose_time_is_over_is_not_told():
    shopper = Shopper()
    later(shopper, granted(300)._replace(valid_until=NOON), 1)
    assert told(shopper) == []


def test_owed_after_all_is_told_again():
    shopper = Shopper(everybody(sms="no_phone"))
    for hours in (0, 2):
        later(shopper, granted(300), hours)
        later(shopper, granted(0, withdrawn=True), hours + 1)
    assert told(shopper) == [("email", "bonus_granted"), ("email", "bonus_withdrawn")] * 2


def test_what_waits_for_the_morning_and_is_not_owed_by_then_is_not_said():
    shopper = Shopper(everybody(email="no_email"))
    later(shopper, granted(300), 13)  # at night
    later(shopper, granted(0, withdrawn=True), 14)
    shopper.send_due(LATE, NOON + 24 * HOUR)
    assert told(shopper) == []


def test_what_is_withdrawn_is_not_offered_beside():
    values = usual(Occasion.BONUS_WITHDRAWN)
    told = render_email(values)
    assert "no longer valid" in told.text
    for offered in ("Bonus code:", "Valid until", "EUR"):
        assert offered not in told.text
    assert "Bonus code" not in told.html.replace("bonus code", "")
    assert "Bonus code" in render_email(usual(Occasion.BONUS_GRANTED)).html


def test_nobody_has_to_act():
    assert not OF_BONUS & IMPORTANT
    assert Occasion.READY_FOR_PICKUP in IMPORTANT
