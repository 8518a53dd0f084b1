"""One tracking number, several parcels: which scan belongs to which of them."""

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lives import RECEIPT, START, Book, received, scan

from schemas.scan import LAST_DELIVERY, Scan
from schemas.shipment import ShipmentState
from schemas.status import Status
from tracking.domain.journeys import Registration, journey_for_registration, split
from tracking.domain.order import in_order
from tracking.domain.reckon import Journey, reckon

S = Status
LONG_AGO = RECEIPT + timedelta(days=9999)


def on(day: float, status: Status | None = None, **fields) -> Scan:
    return scan(24 * day, status, **fields)


def registered(journey: int, day: float) -> Registration:
    return Registration(journey, START + timedelta(days=day))


def parcels(scans: list[Scan], *registrations: Registration) -> dict[int, list[float]]:
    """The days of each journey's scans, the same in whatever order they are told."""
    found = [_days(order, registrations) for order in permutations(scans)]
    assert all(each == found[0] for each in found)
    return found[0]


def _days(scans, registrations):
    ordered = in_order(received(each, LONG_AGO) for each in scans)
    return {
        number: [(placed.at - START) / timedelta(days=1) for placed in placed_scans]
        for number, placed_scans in split(ordered, registrations).items()
    }


def journey_of(scans: list[Scan], day: float, *registrations: Registration) -> int:
    """The journey that a registration on that day means."""
    ordered = in_order(received(each, LONG_AGO) for each in scans)
    return journey_for_registration(ordered, registrations, START + timedelta(days=day))


DONE = [on(0, S.ACCEPTED), on(1, S.DELIVERED)]


@pytest.mark.parametrize(
    ("scans", "expected"),
    [
        pytest.param([], {}, id="nothing"),
        pytest.param([on(0, S.ACCEPTED), on(99, S.DELIVERED)], {1: [0, 99]}, id="a slow one"),
        pytest.param([*DONE, on(61, S.ACCEPTED)], {1: [0, 1, 61]}, id="60 days are not enough"),
        pytest.param([*DONE, on(61.01, S.ACCEPTED)], {1: [0, 1], 2: [61.01]}, id="more than 60"),
        pytest.param(
            [*DONE, on(70, S.INFO_RECEIVED), on(71, S.DELIVERED), on(140, S.DELIVERED)],
            {1: [0, 1], 2: [70, 71], 3: [140]},
            id="three parcels",
        ),
        pytest.param(
            [*DONE, on(20, S.RETURNING), on(80, S.RETURNED), on(120, S.ACCEPTED)],
            {1: [0, 1, 20, 80, 120]},
            id="a return journey lasts as long as it lasts",
        ),
        pytest.param(
            [*DONE, on(20, S.RETURNED), on(81, S.ACCEPTED)],
            {1: [0, 1, 20], 2: [81]},
            id="it rests from its return on",
        ),
        pytest.param(
            [*DONE, on(30, S.DELIVERED), on(89, S.ACCEPTED)],
            {1: [0, 1, 30, 89]},
            id="or from its last delivery",
        ),
        pytest.param(
            [*DONE, on(70, S.ACCEPTED), on(71), on(72, S.IN_TRANSIT)],
            {1: [0, 1], 2: [70, 71, 72]},
            id="what follows belongs to the latter",
        ),
    ],
)
def test_a_number_is_another_parcels_after_a_long_rest(scans, expected):
    assert parcels(scans) == expected


@pytest.mark.parametrize("status", list(Status))
def test_only_the_beginning_of_a_life_opens_one(status):
    closing = {S.RETURNING, S.RETURNED, S.EXCEPTION, S.CANCELLED, S.EXPIRED}
    opened = parcels([*DONE, on(99, status)])
    assert opened == ({1: [0, 1, 99]} if status in closing else {1: [0, 1], 2: [99]})


@pytest.mark.parametrize(
    "late", [on(99), on(99, code="NEW", recognised=False), on(99, retracts=LAST_DELIVERY)]
)
def test_a_bill_a_strange_code_or_a_retraction_opens_none(late):
    assert parcels([*DONE, late]) == {1: [0, 1, 99]}


