"""What carriers do to every reader of their events: what the fold makes of it, trap by trap."""

from datetime import timedelta
from time import process_time

import pytest
from lives import RECEIPT, START, Book, received, scan
from telling import announced, events, read, truth, utc

from schemas.scan import (
    LAST_DELIVERY,
    SCAN,
    Confidence,
    Location,
    Pickup,
    ScanTime,
    Window,
    scan_key,
)
from schemas.status import Handover, Reason, Status
from tracking.carriers.base import Meaning
from tracking.carriers.times import read_time
from tracking.domain.order import in_order
from tracking.domain.shipment import fold, fold_ordered
from tracking.incoming import read_as

MORNING, NOON, EVENING = (f"2026-11-18T{hour}:00:00+02:00" for hour in ("08", "12", "18"))


def at(raw: str) -> ScanTime:
    return read_time(raw, "Europe/Riga")


def test_delivered_dated_before_out_for_delivery():
    told = events("omniva", ("PACKET_EVENT_DELIVERED", MORNING), ("ON_DELIVERY_LIST", NOON))
    state = truth(*told)
    assert (state.status, state.since) == (Status.DELIVERED, utc(2026, 11, 18, 6))


def test_the_position_in_the_list_never_decides():
    life = events(
        "omniva",
        ("SAVED", "2026-11-17T09:00:00+02:00"),
        ("PICKED_UP_WITH_SCAN", "2026-11-17T16:00:00+02:00"),
        ("IN_DEST_POSTOFFICE", MORNING),
        ("ON_DELIVERY_LIST", NOON),
        ("STORING", EVENING),
    )
    state = truth(*life)
    assert (state.status, state.since) == (Status.READY_FOR_PICKUP, utc(2026, 11, 18, 16))
    assert list(state.stages) == [
        Status.INFO_RECEIVED,
        Status.ACCEPTED,
        Status.IN_TRANSIT,
        Status.OUT_FOR_DELIVERY,
        Status.READY_FOR_PICKUP,
    ]


@pytest.mark.parametrize(
    ("stored", "since", "confidence"),
    [
        ("2026-11-18T14:00:00+02:00", utc(2026, 11, 18, 12), Confidence.EXACT),
        ("2026-11-18T14:00:00+0200", utc(2026, 11, 18, 12), Confidence.EXACT),
        ("2026-11-18T12:00:00Z", utc(2026, 11, 18, 12), Confidence.EXACT),
        ("2026-11-18 14:00:00", utc(2026, 11, 18, 12), Confidence.ASSUMED_ZONE),
        ("2026-11-18", utc(2026, 11, 18, 10), Confidence.DATE_ONLY),
    ],
)
def test_with_an_offset_without_one_or_a_day_alone(stored, since, confidence):
    """A day alone comes after what of that day precedes it in life (here: out at 10:00 UTC)."""
    told = events("omniva", ("IN_DEST_POSTOFFICE", MORNING), ("ON_DELIVERY_LIST", NOON))
    state = truth(*told, *events("omniva", ("STORING", stored)))
    assert state.status is Status.READY_FOR_PICKUP
    assert (state.since, state.since_confidence) == (since, confidence)


@pytest.mark.parametrize(
    ("day", "status"),
    [
        ("2026-11-17", Status.IN_TRANSIT),  # the day before
        ("2026-11-18", Status.OUT_FOR_DELIVERY),  # that day, after the depot of 08:00
        ("2026-11-19", Status.OUT_FOR_DELIVERY),
    ],
)
def test_a_day_alone_is_neither_before_nor_after_all_of_its_day(day, status):
    depot = events("omniva", ("IN_DEST_POSTOFFICE", MORNING))
    assert truth(*depot, *events("omniva", ("ON_DELIVERY_LIST", day))).status is status


def test_a_day_alone_stays_before_a_later_stage_of_its_day():
    told = events("omniva", ("ON_DELIVERY_LIST", "2026-11-18"), ("STORING", MORNING))
    assert truth(*told).status is Status.READY_FOR_PICKUP


def test_days_alone_follow_each_other_in_life_cycle_order():
    day = "2026-11-18"
    told = events("omniva", ("STORING", day), ("ON_DELIVERY_LIST", day), ("FROM_CONTAINER", day))
    assert truth(*told).status is Status.READY_FOR_PICKUP


