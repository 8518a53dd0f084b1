"""Web push: what leaves is read by a receiver of its own, and every answer means what it should."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import aiohttp
import pytest
import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from notice_values import DAY, HOUR, LANGUAGES, LINK, NOW, fewest, usual
from push_browser import CURVE, PAGE, Browser, decoded, encoded, point, private
from sms_gateway import (
    answering,
    closes_after_reading,
    closing_before_reading,
    hangs,
    refusing,
    serving,
)

from notifier.channels.base import Handed, Outcome
from notifier.channels.exchange import Limits
from notifier.channels.vapid import VapidTokens
from notifier.channels.web_push import WebPush, encrypted
from notifier.deliver import Outgoing
from notifier.push import LONGEST, padded, together, topic_of, ttl, urgency
from notifier.render import render_push
from notifier.ways import PushWay
from schemas.notice import Occasion

KEY = ec.generate_private_key(CURVE)
CONTACT = "mailto:parcels@shop.example"
PARCEL, NOTICE = UUID(int=7), UUID(int=8)
IMPATIENT = Limits(connect=1, total=0.2)


# RFC 8291, appendix A.
RECEIVER = Browser(
    private("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), decoded("BTBZMqHH6r4Tts7J_aSIgg")
)
MESSAGE = decoded(
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
    "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qu"
    "lcy4a-fN"
)


def test_the_receiver_of_these_tests_reads_the_example_of_the_rfc():
    assert RECEIVER.decrypt(MESSAGE) == b"When I grow up, I want to be a watermelon"
    with pytest.raises(InvalidTag):
        RECEIVER.decrypt(MESSAGE[:-1] + bytes([MESSAGE[-1] ^ 1]))


@pytest.mark.parametrize("length", [1, 1024, LONGEST])
def test_what_is_encrypted_its_browser_reads_and_no_other(length):
    browser, text = Browser(), b"x" * length
    body = encrypted(text, browser.subscription())
    assert browser.decrypt(body) == text
    assert len(body) <= 4096, "the most that push services must take"
    with pytest.raises(InvalidTag):
        Browser(auth=browser.auth).decrypt(body)
    with pytest.raises(InvalidTag):
        Browser(key=browser.key).decrypt(body)
    assert encrypted(text, browser.subscription()) != body, "a key and a salt for each message"


def outgoing(*to, occasion=Occasion.OUT_FOR_DELIVERY, until=NOW + 2 * HOUR, **fields):
    values = usual(occasion)
    told = {"notice_id": NOTICE, "shipment_id": PARCEL, "until": until, "to": "", "name": None}
    return Outgoing(**{**told, "values": values, "words": {}, "subscriptions": to, **fields})


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as session:
        yield session


def way(session, limits=None):
    return PushWay(WebPush(session, KEY, CONTACT, limits=limits), b"a key of the tests")


async def test_a_push_as_the_push_service_and_the_browser_see_it(session):
    browser = Browser()
    async with serving(answering(201, Location="/m/1")) as service:
        to = browser.subscription(f"{service.url}/push/abc?d=1", "lv")
        handed = await way(session).send(outgoing(to))
    assert handed == Handed(Outcome.ACCEPTED)
    (request,), (body,) = service.requests, service.bodies
    assert (request.method, request.path_qs) == ("POST", "/push/abc?d=1")
    sent = request.headers
    assert sent["Content-Encoding"] == "aes128gcm"
    assert sent["TTL"] == "7200"
    assert sent["Urgency"] == "high"
    assert sent["Topic"] == topic_of(PARCEL, to.id, b"a key of the tests")
    said = render_push(replace(usual(Occasion.OUT_FOR_DELIVERY), language="lv"))
    assert browser.read(body) == {
        "title": said.title,
        "body": said.body,
        "lang": "lv",
        "page": PAGE,
        "tag": sent["Topic"],
        "id": str(NOTICE),
        "at": int(NOW.timestamp()),
    }
    assert LINK not in browser.decrypt(body).decode(), "no link but that of its own page"


async def test_the_token_is_signed_by_our_key_for_this_service(session):
    """Verified by ECDSA alone, by RFC 7515 and 8292."""
    async with serving(answering(201)) as service:
        await way(session).send(outgoing(Browser().subscription(f"{service.url}/a")))
    scheme, _, rest = service.requests[0].headers["Authorization"].partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert (scheme, parts["k"]) == ("vapid", encoded(point(KEY.public_key())))
    signed, _, signature = parts["t"].rpartition(".")
    raw = decoded(signature)
    assert len(raw) == 64
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    KEY.public_key().verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(SHA256()))
    header, claims = (json.loads(decoded(part)) for part in signed.split("."))
    assert header == {"typ": "JWT", "alg": "ES256"}
    assert (claims["aud"], claims["sub"]) == (service.url, CONTACT)
    assert timedelta(0) < timedelta(seconds=claims["exp"] - NOW.timestamp()) <= timedelta(days=1)


def claims(header):
    return json.loads(decoded(header.split("t=")[1].split(".")[1]))


def test_a_token_is_used_until_shortly_before_it_ends():
    tokens = VapidTokens(KEY, CONTACT)
    first = tokens.authorization("https://a.example/1", NOW)
    assert tokens.authorization("https://A.example:443/2", NOW + 10 * HOUR) == first
    assert tokens.authorization("https://b.example/1", NOW) != first
    later = NOW + 11 * HOUR + timedelta(seconds=1)
    second = tokens.authorization("https://a.example/1", later)
    assert second != first
    assert claims(second)["exp"] > later.timestamp() + 3600
    assert tokens.authorization("https://a.example/1", NOW - 30 * DAY) != second, "a clock set back"


def test_of_tokens_only_so_many_are_kept():
    tokens = VapidTokens(KEY, CONTACT)
    for number in range(500):
        tokens.authorization(f"https://p{number}.example/", NOW)
    assert len(tokens._kept) == 100


GONE = Handed(Outcome.REFUSED, "subscription_gone", address_is_bad=True)


def again(status, after=None):
    return Handed(Outcome.RETRY, f"http_{status}", retry_after=after)


@pytest.mark.parametrize(
    ("status", "headers", "means"),
    [
        *((status, {}, Handed(Outcome.ACCEPTED)) for status in (200, 201, 202, 204)),
        (404, {}, GONE),
        (410, {}, GONE),
        (413, {}, Handed(Outcome.REFUSED, "http_413")),
        (422, {}, Handed(Outcome.REFUSED, "http_422")),
        (429, {"Retry_After": "120"}, again(429, 120.0)),
        *((status, {}, again(status)) for status in (408, 425, 429, 500, 502, 503, 504)),
        (503, {"Retry_After": "7"}, again(503, 7.0)),
        *((status, {}, again(status)) for status in (301, 307, 400, 401, 403, 405, 407)),
    ],
)
async def test_every_answer_has_its_meaning(session, status, headers, means):
    async with serving(answering(status, "{}", **headers)) as service:
        to = Browser().subscription(f"{service.url}/a")
        handed = await way(session).send(outgoing(to))
    gone = (to.id,) if means.address_is_bad else ()
    assert handed == replace(means, gone=gone)
    assert len(service.requests) == 1, "a redirection is not followed"


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_key_that_is_not_taken_is_said_without_the_endpoint(session, status):
    async with serving(answering(status)) as service:
        to = Browser().subscription(f"{service.url}/secret-of-one")
        with structlog.testing.capture_logs() as lines:
            await way(session).send(outgoing(to))
    assert lines == [{"event": "push.refused", "log_level": "warning", "status_code": status}]


async def test_what_ended_unclear_is_tried_again(session):
    for behave, code in ((hangs, "timeout"), (closes_after_reading, "disconnected")):
        async with serving(behave) as service:
            to = Browser().subscription(f"{service.url}/a")
            handed = await way(session, IMPATIENT).send(outgoing(to))
        assert handed == Handed(Outcome.RETRY, code)
    async with closing_before_reading() as url:
        handed = await way(session).send(outgoing(Browser().subscription(f"{url}/a")))
        assert handed.outcome is Outcome.RETRY
    unreachable = Browser().subscription(f"{refusing()}/a")
    assert await way(session).send(outgoing(unreachable)) == Handed(Outcome.RETRY, "unreachable")


async def test_each_browser_is_told_in_the_language_of_its_page_under_its_own_topic(session):
    browsers = {language: Browser() for language in LANGUAGES}
    async with serving(answering(201)) as service:
        to = [each.subscription(f"{service.url}/{name}", name) for name, each in browsers.items()]
        await way(session).send(outgoing(*to))
    told = {}
    for request, body in zip(service.requests, service.bodies, strict=True):
        language = request.path.strip("/")
        told[language] = browsers[language].read(body)
    assert {name: each["lang"] for name, each in told.items()} == {name: name for name in LANGUAGES}
    assert len({each["title"] for each in told.values()}) == len(LANGUAGES)
    assert len({request.headers["Topic"] for request in service.requests}) == len(LANGUAGES)


async def test_of_two_browsers_one_that_is_gone_does_not_hinder_the_other(session):
    async with serving(answering(410)) as gone, serving(answering(201)) as there:
        old = Browser().subscription(f"{gone.url}/a")
        new = Browser().subscription(f"{there.url}/a")
        handed = await way(session).send(outgoing(old, new))
    assert handed == Handed(Outcome.ACCEPTED, gone=(old.id,))


async def test_a_browser_that_hangs_does_not_hold_up_the_other(session):
    async with serving(hangs) as slow, serving(answering(201)) as there:
        to = [Browser().subscription(f"{each.url}/a") for each in (slow, there)]
        sending = asyncio.create_task(way(session).send(outgoing(*to)))
        await asyncio.wait_for(there.asked.wait(), 5)
        assert not sending.done()
        slow.let_go.set()
        assert (await sending).outcome is Outcome.ACCEPTED


REFUSED = Handed(Outcome.REFUSED, "http_413")
TAKEN = Handed(Outcome.ACCEPTED)


@pytest.mark.parametrize(
    ("each", "all_of_them", "gone"),
    [
        ([TAKEN, again(503)], TAKEN, []),
        ([again(503), GONE], again(503), [1]),
        ([REFUSED, again(429, 30.0), again(503, 60.0)], again(429, 60.0), []),
        ([GONE, GONE], GONE, [0, 1]),
        ([GONE, REFUSED], replace(GONE, address_is_bad=False), [0]),
        ([REFUSED, TAKEN, GONE], TAKEN, [2]),
    ],
)
def test_one_notice_to_several_browsers_ends_once(each, all_of_them, gone):
    to = [Browser().subscription(f"https://p.example/{n}") for n in range(len(each))]
    found = together(list(zip(to, each, strict=True)))
    assert replace(found, retry_after=all_of_them.retry_after, gone=()) == all_of_them
    assert found.gone == tuple(to[n].id for n in gone)
    if all_of_them.outcome is Outcome.RETRY:
        assert found.retry_after == all_of_them.retry_after


def test_a_topic_is_one_of_rfc_8030_and_says_nothing():
    to, other = (Browser().subscription(f"https://p.example/{n}") for n in "ab")
    topic = topic_of(PARCEL, to.id, b"k")
    assert len(topic) == 32
    assert set(topic) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert topic == topic_of(PARCEL, to.id, b"k")
    others = (uuid4(), to.id, b"k"), (PARCEL, other.id, b"k"), (PARCEL, to.id, b"l")
    assert topic not in {topic_of(*each) for each in others}


@pytest.mark.parametrize(
    ("left", "seconds"),
    [(2 * HOUR, 7200), (timedelta(seconds=0.9), 0), (-HOUR, 0), (400 * DAY, 28 * 86_400)],
)
def test_it_waits_at_the_service_as_long_as_it_is_worth_saying(left, seconds):
    assert ttl(NOW + left, NOW) == seconds


def test_urgent_is_what_must_be_acted_on_soon():
    urgent = {
        occasion for occasion in Occasion if urgency(outgoing(values=usual(occasion))) == "high"
    }
    assert urgent == {
        Occasion.OUT_FOR_DELIVERY,
        Occasion.DELIVERY_TIME_CHANGED,
        Occasion.ARRIVING_NEXT,
        Occasion.PICKUP_LAST_HOURS,
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("make", [usual, fewest])
async def test_all_pushes_are_of_one_length(session, language, make):
    lengths = set()
    async with serving(answering(201)) as service:
        for occasion in Occasion:
            to = Browser().subscription(f"{service.url}/a", language)
            await way(session).send(outgoing(to, values=make(occasion, language)))
        lengths |= {len(body) for body in service.bodies}
    assert lengths == {1024 + 103}


def test_what_is_too_long_is_an_error_and_not_a_second_record():
    assert len(padded({"a": "x" * 2000})) == 2048
    assert len(padded({"a": "x" * 3900})) == LONGEST
    with pytest.raises(ValueError, match="too long"):
        padded({"a": "x" * 4000})


def test_no_repr_gives_a_subscription_away():
    to = Browser().subscription()
    said = repr(outgoing(to)) + repr(to)
    for secret in (to.endpoint, to.auth, to.p256dh, to.page):
        assert secret not in said
