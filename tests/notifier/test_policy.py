"""Which notices a life gives, in tables; and that nothing ever makes two of one."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from situations import DAY, HOUR, NOON, RIGA, Shopper, coming, everybody, state, waiting

from notifier.obstacles import STOPPED
from notifier.occasions import RULES, Night
from notifier.policy import NO_LONGER_TRUE
from notifier.quiet import Quiet, awake, before_night
from notifier.situation import Reach, Wishes
from schemas.notice import Addressee, Channel, NoticeState, Occasion
from schemas.scan import Window
from schemas.status import Reason, Status

NIGHT = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)  # 23:30 in Riga
REMINDERS = {
    Occasion.PICKUP_HALF_TIME,
    Occasion.PICKUP_LAST_DAY,
    Occasion.PICKUP_LAST_HOURS,
}
EVERY_WAY = {Channel.SMS, Channel.EMAIL, Channel.PUSH}


def said(occasion: str, *channels: str) -> list[str]:
    return sorted(f"{occasion}/{channel}" for channel in channels)


@pytest.mark.parametrize(
    ("now_state", "expected"),
    [
        (state(Status.PENDING), said("registered", "email")),
        (state(Status.INFO_RECEIVED), said("registered", "email")),
        (state(Status.ACCEPTED), said("accepted", "email", "push")),
        (state(Status.IN_TRANSIT), []),
        (state(Status.OUT_FOR_DELIVERY), said("out_for_delivery", "sms", "email", "push")),
        (waiting(None), said("ready_for_pickup", "sms", "email", "push")),
        (state(Status.ATTEMPT_FAILED), said("attempt_failed", "sms", "email", "push")),
        (state(Status.HELD), said("held", "email", "push")),
        (state(Status.EXCEPTION), said("held", "email", "push")),
        (state(Status.DELIVERED), said("delivered", "email", "push")),
        (state(Status.RETURNING), said("returning", "email", "push")),
        (state(Status.RETURNED), said("returning", "email", "push")),
        (state(Status.CANCELLED), []),
        (state(Status.EXPIRED), []),
    ],
    ids=lambda value: value.status.value if hasattr(value, "status") else "",
)
def test_by_default_each_stage_says(now_state, expected):
    shopper = Shopper()
    assert shopper.live(now_state, NOON) == expected
    assert shopper.live(now_state, NOON + HOUR) == []


def test_what_is_old_is_no_news():
    """A shop registers a parcel that was delivered last week."""
    old = state(Status.DELIVERED, NOON - 7 * DAY)
    assert Shopper().live(old, NOON) == []


def test_a_stage_that_is_past_is_not_announced():
    shopper = Shopper()
    shopper.hear(state(Status.OUT_FOR_DELIVERY), NIGHT)  # waits for the morning
    delivered = state(Status.DELIVERED, NIGHT)
    assert shopper.live(delivered, NIGHT + 12 * HOUR) == said("delivered", "email", "push")
    reasons = {told.reason for told in shopper.told.values() if told.reason}
    assert reasons == {"not_before_morning", NO_LONGER_TRUE}


def test_the_second_try_is_told_as_the_first():
    shopper = Shopper()
    first, second = state(Status.OUT_FOR_DELIVERY), state(Status.OUT_FOR_DELIVERY, attempts=1)
    missed = state(Status.ATTEMPT_FAILED, attempts=1)
    for each in (first, missed, second):
        assert len(shopper.live(each, NOON)) == 3
    again = state(Status.ATTEMPT_FAILED, attempts=2)
    # Four text messages a day are the most.
    assert shopper.live(again, NOON + HOUR) == said("attempt_failed", "sms", "email", "push")
    assert shopper.live(state(Status.OUT_FOR_DELIVERY, attempts=2), NOON + 2 * HOUR) == said(
        "out_for_delivery", "email", "push"
    )


def test_another_locker_is_another_errand():
    shopper = Shopper()
    assert len(shopper.live(waiting(None, place="1"), NOON)) == 3
    assert shopper.live(waiting(None, place="1"), NOON + HOUR) == []
    assert len(shopper.live(waiting(None, place="2"), NOON + 2 * HOUR)) == 3


@pytest.mark.parametrize("places", [("9901", ""), ("", "9901"), ("", "9901", "", "9901")])
def test_a_place_told_with_and_without_its_id_is_one_errand(places):
    """The locker names itself by an id, its carrier by a name, by turns."""
    shopper, limit = Shopper(), NOON + 2 * DAY + 6 * HOUR
    said = [
        each
        for hours, place in enumerate(places)
        for each in shopper.live(waiting(limit, place=place), NOON + hours * HOUR)
    ]
    assert len(said) == 3
    later = limit - 3 * HOUR
    assert shopper.live(waiting(limit, place=places[0]), later)
    last_hours = [key for _, key in shopper.sent if key.occasion is Occasion.PICKUP_LAST_HOURS]
    assert len(last_hours) == len(set(last_hours)) == 2


def test_who_is_known_only_later_is_told_then():
    """The shop corrects the number while the parcel waits."""
    shopper, parcel = Shopper(everybody(sms="no_phone")), waiting(None)
    assert shopper.live(parcel, NOON) == said("ready_for_pickup", "email", "push")
    shopper.reaches = everybody()
    assert shopper.live(parcel, NOON + HOUR) == said("ready_for_pickup", "sms")
    assert shopper.live(parcel, NOON + HOUR) == []


def test_who_subscribes_is_told_what_lies_ahead_and_not_what_they_see():
    shopper = Shopper(everybody(sms="no_phone", email="no_email", push="not_subscribed"))
    parcel = waiting(NOON + 3 * DAY)
    assert shopper.live(parcel, NOON) == []
    shopper.reaches = everybody(sms="no_phone", email="no_email")
    assert shopper.live(parcel, NOON + 40 * HOUR) == [], "half time is over, and the page says so"
    assert shopper.live(parcel, NOON + 46 * HOUR) == said("pickup_last_day", "push")
    later = waiting(NOON + 9 * DAY, NOON + 69 * HOUR, place="9902")
    assert shopper.live(later, NOON + 70 * HOUR) == said("ready_for_pickup", "push")


def test_what_stood_there_when_somebody_subscribed_is_news_when_it_comes_again():
    shopper = Shopper(everybody(sms="no_phone", email="no_email", push="not_subscribed"))
    shopper.live(state(Status.HELD), NOON)
    shopper.reaches = everybody(sms="no_phone", email="no_email")
    assert shopper.live(state(Status.HELD), NOON + HOUR) == []
    assert shopper.live(state(Status.IN_TRANSIT, NOON + 2 * HOUR), NOON + 2 * HOUR) == []
    again = state(Status.HELD, NOON + 3 * HOUR)
    assert shopper.live(again, NOON + 3 * HOUR) == said("held", "push")


def test_reminders_come_at_half_time_on_the_last_morning_and_in_the_last_hours():
    shopper, limit = Shopper(), datetime(2026, 11, 23, 16, 0, tzinfo=UTC)  # Monday, 18:00
    parcel = waiting(limit)
    shopper.live(parcel, NOON)
    sent = {}
    for hours in range(1, 90):
        now = NOON + hours * HOUR
        if now < limit:
            for each in shopper.live(parcel, now):
                sent.setdefault(each.split("/")[0], (now - NOON) / HOUR)
    assert sent == {
        "pickup_half_time": 39,  # Sunday 03:00, e-mail; push waits for the morning
        "pickup_last_day": 70,  # Monday 10:00
        "pickup_last_hours": 75,  # Monday 15:00
    }
    ways = Counter(f"{key.occasion}/{key.channel}" for _, key in shopper.sent)
    assert ways["pickup_last_hours/sms"] == 1
    assert ways["pickup_half_time/sms"] == 0


def test_news_that_comes_late_reminds_of_nothing_that_it_says_itself():
    """It was ready twenty hours ago, and the carrier tells it three hours before the end."""
    shopper = Shopper(everybody(push="not_subscribed"))
    parcel = waiting(NOON + 3 * HOUR, NOON - 20 * HOUR)
    shopper.hear(parcel, NOON)
    shopper.send_due(parcel, NOON)
    shopper.send_due(parcel, NOON + HOUR)
    assert {key.occasion for _, key in shopper.sent} == {Occasion.READY_FOR_PICKUP}
    reasons = {t.reason for key, t in shopper.told.items() if key.occasion in REMINDERS}
    assert reasons >= {"just_told"}
    assert reasons <= {"just_told", "no_longer_true", "shop_does_not_want", "not_subscribed"}


def test_later_news_does_not_bring_back_a_reminder_of_what_was_just_told():
    """On the morning of the last day nobody knew of it: at noon it was told with its end at 23."""
    shopper = Shopper(everybody(push="not_subscribed"))
    parcel = waiting(NOON + 11 * HOUR, NOON - 20 * HOUR)
    shopper.live(parcel, NOON)
    for hours in (1, 3, 5, 7):
        assert shopper.live(parcel, NOON + hours * HOUR) == []
    assert shopper.live(parcel, NOON + 8 * HOUR) == said("pickup_last_hours", "sms")


def test_who_could_not_be_told_that_it_waits_is_reminded():
    shopper = Shopper(everybody(push="not_subscribed"))
    parcel = waiting(NOON + 3 * HOUR, NOON - 20 * HOUR)
    shopper.hear(parcel, NOON)
    for key, told in shopper.told.items():
        if key.occasion is Occasion.READY_FOR_PICKUP:
            shopper.told[key] = told._replace(state=NoticeState.FAILED)
    shopper.live(parcel, NOON + HOUR)
    assert Occasion.PICKUP_LAST_HOURS in {key.occasion for _, key in shopper.sent}


def test_time_to_collect_that_is_extended_moves_the_reminders():
    shopper = Shopper()
    shopper.live(waiting(NOON + 2 * DAY), NOON)
    longer = waiting(NOON + 5 * DAY)
    moved = shopper.hear(longer, NOON + DAY)
    assert {each.key.occasion for each in moved} == {
        Occasion.PICKUP_HALF_TIME,
        Occasion.PICKUP_LAST_DAY,
        Occasion.PICKUP_LAST_HOURS,
    }
    assert shopper.live(longer, NOON + 2 * DAY - 2 * HOUR) == []


def test_news_that_was_not_heard_yet_does_not_remind_too_early():
    """The parcel's time was extended, and the sender is before the one who decides."""
    shopper = Shopper()
    shopper.hear(waiting(NOON + 2 * DAY), NOON)
    before = len(shopper.sent)
    shopper.send_due(waiting(NOON + 5 * DAY), NOON + 2 * DAY - 2 * HOUR)
    assert [key.occasion for _, key in shopper.sent[before:]] == [Occasion.READY_FOR_PICKUP] * 3