def test_a_midnight_that_means_no_time_is_not_before_the_morning():
    told = events("omniva", ("ON_DELIVERY_LIST", MORNING), ("STORING", "2026-11-18T00:00:00"))
    assert truth(*told).status is Status.READY_FOR_PICKUP


def test_two_holds_at_one_instant_for_two_reasons_are_two_events():
    held = [
        received(scan(1, Status.HELD, reason=reason))
        for reason in (Reason.CUSTOMS_DUTIES, Reason.WEATHER)
    ]
    assert len({each.key for each in held}) == 2


@pytest.mark.parametrize("done", ["2026-11-18T00:00:00", "2026-11-18T00:00:00+02:00", "2026-11-18"])
def test_delivered_at_a_midnight_that_means_no_time(done):
    told = events("omniva", ("ON_DELIVERY_LIST", MORNING), ("DELIVERED", done))
    assert truth(*told).status is Status.DELIVERED


# On 2026-10-25 clocks in Riga show 03:00-03:59 twice: first 00:00-00:59 UTC, then 01:00-01:59.
DEPOT, ROAD, LOCKER, DONE = "IN_DEST_POSTOFFICE", "ON_DELIVERY_LIST", "STORING", "DELIVERED"


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        pytest.param([(LOCKER, "03:30")], ["00:30"], id="alone: the first pass"),
        pytest.param(
            [(DEPOT, "03:55"), (LOCKER, "03:05")], ["00:55", "01:05"], id="two, told backwards"
        ),
        pytest.param([(DEPOT, "03:05"), (LOCKER, "03:55")], ["00:05", "00:55"], id="two, in order"),
        pytest.param(
            [(DEPOT, "03:50"), (ROAD, "03:10"), (LOCKER, "03:40")],
            ["00:50", "01:10", "01:40"],
            id="three, the first before the change",
        ),
        pytest.param(
            [(DEPOT, "03:20"), (ROAD, "03:50"), (LOCKER, "03:10"), (DONE, "03:30")],
            ["00:20", "00:50", "01:10", "01:30"],
            id="four, the change in the middle",
        ),
        pytest.param(
            [(DEPOT, "03:30+03:00"), (LOCKER, "03:05")],
            ["00:30", "01:05"],
            id="an exact neighbour before",
        ),
        pytest.param(
            [(LOCKER, "03:30"), (DONE, "03:45+03:00")],
            ["00:30", "00:45"],
            id="an exact neighbour after",
        ),
        pytest.param(
            [(ROAD, "03:10+02:00"), (LOCKER, "03:40")], ["01:10", "01:40"], id="in the second pass"
        ),
        pytest.param(
            [(DEPOT, "03:50"), (LOCKER, "03:05"), (DONE, "03:58+03:00")],
            ["00:50", "00:05", "00:58"],
            id="the second pass would be too late",
        ),
        pytest.param(
            [(LOCKER, "03:05"), ("SEND_REC_SMS_NOTIF", "03:30")],
            ["00:05", "00:30"],
            id="a notice has no place in life and moves nobody",
        ),
    ],
)
def test_the_hour_that_happens_twice(told, meant):
    scans = events("omniva", *[(code, f"2026-10-25T{clock}") for code, clock in told])
    truth(*scans)
    placed = {each.scan: f"{each.at:%H:%M}" for each in in_order(map(received, scans))}
    assert [placed[each] for each in scans] == meant


def test_more_doubtful_scans_than_anybody_sends_are_the_first_pass():
    many = [scan(0, Status.OUT_FOR_DELIVERY, code=f"c{n}", time=twice(n)) for n in range(41)]
    locker = scan(0, Status.READY_FOR_PICKUP, time=twice(0))
    placed = in_order(map(received, [*many, locker]))
    assert {each.at.hour for each in placed} == {0}
    assert {each.at.hour for each in in_order(map(received, [*many[2:], locker]))} == {0, 1}


def twice(minute: int) -> ScanTime:
    return at(f"2025-10-26T03:{minute:02}:00")


def test_the_repeated_hour_of_a_parcel_with_very_many_scans_is_read_soon():
    """The readings are compared by what differs between them, not each by the whole life."""
    life = [scan(n / 1000, Status.IN_TRANSIT, code=f"c{n}") for n in range(3000)]
    many = [scan(0, Status.READY_FOR_PICKUP, code=f"d{n}", time=twice(n)) for n in range(40)]
    started = process_time()
    fold(map(received, [*life, *many]))
    assert process_time() - started < 2


