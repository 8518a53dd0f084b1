"""What support has said at once: what is on offer, what it sets aside, what it leaves as it is."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from situations import DAY, HOUR, NOON, Shopper, coming, everybody, state, waiting

from notifier.asked import LASTS, MOST, check_asked, decide_asked, offers
from notifier.obstacles import MOST_A_DAY
from notifier.occasions import BonusStanding
from notifier.policy import NO_LONGER_TRUE, check
from notifier.round_names import auto_of, base_of, is_asked
from notifier.situation import Wishes
from schemas.notice import MAY_HAVE_ARRIVED, Addressee, Channel, Key, NoticeState, Occasion, Told
from schemas.status import Status

LIMIT, NIGHT = NOON + 3 * DAY, NOON + 13 * HOUR
READY = waiting(LIMIT, code="1111")


def on_offer(shopper, now_state, now):
    """By channel, why not."""
    found = offers(shopper.situation(now_state), now)
    return {(each.key.occasion.value, each.key.channel.value): each.reason for each in found}


def ask(shopper, now_state, now, channel=Channel.SMS) -> Key | None:
    """The first that is offered by this way; None where it cannot be."""
    situation = shopper.situation(now_state)
    key = next(each.key for each in offers(situation, now) if each.key.channel is channel)
    decision = decide_asked(situation, key, now)
    if decision is None:
        return None
    planned = NoticeState.PLANNED
    shopper.told[key] = Told(key, planned, decision.due_at, now, None, decision.until)
    return key


@pytest.mark.parametrize(
    ("now_state", "wanted"),
    [
        (READY, ["ready_for_pickup"]),
        (waiting(NOON - HOUR), []),  # the time to collect is over
        (waiting(None), ["ready_for_pickup"]),
        (coming(NOON + HOUR, NOON + 2 * HOUR), ["out_for_delivery"]),
        (state(Status.DELIVERED, NOON - 30 * DAY), ["delivered"]),  # however long ago
        (state(Status.IN_TRANSIT), []),
        (state(Status.CANCELLED), []),
    ],
)
def test_what_is_true_now_is_on_offer(now_state, wanted):
    found = on_offer(Shopper(), now_state, NOON)
    assert found == {(each, way.value): None for each in wanted for way in Channel}


def test_a_bonus_and_a_delay_are_on_offer_and_that_one_was_withdrawn_is_not():
    shopper = Shopper(promise_by=NOON - HOUR)
    shopper.bonus = BonusStanding(300, 300, NOON)
    found = {occasion for occasion, _ in on_offer(shopper, state(Status.IN_TRANSIT), NOON)}
    assert found == {"delayed", "bonus_granted"}
    shopper.bonus = BonusStanding(300, 0, NOON, is_withdrawn=True)
    found = {occasion for occasion, _ in on_offer(shopper, state(Status.IN_TRANSIT), NOON)}
    assert found == {"delayed"}


def test_why_not_stands_beside_each_way():
    shopper = Shopper(everybody(sms="bad_address", push="not_subscribed"))
    assert on_offer(shopper, READY, NOON) == {
        ("ready_for_pickup", "sms"): "bad_address",
        ("ready_for_pickup", "email"): None,
        ("ready_for_pickup", "push"): "not_subscribed",
    }
    assert ask(shopper, READY, NOON) is None


def test_it_is_said_at_night_and_where_the_shop_says_nothing_by_itself():
    silent = Wishes({Occasion.READY_FOR_PICKUP: ()})
    shopper = Shopper(wishes=silent)
    assert shopper.live(READY, NIGHT) == []
    assert ask(shopper, READY, NIGHT)
    assert shopper.live(READY, NIGHT) == ["ready_for_pickup/sms"]


def test_it_is_said_again_from_what_is_true_now():
    shopper = Shopper()
    shopper.live(READY, NOON)
    key = ask(shopper, READY, NOON + HOUR)
    assert key is not None
    assert (base_of(key.round), auto_of(key.round), is_asked(key.round)) == ("9901", "9901", True)
    assert shopper.live(READY, NOON + HOUR) == ["ready_for_pickup/sms"]
    assert shopper.live(READY, NOON + 2 * HOUR) == []


def test_what_waited_for_the_morning_is_not_said_once_more():
    shopper = Shopper()
    assert shopper.live(READY, NIGHT) == ["ready_for_pickup/email"]
    ask(shopper, READY, NIGHT)
    assert shopper.live(READY, NIGHT) == ["ready_for_pickup/sms"]
    morning = shopper.live(READY, NIGHT + 9 * HOUR)
    assert morning == ["ready_for_pickup/push"]
    dropped = [each.reason for each in shopper.told.values() if each.reason]
    assert dropped == ["told_by_hand"]


def test_what_came_to_nothing_leaves_the_morning_as_it_was():
    shopper = Shopper()
    shopper.live(READY, NIGHT)
    key = ask(shopper, READY, NIGHT)
    told = shopper.told[key]
    shopper.told[key] = told._replace(state=NoticeState.FAILED, reason="unreachable")
    assert shopper.live(READY, NIGHT + 9 * HOUR) == [
        "ready_for_pickup/push",
        "ready_for_pickup/sms",
    ]


def test_another_code_is_told_also_to_who_had_the_last_one_by_hand():
    shopper = Shopper(wishes=Wishes({Occasion.READY_FOR_PICKUP: (Channel.SMS,)}))
    shopper.live(READY, NOON)
    ask(shopper, READY, NOON + HOUR)
    shopper.live(READY, NOON + HOUR)
    changed = waiting(LIMIT, code="2222")
    assert shopper.live(changed, NOON + 2 * HOUR) == ["ready_for_pickup/sms"]
    assert [key.round for _, key in shopper.sent] == ["9901", "9901 asked 1", "9901 again"]
    key = ask(shopper, changed, NOON + 3 * HOUR)
    assert key is not None
    assert key.round == "9901 again asked 1"


def test_in_one_instant_the_code_that_came_behind_it_was_heard_last():
    shopper, other = Shopper(), waiting(LIMIT, code="2222")
    ask(shopper, other, NOON)
    shopper.live(other, NOON)
    assert "ready_for_pickup/sms" in shopper.live(READY, NOON)
    assert shopper.live(READY, NOON) == []


def test_a_delivery_that_was_told_by_hand_only_is_taken_back():
    shopper = Shopper(wishes=Wishes({Occasion.DELIVERED: ()}))
    there = state(Status.DELIVERED)
    shopper.live(there, NOON)
    ask(shopper, there, NOON)
    assert shopper.live(there, NOON) == ["delivered/sms"]
    back = state(Status.IN_TRANSIT, NOON + HOUR)
    assert shopper.live(back, NOON + HOUR) == ["delivery_retracted/sms"]
    assert not any(is_asked(key.round) for _, key in shopper.sent[1:])


def test_what_is_on_its_way_is_not_sent_beside_it():
    shopper = Shopper()
    shopper.hear(READY, NOON)
    assert on_offer(shopper, READY, NOON)["ready_for_pickup", "sms"] == "on_its_way"
    shopper.send_due(READY, NOON)
    assert on_offer(shopper, READY, NOON)["ready_for_pickup", "sms"] is None


def test_so_often_in_a_day_and_no_more():
    shopper = Shopper()
    for number in range(MOST):
        assert ask(shopper, READY, NOON + number * HOUR)
        shopper.live(READY, NOON + number * HOUR)
    assert on_offer(shopper, READY, NOON + 4 * HOUR)["ready_for_pickup", "sms"] == "asked_often"
    assert on_offer(shopper, READY, NOON + DAY + 3 * HOUR)["ready_for_pickup", "sms"] is None


def test_by_hand_takes_nothing_from_what_is_said_by_itself():
    """Of a day's messages: the reminder still goes."""
    shopper, soon = Shopper(), waiting(NOON + DAY + 4 * HOUR, code="1111")
    shopper.live(soon, NOON)
    for number in range(MOST):
        ask(shopper, soon, NOON + (2 + number) * HOUR)
        shopper.live(soon, NOON + (2 + number) * HOUR)
    texts = [key for _, key in shopper.sent if key.channel is Channel.SMS]
    assert len(texts) == MOST_A_DAY[Channel.SMS]
    assert "pickup_last_day/sms" in shopper.live(soon, NOON + 22 * HOUR)