def test_a_limit_at_night_is_told_in_the_evening_before():
    limit = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)  # Sunday, 03:00 in Riga
    shopper = Shopper()
    shopper.hear(waiting(limit), NOON)
    due = {k.channel: t.due_at for k, t in shopper.told.items() if "hours" in k.occasion}
    assert due[Channel.SMS].astimezone(ZoneInfo(RIGA)).time() == time(20, 30)
    assert due[Channel.SMS] < limit


def test_who_stays_at_home_is_told_shortly_before():
    shopper, starts = Shopper(), NOON + 3 * HOUR
    parcel = coming(starts, starts + HOUR)
    assert len(shopper.live(parcel, NOON)) == 3
    assert shopper.live(parcel, starts - HOUR) == []
    assert shopper.live(parcel, starts - HOUR / 2) == said("arriving_next", "push")


def test_a_wide_window_is_not_worth_a_second_word():
    shopper = Shopper()
    shopper.live(coming(NOON, NOON + 8 * HOUR), NOON)
    assert {key.occasion for key in shopper.told} == {Occasion.OUT_FOR_DELIVERY}


def test_a_date_behind_the_promise_is_told_once():
    shopper = Shopper(promise_by=NOON + DAY)
    late = state(Status.IN_TRANSIT, estimate={"from": None, "to": NOON + 3 * DAY})
    assert shopper.live(late, NOON) == said("delayed", "email", "push")
    assert shopper.live(late, NOON + HOUR) == []
    in_time = state(Status.IN_TRANSIT, estimate={"from": None, "to": NOON + HOUR})
    assert Shopper(promise_by=NOON + DAY).live(in_time, NOON) == []


