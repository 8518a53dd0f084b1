"""What carriers do to every reader of their events, one test by the name of each trap."""

import json

import pytest
from reading import SAMPLES, read, said, state_of

from schemas.scan import Scan
from schemas.status import Handover, Reason, Status
from tracking.carriers import CARRIERS
from tracking.carriers.base import ParseContext, Parsed

NUMBER = "AB123456789LV"
SECRETS = ("246810", "4711", "481516")  # the door codes in the samples
TIME = "2026-11-18T12:00:00+02:00"

# The shape of one event of each carrier, with its code and its time left open.
SHAPES = {
    "klat": lambda code, at: {
        "carrier": "rigavelo",
        "tracking_number": NUMBER,
        "occurred_at": at,
        "code": code,
    },
    "omniva": lambda code, at: {"packetCode": NUMBER, "eventCode": code, "eventDate": at},
    "venipak": lambda code, at: {"pack_no": NUMBER, "pack_status": code, "date_iso": at},
    "unisend": lambda code, at: {"barcode": NUMBER, "publicEventType": code, "eventDate": at},
    "posti": lambda code, at: {
        "trackingNumber": NUMBER,
        "events": [{"eventDescription": code, "timestamp": at}],
    },
    "inpost": lambda code, at: {
        "event_ts": at,
        "event": "shipment_status_changed",
        "payload": {"tracking_number": NUMBER, "status": code},
    },
    "upu": lambda code, at: {"itemId": NUMBER, "code": code, "time": at},
}
each = pytest.mark.parametrize("carrier", SHAPES)
stories = pytest.mark.parametrize(
    ("carrier", "name"),
    [(path.parent.name, path.name) for at in SHAPES for path in sorted((SAMPLES / at).iterdir())],
)


def parse(carrier: str, *events: tuple[str, str]) -> Parsed:
    body = json.dumps([SHAPES[carrier](code, at) for code, at in events])
    return CARRIERS[carrier].parse(body.encode(), ParseContext())


def scan_of(carrier: str, code: str) -> Scan:
    (scan,) = parse(carrier, (code, TIME)).scans
    return scan


@pytest.mark.parametrize(
    ("carrier", "out", "done"),
    [
        ("omniva", "PACKET_EVENT_ON_DELIVERY_LIST", "PACKET_EVENT_DELIVERED"),
        ("inpost", "out_for_delivery", "delivered"),
        ("unisend", "DA_PASSED_FOR_DELIVERY", "DA_DELIVERED"),
        ("upu", "EDG", "EMI"),
    ],
)
def test_delivered_dated_before_out_for_delivery(carrier, out, done):
    parsed = parse(carrier, (out, "2026-11-18T12:00:00+02:00"), (done, "2026-11-18T11:59:00+02:00"))
    assert state_of(parsed.scans).status is Status.DELIVERED


@stories
def test_the_position_in_the_list_never_decides(carrier, name):
    parcels: dict[str, list[Scan]] = {}
    for scan in read(carrier, name, NUMBER).scans:
        parcels.setdefault(scan.tracking_number, []).append(scan)
    for scans in parcels.values():
        assert state_of(scans) == state_of(scans[::-1])


@pytest.mark.parametrize(
    ("carrier", "code"),
    [("inpost", "returned_to_sender"), ("unisend", "REFUNDED"), ("unisend", "DA_RETURNED")],
)
def test_given_back_to_the_sender_is_returned(carrier, code):
    assert said(scan_of(carrier, code)) == (Status.RETURNED, None, Handover.SENDER)


@pytest.mark.parametrize(
    ("carrier", "code"),
    [("inpost", "ready_to_pickup"), ("unisend", "FETCHCODE"), ("klat", "stored")],
)
def test_in_the_locker_is_not_collected(carrier, code):
    assert said(scan_of(carrier, code)) == (Status.READY_FOR_PICKUP, None, Handover.LOCKER)