def test_what_is_true_no_more_is_not_said():
    shopper = Shopper()
    key = ask(shopper, READY, NOON)
    collected = state(Status.DELIVERED)
    assert check(shopper.situation(collected), key, NOON).reason == NO_LONGER_TRUE
    elsewhere = waiting(LIMIT, place="7777")
    assert check_asked(shopper.situation(elsewhere), key, NOON) == NO_LONGER_TRUE
    shopper.reaches = everybody(sms="stopped")
    assert check_asked(shopper.situation(READY), key, NOON) == "stopped"
    shopper.reaches = [replace(each, addressee=Addressee.BUYER) for each in everybody()]
    assert check_asked(shopper.situation(READY), key, NOON) == "nobody_to_tell"


def test_it_waits_for_a_provider_no_longer_than_it_helps():
    shopper = Shopper()
    key = ask(shopper, READY, NOON)
    assert check(shopper.situation(READY), key, NOON + HOUR).until == NOON + LASTS


STATES = st.sampled_from(
    [READY, waiting(LIMIT, code="2222"), waiting(LIMIT, place="7777"), state(Status.IN_TRANSIT)]
)
STEPS = st.lists(st.tuples(STATES, st.integers(0, 20), st.booleans()), max_size=12)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_by_itself_nobody_hears_twice_what_holds_however_often_somebody_asks(steps):
    """Between two that go by themselves the code or the place has changed; nothing is left."""
    shopper, now = Shopper(), NOON
    last = None
    for now_state, hours, is_asked_for in steps:
        now += timedelta(hours=hours, seconds=1)  # nothing else is heard in one instant
        if is_asked_for and any(on_offer(shopper, now_state, now)):
            ask(shopper, now_state, now)
        before = len(shopper.sent)
        shopper.live(now_state, now)
        by_itself = [
            key
            for _, key in shopper.sent[before:]
            if key[0] is Occasion.READY_FOR_PICKUP
            and key.channel is Channel.SMS
            and not is_asked(key.round)
        ]
        assert len(by_itself) <= 1
        if by_itself:
            told = (now_state.pickup_code, now_state.pickup_place)
            assert told != last
        heard = [
            key
            for _, key in shopper.sent[before:]
            if key[0] is Occasion.READY_FOR_PICKUP and key.channel is Channel.SMS
        ]
        last = (now_state.pickup_code, now_state.pickup_place) if heard else last
    assert len(shopper.sent) == len({key for _, key in shopper.sent})
    assert all(shopper.told[key].state in MAY_HAVE_ARRIVED for _, key in shopper.sent)
