"""What docs/shops.md says of webhooks: its body is a fact, its code verifies what we sign."""

import json
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consumers.webhooks.verdict import SCHEDULE
from notifier.signature import signed_headers
from schemas.facts import FACT
from schemas.webhook import DisabledReason, WebhookEvent
from tracking.web.app import ALL_ROUTES
from tracking.webhooks import new_secret

PAGE = (Path(__file__).parents[2] / "docs" / "shops.md").read_text()


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return found


@pytest.fixture
def is_klats():
    names: dict = {}
    exec(compile(block("python"), "shops.md", "exec"), names)
    return names["is_klats"]


def signed(body: bytes, secrets: list[str], age: float = 0) -> dict[str, str]:
    at = datetime.now(UTC) - timedelta(seconds=age)
    return dict(signed_headers("0192f0c1", at, body, secrets))


def test_the_body_that_is_shown_is_a_fact():
    shown = json.loads(block("json"))
    event = WebhookEvent.model_validate(shown)
    fact = FACT.validate_python(event.data)
    assert fact.model_dump(mode="json") == event.data
    assert event.id == f"{fact.shipment_id}:{fact.version}:{fact.type}"
    assert event.timestamp == event.time == fact.recorded_at


@pytest.mark.parametrize("body", [block("json").encode(), '{"ā": "“"}'.encode(), b""])
def test_the_code_that_is_shown_verifies_what_we_sign(is_klats, body):
    new, old = new_secret(), new_secret()
    assert is_klats(new, signed(body, [new]), body)
    assert is_klats(new, signed(body, [new, old]), body)
    assert is_klats(old, signed(body, [new, old]), body)


def test_and_nothing_else(is_klats):
    secret, body = new_secret(), b"{}"
    headers = signed(body, [secret])
    assert not is_klats(new_secret(), headers, body)
    assert not is_klats(secret, headers, b"{ }")
    assert not is_klats(secret, headers | {"webhook-id": "0192f0c2"}, body)
    assert not is_klats(secret, headers | {"webhook-timestamp": str(int(time.time()) + 1)}, body)
    assert not is_klats(secret, signed(body, [secret], age=301), body)
    assert not is_klats(secret, headers | {"webhook-signature": "v1,"}, body)


def test_the_schedule_is_told_as_it_is():
    told = " ".join(
        PAGE.split("**It is tried for three days.**")[1].split("each counted")[0].split()
    )
    units = {"s": "seconds", "min": "minutes", "h": "hours"}
    read, unit = [], ""
    for number, name in reversed(re.findall(r"(\d+)(?: (s|min|h)\b)?", told)):
        unit = name or unit
        read.append(timedelta(**{units[unit]: int(number)}))
    assert [timedelta(0), *reversed(read)] == list(SCHEDULE)


def test_every_call_and_reason_is_named():
    chapter = PAGE.split("\n## Be told\n")[1].split("\n## Read the log\n")[0]
    assert all(f"`{reason}`" in chapter for reason in DisabledReason)
    for route in ALL_ROUTES:
        if route.path.startswith("/v1/webhooks"):
            ending = route.path.removeprefix("/v1/webhooks").removeprefix("/{webhook_id}")
            assert f"{ending}`" in chapter, route.path
            assert route.method in chapter or route.path == "/v1/webhooks", route.path