def test_late_by_what_is_known_of_others_is_said_before_the_promise_breaks():
    shopper = Shopper(promise_by=NOON + DAY)
    shopper.expected_at = NOON + 30 * HOUR
    moving = state(Status.IN_TRANSIT)
    assert shopper.live(moving, NOON) == ["delayed/email", "delayed/push"]
    assert shopper.live(moving, NOON + 2 * DAY) == []
    ahead = state(Status.IN_TRANSIT, estimate=Window(**{"from": NOON, "to": NOON + 20 * HOUR}))
    trusting = Shopper(promise_by=NOON + DAY)
    trusting.expected_at = NOON + 30 * HOUR
    assert trusting.live(ahead, NOON) == [], "the carrier's own time, while it lies ahead"


def test_when_its_time_has_passed_it_is_said_and_not_of_what_was_stopped():
    moving, held = state(Status.IN_TRANSIT), state(Status.HELD, reason=Reason.CUSTOMS_DUTIES)
    shopper = Shopper(promise_by=NOON + DAY)
    assert shopper.live(moving, NOON) == []
    assert shopper.live(moving, NOON + DAY) == ["delayed/email", "delayed/push"]
    assert shopper.live(moving, NOON + 9 * DAY) == []
    stopped = Shopper(promise_by=NOON + DAY)
    stopped.live(held, NOON)
    assert stopped.live(held, NOON + DAY) == []
    assert Shopper(promise_by=NOON + DAY).live(moving, NOON + 9 * DAY) == [], "that is no news"