def test_the_hour_that_is_missing():
    """Clocks jump from 03:00 to 04:00; 03:30 is read as 30 minutes later and stays in order."""
    told = events(
        "omniva",
        (DEPOT, "2026-03-29T02:50:00"),
        (ROAD, "2026-03-29T03:30:00"),
        (LOCKER, "2026-03-29T04:40:00"),
    )
    assert truth(*told).status is Status.READY_FOR_PICKUP
    instants = [f"{each.at:%H:%M}" for each in in_order(map(received, told))]
    assert instants == ["00:50", "01:30", "01:40"]


def test_a_reused_number_is_another_parcel():
    former = [scan(0, Status.ACCEPTED), scan(9, Status.DELIVERED)]
    latter = [scan(24 * 70, Status.INFO_RECEIVED), scan(24 * 71, Status.IN_TRANSIT)]
    book = Book()
    for each in [latter[1], former[0], latter[0], former[1]]:
        book.apply([received(each)])
    assert {n: journey.state.status for n, journey in book.journeys.items()} == {
        1: Status.DELIVERED,
        2: Status.IN_TRANSIT,
    }
    assert book.journeys[2].state.first_scan_at == START + timedelta(days=70)


def test_of_two_events_at_one_instant_the_later_stage_of_life_counts():
    told = events("omniva", (LOCKER, NOON), (ROAD, NOON), (DEPOT, NOON))
    assert truth(*told).status is Status.READY_FOR_PICKUP


def test_one_event_told_under_two_ids_counts_once_and_is_shown_once():
    tried = [
        scan(1, Status.ATTEMPT_FAILED, event_id="a1"),
        scan(1, Status.ATTEMPT_FAILED, event_id="a2", reason=Reason.RECIPIENT_ABSENT),
    ]
    state = truth(*tried)
    assert (state.attempts, state.reason) == (1, Reason.RECIPIENT_ABSENT)
    folded = fold(map(received, tried))
    assert folded.twins == {received(tried[0]).key}


def test_the_second_telling_adds_what_it_knows():
    place = Location(name="Rīga")
    state = truth(
        scan(1, Status.DELIVERED, event_id="a1", handover=Handover.LOCKER, signed_by="J. B."),
        scan(1, Status.DELIVERED, event_id="a2", location=place),
    )
    assert (state.handover, state.signed_by, state.location) == (
        Handover.LOCKER,
        "J. B.",
        place,
    )


@pytest.mark.parametrize("taken_back", ["a1", "a2"])
def test_of_one_event_told_twice_a_retraction_takes_back_the_one_it_names(taken_back):
    """Whichever of them says more."""
    told = [
        scan(0, Status.OUT_FOR_DELIVERY),
        scan(1, Status.DELIVERED, event_id="a1"),
        scan(1, Status.DELIVERED, event_id="a2", signed_by="J. B."),
    ]
    assert truth(*told, scan(2, retracts=taken_back)).status is Status.DELIVERED
    both = [scan(2, retracts="a1"), scan(3, retracts="a2")]
    assert truth(*told, *both).status is Status.OUT_FOR_DELIVERY


@pytest.mark.parametrize(
    "differs",
    [{"code": "X2"}, {"status": Status.HELD}, {"hours": 1.01}],
    ids=["another code", "another status", "another instant"],
)
def test_events_that_differ_are_not_one_event_told_twice(differs):
    one = {"hours": 1, "status": Status.ATTEMPT_FAILED, "code": "X1"}
    told = [received(scan(**one)), received(scan(**{**one, **differs}))]
    assert fold(told).twins == set()


def test_a_code_may_repeat_at_every_terminal():
    stops = [("2", "Kaunas", MORNING), ("2", "Riga", NOON), ("2", "Valmiera", EVENING)]
    told = read(
        "venipak",
        [
            {
                "pack_no": "CE1",
                "pack_status": code,
                "event": "At terminal",
                "date_iso": time,
                "location": {"city": city},
            }
            for code, city, time in stops
        ],
    )
    state = truth(*told)
    assert fold(map(received, told)).twins == set()
    assert (state.since, state.location) == (utc(2026, 11, 18, 6), Location(city="Valmiera"))


