"""Sending an SMS to real servers: what is known afterwards, and what must not be said."""

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator
from random import Random
from urllib.parse import parse_qsl, urldefrag

import aiohttp
import pytest
from people import EMAIL, PHONE, said_of_people
from sms_gateway import (
    TLS_HELLO,
    answering,
    bombs,
    closes_after_reading,
    closing_before_reading,
    hangs,
    not_accepting,
    refusing,
    serving,
    streaming,
    talking,
)

from notifier.channels.base import Handed, Outcome
from notifier.channels.exchange import Answer, Limits
from notifier.channels.http_sms import HttpSms
from notifier.channels.sms import SmsProvider
from notifier.channels.twilio import TwilioSms, callback

ACCOUNT = "AC0123456789abcdef0123456789abcdef"
SERVICE = "MG0123456789abcdef0123456789abcdef"
SID = "SM0123456789abcdef0123456789abcdef"
TEXT = "Kods 482913. € ā & = + 😀\nhttps://track.example/t/Wn3vYk2mQp4xRt6zBd8fHj"
REFERENCE = "0190a5f0-0000-7000-8000-000000000001"
TAKEN = json.dumps({"sid": SID, "status": "queued", "to": PHONE, "error_code": None})
SOON = Limits(connect=2.0, total=0.5)  # what hangs, hangs after it has connected
LATER = Limits(connect=2.0, total=30.0)

ACCEPTED, REFUSED = Outcome.ACCEPTED, Outcome.REFUSED
RETRY, AMBIGUOUS = Outcome.RETRY, Outcome.AMBIGUOUS


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def twilio(session, url: str, limits: Limits = LATER, sender: str = "Rimi", **more) -> TwilioSms:
    return TwilioSms(session, ACCOUNT, "tokens", sender, api_url=url, limits=limits, **more)


def http(session, url: str, limits: Limits = LATER, **more) -> HttpSms:
    return HttpSms(session, url, token="tokens", sender="Rimi", limits=limits, **more)


async def sent(provider: SmsProvider) -> Handed:
    """What came of it; whatever came, it names nobody."""
    handed = await provider.send(PHONE, TEXT, REFERENCE)
    assert not said_of_people(repr(handed) + repr(provider))
    assert "tokens" not in repr(provider)
    return handed


async def test_twilio_is_asked_as_its_documentation_says(session):
    async with serving(answering(201, TAKEN)) as gateway:
        provider = twilio(session, gateway.url, status_callback="https://k.example/r?shop=1")
        assert await sent(provider) == Handed(ACCEPTED, provider_id=SID)
    (request,), (body,) = gateway.requests, gateway.bodies
    assert (request.method, request.path) == (
        "POST",
        f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
    )
    basic = base64.b64decode(request.headers["Authorization"].removeprefix("Basic "))
    assert basic == f"{ACCOUNT}:tokens".encode()
    assert dict(parse_qsl(body.decode(), strict_parsing=True)) == {
        "To": PHONE,
        "From": "Rimi",
        "Body": TEXT,
        "StatusCallback": f"https://k.example/r?shop=1&reference={REFERENCE}#rc=5&rp=all",
    }


async def test_a_messaging_service_is_named_as_one(session):
    async with serving(answering(201, TAKEN)) as gateway:
        await sent(twilio(session, gateway.url, sender=SERVICE))
    form = dict(parse_qsl(gateway.bodies[0].decode()))
    assert form["MessagingServiceSid"] == SERVICE
    assert not {"From", "StatusCallback"} & set(form)


@pytest.mark.parametrize(
    ("seconds", "wanted"), [(None, None), (-3, "1"), (7200, "7200"), (90_000, "36000")]
)
async def test_twilio_is_told_how_long_it_is_true_as_far_as_it_takes(session, seconds, wanted):
    async with serving(answering(201, TAKEN)) as gateway:
        await twilio(session, gateway.url).send(PHONE, TEXT, REFERENCE, seconds)
    assert dict(parse_qsl(gateway.bodies[0].decode())).get("ValidityPeriod") == wanted


