"""How it was is asked by message: once, of who may be asked, not of what turned out otherwise."""

from datetime import timedelta

import pytest
from situations import DAY, HOUR, NOON, Shopper, everybody, state

from notifier.situation import Situation
from schemas.status import Status

THERE = state(Status.DELIVERED)


class Asked(Shopper):
    """Of a shop that asks by message."""

    asks = True

    def situation(self, now_state, registered=NOON) -> Situation:
        found = super().situation(now_state, registered)
        parcel = found.parcel._replace(asks_how_it_was=self.asks)
        return Situation(parcel, found.reaches, found.told, found.wishes)


def surveys(shopper) -> list[str]:
    return sorted(key.channel.value for _, key in shopper.sent if key.occasion == "survey")


def test_three_hours_after_the_delivery_by_mail_and_push_and_once():
    shopper = Asked()
    shopper.live(THERE, NOON)
    shopper.live(THERE, NOON + 3 * HOUR - timedelta(minutes=1))
    assert surveys(shopper) == []
    for _ in range(3):
        shopper.live(THERE, NOON + 3 * HOUR)
    assert surveys(shopper) == ["email", "push"]


def test_a_push_waits_for_the_morning():
    shopper, evening = Asked(), NOON + 8 * HOUR
    shopper.live(state(Status.DELIVERED, evening), evening)
    shopper.live(state(Status.DELIVERED, evening), evening + 3 * HOUR)
    assert surveys(shopper) == ["email"]
    shopper.live(state(Status.DELIVERED, evening), NOON + 20 * HOUR + HOUR)
    assert surveys(shopper) == ["email", "push"]


def test_who_has_answered_or_asked_meanwhile_is_not_asked():
    shopper = Asked()
    shopper.live(THERE, NOON)
    shopper.asks = False
    shopper.live(THERE, NOON + 3 * HOUR)
    assert surveys(shopper) == []


@pytest.mark.parametrize("then", [Status.IN_TRANSIT, Status.RETURNING])
def test_a_delivery_that_was_none_is_not_asked_about(then):
    shopper = Asked()
    shopper.live(THERE, NOON)
    shopper.live(state(then, NOON + HOUR), NOON + 3 * HOUR)
    assert surveys(shopper) == []


def test_nobody_is_asked_by_text_nor_who_wants_less_nor_after_days():
    shopper = Asked(everybody(email="no_email", push="not_subscribed"))
    shopper.live(THERE, NOON)
    shopper.live(THERE, NOON + 3 * HOUR)
    assert surveys(shopper) == []
    late = Asked()
    late.live(THERE, NOON + 4 * DAY)
    assert surveys(late) == []