def test_a_delivery_that_was_none_is_corrected_where_it_was_told_and_told_again():
    shopper = Shopper()
    shopper.live(state(Status.DELIVERED), NOON)
    back = waiting(None, NOON)
    assert said("delivery_retracted", "email", "push") == [
        each for each in shopper.live(back, NOON + HOUR) if "retracted" in each
    ]
    delivered = state(Status.DELIVERED, NOON + 2 * HOUR)
    assert shopper.live(delivered, NOON + 2 * HOUR) == said("delivered", "email", "push")


def test_a_delivery_that_nobody_was_told_of_needs_no_correction():
    shopper = Shopper(everybody(email="no_email"))
    shopper.hear(state(Status.DELIVERED, NIGHT), NIGHT)  # push waits for the morning
    assert not [each for each in shopper.live(waiting(None, NIGHT), NIGHT) if "retracted" in each]


def test_without_a_phone_the_last_hours_come_by_mail():
    shopper = Shopper(everybody(sms="no_phone", push="not_subscribed"))
    limit = NOON + 30 * HOUR
    shopper.hear(waiting(limit), NOON)
    keys = {key.channel: told for key, told in shopper.told.items() if "hours" in key.occasion}
    assert keys[Channel.EMAIL].state is NoticeState.PLANNED
    assert (keys[Channel.SMS].state, keys[Channel.SMS].reason) == ("dropped", "no_phone")


@pytest.mark.parametrize("reason", sorted(STOPPED))
def test_a_text_message_that_money_stopped_becomes_a_mail_and_stays_stopped(reason):
    """Nothing is in its way at the next news: it would be planned, and stopped, for ever."""
    shopper = Shopper()
    parcel = waiting(NOON + 30 * HOUR)
    shopper.live(parcel, NOON)
    shopper.live(parcel, NOON + 28 * HOUR)
    for key, told in shopper.told.items():
        if key.channel is Channel.SMS:
            shopper.told[key] = told._replace(state=NoticeState.DROPPED, reason=reason)
    assert shopper.live(parcel, NOON + 28 * HOUR) == said("pickup_last_hours", "email")
    assert shopper.live(parcel, NOON + 29 * HOUR) == []


def test_a_text_message_that_failed_for_good_becomes_a_mail():
    shopper = Shopper()
    parcel = waiting(NOON + 30 * HOUR)
    shopper.live(parcel, NOON)
    shopper.live(parcel, NOON + 28 * HOUR)
    for key, told in shopper.told.items():
        if key.channel is Channel.SMS:
            shopper.told[key] = told._replace(state=NoticeState.FAILED)
    assert shopper.live(parcel, NOON + 28 * HOUR) == said("pickup_last_hours", "email")


