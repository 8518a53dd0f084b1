"""A parcel's life as its shopper hears of it: real roles, a real SMTP server, a gateway."""

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest
from mail_server import MailServer, listening
from sms_gateway import Gateway, answering, serving

from notifier.quiet import Quiet
from tracking.carriers.zones import zone_for
from tracking.role import Role

NUMBER, CODE = "CE100200300EE", "483920"
PERSON = {"name": "Ilze Paraugs", "phone": "+37120000001", "email": "ilze@example.org"}
SID = "SM" + "0" * 32
pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def mails() -> AsyncIterator[MailServer]:
    async with listening(MailServer()) as server:
        yield server


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    taken = answering(201, f'{{"sid": "{SID}"}}')
    async with serving(taken) as gateway:
        yield gateway


@pytest.fixture
def environment(environment, mails, gateway) -> dict[str, str]:
    return environment | {
        "KLAT_SMTP_URL": mails.url(),
        "KLAT_MAIL_FROM": "parcels@shop.example",
        "KLAT_SMS_PROVIDER": "twilio",
        "KLAT_TWILIO_API_URL": gateway.url,
        "KLAT_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "KLAT_TWILIO_AUTH_TOKEN": "a token of the tests",
        "KLAT_TWILIO_FROM": "Veikals",
    }


def is_night(country: str) -> bool:
    zone = zone_for(country)
    assert zone is not None
    return Quiet().holds(datetime.now(ZoneInfo(zone)).time())


def somewhere_by_day() -> str:
    """A country in which phones may ring now; of three hours a day there is none."""
    return next((each for each in ("LV", "GB", "JP") if not is_night(each)), "LV")


async def registered(stack, country: str) -> None:
    body = {
        "carrier": "omniva",
        "tracking_number": NUMBER,
        "order": "1001",
        "recipient": {**PERSON, "country": country, "language": "lv", "postcode": "LV-1010"},
    }
    headers = {"Authorization": f"Bearer {stack.keys['merchant']}", "Idempotency-Key": NUMBER}
    async with stack.http.post(f"{stack.url}/v1/shipments", json=body, headers=headers) as answer:
        assert answer.status == 201, await answer.text()


async def scanned(stack, status: str, **fields) -> None:
    body = {
        "carrier": "omniva",
        "tracking_number": NUMBER,
        "status": status,
        "occurred_at": datetime.now(UTC).isoformat(),
        **fields,
    }
    headers = {"Authorization": f"Bearer {stack.keys['omniva']}"}
    async with stack.http.post(f"{stack.url}/v1/events", json=body, headers=headers) as answer:
        assert answer.status == 202, await answer.text()


def waiting() -> dict[str, object]:
    until = datetime.now(UTC) + timedelta(days=3)
    return {
        "handover": "locker",
        "location": {"name": "Rīga Akropole", "city": "Rīga", "country": "LV", "place_id": "9901"},
        "pickup": {"until": until.isoformat(), "code": CODE},
    }


async def reached(holds) -> None:
    async with asyncio.timeout(30):
        while not await holds():  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.05)


def read(envelope) -> email.message.EmailMessage:
    return email.message_from_bytes(envelope.content, policy=email.policy.default)


async def test_a_parcel_that_waits_is_told_by_mail_and_text_once_whoever_is_killed(
    stack, mails, gateway
):
    country = somewhere_by_day()
    await registered(stack, country)
    await reached(lambda: _count(mails.taken, 1))
    for _ in range(3):  # as couriers do
        await scanned(stack, "ready_for_pickup", event_id="e1", **waiting())
    await reached(lambda: _count(mails.taken, 2))
    if not is_night(country):
        await reached(lambda: _count(gateway.bodies, 1))
    await stack.kill(Role.NOTICES)
    await scanned(stack, "delivered", handover="locker")
    await reached(lambda: _count(mails.taken, 3))
    assert len(mails.taken) == 3
    told = [read(each) for each in mails.taken]
    assert len({each["Message-ID"] for each in told}) == 3
    assert [each["To"] for each in told] == ["Ilze Paraugs <ilze@example.org>"] * 3
    waits = told[1].get_body(("plain",)).get_content()
    assert CODE in waits
    assert "Rīga Akropole" in waits
    assert CODE not in told[2].as_string()
    if not is_night(country):
        (body,) = gateway.bodies
        text = parse_qs(body.decode())["Body"][0]
        assert CODE in text
        assert f"{stack.url}/t/" in text
    await _page_opens(stack, waits)


async def _count(found: list[object], wanted: int) -> bool:
    return len(found) >= wanted


async def _page_opens(stack, text: str) -> None:
    link = next(word for word in text.split() if word.startswith(f"{stack.url}/t/"))
    async with stack.http.get(link) as answer:
        assert answer.status == 200
        assert NUMBER in await answer.text()