def test_two_attempts_on_two_days_are_two():
    tried = ("DELIVERING_TRY", "2026-11-17T12:00:00+02:00"), ("DELIVERING_TRY", NOON)
    state = truth(*events("omniva", *tried))
    assert (state.attempts, state.since) == (2, utc(2026, 11, 18, 10))


@pytest.mark.parametrize(("hours", "attempts"), [(5.9, 1), (6, 2)])
def test_an_attempt_reported_again_within_six_hours_is_the_same(hours, attempts):
    state = truth(scan(1, Status.ATTEMPT_FAILED), scan(1 + hours, Status.ATTEMPT_FAILED))
    assert state.attempts == attempts


@pytest.mark.parametrize(
    ("handover", "status"),
    [
        (None, Status.RETURNED),
        (Handover.SENDER, Status.RETURNED),
        (Handover.LOCKER, Status.RETURNED),
        (Handover.PICKUP_POINT, Status.RETURNED),
        (Handover.RECIPIENT, Status.DELIVERED),
        (Handover.NEIGHBOUR, Status.DELIVERED),
        (Handover.SAFE_PLACE, Status.DELIVERED),
        (Handover.MAILBOX, Status.DELIVERED),
    ],
)
def test_delivered_on_the_way_back_means_to_the_sender_unless_a_hand_is_named(handover, status):
    """Also when the journey back is told with the words of the journey there."""
    back = [scan(3, Status.RETURNING), scan(4, Status.IN_TRANSIT)]
    state = truth(
        scan(1, Status.OUT_FOR_DELIVERY), *back, scan(9, Status.DELIVERED, handover=handover)
    )
    assert state.status is status


def test_delivered_to_the_sender_is_returned_at_once():
    assert truth(scan(1, Status.DELIVERED, handover=Handover.SENDER)).status is Status.RETURNED


def test_returning_is_sticky():
    back = [scan(3, Status.RETURNING)]
    for status in (Status.OUT_FOR_DELIVERY, Status.READY_FOR_PICKUP, Status.CANCELLED):
        assert truth(*back, scan(4, status)).status is Status.RETURNING
    held = truth(*back, scan(4, Status.HELD))
    assert held.status is Status.HELD
    assert truth(*back, scan(4, Status.HELD), scan(5, Status.IN_TRANSIT)).status is Status.RETURNING


def test_in_the_locker_is_not_collected():
    """The post's word for it is PARCEL_DELIVERED."""
    stored = events("unisend", ("PARCEL_DELIVERED", "2026-11-18T09:00:00"))
    state = truth(*stored)
    assert (state.status, state.handover) == (Status.READY_FOR_PICKUP, Handover.LOCKER)
    emptied = events("unisend", ("PARCEL_PICKED_UP_BY_DELIVERYAGENT", "2026-11-21T09:00:00"))
    assert truth(*stored, *emptied).status is Status.IN_TRANSIT
    collected = events("unisend", ("PARCEL_PICKED_UP_BY_RECIPIENT", "2026-11-19T09:00:00"))
    state = truth(*stored, *collected)
    assert (state.status, state.handover) == (Status.DELIVERED, Handover.LOCKER)


def test_a_code_that_looks_final_and_is_not():
    def row(event: str, time: str) -> dict[str, str]:
        return {"pack_no": "CE1", "pack_status": "9", "event": event, "date_iso": time}

    forwarded = read("venipak", [row("Forwarding", MORNING)])
    assert truth(*forwarded).status is Status.IN_TRANSIT
    done = read("venipak", [row("Delivered", EVENING)])
    assert truth(*forwarded, *done).status is Status.DELIVERED


OUT = scan(1, Status.OUT_FOR_DELIVERY, event_id="out")
MISTAKE = scan(2, Status.DELIVERED, event_id="done", handover=Handover.RECIPIENT, signed_by="J. B.")
WITHOUT_ID = scan(2, Status.DELIVERED)
TAKEN_BACK = scan(3, retracts=LAST_DELIVERY, event_id="back")


