import base64
import hashlib
import hmac

import pytest
from reading import by_code, read, said, sample, state_of

from schemas.scan import Confidence
from schemas.status import Handover, Reason, Status
from tracking.carriers import CARRIERS
from tracking.carriers.aftership import AFTERSHIP_TAGS, CODES, aftership_tag, verify


def test_the_scans_belong_to_the_courier_behind_it():
    scans = read("aftership", "webhook.json").scans
    assert {(scan.carrier, scan.tracking_number) for scan in scans} == {("omniva", "CE100000005LV")}


def test_the_life_of_the_webhook():
    parsed = read("aftership", "webhook.json")
    state = state_of(parsed.scans)
    assert (state.status, state.handover) == (Status.READY_FOR_PICKUP, Handover.LOCKER)
    assert state.pickup_place is not None
    assert state.pickup_place.name == "Rīgas Akropole pakomāts"
    assert parsed.problems == []


def test_a_time_without_a_zone_is_local_to_the_checkpoint():
    scans = by_code(read("aftership", "webhook.json"))
    assert scans["InTransit_002"].time.at.isoformat() == "2026-11-18T08:00:00+00:00"
    assert scans["InTransit_002"].time.confidence is Confidence.ASSUMED_ZONE
    assert scans["AvailableForPickup_001"].time.confidence is Confidence.EXACT


def test_a_subtag_that_is_new_leaves_the_tag_standing_with_a_note():
    new = by_code(read("aftership", "webhook.json"))["InTransit_099"]
    assert (new.status, new.note) == (Status.IN_TRANSIT, "subtag is not known")


def test_a_tag_that_is_new_is_not_guessed():
    new = by_code(read("aftership", "trackings.json"))["Vanished_001"]
    assert (new.status, new.recognised) == (None, False)


def test_the_list_of_trackings():
    parsed = read("aftership", "trackings.json")
    scans = by_code(parsed)
    assert said(scans["Delivered_003"]) == (Status.DELIVERED, None, Handover.RECIPIENT)
    assert (scans["Delivered_003"].carrier, scans["Delivered_003"].signed_by) == ("gls", "Kadri")
    assert said(scans["Exception_004"]) == (Status.HELD, Reason.CUSTOMS_DELAY, None)
    assert [(problem.index, problem.field) for problem in parsed.problems] == [
        (0, "2.checkpoint_time")
    ]


def test_a_tracking_that_aftership_gave_up_on():
    scans = [s for s in read("aftership", "trackings.json").scans if s.carrier == "mystery-post"]
    assert state_of(scans).status is Status.EXPIRED


def test_a_single_tracking_with_a_tag_only():
    (scan,) = read("aftership", "tracking.json").scans
    assert (scan.carrier, said(scan)) == ("dhl", (Status.IN_TRANSIT, None, None))
    assert scan.estimate is not None
    assert scan.estimate.day_only


@pytest.mark.parametrize(("ours", "subtag"), AFTERSHIP_TAGS.items())
def test_our_words_come_back_from_aftership_as_they_went(ours, subtag):
    status, detail = ours
    handover = detail if isinstance(detail, Handover) else None
    reason = detail if isinstance(detail, Reason) else None
    assert aftership_tag(status, handover, reason) == (subtag.partition("_")[0], subtag)
    if subtag != "Exception_001":  # AfterShip's word for whatever it has no word for
        assert CODES[subtag].status is status
        assert CODES[subtag].reason in {reason, None}


def test_every_status_has_a_word_and_an_unknown_detail_falls_back_to_it():
    for status in Status:
        assert aftership_tag(status) == aftership_tag(status, Handover.SAFE_PLACE, Reason.WEATHER)


def test_what_aftership_has_no_word_for_is_an_exception():
    assert aftership_tag(Status.HELD) == ("Exception", "Exception_001")
    assert aftership_tag(Status.CANCELLED) == ("Exception", "Exception_001")


BODY = sample("aftership", "webhook.json")


def signature(secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), BODY, hashlib.sha256).digest()).decode()


def test_the_signature_over_the_bytes_as_received():
    headers = {"aftership-hmac-sha256": signature("key")}
    assert CARRIERS["aftership"].verify is verify
    assert verify(BODY, headers, "key")
    assert not verify(BODY + b"\n", headers, "key")
    assert not verify(BODY, headers, "other")


@pytest.mark.parametrize("header", ["", "AAAA", "žž"])
def test_a_signature_that_is_none(header):
    assert not verify(BODY, {"aftership-hmac-sha256": header}, "key")
    assert not verify(BODY, {}, "key")
    assert not verify(BODY, {"aftership-hmac-sha256": signature("")}, "")
