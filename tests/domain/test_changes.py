"""What a change owes to the world: before, after, the one fact (or none)."""

from datetime import timedelta
from typing import Any

import pytest
from lives import START, scan
from telling import announced

from schemas.scan import LAST_DELIVERY, Location, Pickup, Window
from schemas.shipment import ShipmentState
from schemas.status import Handover, Reason, Status
from tracking.domain.changes import Owed, owed

S = Status
NEWS, CORRECTED, RETRACTED = Owed("status"), Owed("corrected"), Owed("delivery_retracted")


def state(status: Status, hour: int = 1, **fields: Any) -> ShipmentState:
    """A status since that hour, decided by the scan `aa`."""
    since = START + timedelta(hours=hour)
    return ShipmentState(**{"status": status, "since": since, "decided_by": "aa", **fields})


NOTHING = ShipmentState()


@pytest.mark.parametrize(
    ("before", "after", "due"),
    [
        pytest.param(NOTHING, NOTHING, None, id="nothing known, nothing new"),
        pytest.param(NOTHING, state(S.INFO_RECEIVED), NEWS, id="first seen"),
        pytest.param(NOTHING, state(S.DELIVERED), NEWS, id="first seen when it is over"),
        pytest.param(state(S.IN_TRANSIT), state(S.OUT_FOR_DELIVERY, 2), NEWS, id="it moves on"),
        pytest.param(state(S.DELIVERED), state(S.RETURNING, 2), NEWS, id="sent back"),
        pytest.param(state(S.DELIVERED), state(S.RETURNED, 2), NEWS, id="given back"),
        pytest.param(state(S.RETURNED), state(S.DELIVERED), NEWS, id="it was the recipient's hand"),
        pytest.param(state(S.IN_TRANSIT), NOTHING, CORRECTED, id="all of it is gone"),
        pytest.param(state(S.DELIVERED), NOTHING, RETRACTED, id="all of it, a delivery too"),
        pytest.param(
            state(S.DELIVERED), state(S.HELD, 2), RETRACTED, id="no longer delivered, however"
        ),
        pytest.param(state(S.RETURNED), state(S.IN_TRANSIT), RETRACTED, id="no longer given back"),
        pytest.param(
            state(S.ATTEMPT_FAILED, attempts=1),
            state(S.ATTEMPT_FAILED, 25, attempts=2),
            NEWS,
            id="tried again",
        ),
        pytest.param(
            state(S.ATTEMPT_FAILED, attempts=1),
            state(S.ATTEMPT_FAILED, attempts=2),
            None,
            id="an earlier attempt is learnt of late",
        ),
        pytest.param(
            state(S.ATTEMPT_FAILED, attempts=1),
            state(S.ATTEMPT_FAILED, 3, attempts=1),
            None,
            id="the same attempt is dated anew",
        ),
        pytest.param(
            state(S.OUT_FOR_DELIVERY, attempts=1),
            state(S.OUT_FOR_DELIVERY, 3, attempts=2),
            None,
            id="attempts before it went out again",
        ),
    ],
)
def test_a_status_owes_one_fact_or_none(before, after, due):
    assert owed(before, after) == due


@pytest.mark.parametrize(
    ("before", "after", "due"),
    [
        pytest.param(state(S.HELD, 2), state(S.IN_TRANSIT), CORRECTED, id="back to what was true"),
        pytest.param(state(S.HELD, 2), state(S.IN_TRANSIT, 2), CORRECTED, id="at the same instant"),
        pytest.param(state(S.HELD, 2), NOTHING, CORRECTED, id="nothing else is known"),
        pytest.param(state(S.HELD, 2), state(S.DELIVERED, 3), NEWS, id="and already gone on"),
        pytest.param(state(S.DELIVERED, 2), state(S.HELD), RETRACTED, id="a delivery"),
        pytest.param(state(S.DELIVERED, 2), state(S.HELD, 3), RETRACTED, id="and gone on since"),
        pytest.param(
            state(S.DELIVERED, 2), state(S.RETURNING), RETRACTED, id="a delivery on the way back"
        ),
        pytest.param(
            state(S.DELIVERED, 2), state(S.RETURNED, 3), RETRACTED, id="a delivery, then given back"
        ),
        pytest.param(state(S.RETURNED, 2), state(S.RETURNING), CORRECTED, id="not back yet"),
        pytest.param(state(S.DELIVERED, 2), state(S.DELIVERED, 3), None, id="delivered later"),
    ],
)
def test_what_decided_the_status_was_taken_back(before, after, due):
    assert owed(before, after, {"aa"}) == due