@pytest.mark.parametrize(
    ("scans", "status", "since"),
    [
        pytest.param([OUT, MISTAKE], Status.DELIVERED, 2, id="not yet"),
        pytest.param([OUT, MISTAKE, TAKEN_BACK], Status.OUT_FOR_DELIVERY, 1, id="taken back"),
        pytest.param([MISTAKE, TAKEN_BACK], Status.PENDING, None, id="nothing else known"),
        pytest.param([OUT, TAKEN_BACK], Status.OUT_FOR_DELIVERY, 1, id="before what it names"),
        pytest.param(
            [OUT, MISTAKE, scan(3, retracts="done")], Status.OUT_FOR_DELIVERY, 1, id="by id"
        ),
        pytest.param(
            [OUT, MISTAKE, scan(3, retracts="other")], Status.DELIVERED, 2, id="another id"
        ),
        pytest.param(
            [OUT, MISTAKE, scan(2, retracts=LAST_DELIVERY)],
            Status.OUT_FOR_DELIVERY,
            1,
            id="at the same instant",
        ),
        pytest.param(
            [OUT, MISTAKE, scan(1, retracts="done")],
            Status.OUT_FOR_DELIVERY,
            1,
            id="by id: dated before what it takes back",
        ),
        pytest.param(
            [OUT, MISTAKE, TAKEN_BACK, scan(4, Status.DELIVERED)],
            Status.DELIVERED,
            4,
            id="then delivered in truth",
        ),
        pytest.param(
            [OUT, MISTAKE, TAKEN_BACK, scan(4, retracts="back")],
            Status.DELIVERED,
            2,
            id="the retraction taken back",
        ),
        pytest.param(
            [
                OUT,
                MISTAKE,
                TAKEN_BACK,
                scan(4, retracts="back", event_id="x"),
                scan(5, retracts="x"),
            ],
            Status.OUT_FOR_DELIVERY,
            1,
            id="and that one too",
        ),
        pytest.param(
            [OUT, WITHOUT_ID, scan(3, retracts=f"{SCAN}{scan_key(WITHOUT_ID).hex()}")],
            Status.OUT_FOR_DELIVERY,
            1,
            id="by key: it has no id",
        ),
        pytest.param(
            [OUT, MISTAKE, scan(3, retracts=f"{SCAN}{scan_key(OUT).hex()}")],
            Status.DELIVERED,
            2,
            id="by the key of another one",
        ),
        pytest.param(
            [OUT, scan(2, Status.RETURNED), scan(3, retracts=LAST_DELIVERY)],
            Status.OUT_FOR_DELIVERY,
            1,
            id="a return taken back",
        ),
        pytest.param(
            [OUT, scan(2, retracts="out"), MISTAKE], Status.DELIVERED, 2, id="what was not the last"
        ),
    ],
)
def test_a_delivery_cancelled_afterwards(scans, status, since):
    state = truth(*scans)
    assert state.status is status
    assert state.since == (since and START + timedelta(hours=since))


def test_a_retracted_delivery_leaves_nothing_behind():
    state = truth(OUT, MISTAKE, TAKEN_BACK)
    assert (state.handover, state.signed_by) == (None, None)
    assert Status.DELIVERED not in state.stages
    assert state == truth(OUT)


def test_two_retractions_that_name_each_other_do_not_both_vanish():
    told = [
        OUT,
        MISTAKE,
        scan(3, retracts="r2", event_id="r1"),
        scan(4, retracts="r1", event_id="r2"),
    ]
    assert truth(*told).status is Status.DELIVERED
    folded = fold(map(received, told))
    assert folded.retracted == {received(told[2]).key}


def test_omnivas_word_for_it_cancels_the_delivery_not_the_parcel():
    told = events("omniva", (ROAD, MORNING), (DONE, NOON), ("DELIVERY_CANCELLED", EVENING))
    assert truth(*told).status is Status.OUT_FOR_DELIVERY
    assert announced(told[:2], told[2:]) == [
        ("status", "delivered"),
        ("delivery_retracted", "out_for_delivery"),
    ]


def test_a_payload_that_contradicts_itself_is_read_by_its_exact_word():
    (told,) = read(
        "unisend",
        [
            {
                "barcode": "CE1",
                "publicStateType": "PARCEL_DELIVERED",
                "publicEventType": "EMG",
                "eventDate": "2026-11-18T09:00:00",
            }
        ],
    )
    assert truth(told).status is Status.IN_TRANSIT


def test_junk_beside_an_event_changes_nothing():
    told = events("omniva", (DEPOT, MORNING), ("REDACTED PLACEHOLDER", NOON))
    state = truth(*told)
    assert (state.status, state.since) == (Status.IN_TRANSIT, utc(2026, 11, 18, 6))


