"""What was told and holds no more is told anew; what still holds is not."""

from datetime import timedelta

import pytest
from situations import DAY, HOUR, NOON, Shopper, coming, everybody, state, waiting

from notifier.occasions import Parcel
from notifier.policy import NO_LONGER_TRUE
from notifier.rounds import MOST, replaces, standing
from schemas.notice import Channel, NoticeState, Occasion
from schemas.scan import Window
from schemas.status import Reason, Status

LIMIT = NOON + 3 * DAY
EVERY = ("email", "push", "sms")


def said(occasion: str, *channels: str) -> list[str]:
    return sorted(f"{occasion}/{channel}" for channel in channels)


READY = said("ready_for_pickup", *EVERY)


@pytest.mark.parametrize(
    ("before", "after", "is_told"),
    [
        (waiting(LIMIT, code="1111"), waiting(LIMIT, code="2222"), True),
        (waiting(LIMIT), waiting(LIMIT, code="1111"), True),
        (waiting(LIMIT, code="1111"), waiting(LIMIT), False),  # a carrier tells no code
        (waiting(LIMIT), waiting(LIMIT - DAY), True),
        (waiting(LIMIT), waiting(LIMIT - HOUR / 2), False),
        (waiting(LIMIT), waiting(LIMIT + DAY), False),  # the reminders tell
        (waiting(None), waiting(LIMIT), False),
        (waiting(LIMIT), waiting(None), False),
    ],
)
def test_a_code_or_a_limit_that_changed_for_the_worse_is_told(before, after, is_told):
    shopper = Shopper()
    assert shopper.live(before, NOON) == READY
    assert shopper.live(after, NOON + HOUR) == (READY if is_told else [])
    assert shopper.live(after, NOON + 2 * HOUR) == []
    (key, *_) = [key for _, key in reversed(shopper.sent)]
    assert replaces(key, shopper.told) == is_told


def test_what_was_not_sent_yet_says_what_is_true_when_it_goes():
    """Told at night: in the morning there is one message, with the code of then."""
    shopper, night = Shopper(), NOON + 12 * HOUR
    assert shopper.live(waiting(LIMIT, night, code="1111"), night) == said(
        "ready_for_pickup", "email"
    )
    changed = waiting(LIMIT, night, code="2222")
    assert shopper.live(changed, night + HOUR) == said("ready_for_pickup", "email")
    assert shopper.live(changed, night + 9 * HOUR) == said("ready_for_pickup", "push", "sms")
    assert {told.reason for told in shopper.told.values() if told.reason} == {NO_LONGER_TRUE}


def test_a_change_is_news_also_when_it_has_waited_for_long():
    shopper, limit = Shopper(), NOON + 9 * DAY
    shopper.live(waiting(limit, code="1111"), NOON)
    assert shopper.live(waiting(limit, code="2222"), NOON + 4 * DAY + HOUR) == READY


def test_a_carrier_that_contradicts_itself_by_turns_is_not_followed_for_ever():
    shopper = Shopper()
    for number in range(8):
        code = ("1111", "2222")[number % 2]
        shopper.live(waiting(NOON + 9 * DAY, code=code), NOON + number * DAY / 2)
    mails = [
        key
        for _, key in shopper.sent
        if key.channel is Channel.EMAIL and key.occasion is Occasion.READY_FOR_PICKUP
    ]
    assert len(mails) == MOST


def test_reminders_of_a_limit_that_moved_are_withdrawn_or_moved_at_once():
    shopper = Shopper()
    shopper.live(waiting(LIMIT), NOON)
    sooner = waiting(NOON + DAY)
    shopper.live(sooner, NOON + HOUR)
    planned = [told for told in shopper.told.values() if told.state is NoticeState.PLANNED]
    assert planned
    assert all(told.due_at < NOON + DAY for told in planned)


def test_who_was_reminded_is_reminded_of_the_day_to_which_it_was_extended():
    shopper = Shopper(everybody(sms="no_phone", push="not_subscribed"))
    shopper.live(waiting(LIMIT), NOON)
    last_day = LIMIT - 4 * HOUR
    assert shopper.live(waiting(LIMIT), last_day) == said("pickup_last_day", "email")
    longer = waiting(LIMIT + 4 * DAY)
    shopper.live(longer, last_day + HOUR)
    assert shopper.live(longer, last_day + 4 * DAY) == said("pickup_last_day", "email")


def window(first: float, last: float, **fields):
    return coming(NOON + first * HOUR, NOON + last * HOUR, **fields)


