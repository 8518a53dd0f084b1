"""Where providers call back: what is proven and what is not, and what follows from it."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from consuming import SEALER
from multidict import CIMultiDict
from notice_shop import PERSON, FakeWay, Shop
from notice_world import BOTH, World
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook

from consumers.notices.callbacks import (
    MAIL,
    SMS,
    SMS_INBOUND,
    TWILIO,
    TWILIO_INBOUND,
    callbacks_of,
)
from notifier.channels.base import Handed, Outcome
from schemas.notice import Addressee, Channel
from schemas.suppression import SuppressionReason
from tracking.errors import StoreUnavailable
from tracking.mail_proof import mail_proof
from tracking.settings import Settings
from tracking.store.pool import open_pool
from tracking.web.deps import Call, Verdict

TOKEN, PUBLIC = "a token of the tests", "https://track.example"
SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
BEARER = "a-secret-of-the-tests-0123"
SID = "SM" + "a" * 32
PHONE = PERSON["phone"]
TAKEN, NOT_PROVEN = Verdict.TAKEN, Verdict.NOT_PROVEN
GATEWAY = {"sms_provider": "http", "sms_callback_secret": SecretStr(SECRET)}
OF_TWILIO = {"sms_provider": "twilio", "twilio_auth_token": SecretStr(TOKEN)}
OF_MAIL = {"mail_callback_secret": SecretStr(BEARER)}


@pytest.fixture
async def world(database_url):
    pool = await open_pool(database_url, size=4)
    yield World(await Shop.open(pool))
    await pool.close()


def doors(world, **given):
    return callbacks_of(Settings().model_copy(update={"public_url": PUBLIC, **given}), world.ends)


async def sent(world, provider: str, provider_id: str | None = None, channel=Channel.SMS):
    key = await world.shop.waits("CE1", hours=30)
    await world.shop.decide(key, channels=BOTH)
    answer = Handed(Outcome.ACCEPTED, provider_id=provider_id)
    await world.shop.send(FakeWay(channel, provider, answers=[answer]), BOTH)
    return await world.shop.row(channel=channel)


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        ({}, set()),
        (OF_TWILIO, {TWILIO, TWILIO_INBOUND}),
        (OF_TWILIO | {"twilio_auth_token": None}, set()),
        (GATEWAY, {SMS, SMS_INBOUND}),
        (GATEWAY | {"sms_callback_secret": None}, set()),
        (GATEWAY | OF_MAIL, {SMS, SMS_INBOUND, MAIL}),
        (OF_TWILIO | {"sms_callback_secret": SecretStr(SECRET)}, {TWILIO, TWILIO_INBOUND}),
    ],
)
async def test_only_what_is_set_is_open(world, given, paths):
    assert set(doors(world, **given)) == paths


# Twilio


def of_twilio(world, target: str, fields: dict[str, str], *, forged: bool = False) -> Call:
    """Signed as Twilio describes it: the address, then the fields sorted by name."""
    text = f"{PUBLIC}{target}" + "".join(name + fields[name] for name in sorted(fields))
    key = b"another" if forged else TOKEN.encode()
    made = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha1).digest()).decode()
    headers = CIMultiDict({"x-twilio-signature": made})
    return Call(target, headers, urlencode(fields).encode(), world.shop.now)


async def test_a_receipt_of_twilio_settles_its_notice_by_id_or_by_our_reference(world):
    row = await sent(world, "twilio", SID)
    take = doors(world, **OF_TWILIO)[TWILIO]
    fields = {"MessageSid": SID, "MessageStatus": "undelivered", "ErrorCode": "30003"}
    assert await take(of_twilio(world, TWILIO, fields)) is TAKEN
    assert (await world.shop.row())["state"] == "failed"
    target = f"{TWILIO}?reference={row['notice_id']}"
    fields = {"MessageSid": "SM" + "b" * 32, "MessageStatus": "delivered"}
    assert await take(of_twilio(world, target, fields)) is TAKEN
    assert (await world.shop.row())["state"] == "delivered"


async def test_what_twilio_did_not_sign_changes_nothing(world):
    await sent(world, "twilio", SID)
    opened = doors(world, **OF_TWILIO)
    fields = {"MessageSid": SID, "MessageStatus": "delivered"}
    forged = of_twilio(world, TWILIO, fields, forged=True)
    assert await opened[TWILIO](forged) is NOT_PROVEN
    assert await opened[TWILIO](forged._replace(headers={})) is NOT_PROVEN
    stop = of_twilio(world, TWILIO_INBOUND, {"From": PHONE, "Body": "STOP"}, forged=True)
    assert await opened[TWILIO_INBOUND](stop) is NOT_PROVEN
    elsewhere = of_twilio(world, TWILIO, {"From": PHONE, "Body": "STOP"})
    assert await opened[TWILIO_INBOUND](elsewhere._replace(target=TWILIO_INBOUND)) is NOT_PROVEN
    assert (await world.shop.row())["state"] == "sent"
    assert world.suppressions.told == []


@pytest.mark.parametrize(
    ("fields", "meant", "told"),
    [
        ({"Body": "Stop."}, "stop", [(Channel.SMS, PHONE, SuppressionReason.STOP)]),
        ({"Body": "СТОП"}, "stop", [(Channel.SMS, PHONE, SuppressionReason.STOP)]),
        (
            {"Body": "x", "OptOutType": "STOP"},
            "stop",
            [(Channel.SMS, PHONE, SuppressionReason.STOP)],
        ),
        ({"Body": "START"}, "start", [(Channel.SMS, PHONE, "start")]),
        ({"Body": "Where is it?"}, "other", []),
        ({"Body": "STOP", "From": "Omniva"}, "unreadable", []),
    ],
)
async def test_what_somebody_writes_to_twilio(world, fields, meant, told):
    take = doors(world, **OF_TWILIO)[TWILIO_INBOUND]
    call = of_twilio(world, TWILIO_INBOUND, {"From": PHONE, "MessageSid": SID, **fields})
    assert await take(call) is TAKEN
    assert world.suppressions.told == told
    assert world.counted("klat_inbound_messages_total", provider="twilio", meaning=meant) == 1


async def test_while_nothing_can_be_kept_a_stop_shall_come_again(world):
    world.suppressions.away = True
    take = doors(world, **OF_TWILIO)[TWILIO_INBOUND]
    with pytest.raises(StoreUnavailable):
        await take(of_twilio(world, TWILIO_INBOUND, {"From": PHONE, "Body": "STOP"}))


# a gateway of one's own


def of_gateway(
    world, path: str, document: object, *, secret: str = SECRET, late: float = 0
) -> Call:
    body = document if isinstance(document, str) else json.dumps(document)
    at = world.shop.now - timedelta(seconds=late)
    headers = {
        "webhook-id": "m-1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("m-1", at, body),
    }
    return Call(path, CIMultiDict(headers), body.encode(), world.shop.now)


@pytest.mark.parametrize("several", [False, True])
async def test_receipts_of_a_gateway_settle_their_notices(world, several):
    await sent(world, "http", "17")
    receipt = {"id": 17, "status": "delivered"}
    document = [{"id": "x", "status": "sent"}, "rubbish", receipt] if several else receipt
    assert await doors(world, **GATEWAY)[SMS](of_gateway(world, SMS, document)) is TAKEN
    assert (await world.shop.row())["state"] == "delivered"
    unreadable = world.counted("klat_receipts_total", provider="http", state="unreadable")
    assert unreadable == several


async def test_an_empty_array_says_nothing(world):
    assert await doors(world, **GATEWAY)[SMS](of_gateway(world, SMS, [])) is TAKEN


async def test_what_a_gateway_did_not_sign_changes_nothing(world):
    await sent(world, "http", "17")
    opened, receipt = doors(world, **GATEWAY), {"id": "17", "status": "delivered"}
    right = of_gateway(world, SMS, receipt)
    other = of_gateway(world, SMS, receipt, secret="whsec_" + "QUJD" * 8)
    for call in (
        other,
        right._replace(body=right.body + b" "),
        right._replace(headers={}),
        of_gateway(world, SMS, receipt, late=301),
        right._replace(now=right.now + timedelta(minutes=6)),
        right._replace(headers={"Authorization": f"Bearer {SECRET}"}),
    ):
        assert await opened[SMS](call) is NOT_PROVEN
        assert await opened[SMS_INBOUND](call) is NOT_PROVEN
    assert (await world.shop.row())["state"] == "sent"


@pytest.mark.parametrize("body", ["{", "", "[" * 50_000, json.dumps([1] * 501)])
async def test_what_cannot_be_read_is_told_so(world, body):
    opened = doors(world, **GATEWAY)
    assert await opened[SMS](of_gateway(world, SMS, body)) is Verdict.UNREADABLE
    assert await opened[SMS_INBOUND](of_gateway(world, SMS, body)) is Verdict.UNREADABLE


async def test_what_people_write_to_a_gateway(world):
    texts = [("STABDYTI", PHONE), ("Paldies!", PHONE), ("start", PHONE), ("STOP", "1188")]
    documents = [{"from": sender, "text": text} for text, sender in texts]
    take = doors(world, **GATEWAY)[SMS_INBOUND]
    assert await take(of_gateway(world, SMS_INBOUND, [*documents, {"text": "STOP"}])) is TAKEN
    assert world.suppressions.told == [
        (Channel.SMS, PHONE, SuppressionReason.STOP),
        (Channel.SMS, PHONE, "start"),
    ]
    counted = {
        meant: world.counted("klat_inbound_messages_total", provider="http", meaning=meant)
        for meant in ("stop", "start", "other", "unreadable")
    }
    assert counted == {"stop": 1, "start": 1, "other": 1, "unreadable": 2}


# mails that came back


def report(message_id: str, action: str = "failed", status: str = "5.1.1") -> bytes:
    """RFC 3464 as Postfix writes it."""
    return f"""From: MAILER-DAEMON@mx.example