@pytest.mark.parametrize(
    ("carrier", "event", "status"),
    [
        (
            "unisend",
            {"publicEventType": "EMG", "publicStateType": "PARCEL_DELIVERED", "eventDate": TIME},
            Status.IN_TRANSIT,
        ),
        (
            "omniva",
            {
                "eventCode": "PACKET_EVENT_IN_DEST_POSTOFFICE",
                "stateCode": "PACKET_STATE_DELIVERED",
                "eventDate": TIME,
            },
            Status.IN_TRANSIT,
        ),
        (
            "venipak",
            {
                "pack_status": 2,
                "event": "At terminal",
                "pack_status_text": "Delivered",
                "date_iso": TIME,
            },
            Status.IN_TRANSIT,
        ),
    ],
)
def test_of_two_fields_that_contradict_the_exact_one_decides(carrier, event, status):
    context = ParseContext(tracking_number=NUMBER)
    (scan,) = CARRIERS[carrier].parse(json.dumps(event).encode(), context).scans
    assert scan.status is status


@pytest.mark.parametrize("carrier", [name for name in SHAPES if name != "klat"])
@pytest.mark.parametrize("junk", ["string", "REDACTED", "", "  "])
def test_a_placeholder_is_no_code(carrier, junk):
    parsed = parse(carrier, (junk, TIME))
    assert (parsed.scans, len(parsed.problems)) == ([], 1)


@each
def test_an_unknown_code_is_kept_and_changes_nothing(carrier):
    scan = scan_of(carrier, "Teleported-17")
    assert (scan.status, scan.recognised, scan.code) == (None, False, "Teleported-17")
    assert scan.retracts is None


@each
def test_a_code_longer_than_any_real_one_costs_nobody_else(carrier):
    known = next(iter(CARRIERS[carrier].codes))
    parsed = parse(carrier, ("X" * 5_000, TIME), (known, TIME))
    assert parsed.scans[-1].recognised


@pytest.mark.parametrize(
    ("carrier", "done", "later"),
    [
        ("omniva", "PACKET_EVENT_DELIVERED", "PACKET_EVENT_SEND_REC_SMS_NOTIF"),
        ("unisend", "DELIVERED", "INFORMED"),
        ("inpost", "delivered", "claimed"),
    ],
)
def test_a_scan_of_no_weight_after_delivery_reopens_nothing(carrier, done, later):
    parsed = parse(carrier, (done, TIME), (later, "2026-11-20T12:00:00+02:00"))
    assert len(parsed.scans) == 2
    assert state_of(parsed.scans).status is Status.DELIVERED


@pytest.mark.parametrize("code", ["EXC", "EDC", "EDE"])
def test_released_by_customs_or_on_its_way_is_not_held(code):
    assert scan_of("upu", code).status is Status.IN_TRANSIT


@pytest.mark.parametrize(
    ("carrier", "code", "reason"),
    [
        ("inpost", "pickup_time_expired", Reason.PICKUP_MISSED),
        ("klat", "expired", Reason.PICKUP_MISSED),
        ("klat", "door_fault", Reason.LOCKER_FAULT),
    ],
)
def test_a_parcel_nobody_can_collect_now_is_held_and_says_why(carrier, code, reason):
    assert said(scan_of(carrier, code)) == (Status.HELD, reason, None)


@pytest.mark.parametrize(
    ("carrier", "code"),
    [
        ("inpost", "pickup_reminder_sent"),
        ("inpost", "stack_in_box_machine"),
        ("omniva", "PACKET_EVENT_DELIVERY_CALL"),
        ("klat", "door_opened"),
    ],
)
def test_a_message_that_says_nothing_new_has_no_status(carrier, code):
    scan = scan_of(carrier, code)
    assert (scan.status, scan.recognised) == (None, True)


@stories
def test_no_secret_stands_in_a_text_that_is_shown(carrier, name):
    for scan in read(carrier, name, NUMBER).scans:
        shown = scan.model_copy(update={"pickup": None}).model_dump_json()
        assert [secret for secret in SECRETS if secret in shown] == []