def test_an_unknown_code_changes_nothing_until_it_is_mapped():
    known, strange = events("omniva", (DEPOT, MORNING), ("PACKET_EVENT_TELEPORTED", NOON))
    assert truth(known, strange) == truth(known).model_copy(
        update={"last_scan_at": utc(2026, 11, 18, 10)}
    )
    assert announced([known], [strange]) == [("status", "in_transit")]
    mapped = read_as(strange, Meaning(Status.OUT_FOR_DELIVERY))
    assert received(mapped).key == received(strange).key
    state = truth(known, mapped)
    assert (state.status, state.since) == (Status.OUT_FOR_DELIVERY, utc(2026, 11, 18, 10))


@pytest.mark.parametrize(
    "later",
    [
        scan(9, None, code="INVOICED"),
        scan(9, None, code="WHAT", recognised=False),
        scan(9, Status.INFO_RECEIVED),
        scan(9, Status.ACCEPTED),
        scan(9, Status.IN_TRANSIT),
        scan(9, Status.OUT_FOR_DELIVERY),
        scan(9, Status.READY_FOR_PICKUP, pickup=Pickup(code="111")),
        scan(9, Status.ATTEMPT_FAILED),
        scan(9, Status.HELD),
        scan(9, Status.EXCEPTION, reason=Reason.CARRIER_LOST),
        scan(9, Status.CANCELLED),
        scan(9, Status.EXPIRED),
    ],
    ids=lambda each: str(each.status or each.code),
)
def test_nothing_reopens_a_delivered_parcel_but_a_journey_back(later):
    done = scan(5, Status.DELIVERED, handover=Handover.RECIPIENT, signed_by="J. B.")
    state, before = truth(done, later), truth(done)
    assert state == before.model_copy(update={"last_scan_at": START + timedelta(hours=9)})
    assert announced([done], [later]) == [("status", "delivered")]


def test_a_delivered_parcel_may_be_sent_back():
    done = scan(5, Status.DELIVERED)
    assert truth(done, scan(9, Status.RETURNING)).status is Status.RETURNING
    assert truth(done, scan(9, Status.RETURNED)).status is Status.RETURNED
    gone = truth(done, scan(9, Status.RETURNED), scan(10, Status.RETURNING))
    assert gone.status is Status.RETURNED


def test_after_the_end_a_scan_adds_what_is_missing_and_replaces_nothing():
    done = scan(5, Status.DELIVERED, location=Location(name="A"))
    again = scan(
        6,
        Status.DELIVERED,
        handover=Handover.NEIGHBOUR,
        signed_by="K. L.",
        location=Location(name="B"),
        estimate=Window(starts=START),
    )
    third = scan(7, Status.DELIVERED, handover=Handover.RECIPIENT, signed_by="X. Y.")
    state = truth(done, again, third)
    assert (state.handover, state.signed_by) == (Handover.NEIGHBOUR, "K. L.")
    assert state.location == Location(name="A")
    assert state.estimate == Window(starts=START)
    assert state.since == START + timedelta(hours=5)
    other = scan(8, Status.IN_TRANSIT, handover=Handover.RECIPIENT, signed_by="X. Y.")
    assert truth(done, other).signed_by is None


def test_back_at_the_depot_after_a_failed_attempt_is_not_out_for_delivery():
    told = events(
        "omniva", (ROAD, MORNING), ("DELIVERING_TRY", NOON), ("FROM_DELIVERY_LIST", EVENING)
    )
    state = truth(*told)
    assert (state.status, state.attempts) == (Status.IN_TRANSIT, 1)


def test_released_by_customs_is_not_held():
    held = events("upu", ("EME", MORNING))
    assert truth(*held).status is Status.HELD
    state = truth(*held, *events("upu", ("EDC", NOON)))
    assert (state.status, state.reason) == (Status.IN_TRANSIT, None)


def test_an_older_scan_is_history_and_announces_nothing():
    new, old = scan(5, Status.OUT_FOR_DELIVERY), scan(2, Status.IN_TRANSIT)
    assert announced([new], [old]) == [("status", "out_for_delivery")]
    folded = fold(map(received, [new, old]))
    assert [placed.scan for placed in folded.ordered] == [old, new]


