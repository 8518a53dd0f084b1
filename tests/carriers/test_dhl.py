import json

import pytest
from reading import by_code, read, said, sample, state_of

from schemas.scan import Confidence
from schemas.status import Status
from tracking.carriers import CARRIERS
from tracking.carriers.base import ParseContext


def parsed_with(description, code="transit", **details):
    event = {"timestamp": "2026-11-20T12:00:00Z", "statusCode": code, "description": description}
    shipment = {"id": "X100", "details": details, "events": [event]}
    (scan,) = CARRIERS["dhl"].parse(json.dumps(shipment).encode(), ParseContext()).scans
    return scan


def test_the_contradicting_sample_is_announced_with_a_note():
    (scan,) = read("dhl", "contradiction.json").scans
    assert said(scan) == (Status.INFO_RECEIVED, None, None)
    assert scan.note == "status contradicts statusCode"
    assert scan.tracking_number == "7000000042"


def test_a_proof_of_delivery_alone_delivers_nothing():
    state = state_of(read("dhl", "contradiction.json").scans)
    assert (state.status, state.signed_by) == (Status.INFO_RECEIVED, None)


def test_no_name_survives_as_a_description():
    assert b"MARGIT" in sample("dhl", "contradiction.json")
    (scan,) = read("dhl", "contradiction.json").scans
    assert scan.description == "Awaiting customs inspection."
    assert "MARGIT" not in scan.model_dump_json()


def test_the_signer_belongs_to_the_delivery_only():
    scans = read("dhl", "shipments.json").scans
    assert [scan.signed_by for scan in scans] == ["ANNA PARAUGA", None, None, None]
    assert scans[0].description == "Delivered"
    assert scans[2].description is None  # the recipient's name, in the other order


@pytest.mark.parametrize(
    "text",
    [
        "With the courier for delivery",
        "Processed at RIGA - LATVIA",
        "Shipment Information Received",
        "Customs clearance status updated. Note - The Customs clearance process may start early",
        "The recipient was not at home.",
    ],
)
def test_what_speaks_of_a_parcel_is_kept(text):
    assert parsed_with(text).description == text


@pytest.mark.parametrize("text", ["JESSICA", "J. Smith", "Van Der Berg", "Müller, Hans"])
def test_what_may_be_a_name_is_dropped(text):
    assert parsed_with(text).description is None


def test_a_name_is_dropped_from_a_long_text_when_it_is_known():
    scan = parsed_with("Left with Ilze at the front desk today", receiver={"givenName": "Ilze"})
    assert scan.description is None


def test_a_sentence_is_nobodys_signature():
    told = "Left with Ilze at the front desk today"
    scan = parsed_with(told, "delivered", receiver={"givenName": "Ilze"})
    assert (scan.description, scan.signed_by) == (None, None)


def test_a_name_alone_signs_a_delivery():
    assert by_code(read("dhl", "pushed.json"))["delivered"].signed_by == "JOHANNA"


def test_the_header_is_read_only_where_there_are_no_events():
    assert len(read("dhl", "shipments.json").scans) == 4
    parsed = read("dhl", "pushed.json")
    header = by_code(parsed)["failure"]
    assert said(header) == (Status.EXCEPTION, None, None)
    assert header.description == "The recipient was not at home."


def test_a_new_status_code_is_not_guessed_from_its_text():
    new = by_code(read("dhl", "pushed.json"))["teleported"]
    assert (new.status, new.recognised) == (None, False)


def test_unknown_is_a_word_of_the_api_and_says_nothing():
    scan = by_code(read("dhl", "pushed.json"))["unknown"]
    assert (scan.status, scan.recognised) == (None, True)


def test_local_times_are_read_where_they_were_scanned():
    riga, _, leipzig, bonn = read("dhl", "shipments.json").scans
    assert riga.time.at.isoformat() == "2026-11-20T13:05:00+00:00"
    assert leipzig.time.at.isoformat() == "2026-11-19T21:00:00+00:00"
    assert leipzig.time.confidence is Confidence.ASSUMED_ZONE
    assert bonn.time.confidence is Confidence.EXACT


def test_an_estimate_at_midnight_is_a_day_where_the_parcel_goes():
    (scan,) = read("dhl", "contradiction.json").scans
    assert scan.estimate is not None
    assert scan.estimate.day_only
    assert scan.estimate.starts is not None
    assert scan.estimate.starts.isoformat() == "2026-11-23T22:00:00+00:00"
    assert all(scan.estimate is None for scan in read("dhl", "shipments.json").scans)


def test_a_bad_time_costs_only_its_event():
    parsed = read("dhl", "pushed.json")
    assert [(problem.index, problem.field) for problem in parsed.problems] == [(1, "3.timestamp")]