def test_a_delivery_that_was_taken_back_ended_nothing():
    wrong = [on(1, S.DELIVERED, event_id="e"), on(2, retracts="e")]
    assert parcels([*wrong, on(90, S.IN_TRANSIT)]) == {1: [1, 2, 90]}


@pytest.mark.parametrize(
    ("scans", "registrations", "expected"),
    [
        pytest.param(DONE, [registered(1, 0)], {1: [0, 1]}, id="registered with its first scan"),
        pytest.param(DONE, [registered(1, 61)], {1: [0, 1]}, id="registered when it was over"),
        pytest.param(
            DONE, [registered(2, 62)], {1: [0, 1]}, id="after its rest: the next, not yet scanned"
        ),
        pytest.param(
            [*DONE, on(70, S.ACCEPTED)],
            [registered(1, 69)],
            {0: [0, 1], 1: [70]},
            id="a former parcel is learnt of late: it counts downwards",
        ),
        pytest.param(
            [*DONE, on(70, S.DELIVERED), on(140, S.ACCEPTED)],
            [registered(1, 139)],
            {-1: [0, 1], 0: [70], 1: [140]},
            id="two former parcels",
        ),
        pytest.param(
            [*DONE, on(70, S.ACCEPTED)],
            [registered(1, 0)],
            {1: [0, 1], 2: [70]},
            id="the next one is not registered",
        ),
        pytest.param(
            [*DONE, on(70, S.ACCEPTED)],
            [registered(1, 0), registered(2, 69)],
            {1: [0, 1], 2: [70]},
            id="both are registered",
        ),
        pytest.param(
            [*DONE, on(38.9, S.IN_TRANSIT), on(39.1, S.IN_TRANSIT)],
            [registered(1, 0), registered(2, 69)],
            {1: [0, 1, 38.9], 2: [39.1]},
            id="from 30 days before it was registered a scan is the second's",
        ),
        pytest.param(
            [*DONE, on(200, S.ACCEPTED)],
            [registered(1, 0), registered(2, 69), registered(3, 199)],
            {1: [0, 1], 3: [200]},
            id="one that was never scanned keeps its number",
        ),
        pytest.param(
            [*DONE, on(71, S.DELIVERED), on(140, S.ACCEPTED)],
            [registered(1, 0), registered(2, 69)],
            {1: [0, 1], 2: [71], 3: [140]},
            id="and the one after them",
        ),
        pytest.param(
            [on(69, S.ACCEPTED), on(70, S.DELIVERED), on(140, S.ACCEPTED)],
            [registered(1, 0), registered(2, 69)],
            {2: [69, 70], 3: [140]},
            id="the first was never scanned",
        ),
    ],
)
def test_a_registered_parcel_keeps_its_journey_whatever_is_learnt(scans, registrations, expected):
    assert parcels(scans, *registrations) == expected
    assert parcels(scans, *reversed(registrations)) == expected


@pytest.mark.parametrize(
    ("scans", "day", "registrations", "journey"),
    [
        pytest.param([], 0, [], 1, id="nothing known"),
        pytest.param([], 500, [registered(1, 0)], 1, id="registered again before any scan"),
        pytest.param(DONE[:1], 90, [], 1, id="under way"),
        pytest.param(DONE, 61, [], 1, id="just delivered"),
        pytest.param(DONE, 61.01, [], 2, id="delivered long ago"),
        pytest.param(DONE, 90, [registered(1, 0)], 2, id="and registered then"),
        pytest.param(DONE, 91, [registered(1, 0), registered(2, 90)], 2, id="registered again"),
        pytest.param([*DONE, on(70, S.ACCEPTED)], 71, [], 2, id="the next is scanned already"),
        pytest.param(
            [*DONE, on(70, S.ACCEPTED)], 71, [registered(1, 0)], 2, id="the first was registered"
        ),
        pytest.param([*DONE, on(70, S.DELIVERED)], 140, [registered(1, 0)], 3, id="two are over"),
    ],
)
def test_which_parcel_a_registration_means(scans, day, registrations, journey):
    assert journey_of(scans, day, *registrations) == journey