def test_an_older_scan_never_replaces_what_a_newer_one_said():
    newer = {
        "location": Location(name="new"),
        "estimate": Window(starts=START + timedelta(days=2)),
        "pickup": Pickup(until=START + timedelta(days=9), code="222", qr="two"),
    }
    older = {
        "location": Location(name="old"),
        "estimate": Window(starts=START),
        "pickup": Pickup(until=START, code="111", qr="one"),
    }
    waits = scan(5, Status.READY_FOR_PICKUP, **newer)
    told = scan(4, Status.READY_FOR_PICKUP, **older)
    silent = scan(4, Status.READY_FOR_PICKUP)
    decided = {"decided_by": received(told).key.hex()}
    assert truth(waits, told) == truth(waits, silent).model_copy(update=decided)


def test_a_missing_field_erases_nothing():
    full = scan(
        1,
        Status.READY_FOR_PICKUP,
        reason=Reason.REDIRECTED,
        handover=Handover.LOCKER,
        location=Location(name="A"),
        estimate=Window(starts=START),
        pickup=Pickup(until=START, code="111", qr="one"),
    )
    bare = scan(2, Status.READY_FOR_PICKUP, pickup=Pickup())
    after = truth(full, bare)
    assert after == truth(full).model_copy(update={"last_scan_at": START + timedelta(hours=2)})
    partly = truth(full, scan(2, Status.READY_FOR_PICKUP, pickup=Pickup(code="222")))
    assert (partly.pickup_code, partly.pickup_qr, partly.pickup_until) == ("222", "one", START)


@pytest.mark.parametrize(
    "said",
    [
        scan(9, None, code="REMINDER"),
        scan(9, Status.READY_FOR_PICKUP),
        scan(9, Status.READY_FOR_PICKUP, pickup=Pickup(code="111")),
        scan(9, Status.READY_FOR_PICKUP, handover=Handover.LOCKER),
        scan(9, None, code="MOVED", location=Location(name="B")),
    ],
    ids=["reminder", "again", "the same code", "the same handover", "a notice elsewhere"],
)
def test_a_message_that_says_nothing_new_owes_nothing(said):
    pickup = Pickup(code="111")
    waits = scan(1, Status.READY_FOR_PICKUP, handover=Handover.LOCKER, pickup=pickup)
    assert announced([waits], [said]) == [("status", "ready_for_pickup")]


def test_what_opens_a_door_lives_no_longer_than_the_wait():
    code = Pickup(until=START, code="111", qr="one")
    early = scan(1, Status.OUT_FOR_DELIVERY, pickup=code)
    waits = scan(2, Status.READY_FOR_PICKUP, location=Location(name="A"))
    state = truth(early, waits)
    assert (state.pickup_code, state.pickup_place) == ("111", Location(name="A"))
    for after in (Status.DELIVERED, Status.RETURNING, Status.IN_TRANSIT, Status.HELD):
        assert doors(truth(early, waits, scan(3, after))) == NO_DOORS
    assert doors(truth(early, scan(3, Status.DELIVERED, pickup=code))) == NO_DOORS
    back = [scan(3, Status.RETURNING), scan(4, Status.READY_FOR_PICKUP, pickup=code)]
    assert doors(truth(early, *back)) == NO_DOORS


NO_DOORS = (None, None, None, None)


def doors(state):
    return (state.pickup_place, state.pickup_until, state.pickup_code, state.pickup_qr)


def test_only_a_place_where_it_waits_is_the_place_of_collection():
    waits = scan(1, Status.READY_FOR_PICKUP, location=Location(name="A"))
    notice = scan(2, None, code="SMS", location=Location(name="B"))
    state = truth(waits, notice)
    assert (state.pickup_place, state.location) == (Location(name="A"), Location(name="B"))


@pytest.mark.parametrize("skew", [-3, 3])
@pytest.mark.parametrize("wrong", [0, 1, 2])
def test_a_clock_that_is_three_hours_off_does_not_hide_the_delivery(wrong, skew):
    statuses = (Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY, Status.DELIVERED)
    life = [
        scan(hour + (skew if hour == wrong else 0), status) for hour, status in enumerate(statuses)
    ]
    assert truth(*life).status is Status.DELIVERED


@pytest.mark.parametrize("year", [1970, 1999, 2027, 9998])
def test_a_time_that_cannot_be_is_the_time_of_receipt(year):
    impossible = ScanTime(raw=str(year), at=utc(year, 12, 30))
    state = truth(scan(1, Status.IN_TRANSIT), scan(2, Status.READY_FOR_PICKUP, time=impossible))
    assert state.status is Status.READY_FOR_PICKUP
    assert (state.since, state.since_confidence) == (RECEIPT, Confidence.CLAMPED)


