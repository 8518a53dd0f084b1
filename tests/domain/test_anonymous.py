"""A scan without whoever it names: what stays, that twice is once, and whose a later one is."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.scan import Location, Pickup, Scan, ScanTime, scan_digest, scan_key
from schemas.shipment import ShipmentState
from schemas.status import Handover, Status
from tracking.domain.anonymous import (
    Identity,
    anonymous_identity,
    anonymous_scan,
    anonymous_state,
    is_of_erased,
)
from tracking.domain.order import Received
from tracking.domain.reckon import Journey
from tracking.domain.shipment import fold

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
DOOR = Location(
    name="Home", address="Brīvības iela 1", city="Rīga", postcode="LV-1010", country="LV",
    lat=56.9, lon=24.1, place_id="7",
)  # fmt: skip


def scan(hours: float = 0, **fields) -> Scan:
    at = AT + timedelta(hours=hours)
    told = {"carrier": "omniva", "tracking_number": "CE1", "status": Status.DELIVERED} | fields
    return Scan(time=ScanTime(raw="x", at=at), **told)


def test_what_happened_stays_and_whom_it_names_goes():
    full = scan(
        event_id="e1", code="77", handover=Handover.RECIPIENT, description="Left with Anna",
        location=DOOR, signed_by="Anna", note="n", pickup=Pickup(until=AT, code="1", qr="2"),
    )  # fmt: skip
    assert anonymous_scan(full) == scan(
        event_id="e1",
        code="77",
        handover=Handover.RECIPIENT,
        location=Location(city="Rīga", country="LV"),
        pickup=Pickup(until=AT),
    )


def test_every_field_of_a_scan_was_looked_at():
    """A new one may name somebody: say below whether it stays."""
    stays = {"carrier", "tracking_number", "time", "event_id", "status", "reason", "handover"}
    stays |= {"code", "recognised", "estimate", "retracts"}
    assert set(Scan.model_fields) == stays | {
        "description", "location", "pickup", "signed_by", "note",
    }  # fmt: skip
    assert set(Location.model_fields) == {
        "name", "address", "city", "postcode", "country", "lat", "lon", "place_id",
    }  # fmt: skip


scans = st.builds(
    scan,
    hours=st.integers(0, 50),
    status=st.sampled_from(Status),
    event_id=st.none() | st.sampled_from(["a", "b"]),
    description=st.none() | st.text("ab", min_size=1, max_size=3),
    signed_by=st.none() | st.sampled_from(["Anna", "Zane"]),
    location=st.sampled_from([None, DOOR, Location(name="only a name")]),
    pickup=st.sampled_from([None, Pickup(code="1"), Pickup(until=AT, code="1")]),
)


@given(scans)
def test_twice_is_once_also_for_what_it_goes_by(told):
    """In the store and in a repeat the same is made of it, whichever was made anonymous before."""
    digest = scan_digest(told)
    known = Identity(digest if told.event_id is None else scan_key(told), digest)
    once = anonymous_scan(told)
    identity = anonymous_identity(known, once)
    assert anonymous_scan(once) == once
    assert anonymous_identity(identity, once) == identity
    assert identity.digest == scan_digest(once)
    assert (identity.key == known.key) or told.event_id is None


@given(st.lists(scans, max_size=8))
def test_status_and_instants_are_the_same_without_people(told):
    """Only what the state says of places, people and codes may differ."""
    before = fold(Received(each, bytes([n]), AT) for n, each in enumerate(told)).state
    after = fold(
        Received(anonymous_scan(each), bytes([n]), AT) for n, each in enumerate(told)
    ).state
    kept = ("status", "reason", "since", "stages", "attempts", "estimate", "pickup_until")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    assert anonymous_state(after) == after


def ended(at: datetime, first: datetime) -> Journey:
    state = ShipmentState(status=Status.DELIVERED, first_scan_at=first, last_scan_at=at)
    return Journey(1, 3, state, last_at=at)


@pytest.mark.parametrize(
    ("days", "journeys", "erased", "is_theirs"),
    [
        (0, {1: ended(AT, AT)}, [1], True),
        (-400, {1: ended(AT, AT)}, [1], True),  # late, and of nobody else
        (60, {1: ended(AT, AT)}, [1], True),
        (61, {1: ended(AT, AT)}, [1], False),  # the next parcel
        (61, {1: Journey(1, 1, ShipmentState(status=Status.IN_TRANSIT), AT)}, [1], True),
        (100, {1: ended(AT, AT), 2: ended(AT + timedelta(90), AT + timedelta(90))}, [1], False),
        (90, {1: ended(AT, AT), 2: ended(AT + timedelta(90), AT + timedelta(90))}, [2], True),
        (0, {1: ended(AT, AT), 2: ended(AT + timedelta(90), AT + timedelta(90))}, [2], False),
        (0, {1: ended(AT, AT), 2: ended(AT + timedelta(90), AT + timedelta(90))}, [1, 2], True),
    ],
)
def test_whose_a_later_scan_is(days, journeys, erased, is_theirs):
    assert is_of_erased(scan(24 * days), journeys, erased) is is_theirs