async def test_so_is_a_gateway_of_ones_own(session):
    async with serving(answering(202, '{"id": 17}')) as gateway:
        await http(session, gateway.url).send(PHONE, TEXT, REFERENCE, 7200)
    assert json.loads(gateway.bodies[0])["valid_seconds"] == 7200


@pytest.mark.parametrize("own", ["Gramatas", "+37167000000", SERVICE])
async def test_a_shop_has_a_sender_of_its_own(session, own):
    async with serving(answering(201, TAKEN)) as gateway:
        await twilio(session, gateway.url).send(PHONE, TEXT, REFERENCE, 60, own)
        await http(session, gateway.url).send(PHONE, TEXT, REFERENCE, 60, own)
    form = dict(parse_qsl(gateway.bodies[0].decode()))
    assert form["MessagingServiceSid" if own == SERVICE else "From"] == own
    assert json.loads(gateway.bodies[1])["from"] == own


def test_a_callback_carries_the_reference():
    made = callback("https://k.example/r", "a b")
    assert made == "https://k.example/r?reference=a+b#rc=5&rp=all"
    assert (
        urldefrag(callback("https://k.example/r?a=b", "c")).url
        == "https://k.example/r?a=b&reference=c"
    )


async def test_a_gateway_of_ones_own_is_asked_in_json(session):
    async with serving(answering(202, '{"id": 17}')) as gateway:
        assert await sent(http(session, f"{gateway.url}/sms")) == Handed(ACCEPTED, provider_id="17")
    (request,), (body,) = gateway.requests, gateway.bodies
    assert (request.method, request.path) == ("POST", "/sms")
    assert request.headers["Authorization"] == "Bearer tokens"
    assert request.headers["Idempotency-Key"] == REFERENCE
    assert json.loads(body) == {"to": PHONE, "text": TEXT, "from": "Rimi", "reference": REFERENCE}


async def test_without_a_token_nobody_is_authorised(session):
    async with serving(answering(200, '{"id": "17"}')) as gateway:
        await HttpSms(session, gateway.url).send(PHONE, TEXT, REFERENCE)
    assert "Authorization" not in gateway.requests[0].headers


@pytest.mark.parametrize("make", [twilio, http])
async def test_half_a_surrogate_pair_is_sent_as_something(session, make):
    async with serving(answering(201, json.dumps({"sid": SID, "id": "17"}))) as gateway:
        handed = await make(session, gateway.url).send(PHONE, "a\ud83d", REFERENCE)
    assert handed.outcome is ACCEPTED


def error(code: object) -> str:
    """As Twilio says it; its words name the number."""
    return json.dumps({"code": code, "message": f"{PHONE} is no number", "status": 400})


@pytest.mark.parametrize(
    ("status", "body", "wanted"),
    [
        (400, error(21211), Handed(REFUSED, "21211", address_is_bad=True)),
        (400, error(21610), Handed(REFUSED, "21610", address_is_bad=True)),
        (400, error(21614), Handed(REFUSED, "21614", address_is_bad=True)),
        (400, error(21635), Handed(REFUSED, "21635", address_is_bad=True)),
        (400, error(21408), Handed(REFUSED, "21408")),
        (400, error(21612), Handed(REFUSED, "21612")),
        (400, error(21617), Handed(REFUSED, "21617")),
        (400, error(21606), Handed(RETRY, "21606")),
        (400, error(20003), Handed(RETRY, "20003")),
        (401, error(20003), Handed(RETRY, "20003")),
        (403, error(20403), Handed(RETRY, "20403")),
        (404, error(20404), Handed(RETRY, "20404")),
        (429, error(20429), Handed(RETRY, "20429")),
        (400, error(20429), Handed(RETRY, "20429")),
        (429, "", Handed(RETRY, "http_429")),
        (422, "", Handed(REFUSED, "http_422")),
        (500, error(20500), Handed(AMBIGUOUS, "20500")),
        (502, "<html>", Handed(AMBIGUOUS, "http_502")),
        (503, "", Handed(AMBIGUOUS, "http_503")),
        (503, error(20503), Handed(RETRY, "20503")),
        (504, "", Handed(AMBIGUOUS, "http_504")),
        (201, "", Handed(AMBIGUOUS, "unreadable")),
        (200, "<html>Welcome to the hotel</html>", Handed(AMBIGUOUS, "unreadable")),
        (201, '{"sid": "' + PHONE + '"}', Handed(AMBIGUOUS, "unreadable")),
        (201, '{"sid": 5}', Handed(AMBIGUOUS, "unreadable")),
        (201, "[" * 60_000, Handed(AMBIGUOUS, "unreadable")),
        (201, error(21211), Handed(AMBIGUOUS, "unreadable")),
        (400, error("21211"), Handed(REFUSED, "http_400")),
        (400, error(PHONE), Handed(REFUSED, "http_400")),
        (400, error(int(PHONE)), Handed(REFUSED, "http_400")),
        (400, error(code=True), Handed(REFUSED, "http_400")),
        (400, error([21211]), Handed(REFUSED, "http_400")),
        (400, "9" * 5000, Handed(REFUSED, "http_400")),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, int) else "",
)
async def test_what_twilio_answers(session, status, body, wanted):
    async with serving(answering(status, body)) as gateway:
        assert await sent(twilio(session, gateway.url)) == wanted


