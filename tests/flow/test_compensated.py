"""A late parcel from its scan to the text with the bonus code, its redemption, and a late scan."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from mail_server import MailServer, listening
from sms_gateway import Gateway, answering, serving
from test_told import SID, is_night, reached, read, somewhere_by_day

from tracking.role import Role

NUMBER = "CE500600700EE"
POLICY = """
name = "standard"
currency = "EUR"
valid_from = 2026-01-01
[[tiers]]
late_by = "1s"
bonus = { kind = "code", amount = "3.00" }
"""
pytestmark = pytest.mark.timeout(150)


@pytest.fixture
async def mails() -> AsyncIterator[MailServer]:
    async with listening(MailServer()) as server:
        yield server


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with serving(answering(201, f'{{"sid": "{SID}"}}')) as gateway:
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


class Story:
    """What the shop and the courier do, with their keys."""

    def __init__(self, stack, tmp_path: Path) -> None:
        self.stack, self.folder = stack, tmp_path
        self.shipment_id = ""

    async def klat(self, *words: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "tracking", *words),
            env=self.stack.environment,
            stdout=asyncio.subprocess.PIPE,
        )
        printed, _ = await process.communicate()
        assert process.returncode == 0, printed.decode()
        return printed.decode()

    async def load(self) -> None:
        file = self.folder / "policy.toml"
        file.write_text(POLICY)
        assert "version 1 is loaded" in await self.klat("policy", "load", str(file))

    async def register(self, by: datetime, country: str) -> None:
        body = {
            "carrier": "omniva",
            "tracking_number": NUMBER,
            "order": "1001",
            "promise": {"by": by.isoformat()},
            "recipient": {
                "name": "Ilze Paraugs",
                "phone": "+37120000001",
                "email": "ilze@example.org",
                "country": country,
                "language": "lv",
            },
        }
        answer = await self.call("POST", "/v1/shipments", body, call="registered")
        assert answer["warnings"] == []
        self.shipment_id = answer["shipment_id"]

    async def scan(self, status: str, at: datetime) -> None:
        body = {
            "carrier": "omniva",
            "tracking_number": NUMBER,
            "status": status,
            "occurred_at": at.isoformat(),
        }
        url, key = f"{self.stack.url}/v1/events", self.stack.keys["omniva"]
        headers = {"Authorization": f"Bearer {key}"}
        async with self.stack.http.post(url, json=body, headers=headers) as answer:
            assert answer.status == 202, await answer.text()

    async def call(self, method: str, path: str, body=None, call: str = "") -> dict:
        key = self.stack.keys["merchant"]
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": call or path}
        url = self.stack.url + path
        async with self.stack.http.request(method, url, json=body, headers=headers) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json()

    async def states(self) -> list[tuple[str, str]]:
        found = await self.call("GET", f"/v1/shipments/{self.shipment_id}/compensations")
        return [(each["state"], each["amount"]["amount"]) for each in found["compensations"]]

    async def redeem(self, code: str, amount: str) -> str:
        asked = {"amount": {"amount": amount, "currency": "EUR"}, "order": "2002"}
        return (await self.call("POST", f"/v1/bonuses/{code}/redeem", asked))["left"]["amount"]


async def test_it_pays_by_itself_and_takes_back_what_was_not_owed(stack, mails, gateway, tmp_path):
    story, country = Story(stack, tmp_path), somewhere_by_day()
    now = datetime.now(UTC)
    await story.load()
    await story.register(now + timedelta(seconds=5), country)
    await story.scan("in_transit", now - timedelta(hours=1))

    async def paid() -> bool:
        return await story.states() == [("issued", "3.00")]

    await reached(paid)
    if is_night(country):
        code = _code(await _mail(mails, "bonuss"))
    else:
        await reached(lambda: _any(gateway.bodies, "Kods"))
        (text,) = [body for body in map(_text, gateway.bodies) if "Kods" in body]
        assert "3 EUR" in text.replace("\xa0", " ") or "3 €" in text.replace("\xa0", " ")
        code = _code(text)
    await stack.kill(Role.COMPENSATION)
    await stack.kill(Role.CLOCK)
    assert await story.redeem(code, "1.00") == "2.00"
    await story.scan("delivered", now - timedelta(days=3))

    async def taken_back() -> bool:
        return await story.states() == [("redeemed", "1.00")]

    await reached(taken_back)
    said = await _mail(mails, "vairs nav derīgs")
    assert f"Bonusa kods {code} vairs nav derīgs" in said
    facts = [each for each in stack.facts if '"type":"compensation.' in each]
    assert len(facts) == 3, "granted, used in part, taken back"
    assert not any(code in each for each in stack.facts)
    explained = await story.klat("explain", NUMBER)
    assert "late_by 1s" in explained
    assert code not in explained


async def _mail(mails: MailServer, subject: str) -> str:
    """That whose subject holds this."""

    async def came() -> bool:
        return any(subject in str(read(each)["Subject"]) for each in mails.taken)

    await reached(came)
    found = next(each for each in mails.taken if subject in str(read(each)["Subject"]))
    message = read(found)
    return f"{message['Subject']}\n{message.get_body(('plain',)).get_content()}"


async def _any(bodies: list[bytes], word: str) -> bool:
    return any(word in _text(body) for body in bodies)


def _text(body: bytes) -> str:
    return parse_qs(body.decode())["Body"][0]


def _code(text: str) -> str:
    found = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", text)
    assert found is not None, text
    return found[0]