To: parcels@shop.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {PERSON["email"]}
Action: {action}
Status: {status}

--b
Content-Type: text/rfc822-headers

Message-ID: {message_id}
To: {PERSON["email"]}
--b--
""".encode()


def complaint(message_id: str) -> bytes:
    """RFC 5965."""
    return f"""From: fbl@mailbox.example
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: x/1

--b
Content-Type: message/rfc822

Message-ID: {message_id}
From: parcels@shop.example

Hello
--b--
""".encode()


def of_mail(world, raw: bytes, bearer: str = BEARER) -> Call:
    headers = CIMultiDict({"Authorization": f"Bearer {bearer}"})
    return Call(MAIL, headers, raw, world.shop.now)


async def mailed(world) -> tuple[str, tuple]:
    """A mail that was sent: its Message-ID, and by what its notice is told of."""
    row = await sent(world, "smtp", "queue-1", Channel.EMAIL)
    notice = (row["shipment_id"], Addressee.RECIPIENT, Channel.EMAIL)
    proof = mail_proof(SEALER, row["notice_id"])
    return f"<{row['notice_id']}.{proof}@shop.example>", notice


@pytest.mark.parametrize(
    ("action", "status", "state", "reason", "why"),
    [
        ("failed", "5.1.1", "failed", "5.1.1", SuppressionReason.BAD_ADDRESS),
        ("failed", "5.7.1", "failed", "5.7.1", None),
        ("failed", "4.4.7", "failed", "4.4.7", None),
        ("failed", "", "failed", "bounced", None),
        ("delivered", "2.0.0", "delivered", None, None),
        ("delayed", "4.4.1", "sent", None, None),
        ("relayed", "2.0.0", "sent", None, None),
    ],
)
async def test_what_a_report_of_delivery_means(world, action, status, state, reason, why):
    message_id, notice = await mailed(world)
    take = doors(world, **OF_MAIL)[MAIL]
    for _ in range(2):
        assert await take(of_mail(world, report(message_id, action, status))) is TAKEN
    row = await world.shop.row(channel="email")
    assert (row["state"], row["reason"]) == (state, reason)
    assert set(world.suppressions.told) == ({(*notice, why)} if why else set())
    assert world.counted("klat_bounces_total", report=action) == 2


async def test_whoever_complains_has_it_and_wants_no_more(world):
    message_id, notice = await mailed(world)
    take = doors(world, **OF_MAIL)[MAIL]
    assert await take(of_mail(world, complaint(message_id))) is TAKEN
    assert world.suppressions.told == [(*notice, SuppressionReason.COMPLAINT)]
    assert (await world.shop.row(channel="email"))["state"] == "delivered"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Subject: Out of office\n\nI am away",
        b"\xff\x00" * 1000,
        report("<somebody@else.example>"),
        report("<018f0000-0000-7000-8000-000000000001@shop.example>"),
        complaint(""),
    ],
)
async def test_any_other_mail_changes_nothing(world, raw):
    await mailed(world)
    assert await doors(world, **OF_MAIL)[MAIL](of_mail(world, raw)) is TAKEN
    assert (await world.shop.row(channel="email"))["state"] == "sent"
    assert world.suppressions.told == []


async def test_who_reckons_the_id_of_a_notice_cannot_say_that_it_bounced(world):
    """Carrier and number make the id of a parcel, and with its occasion that of its notice."""
    message_id, _ = await mailed(world)
    notice_id, domain = message_id[1:37], "@shop.example>"
    take = doors(world, **OF_MAIL)[MAIL]
    for forged in (f"<{notice_id}{domain}", f"<{notice_id}.{'0' * 20}{domain}"):
        for raw in (report(forged), complaint(forged)):
            assert await take(of_mail(world, raw)) is TAKEN
    assert (await world.shop.row(channel="email"))["state"] == "sent"
    assert world.suppressions.told == []


async def test_a_mail_without_the_secret_changes_nothing(world):
    message_id, _ = await mailed(world)
    take = doors(world, **OF_MAIL)[MAIL]
    call = of_mail(world, report(message_id))
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {BEARER}"}):
        assert await take(call._replace(headers=headers)) is NOT_PROVEN
    assert (await world.shop.row(channel="email"))["state"] == "sent"


async def test_a_suppression_that_could_not_be_kept_is_told_again_with_the_same_report(world):
    message_id, notice = await mailed(world)
    take = doors(world, **OF_MAIL)[MAIL]
    world.suppressions.away = True
    with pytest.raises(StoreUnavailable):
        await take(of_mail(world, report(message_id)))
    world.suppressions.away = False
    assert await take(of_mail(world, report(message_id))) is TAKEN
    assert world.suppressions.told == [(*notice, SuppressionReason.BAD_ADDRESS)]