@pytest.mark.parametrize(
    ("ahead", "confidence"),
    [
        (timedelta(minutes=5), Confidence.EXACT),
        (timedelta(minutes=5, seconds=1), Confidence.CLAMPED),
    ],
)
def test_a_clock_may_be_five_minutes_ahead(ahead, confidence):
    early = ScanTime(raw="early", at=RECEIPT + ahead)
    assert truth(scan(0, Status.IN_TRANSIT, time=early)).since_confidence is confidence


@pytest.mark.parametrize(
    ("first", "confidence"),
    [(utc(2000, 1, 1), Confidence.EXACT), (utc(1999, 12, 31, 23), Confidence.CLAMPED)],
)
def test_before_the_century_no_clock_was_set(first, confidence):
    state = truth(scan(0, Status.IN_TRANSIT, time=ScanTime(raw="old", at=first)))
    assert state.since_confidence is confidence


def test_a_day_or_a_repeated_hour_that_cannot_be_is_the_time_of_receipt_too():
    for raw in ("2027-05-01", "2031-10-26T03:30:00"):
        state = truth(scan(1, Status.IN_TRANSIT), scan(2, Status.HELD, time=at(raw)))
        assert (state.since, state.since_confidence) == (RECEIPT, Confidence.CLAMPED)


def test_a_repeated_hour_that_cannot_be_has_no_second_pass():
    road = ScanTime(raw="now", at=RECEIPT + timedelta(minutes=1))
    locker = scan(2, Status.READY_FOR_PICKUP, time=at("2031-10-26T03:30:00"))
    state = truth(scan(1, Status.OUT_FOR_DELIVERY, time=road), locker)
    assert state.stages[Status.READY_FOR_PICKUP] == RECEIPT


def test_an_announcement_is_no_movement():
    told = [scan(1, Status.PENDING), scan(2, Status.INFO_RECEIVED)]
    assert truth(*told).status is Status.INFO_RECEIVED
    assert truth(*told, scan(3, Status.ACCEPTED)).status is Status.ACCEPTED


def test_the_data_of_a_parcel_on_the_road_does_not_take_it_back():
    road = scan(1, Status.OUT_FOR_DELIVERY)
    for late in (Status.PENDING, Status.INFO_RECEIVED):
        assert truth(road, scan(2, late)).status is Status.OUT_FOR_DELIVERY
    # Taken over by another hand on the way: it moves on.
    assert truth(road, scan(2, Status.ACCEPTED)).status is Status.IN_TRANSIT
    assert truth(scan(0, Status.IN_TRANSIT), scan(2, Status.ACCEPTED)).status is Status.IN_TRANSIT


@pytest.mark.parametrize("over", [Status.CANCELLED, Status.EXPIRED])
def test_a_cancelled_or_expired_parcel_that_moves_after_all_is_under_way(over):
    ended = scan(1, over)
    assert truth(ended).status is over
    assert truth(ended, scan(2, Status.INFO_RECEIVED)).status is Status.INFO_RECEIVED
    assert truth(ended, scan(2, Status.IN_TRANSIT)).status is Status.IN_TRANSIT


def test_what_held_it_up_is_over_when_it_moves_again():
    late = scan(1, Status.IN_TRANSIT, reason=Reason.CARRIER_DELAY)
    assert truth(late, scan(2, Status.IN_TRANSIT)).reason is None
    back = scan(1, Status.RETURNING, reason=Reason.RECIPIENT_REFUSED)
    assert truth(back, scan(2, Status.RETURNING)).reason is None
    held = scan(1, Status.HELD, reason=Reason.CUSTOMS_DUTIES)
    assert truth(held, scan(2, Status.HELD)).reason is Reason.CUSTOMS_DUTIES
    assert truth(held, scan(2, Status.HELD, reason=Reason.OTHER)).reason is Reason.OTHER


def test_every_line_of_the_history_says_what_it_is():
    told = [
        OUT,
        MISTAKE,
        TAKEN_BACK,
        scan(4, None, code="SMS"),
        scan(5, None, code="WHAT", recognised=False),
    ]
    folded = fold_ordered(in_order(map(received, told)))
    assert [folded.kind_of(placed) for placed in folded.ordered] == [
        "status",
        "retracted",
        "retraction",
        "informational",
        "unrecognised",
    ]