@pytest.mark.parametrize(
    ("status", "body", "wanted"),
    [
        (200, '{"id": "a-1"}', Handed(ACCEPTED, provider_id="a-1")),
        (200, "{}", Handed(AMBIGUOUS, "unreadable")),
        (200, '{"id": true}', Handed(AMBIGUOUS, "unreadable")),
        (200, '{"id": ""}', Handed(AMBIGUOUS, "unreadable")),
        (200, f'{{"id": "<{EMAIL}>"}}', Handed(AMBIGUOUS, "unreadable")),
        (422, '{"code": "opted_out", "address_is_bad": true}', Handed(REFUSED, "opted_out")),
        (422, '{"code": 7, "address_is_bad": "true"}', Handed(REFUSED, "7")),
        (422, '{"code": "Bad number +37120000001"}', Handed(REFUSED, "http_422")),
        (422, "", Handed(REFUSED, "http_422")),
        (401, "", Handed(RETRY, "http_401")),
        (403, '{"address_is_bad": true}', Handed(RETRY, "http_403")),
        (404, "", Handed(RETRY, "http_404")),
        (408, "", Handed(AMBIGUOUS, "http_408")),
        (409, "", Handed(AMBIGUOUS, "http_409")),
        (429, "", Handed(RETRY, "http_429")),
        (500, "", Handed(AMBIGUOUS, "http_500")),
        (503, "", Handed(AMBIGUOUS, "http_503")),
    ],
)
async def test_what_a_gateway_of_ones_own_answers(session, status, body, wanted):
    async with serving(answering(status, body)) as gateway:
        handed = await sent(http(session, gateway.url))
    assert handed.address_is_bad == ("opted_out" in body)
    assert (handed.outcome, handed.code, handed.provider_id) == (
        wanted.outcome,
        wanted.code,
        wanted.provider_id,
    )


NOW = "Sun, 22 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("told", "wait"),
    [
        ("0", 0),
        ("17", 17),
        ("99999999999999999999999", 86_400),  # a day at the most
        ("Sun, 22 Nov 2026 10:01:30 GMT", 90),
        ("Sun, 22 Nov 2026 09:00:00 GMT", 0),
        ("Sun, 22 Nov 2099 09:00:00 GMT", 86_400),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("Sun, 22 Nov 2026 10:01:30", None),  # of no zone
    ],
)
@pytest.mark.parametrize("make", [twilio, http])
async def test_how_long_to_wait(session, make, told, wait):
    async with serving(answering(429, Retry_After=told, Date=NOW)) as gateway:
        handed = await sent(make(session, gateway.url))
    assert handed == Handed(RETRY, "http_429", retry_after=wait)


@pytest.mark.parametrize("make", [twilio, http])
async def test_unavailable_with_a_time_is_turned_away(session, make):
    async with serving(answering(503, Retry_After="30")) as gateway:
        handed = await sent(make(session, gateway.url))
    assert handed == Handed(RETRY, "http_503", retry_after=30)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("make", [twilio, http])