def test_news_does_not_end_the_pause_that_a_provider_asked_for():
    shopper = Shopper()
    limit = NOON + 30 * HOUR
    shopper.live(waiting(limit), NOON)
    (key,) = [
        key
        for key in shopper.told
        if key.channel is Channel.SMS and key.occasion is Occasion.PICKUP_LAST_HOURS
    ]
    due = shopper.told[key].due_at
    paused = shopper.told[key]._replace(due_at=due + HOUR / 2, reason="429")
    shopper.told[key] = paused
    shopper.hear(waiting(limit, NOON), due)
    assert shopper.told[key] == paused
    shopper.hear(waiting(limit + 5 * HOUR, NOON), due)
    assert shopper.told[key].due_at == due + 5 * HOUR


def test_what_the_shop_does_not_want_is_not_said_and_stands_there():
    shopper = Shopper(wishes=Wishes({Occasion.DELIVERED: (Channel.PUSH,)}))
    assert shopper.live(state(Status.DELIVERED), NOON) == said("delivered", "push")
    (dropped,) = [told for told in shopper.told.values() if told.reason]
    assert dropped.reason == "shop_does_not_want"


@pytest.mark.parametrize(
    ("ways", "obstacle", "expected"),
    [
        ((Channel.SMS,), None, ["sms"]),  # a way that the rule does not have
        ((Channel.SMS,), "no_phone", ["email"]),  # instead of the text message
        ((Channel.SMS, Channel.PUSH), "no_phone", ["email", "push"]),
        ((Channel.PUSH,), "no_phone", ["push"]),
        ((), "no_phone", []),
        ((), None, []),
    ],
)
def test_a_shop_says_it_by_the_ways_it_wants(ways, obstacle, expected):
    """Every occasion, whether its rule knows the way or not."""
    shopper = Shopper(everybody(sms=obstacle), wishes=Wishes({Occasion.DELIVERED: ways}))
    assert shopper.live(state(Status.DELIVERED), NOON) == said("delivered", *expected)


def test_a_mail_that_the_shop_does_not_want_is_sent_where_the_text_message_fails():
    only_sms = {Occasion.READY_FOR_PICKUP: (Channel.SMS,)}
    shopper, parcel = Shopper(wishes=Wishes(only_sms)), waiting(None)
    assert shopper.live(parcel, NOON) == said("ready_for_pickup", "sms")
    for key, told in shopper.told.items():
        if key.channel is Channel.SMS:
            shopper.told[key] = told._replace(state=NoticeState.FAILED)
    assert shopper.live(parcel, NOON + HOUR) == said("ready_for_pickup", "email")
    assert shopper.live(parcel, NOON + HOUR) == []


def test_a_correction_goes_where_the_mistake_went_whatever_the_shop_wants():
    nothing = {Occasion.DELIVERY_RETRACTED: ()}
    shopper = Shopper(wishes=Wishes(nothing))
    shopper.live(state(Status.DELIVERED), NOON)
    found = shopper.live(state(Status.IN_TRANSIT, NOON + HOUR), NOON + HOUR)
    assert found == said("delivery_retracted", "email", "push")


def test_who_asked_for_less_hears_what_has_to_be_acted_on():
    less = [replace(each, only_important=frozenset(EVERY_WAY)) for each in everybody()]
    shopper = Shopper(less)
    assert shopper.live(state(Status.ACCEPTED), NOON) == []
    assert len(shopper.live(waiting(None), NOON + HOUR)) == 3
    reasons = {told.reason for told in shopper.told.values() if told.reason}
    assert reasons == {"only_important"}


def test_who_wants_nothing_hears_nothing_by_any_way():
    shopper = Shopper(everybody(sms="stopped", email="stopped", push="stopped"))
    for status in Status:
        assert shopper.live(state(status), NOON) == []