WAITS = state(S.READY_FOR_PICKUP, pickup_code="s1", pickup_place=Location(place_id="9901"))
OUT = state(S.OUT_FOR_DELIVERY)
TODAY, TOMORROW = (Window(starts=START + timedelta(days=n)) for n in (0, 1))


@pytest.mark.parametrize(
    ("before", "update", "changed"),
    [
        pytest.param(OUT, {"estimate": TODAY}, ("estimate",), id="an estimate"),
        pytest.param(
            state(S.DELIVERED), {"estimate": TODAY}, (), id="an estimate of what is delivered"
        ),
        pytest.param(state(S.RETURNED), {"estimate": TODAY}, (), id="or given back"),
        pytest.param(WAITS, {"pickup_code": "s2"}, ("pickup",), id="another code"),
        pytest.param(WAITS, {"pickup_qr": "s2"}, ("pickup",), id="a square to scan"),
        pytest.param(WAITS, {"pickup_until": START}, ("pickup",), id="a deadline"),
        pytest.param(
            WAITS, {"pickup_place": Location(place_id="9902")}, ("pickup",), id="another locker"
        ),
        pytest.param(WAITS, {"pickup_place": None}, ("pickup",), id="no place any more"),
        pytest.param(
            WAITS,
            {"pickup_place": Location(place_id="9901", city="Rīga")},
            (),
            id="more about the same locker",
        ),
        pytest.param(OUT, {"pickup_code": "s1"}, (), id="a code for later"),
        pytest.param(OUT, {"handover": Handover.LOCKER}, ("handover",), id="into what it goes"),
        pytest.param(OUT, {"reason": Reason.WEATHER}, ("reason",), id="why"),
        pytest.param(OUT, {"location": Location(city="Rīga")}, (), id="where it was seen"),
        pytest.param(OUT, {"signed_by": "J. B.", "attempts": 2}, (), id="what interests nobody"),
        pytest.param(
            WAITS,
            {
                "reason": Reason.WEATHER,
                "handover": Handover.LOCKER,
                "pickup_code": "s2",
                "estimate": TODAY,
            },
            ("estimate", "pickup", "handover", "reason"),
            id="all at once",
        ),
    ],
)
def test_details_that_matter_owe_one_fact_that_names_them(before, update, changed):
    due = owed(before, before.model_copy(update=update))
    assert due == (Owed("details_changed", changed) if changed else None)


def test_an_estimate_that_is_moved_or_taken_back_is_a_detail_too():
    for after in (TOMORROW, None):
        before = OUT.model_copy(update={"estimate": TODAY})
        due = owed(before, before.model_copy(update={"estimate": after}))
        assert due == Owed("details_changed", ("estimate",))


def test_places_without_an_id_differ_by_name():
    named = WAITS.model_copy(update={"pickup_place": Location(name="A")})
    same = named.model_copy(update={"pickup_place": Location(name="A", city="Rīga")})
    other = named.model_copy(update={"pickup_place": Location(name="B")})
    assert owed(named, same) is None
    assert owed(named, other) == Owed("details_changed", ("pickup",))


LIFE = [
    scan(1, S.INFO_RECEIVED),
    scan(2, S.ACCEPTED),
    scan(3, S.OUT_FOR_DELIVERY),
    scan(4, S.DELIVERED, event_id="done"),
]
BACK = scan(5, retracts=LAST_DELIVERY)


def test_a_life_told_step_by_step_and_at_once():
    assert announced(*[[each] for each in LIFE]) == [
        ("status", "info_received"),
        ("status", "accepted"),
        ("status", "out_for_delivery"),
        ("status", "delivered"),
    ]
    assert announced(LIFE) == [("status", "delivered")]


def test_a_life_told_backwards_is_announced_once():
    assert announced(*[[each] for each in reversed(LIFE)]) == [("status", "delivered")]


def test_a_delivery_that_is_taken_back_before_anybody_heard_of_it_is_no_news():
    assert announced(LIFE[:3], [LIFE[3], BACK]) == [("status", "out_for_delivery")]


def test_a_delivery_taken_back_and_made_good_within_a_batch_is_no_news_either():
    again = scan(6, S.DELIVERED)
    assert announced(LIFE, [BACK, again]) == [("status", "delivered")]


def test_a_pickup_code_that_comes_later_is_told():
    waits = scan(1, S.READY_FOR_PICKUP)
    code = scan(2, None, code="CODE", pickup=Pickup(code="111"))
    assert announced([waits], [code]) == [
        ("status", "ready_for_pickup"),
        ("details_changed", "ready_for_pickup"),
    ]