async def test_no_redirection_is_followed(session, make, status):
    async with serving(answering(201, TAKEN)) as other:
        async with serving(answering(status, Location=other.url)) as gateway:
            assert await sent(make(session, gateway.url)) == Handed(RETRY, f"http_{status}")
        assert len(gateway.requests) == 1
    assert other.requests == []


async def test_nobody_listens(session):
    handed = await sent(twilio(session, refusing()))
    assert handed == Handed(RETRY, "unreachable")


@pytest.mark.parametrize("url", ["http://", "ftp://127.0.0.1/", "http://127.0.0.1:99999/"])
async def test_that_is_no_address(session, url):
    assert await sent(http(session, url)) == Handed(RETRY, "unreachable")


class NobodyKnows(aiohttp.abc.AbstractResolver):
    async def resolve(self, host, port=0, family=socket.AF_INET):
        raise OSError(socket.EAI_NONAME, "Name or service not known")

    async def close(self):
        pass


async def test_nobody_knows_the_name():
    connector = aiohttp.TCPConnector(resolver=NobodyKnows())
    async with aiohttp.ClientSession(connector=connector) as session:
        handed = await sent(twilio(session, "http://gateway.test"))
    assert handed == Handed(RETRY, "unreachable")


async def test_the_gateway_speaks_no_tls(session):
    async with talking(b"HTTP/1.1 200 OK\r\n\r\n", after=TLS_HELLO) as url:
        handed = await sent(twilio(session, url.replace("http", "https")))
    assert handed == Handed(RETRY, "unreachable")


async def test_no_connection_comes_about(session):
    async with not_accepting() as url:
        handed = await sent(twilio(session, url, Limits(connect=0.1, total=30.0)))
    assert handed == Handed(RETRY, "unreachable")


async def test_no_place_in_the_pool_is_no_doubt():
    """The wait for another message's connection: nothing of this one was sent."""
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session,
        serving(hangs) as gateway,
        asyncio.TaskGroup() as tasks,
    ):
        first = tasks.create_task(twilio(session, gateway.url).send(PHONE, TEXT, REFERENCE))
        await gateway.asked.wait()
        second = await sent(twilio(session, gateway.url, Limits(connect=0.1, total=30.0)))
        assert second == Handed(RETRY, "unreachable")
        gateway.let_go.set()
    assert first.result().outcome is AMBIGUOUS  # hangs() answers 200 with nothing
    assert len(gateway.requests) == 1


AFTER_SENDING = [
    (hangs, SOON, "timeout"),
    (closes_after_reading, LATER, "disconnected"),
    (streaming(201, 2048), LATER, "unreadable"),
    (streaming(201, 0), LATER, "unreadable"),
    (streaming(201, 0, then_hangs=True), SOON, "unreadable"),
    (bombs, LATER, "unreadable"),
    (answering(500), LATER, "http_500"),
]
IDS = ["hangs", "closes", "2 GiB", "cut", "cut and hangs", "bomb", "500"]


@pytest.mark.parametrize(("behave", "limits", "code"), AFTER_SENDING, ids=IDS)
@pytest.mark.parametrize("make", [twilio, http])
async def test_what_may_have_been_taken_is_ambiguous(session, make, behave, limits, code):
    async with serving(behave) as gateway:
        assert await sent(make(session, gateway.url, limits)) == Handed(AMBIGUOUS, code)
    assert len(gateway.requests) == 1, "never sent twice by itself"


@pytest.mark.parametrize(("behave", "limits", "code"), AFTER_SENDING, ids=IDS)
async def test_with_a_gateway_that_honours_the_key_it_may_be_repeated(
    session, behave, limits, code
):
    async with serving(behave) as gateway:
        provider = http(session, gateway.url, limits, is_idempotent=True)
        assert await sent(provider) == Handed(RETRY, code)
        gateway.behave = answering(201, '{"id": "17"}')
        assert await sent(provider) == Handed(ACCEPTED, provider_id="17")
    keys = [request.headers["Idempotency-Key"] for request in gateway.requests]
    assert keys == [REFERENCE] * 2


