"""What the link alone shows: for every field of a scan and of a state it is decided here."""

from datetime import UTC, datetime

import pytest

from schemas.scan import Confidence, Location, Pickup, Scan, ScanTime
from schemas.shipment import EntryKind, HistoryEntry, ShipmentState
from schemas.status import Handover, Status
from tracking.incoming import pickup_context
from tracking.sealing import SealBroken, Sealer
from tracking.web.visible import (
    full_history,
    full_state,
    is_to_collect,
    public_history,
    public_state,
)

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOME = Location(
    name="Jānis Bērziņš",
    address="Brīvības iela 1-2",
    city="Rīga",
    postcode="LV-1010",
    country="LV",
    lat=56.95,
    lon=24.1,
)
LOCKER = Location(name="Rīga Akropole", address="Maskavas iela 257", city="Rīga", place_id="9901")
SEALER = Sealer(["k"])


def line(status=Status.DELIVERED, location=HOME, **fields):
    scan = Scan(
        carrier="omniva",
        tracking_number="CE1",
        time=ScanTime(raw="x", at=AT),
        status=status,
        location=location,
        description="Handed to Jānis",
        signed_by="Jānis Bērziņš",
        note="Jānis",
        event_id="jānis-1",
        pickup=Pickup(until=AT, code="sealed", qr="sealed"),
        **fields,
    )
    return HistoryEntry(
        key="k",
        kind=EntryKind.STATUS,
        at=AT,
        confidence=Confidence.EXACT,
        received_at=AT,
        version=1,
        scan=scan,
    )


def test_a_line_of_history_keeps_city_and_status():
    (shown,) = public_history([line()])
    assert shown.scan == Scan(
        carrier="omniva",
        tracking_number="CE1",
        time=ScanTime(raw="x", at=AT),
        status=Status.DELIVERED,
        location=Location(city="Rīga", country="LV"),
        pickup=Pickup(until=AT),
    )


def test_a_public_pickup_place_is_shown_whole():
    (shown,) = public_history([line(Status.READY_FOR_PICKUP, LOCKER)])
    assert shown.scan.location == LOCKER
    (nowhere,) = public_history([line(location=Location(name="Jānis", lat=1, lon=2))])
    assert nowhere.scan.location is None


def test_with_the_second_factor_all_is_shown_but_old_codes():
    (shown,) = full_history([line()])
    assert shown.scan == line().scan.model_copy(update={"pickup": Pickup(until=AT)})


def state(**fields):
    return ShipmentState(
        status=Status.READY_FOR_PICKUP,
        location=HOME,
        pickup_place=LOCKER,
        pickup_code=SEALER.seal_text("482913", f"{pickup_context('omniva', 'CE1')}:code"),
        pickup_qr=SEALER.seal_text("QR 482913", f"{pickup_context('omniva', 'CE1')}:qr"),
        signed_by="Jānis Bērziņš",
        **fields,
    )


def test_the_state_without_the_second_factor():
    assert public_state(state()) == ShipmentState(
        status=Status.READY_FOR_PICKUP,
        location=Location(city="Rīga", country="LV"),
        pickup_place=LOCKER,
    )


def test_the_state_with_the_second_factor():
    opened = full_state(state(), SEALER, "omniva", "CE1")
    assert (opened.pickup_code, opened.pickup_qr) == ("482913", "QR 482913")
    assert (opened.location, opened.signed_by) == (HOME, "Jānis Bērziņš")
    nothing = full_state(ShipmentState(), SEALER, "omniva", "CE1")
    assert (nothing.pickup_code, nothing.pickup_qr) == (None, None)


def test_a_code_opens_for_its_own_parcel_only():
    with pytest.raises(SealBroken):
        full_state(state(), SEALER, "omniva", "CE2")


@pytest.mark.parametrize(
    ("known", "service", "expected"),
    [
        (ShipmentState(), None, None),
        (ShipmentState(), "express", None),
        (ShipmentState(), "Pickup-Point", True),
        (ShipmentState(), "courier", False),
        (ShipmentState(handover=Handover.LOCKER), "courier", True),
        (ShipmentState(handover=Handover.RECIPIENT), "locker", False),
        (ShipmentState(stages={Status.READY_FOR_PICKUP: AT}), None, True),
    ],
)
def test_whether_it_is_to_be_collected(known, service, expected):
    assert is_to_collect(known, service) is expected