def test_a_parcel_after_the_registered_ones_is_none_of_them():
    """The first was registered while it seemed under way; its delivery was learnt of later."""
    scans = [*DONE, on(141, S.ACCEPTED), on(142, S.DELIVERED), on(300, S.ACCEPTED)]
    kept = parcels(scans, registered(1, 62), registered(2, 140))
    assert kept == {1: [0, 1], 2: [141, 142], 3: [300]}


steps = st.tuples(
    st.sampled_from([0, 1, 20, 40, 61, 100]),  # days since the step before
    st.none()  # registered, or else: scanned so many days ago, with that status
    | st.tuples(
        st.sampled_from([0, 0, 1, 10, 90, 200]),
        st.sampled_from([None, S.ACCEPTED, S.IN_TRANSIT, S.DELIVERED, S.DELIVERED, S.RETURNING]),
        st.sampled_from([None, None, None, LAST_DELIVERY]),
    ),
)


@settings(max_examples=200)
@given(st.lists(steps, max_size=12))
def test_every_scan_has_one_journey_and_every_journey_one_number(life):
    """Scans come late, registrations in between, each for the parcel that it then means."""
    today, scans, registrations = 0, [], []
    for gap, event in life:
        today += gap
        if event is None:
            journey = journey_of(scans, today, *registrations)
            if journey not in {each.journey for each in registrations}:
                registrations.append(registered(journey, today))
        else:
            ago, status, retracts = event
            scans.append(on(today - ago, status, retracts=retracts, code=f"c{len(scans)}"))
        homes = _days(scans, registrations)
        assert sum(map(len, homes.values())) == len(scans)


def test_a_former_parcel_learnt_of_late_takes_its_scans_out_of_the_story():
    """The latter parcel was taken for the first; then the delivery of the former one arrives."""
    book = Book()
    for each in (on(0, S.ACCEPTED), on(70, S.OUT_FOR_DELIVERY)):
        book.apply([received(each)])
    assert book.journeys[1].state.status is S.OUT_FOR_DELIVERY
    book.apply([received(on(1, S.DELIVERED))])
    assert {number: each.state.status for number, each in book.journeys.items()} == {
        1: S.DELIVERED,
        2: S.OUT_FOR_DELIVERY,
    }


def test_a_journey_that_loses_all_its_scans_is_back_to_nothing_known():
    """The number had not rested: a return was under way."""
    book = Book()
    for each in (*DONE, on(70, S.ACCEPTED)):
        book.apply([received(each)])
    assert set(book.journeys) == {1, 2}
    book.apply([received(on(20, S.RETURNING))])
    assert book.journeys[2].state == ShipmentState()
    assert book.journeys[1].state.status is S.RETURNING
    assert [owed.kind for number, _, owed, _ in book.announced if number == 2] == [
        "status",
        "corrected",
    ]


def test_a_registered_journey_is_told_nothing_of_a_former_parcel():
    known = {1: Journey(1, registered_at=START + timedelta(days=69))}
    scans = [received(each) for each in (*DONE, on(70, S.ACCEPTED))]
    result = reckon(known, scans, {each.key for each in scans})
    assert {change.journey: change.state.status for change in result.changes} == {
        0: S.DELIVERED,
        1: S.ACCEPTED,
    }
    assert [result.homes[each.key] for each in scans] == [0, 0, 1]


def test_journeys_that_nothing_touched_do_not_change():
    book = Book()
    for each in (*DONE, on(70, S.ACCEPTED)):
        book.apply([received(each)])
    versions = {number: each.version for number, each in book.journeys.items()}
    book.apply([received(on(71, S.IN_TRANSIT))])
    after = {number: each.version for number, each in book.journeys.items()}
    assert after == {1: versions[1], 2: versions[2] + 1}