async def test_a_connection_that_is_reset_at_once_is_ambiguous(session):
    """From here nobody can tell it from one that was reset after reading."""
    async with closing_before_reading() as url:
        assert await sent(twilio(session, url)) == Handed(AMBIGUOUS, "disconnected")


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"220 smtp.example ESMTP\r\n",
        b"\x00\xff" * 100,
        b"HTTP/1.1 999999 No\r\n\r\n",
        b"HTTP/1.1 201 Created\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 201 Created\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
    ids=["nothing", "smtp", "bytes", "status", "length", "header"],
)
async def test_rubbish_is_ambiguous(session, said):
    async with talking(said) as url:
        assert await sent(twilio(session, url)) == Handed(AMBIGUOUS, "disconnected")


WELL_SAID = (
    b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nSet-Cookie: a=b; Path=/\r\n"
    b"Retry-After: 5\r\nDate: Sun, 22 Nov 2026 10:00:00 GMT\r\nContent-Encoding: identity\r\n"
    b'Transfer-Encoding: chunked\r\n\r\n4\r\n{"id\r\n7\r\n": "17"\r\n1\r\n}\r\n0\r\n\r\n'
)


def distorted(seed: int) -> bytes:
    """A good answer with some bytes changed, doubled, lost or cut off; half of them by one byte."""
    draw, said = Random(seed), bytearray(WELL_SAID)
    for _ in range(draw.choice([1, 1, 3, 9])):
        at = draw.randrange(len(said))
        match draw.randrange(4):
            case 0:
                said[at] = draw.randrange(256)
            case 1:
                said[at:at] = said[at : at + draw.randrange(1, 20)]
            case 2:
                del said[at : at + draw.randrange(1, 20)]
            case _:
                said[at:at] = draw.randbytes(draw.randrange(1, 5))
    return bytes(said)


async def test_whatever_is_answered_something_came_of_it(session):
    """No error leaves, and only an id is an acceptance."""
    async with talking(WELL_SAID, *map(distorted, range(600))) as url:
        found = [await sent(http(session, url, SOON)) for _ in range(601)]
    assert found[0] == Handed(ACCEPTED, provider_id="17")
    assert {each.outcome for each in found} >= {ACCEPTED, AMBIGUOUS}
    assert all(each.provider_id for each in found if each.outcome is ACCEPTED)


@pytest.mark.parametrize("status", [201, 400, 429])
async def test_of_two_gibibytes_little_is_read(session, status):
    """What stands in buffers on the way was written, too; the limit is 64 KiB."""
    async with serving(streaming(status, 2048)) as gateway:
        handed = await sent(twilio(session, gateway.url))
        assert gateway.streamed < 32 * 2**20
    wanted = {201: (AMBIGUOUS, "unreadable"), 400: (REFUSED, "http_400"), 429: (RETRY, "http_429")}
    assert (handed.outcome, handed.code) == wanted[status]


async def test_a_refusal_whose_body_never_comes_is_one(session):
    async with serving(streaming(400, 0, then_hangs=True)) as gateway:
        assert await sent(twilio(session, gateway.url, SOON)) == Handed(REFUSED, "http_400")


async def test_no_connection_is_used_twice(session):
    """One that the gateway is about to close would make messages unknown that never left."""
    async with serving(answering(201, TAKEN)) as gateway:
        for _ in range(3):
            assert (await sent(twilio(session, gateway.url))).outcome is ACCEPTED
    assert len(gateway.lines) == 3


async def test_whoever_stops_waiting_gets_no_answer(session):
    """Cancelling is no outcome: the notice stays handed over, and whether it left is not known."""
    async with serving(hangs) as gateway:
        task = asyncio.create_task(twilio(session, gateway.url).send(PHONE, TEXT, REFERENCE))
        await gateway.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def test_an_answer_shows_no_body():
    assert not said_of_people(repr(Answer(400, {"message": f"{PHONE} {EMAIL}"})))
