import hashlib
import hmac

import pytest
from reading import by_code, read, said, sample, state_of

from schemas.status import Handover, Reason, Status
from tracking.carriers import CARRIERS, easypost
from tracking.carriers.base import Parsed
from tracking.carriers.easypost import CODES, verify

DETAILS = """address_correction arrived_at_destination arrived_at_facility
arrived_at_pickup_location awaiting_information cancelled damaged delayed delivery_exception
departed_facility departed_origin_facility expired failure held in_transit label_created lost
missorted out_for_delivery received_at_destination_facility received_at_origin_facility refused
return status_update transferred_to_destination_carrier transit_exception unknown
weather_delay""".split()  # noqa: SIM905 - EasyPost's list, as it is read


def test_the_carriers_own_code_decides():
    scans = by_code(read("easypost", "event.json"))
    assert said(scans["OC"]) == (Status.INFO_RECEIVED, None, None)
    assert said(scans["PU"]) == (Status.ACCEPTED, None, None)
    assert scans["PU"].carrier == "fedex"


def test_a_bare_exception_or_a_new_code_is_told_by_easypost():
    scans = by_code(read("easypost", "event.json"))
    assert scans["failure/delivery_exception"].status is Status.EXCEPTION
    assert said(scans["in_transit/delayed"]) == (Status.IN_TRANSIT, Reason.CARRIER_DELAY, None)


def test_neither_the_webhooks_status_nor_the_past_is_read():
    parsed = read("easypost", "event.json")
    assert state_of(parsed.scans).status is Status.IN_TRANSIT
    assert len(parsed.scans) == 4


def test_midnight_utc_means_a_day_where_the_parcel_is_going():
    (carrying,) = [scan for scan in read("easypost", "event.json").scans if scan.estimate]
    assert carrying.estimate is not None
    assert carrying.estimate.day_only
    assert carrying.estimate.starts is not None
    assert carrying.estimate.starts.isoformat() == "2026-11-23T07:00:00+00:00"


def test_several_trackers_and_their_carriers():
    parsed = read("easypost", "trackers.json")
    assert {scan.carrier for scan in parsed.scans} == {"ups", "some-post-test"}
    assert [(problem.index, problem.field) for problem in parsed.problems] == [
        (1, "3.datetime"),
        (2, "tracking_code"),
    ]


def test_a_delivery_and_who_signed():
    scans = by_code(read("easypost", "trackers.json"))
    delivered = scans["delivered/arrived_at_destination"]
    assert said(delivered) == (Status.DELIVERED, None, None)
    assert delivered.signed_by == "Jānis Bērziņš"
    assert delivered.estimate is None
    assert scans["out_for_delivery/out_for_delivery"].signed_by is None


def test_a_detail_that_is_new_leaves_the_status_standing_with_a_note():
    scans = by_code(read("easypost", "trackers.json"))
    new = scans["in_transit/abducted"]
    assert (new.status, new.note) == (Status.IN_TRANSIT, "status_detail is not known")
    assert scans["in_transit/received_at_origin_facility"].note is None


def test_a_status_that_is_new_is_not_guessed():
    new = by_code(read("easypost", "trackers.json"))["teleported"]
    assert (new.status, new.recognised) == (None, False)


def test_events_about_other_things_say_nothing():
    assert read("easypost", "other_event.json") == Parsed()


@pytest.mark.parametrize("detail", DETAILS)
def test_every_documented_detail_is_known(detail):
    assert f"in_transit/{detail}" in CODES
    assert CODES[f"delivered/{detail}"].status is Status.DELIVERED


def test_details_decide_what_kind_of_transit_or_failure_it_is():
    assert CODES["in_transit/weather_delay"].reason is Reason.WEATHER
    assert CODES["failure/lost"].reason is Reason.CARRIER_LOST
    assert CODES["available_for_pickup"].handover is Handover.PICKUP_POINT


BODY = sample("easypost", "event.json")


def signed(secret: str, body: bytes = BODY) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hmac-signature": f"hmac-sha256-hex={digest}"}


def test_the_signature_over_the_bytes_as_received():
    assert CARRIERS["easypost"].verify is verify
    assert verify(BODY, signed("plain"), "plain")
    assert not verify(BODY + b" ", signed("plain"), "plain")
    assert not verify(BODY, signed("plain"), "other")


def test_the_secret_is_taken_decomposed():
    composed, decomposed = "s\u00e9cret", "se\u0301cret"
    assert verify(BODY, signed(decomposed), composed)
    assert verify(BODY, signed(decomposed), decomposed)
    assert not verify(BODY, signed(composed), composed)


@pytest.mark.parametrize("header", ["", "hmac-sha256-hex=", "žž", "sha1=00"])
def test_a_signature_that_is_none(header):
    assert not verify(BODY, {"x-hmac-signature": header}, "plain")
    assert not verify(BODY, {}, "plain")


def test_no_secret_verifies_nothing():
    assert not easypost.verify(BODY, signed(""), "")