MOVED = said("delivery_time_changed", *EVERY)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (window(6, 8), window(2, 3), MOVED),
        (window(2, 3), window(6, 8), MOVED),
        (window(2, 4), window(2.5, 4.5), []),
        (window(2, 4), state(Status.OUT_FOR_DELIVERY), []),
        (
            state(Status.OUT_FOR_DELIVERY),
            window(2, 4),
            said("delivery_time_changed", "email", "push"),
        ),
        (window(-4, -2), window(2, 4), said("delivery_time_changed", "email", "push")),
        (window(2, 4), window(-4, -2), []),
    ],
)
def test_a_window_that_moved_is_told(before, after, told):
    shopper = Shopper()
    assert shopper.live(before, NOON) == said("out_for_delivery", *EVERY)
    assert shopper.live(after, NOON + HOUR / 4) == told
    assert shopper.live(after, NOON + HOUR / 2) == []


def test_hours_are_told_where_only_the_day_was():
    shopper, today = Shopper(), NOON.replace(hour=0)
    day = Window(**{"from": today, "to": today + DAY}, day_only=True)
    shopper.live(state(Status.OUT_FOR_DELIVERY, estimate=day), NOON)
    told = shopper.live(window(2, 4), NOON + HOUR)
    assert told == said("delivery_time_changed", "email", "push")
    assert shopper.live(state(Status.OUT_FOR_DELIVERY, estimate=day), NOON + HOUR) == []


def test_a_window_that_wanders_is_told_so_often_and_of_the_next_try_anew():
    shopper = Shopper(everybody(sms="no_phone", push="not_subscribed"))
    told = [shopper.live(window(2 + n, 3 + n), NOON + n * HOUR / 2) for n in range(6)]
    assert sum(map(len, told)) == 1 + MOST
    second = [
        shopper.live(window(24 + n, 26 + n, since=NOON + DAY, attempts=1), NOON + DAY)
        for n in (0, 3)
    ]
    assert second == [said("out_for_delivery", "email"), said("delivery_time_changed", "email")]


def test_hours_that_were_planned_by_text_stay_off_it_when_looked_at_again():
    shopper = Shopper()
    shopper.live(state(Status.OUT_FOR_DELIVERY), NOON)
    shopper.live(window(2, 4), NOON)
    shopper.live(window(2.2, 4.2), NOON + HOUR / 2)
    assert not [
        key for _, key in shopper.sent if key[0] == "delivery_time_changed" and key[2] == "sms"
    ]


def held(reason, status=Status.HELD):
    return state(status, reason=reason)


def test_a_hold_for_another_reason_is_told_where_it_asks_for_something_else():
    shopper = Shopper(everybody(sms="no_phone", push="not_subscribed"))
    told = [
        shopper.live(each, NOON + hours * HOUR)
        for hours, each in enumerate(
            [
                held(Reason.WEATHER),
                held(Reason.CARRIER_DELAY),
                held(Reason.CUSTOMS_DOCUMENTS),
                held(Reason.CUSTOMS_DOCUMENTS),
                held(Reason.CARRIER_LOST, Status.EXCEPTION),
            ]
        )
    ]
    one = said("held", "email")
    assert told == [one, [], one, [], one]


def test_documents_that_are_asked_for_after_days_are_news():
    shopper = Shopper(everybody(sms="no_phone", push="not_subscribed"))
    shopper.live(held(Reason.CUSTOMS_DELAY), NOON)
    assert shopper.live(held(Reason.CUSTOMS_DOCUMENTS), NOON + 4 * DAY) == said("held", "email")


def test_each_mistaken_delivery_is_taken_back():
    shopper = Shopper(everybody(sms="no_phone", push="not_subscribed"))
    delivered, not_yet = state(Status.DELIVERED), state(Status.IN_TRANSIT)
    told = [
        shopper.live(each, NOON + hours * HOUR / 4)
        for hours, each in enumerate([delivered, not_yet, delivered, not_yet, delivered])
    ]
    right, wrong = said("delivered", "email"), said("delivery_retracted", "email")
    assert told == [right, wrong, right, wrong, right]


def test_an_errand_is_named_by_its_place():
    shopper = Shopper()
    shopper.live(waiting(LIMIT, code="1111"), NOON)
    shopper.live(waiting(LIMIT, code="2222"), NOON + HOUR)
    parcel = Parcel(waiting(LIMIT, code="2222", place=""), NOON, None, "Europe/Riga")
    (ready,) = [
        each
        for each in standing(parcel, shopper.told, NOON + 2 * HOUR)
        if each.occasion is Occasion.READY_FOR_PICKUP
    ]
    assert ready.round == "9901 again"
    assert ready.until > NOON + timedelta(hours=2)
