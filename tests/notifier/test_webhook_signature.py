"""Signatures, verified by the package of those who wrote the standard."""

import base64
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from notifier.signature import signed_headers
from tracking.webhooks import new_secret

ID = "0192f0c1-0000-7000-8000-000000000001"
BODY = json.dumps({"type": "shipment.delivered", "ā": "“"}, ensure_ascii=False).encode()


def test_a_signature_is_verified_by_others():
    secret = new_secret()
    headers = signed_headers(ID, datetime.now(UTC), BODY, [secret])
    assert Webhook(secret).verify(BODY, headers) == json.loads(BODY)
    assert headers["webhook-id"] == ID


def test_while_a_secret_is_rotated_either_verifies_and_no_third_one():
    new, old = new_secret(), new_secret()
    headers = signed_headers(ID, datetime.now(UTC), BODY, [new, old])
    assert headers["webhook-signature"].count("v1,") == 2
    for secret in (new, old):
        assert Webhook(secret).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, headers)


@pytest.mark.parametrize(
    "forged", [{"webhook-id": "another"}, {"webhook-timestamp": str(2**31)}, {}]
)
def test_whatever_is_changed_is_noticed(forged):
    secret = new_secret()
    headers = signed_headers(ID, datetime.now(UTC), BODY, [secret])
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY if forged else BODY + b" ", {**headers, **forged})


def test_the_time_is_utc_wherever_the_clock_stands():
    here = datetime.now(UTC).astimezone(timezone(timedelta(hours=2)))
    headers = signed_headers(ID, here, BODY, [secret := new_secret()])
    assert int(headers["webhook-timestamp"]) == int(here.timestamp())
    Webhook(secret).verify(BODY, headers)


def test_a_secret_has_256_bits_and_is_never_the_same():
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    for secret in secrets:
        assert secret.startswith("whsec_")
        assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
