"""Callbacks of a gateway of one's own: signed as Standard Webhooks has it, and read."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from standardwebhooks.webhooks import Webhook

from notifier.receipts import generic, twilio
from notifier.receipts.signed import is_bearer, is_signed, secret_of
from notifier.replies import Meaning, Reply

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
OTHER = "whsec_" + "QUJD" * 8
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
BODY = json.dumps({"id": "17", "status": "delivered"}).encode()


def headers(secret: str = SECRET, at: datetime = NOW, body: bytes = BODY) -> CIMultiDict[str]:
    """As the reference implementation makes them."""
    return CIMultiDict(
        {
            "Webhook-Id": "m-1",
            "Webhook-Timestamp": str(int(at.timestamp())),
            "Webhook-Signature": Webhook(secret).sign("m-1", at, body.decode()),
        }
    )


def proven(found: CIMultiDict[str], body: bytes = BODY) -> bool:
    return is_signed(found, body, secret_of(SECRET), NOW)


def test_what_the_reference_implementation_signs_is_proven():
    assert proven(headers())


@pytest.mark.parametrize("minutes", [-5, -4, 4, 5])
def test_clocks_may_differ(minutes):
    assert proven(headers(at=NOW + timedelta(minutes=minutes)))


@pytest.mark.parametrize("seconds", [-301, 301, 10**9])
def test_what_was_recorded_long_ago_is_not(seconds):
    assert not proven(headers(at=NOW + timedelta(seconds=seconds)))


def test_while_secrets_are_changed_one_of_several_is_enough():
    found = headers()
    others = headers(OTHER)["webhook-signature"]
    found["Webhook-Signature"] = f"{others} v1a,xyz {found['webhook-signature']}"
    assert proven(found)


@pytest.mark.parametrize(
    "change",
    [
        {"Webhook-Signature": ""},
        {"Webhook-Signature": "v1,"},
        {"Webhook-Signature": "v1," + "A" * 43 + "="},
        {"Webhook-Signature": headers(OTHER)["webhook-signature"]},
        {"Webhook-Signature": headers()["webhook-signature"].replace("v1,", "v2,")},
        {"Webhook-Id": "m-2"},
        {"Webhook-Id": ""},
        {"Webhook-Timestamp": ""},
        {"Webhook-Timestamp": str(int(NOW.timestamp()) + 1)},
        {"Webhook-Timestamp": "1e9"},
        {"Webhook-Timestamp": "-1"},
        {"Webhook-Timestamp": "9" * 5000},
        {"Webhook-Timestamp": "١٢"},
        {"Webhook-Signature": "ā" * 1000},
    ],
)
def test_whatever_else_is_not_proven(change):
    found = headers()
    found.update(change)
    assert not proven(found)


def test_a_body_that_was_changed_is_not_proven():
    assert not proven(headers(), BODY + b" ")


def test_an_empty_secret_proves_nothing():
    assert not is_signed(headers(), BODY, b"", NOW)


@given(st.dictionaries(st.sampled_from(list(headers())), st.text()), st.binary())
def test_any_headers_can_be_asked(found, body):
    assert not is_signed(CIMultiDict(found), body, secret_of(SECRET), NOW)


@pytest.mark.parametrize(
    ("given_header", "wanted"),
    [
        ("Bearer right", True),
        ("bearer  right", True),
        ("Bearer wrong", False),
        ("Bearer", False),
        ("Basic right", False),
        ("right", False),
        ("", False),
        ("Bearer ā", False),
    ],
)
def test_a_bearer(given_header, wanted):
    assert is_bearer({"Authorization": given_header}, "right") is wanted
    assert not is_bearer({"Authorization": "Bearer "}, "")


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b'{"id": "1"}', [{"id": "1"}]),
        (b'[{"id": "1"}, 5]', [{"id": "1"}, 5]),
        (b"[]", []),
        (b"5", [5]),
        (b"", None),
        (b"{", None),
        (b"\xff", None),
        (b"[" * 100_000, None),
        (b"[" + b"1," * 499 + b"1]", [1] * 500),
        (b"[" + b"1," * 500 + b"1]", None),
    ],
)
def test_a_body_is_one_or_an_array(body, wanted):
    assert generic.documents(body) == wanted


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        ({"from": "+37126123456", "text": "STOP"}, Reply("+37126123456", "STOP")),
        ({"from": "1188", "text": "STOP"}, Reply(None, "STOP")),
        ({"from": "37126123456", "text": "STOP"}, Reply(None, "STOP")),
        ({"from": 5, "text": "STOP"}, None),
        ({"from": "+37126123456"}, None),
        ([], None),
        (None, None),
    ],
)
def test_what_a_gateway_was_written(document, wanted):
    assert generic.reply(document) == wanted


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"From": "+37126123456", "Body": "Stop"}, Reply("+37126123456", "Stop")),
        (
            {"From": "+37126123456", "Body": "lūdzu nē", "OptOutType": "STOP"},
            Reply("+37126123456", "lūdzu nē", Meaning.STOP),
        ),
        (
            {"From": "+37126123456", "Body": "stop", "OptOutType": "HELP"},
            Reply("+37126123456", "stop", Meaning.OTHER),
        ),
        ({"From": "whatsapp:+37126123456", "Body": "Stop"}, Reply(None, "Stop")),
        ({"MessageSid": "SM1", "MessageStatus": "sent"}, None),
        ({}, None),
    ],
)
def test_what_twilio_was_written(fields, wanted):
    assert twilio.reply(fields.items()) == wanted
