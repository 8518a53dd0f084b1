import json

import pytest
from reading import by_code, read, said, sample, state_of

from schemas.scan import scan_key
from schemas.status import Handover, Reason, Status
from tracking.carriers import CARRIERS
from tracking.carriers.base import ParseContext, Parsed
from tracking.carriers.shippo import CODES

SUBSTATUSES = {
    "PRE_TRANSIT": ["information_received"],
    "TRANSIT": [
        *("address_issue", "contact_carrier", "delayed", "delivery_attempted"),
        *("delivery_rescheduled", "delivery_scheduled", "location_inaccessible", "notice_left"),
        *("out_for_delivery", "package_accepted", "package_arrived", "package_damaged"),
        *("package_departed", "package_forwarded", "package_held", "package_processed"),
        *("package_processing", "pickup_available", "reschedule_delivery"),
    ],
    "DELIVERED": ["delivered"],
    "RETURNED": ["return_to_sender", "package_unclaimed"],
    "FAILURE": ["package_undeliverable", "package_disposed", "package_lost"],
    "UNKNOWN": ["other"],
}
PAIRS = [(status, code) for status, codes in SUBSTATUSES.items() for code in codes]


def test_one_fact_under_two_ids_is_one_event():
    *_, history, latest = read("shippo", "webhook.json").scans
    assert sample("shippo", "webhook.json").count(b'"object_id"') == 4
    assert scan_key(history) == scan_key(latest)
    assert said(latest) == (Status.OUT_FOR_DELIVERY, None, None)


def test_the_carrier_behind_shippo_and_the_time_it_happened():
    scan = read("shippo", "webhook.json").scans[0]
    assert scan.carrier == "usps"
    assert scan.time.at.isoformat() == "2026-11-18T10:00:00+00:00"


def test_the_estimate_of_now_is_a_day():
    scans = read("shippo", "webhook.json").scans
    estimate = state_of(scans).estimate
    assert estimate is not None
    assert estimate.day_only
    assert estimate.starts is not None
    assert estimate.starts.isoformat() == "2026-11-23T06:00:00+00:00"
    assert [scan.estimate is None for scan in scans] == [True, True, False, False]


def test_a_sentence_where_there_is_no_substatus():
    accepted = read("shippo", "webhook.json").scans[1]
    assert said(accepted) == (Status.ACCEPTED, None, None)
    delivered = by_code(read("shippo", "track.json"))["DELIVERED"]
    assert said(delivered) == (Status.DELIVERED, None, Handover.MAILBOX)


def test_substatuses_say_more_than_their_status():
    scans = by_code(read("shippo", "track.json"))
    assert said(scans["TRANSIT/pickup_available"]) == (
        Status.READY_FOR_PICKUP,
        None,
        Handover.PICKUP_POINT,
    )
    assert said(scans["RETURNED/package_unclaimed"]) == (
        Status.RETURNING,
        Reason.PICKUP_MISSED,
        None,
    )


def test_a_substatus_that_is_new_leaves_the_status_standing_with_a_note():
    new = by_code(read("shippo", "track.json"))["TRANSIT/levitated"]
    assert (new.status, new.note) == (Status.IN_TRANSIT, "substatus is not known")


def test_a_status_that_is_new_is_not_guessed():
    new = by_code(read("shippo", "track.json"))["VANISHED"]
    assert (new.status, new.recognised) == (None, False)


def test_a_row_without_a_time_costs_only_itself():
    parsed = read("shippo", "track.json")
    assert len(parsed.scans) == 5
    assert [(problem.index, problem.field) for problem in parsed.problems] == [(0, "5.status_date")]


@pytest.mark.parametrize(("status", "substatus"), PAIRS)
def test_every_documented_substatus_is_known(status, substatus):
    assert f"{status}/{substatus}".upper() in CODES


def test_events_about_other_things_say_nothing():
    body = json.dumps({"event": "transaction_created", "data": {"object_id": "x"}}).encode()
    assert CARRIERS["shippo"].parse(body, ParseContext()) == Parsed()