def test_the_buyer_hears_of_the_outcome_only():
    buyer = Reach(Addressee.BUYER, dict.fromkeys(Channel, None))
    shopper = Shopper([*everybody(), buyer])
    shopper.live(waiting(None), NOON)
    shopper.live(state(Status.DELIVERED, NOON + HOUR), NOON + HOUR)
    told = {key.occasion for _, key in shopper.sent if key.addressee is Addressee.BUYER}
    assert told == {Occasion.DELIVERED}


def test_at_night_a_phone_is_silent_and_mail_is_not():
    shopper = Shopper()
    assert shopper.live(waiting(None, NIGHT), NIGHT) == said("ready_for_pickup", "email")
    morning = awake(NIGHT, RIGA, Quiet())
    assert morning.astimezone(ZoneInfo(RIGA)).time() == time(8)
    later = shopper.live(waiting(None, NIGHT), morning)
    assert later == said("ready_for_pickup", "sms", "push")


@pytest.mark.parametrize("day", [(2026, 3, 28), (2026, 10, 24), (2026, 11, 20)])
@given(st.integers(0, 47 * 60))
def test_a_night_ends_at_its_local_time_whatever_the_clocks_do(day, minutes):
    instant = datetime(*day, tzinfo=UTC) + timedelta(minutes=minutes)
    for quiet in (Quiet(), Quiet(time(1), time(5)), Quiet(time(0), time(0))):
        woken, before = awake(instant, RIGA, quiet), before_night(instant, RIGA, quiet)
        assert before <= instant <= woken < instant + 13 * HOUR
        assert not quiet.holds(woken.astimezone(ZoneInfo(RIGA)).time())
        assert not quiet.holds(before.astimezone(ZoneInfo(RIGA)).time())


@st.composite
def lives(draw):
    """States in any order, with any clocks: what the decider may find each time it looks."""
    statuses = st.sampled_from(list(Status))
    steps = st.tuples(statuses, st.integers(-48, 48), st.integers(0, 3), st.integers(0, 60))
    now, told = NOON, []
    for status, began, attempts, wait in draw(st.lists(steps, min_size=1, max_size=12)):
        now += wait * HOUR
        since = now - abs(began) * HOUR
        until = since + draw(st.integers(1, 150)) * HOUR
        place = draw(st.sampled_from(["", "1", "2"]))
        code = draw(st.sampled_from([None, "1111", "2222"]))
        hour = draw(st.integers(0, 6))
        reason = draw(st.sampled_from([None, *Reason]))
        found = {
            Status.READY_FOR_PICKUP: waiting(until, since, place, code),
            Status.OUT_FOR_DELIVERY: coming(
                now + hour * HOUR, now + (hour + 2) * HOUR, since, attempts=attempts
            ),
        }.get(status, state(status, since, attempts=attempts, reason=reason))
        told.append((now, found))
    return told


WISHES = st.dictionaries(
    st.sampled_from(list(Occasion)),
    st.lists(st.sampled_from(list(Channel)), unique=True).map(tuple),
    max_size=6,
)


@settings(max_examples=150)
@given(lives(), st.integers(1, 3), WISHES)
def test_nothing_is_said_twice_and_nothing_at_night(told, times, ways):
    shopper = Shopper(promise_by=NOON + DAY, wishes=Wishes(ways))
    for now, now_state in told:
        for _ in range(times):
            keys = [each.key for each in shopper.hear(now_state, now)]
            assert len(set(keys)) == len(keys), "the store keeps each once"
            shopper.live(now_state, now)
    assert max(Counter(key for _, key in shopper.sent).values(), default=1) == 1
    for at, key in shopper.sent:
        if key.channel is not Channel.EMAIL and RULES[key.occasion].night is Night.WAITS:
            assert not Quiet().holds(at.astimezone(ZoneInfo(RIGA)).time())


@settings(max_examples=100)
@given(lives(), WISHES)
def test_deciding_again_decides_nothing_new(told, ways):
    shopper = Shopper(wishes=Wishes(ways))
    for now, now_state in told:
        decided = shopper.hear(now_state, now)
        assert len({each.key for each in decided}) == len(decided)
        assert shopper.hear(now_state, now) == []


def test_every_occasion_has_a_rule():
    assert set(RULES) == set(Occasion)
    assert all(set(rule.channels) <= EVERY_WAY for rule in RULES.values())
