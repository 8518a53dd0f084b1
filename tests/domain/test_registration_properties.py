"""Registrations come at any point of the telling, and of time: the end is the same.

Which parcel a registration means depends on what is known when it comes, and is kept for ever. The
rest does not: states, journeys and the last facts follow from the set of scans and registrations.
"""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lives import START, Book, receipts, received, scan

from schemas.scan import LAST_DELIVERY
from schemas.shipment import ShipmentState
from schemas.status import Status
from tracking.domain.order import Received
from tracking.domain.reckon import Journey, reckon

# Around a delivery, its 60 days of rest, and the 30 days before a registration.
DAYS = [0, 1, 2, 20, 32, 40, 41, 50, 61, 62, 70, 72, 100, 140, 141, 203]
_statuses = st.sampled_from(
    [None, Status.ACCEPTED, Status.IN_TRANSIT, Status.DELIVERED, Status.DELIVERED, Status.RETURNING]
)
_scans = st.builds(
    lambda day, status, retracts: received(
        scan(24 * day, status, retracts=retracts, code=f"c{status}{retracts}")
    ),
    st.sampled_from(DAYS),
    _statuses,
    st.sampled_from([None, None, None, LAST_DELIVERY]),
)
_instants = st.sampled_from(DAYS).map(lambda day: START + timedelta(days=day, hours=1))
lives = st.lists(_scans | _scans | receipts() | _instants, max_size=14)
Step = Received | datetime | tuple[int, datetime]


def told(steps: Iterable[Step]) -> Book:
    book = Book()
    for step in steps:
        match step:
            case Received():
                book.apply([step])
            case datetime():
                book.register(step)
            case journey, at:
                book.register(at, journey)
    return book


def kept(book: Book) -> dict[int, ShipmentState]:
    states = {number: journey.state for number, journey in book.journeys.items()}
    return {number: state for number, state in states.items() if state != ShipmentState()}


def truth(book: Book) -> dict[int, ShipmentState]:
    """What all scans say at once, with the registrations as they were kept."""
    blank = {
        each.journey: Journey(each.journey, registered_at=each.at) for each in book.registrations()
    }
    changes = reckon(blank, list(book.scans.values()), set(book.scans)).changes
    return {c.journey: c.state for c in changes if c.state != ShipmentState()}


@settings(max_examples=200)
@given(lives)
def test_what_is_kept_is_what_all_scans_and_registrations_say(steps):
    book = told(steps)
    assert kept(book) == truth(book)


@settings(max_examples=150)
@given(lives, st.integers(0, 2**32))
def test_registrations_and_scans_may_come_in_any_order(steps, seed):
    """The journeys that the registrations meant stay theirs, whatever comes before or after."""
    first = told(steps)
    scans = [step for step in steps if isinstance(step, Received)]
    registrations = [(each.journey, each.at) for each in first.registrations()]
    again: list[Step] = [*scans, *registrations, *scans[: len(scans) // 2]]
    random.Random(seed).shuffle(again)
    second = told(again)
    assert kept(second) == kept(first)
    assert second.truth() == first.truth()
    assert sorted(second.registrations(), key=str) == sorted(first.registrations(), key=str)


@settings(max_examples=100)
@given(lives)
def test_who_listens_to_the_facts_ends_with_the_truth(steps):
    """Registering is told as `shipment.registered`, which says the state of then."""
    book = told(steps)
    for number, journey in book.journeys.items():
        mine = [each for each in book.announced if each[0] == number]
        last = mine[-1][3].status if mine else Status.PENDING
        assert last == journey.state.status
        versions = [version for _, version, _, _ in mine]
        assert versions == sorted(set(versions))


def test_a_registration_takes_what_came_in_the_30_days_before_it():
    """It used to do so only when the next scan came: until then the former parcel had it."""
    delivered = [received(scan(0, Status.ACCEPTED)), received(scan(24, Status.DELIVERED))]
    bill = received(scan(24 * 50, code="BILL"))
    latter = received(scan(24 * 70, Status.ACCEPTED))
    book = told([*delivered, bill, latter, START + timedelta(days=71)])
    last_seen = {number: state.last_scan_at for number, state in kept(book).items()}
    assert last_seen == {1: delivered[1].scan.time.at, 2: latter.scan.time.at}
    assert book.journeys[2].state.first_scan_at == bill.scan.time.at


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_of_two_registrations_at_one_instant_the_order_is_that_of_their_journeys(order):
    at = START + timedelta(hours=1)
    life = [received(scan(24 * day, status)) for day, status in ((0, None), (0, Status.DELIVERED))]
    latter = received(scan(24 * 61, Status.ACCEPTED))
    book = told([*life, latter, *((journey, at) for journey in order)])
    alike = told([*life, latter, (1, at), (2, at)])
    assert kept(book) == kept(alike) == truth(alike)
