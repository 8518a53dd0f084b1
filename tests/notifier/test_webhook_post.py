"""A post to a webhook that answers in every way there is: it is bounded, the status counts."""

import ssl
import time

import pytest
from mail_certificate import certificate
from sms_gateway import (
    GIB,
    answering,
    bombs,
    closes_after_reading,
    closing_before_reading,
    dripping,
    hangs,
    not_accepting,
    refusing,
    serving,
    streaming,
    talking,
)

from notifier.channels.webhook import Failure, Limits, Reply, post_webhook
from notifier.outgoing import safe_session

LIMITS = Limits(total=1.0, connect=0.7, rest=0.2)


@pytest.fixture
async def session():
    async with safe_session(allow_private=True) as session:
        yield session


async def post(session, url):
    return await post_webhook(session, url, b'{"a":1}', {"webhook-id": "1"}, LIMITS)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299, 301, 307, 400, 404, 410, 500, 503])
async def test_the_status_is_told(session, status):
    async with serving(answering(status, Location="http://127.0.0.1:1/")) as shop:
        assert await post(session, shop.url) == Reply(status)
    (request,) = shop.requests
    assert shop.bodies == [b'{"a":1}']
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"] == "klat"
    assert request.headers["webhook-id"] == "1"
    assert "Accept-Encoding" not in request.headers


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0", 0.0), ("soon", None), ("-1", None), ("999999999", 86_400.0)],
)
async def test_how_long_to_wait_is_told(session, header, seconds):
    async with serving(answering(429, Retry_After=header)) as shop:
        assert await post(session, shop.url) == Reply(429, retry_after=seconds)


async def test_one_that_hangs_is_given_up_in_time(session):
    async with serving(hangs) as shop:
        started = time.monotonic()
        assert await post(session, shop.url) == Reply(failure=Failure.TIMEOUT)
        assert time.monotonic() - started < LIMITS.total + 0.5


async def test_one_that_drips_its_head_is_given_up_in_time(session):
    """A byte now and then is no sign of life."""
    async with dripping(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000) as url:
        started = time.monotonic()
        assert await post(session, url) == Reply(failure=Failure.TIMEOUT)
        assert time.monotonic() - started < LIMITS.total + 0.5


async def test_one_that_drips_its_body_has_said_its_status(session):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    async with dripping(b"x" * 1000, first=head) as url:
        started = time.monotonic()
        assert await post(session, url) == Reply(200)
        assert time.monotonic() - started < LIMITS.rest + 0.5


async def test_of_two_gibibytes_little_is_read(session):
    async with serving(streaming(200, 2048)) as shop:
        assert await post(session, shop.url) == Reply(200)
    assert shop.streamed < GIB / 50


async def test_what_is_compressed_stays_compressed(session):
    async with serving(bombs) as shop:
        assert await post(session, shop.url) == Reply(201)


async def test_one_that_breaks_off_after_the_request(session):
    async with serving(closes_after_reading) as shop:
        assert await post(session, shop.url) == Reply(failure=Failure.DISCONNECTED)
        assert len(shop.requests) == 1, "it is not sent again by itself"


async def test_one_that_breaks_off_at_once(session):
    async with closing_before_reading() as url:
        assert await post(session, url) == Reply(failure=Failure.DISCONNECTED)


async def test_one_that_is_not_there(session):
    assert await post(session, refusing()) == Reply(failure=Failure.UNREACHABLE)


async def test_one_that_accepts_nobody(session):
    async with not_accepting() as url:
        assert await post(session, url) == Reply(failure=Failure.TIMEOUT)


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"",
    ],
)
async def test_one_that_speaks_no_http(session, said):
    async with talking(said) as url:
        assert await post(session, url) == Reply(failure=Failure.DISCONNECTED)


async def test_one_without_a_certificate_that_is_known(session):
    async with talking(b"HTTP/1.1 200 OK\r\n\r\n", after=b"\x16") as url:
        reply = await post(session, url.replace("http://", "https://"))
    assert reply.failure in {Failure.CERTIFICATE, Failure.UNREACHABLE}


@pytest.fixture(scope="module")
def contexts(tmp_path_factory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return certificate(tmp_path_factory.mktemp("shop"), "127.0.0.1")


async def test_over_tls_it_is_posted_to_one_whose_certificate_is_trusted(contexts):
    async with (
        serving(answering(200), contexts[0]) as shop,
        safe_session(allow_private=True, tls=contexts[1]) as session,
    ):
        assert shop.url.startswith("https://")
        assert await post(session, shop.url) == Reply(200)
    (request,) = shop.requests
    assert request.secure
    assert shop.bodies == [b'{"a":1}']


async def test_over_tls_nothing_is_told_to_one_that_nobody_vouches_for(contexts, session):
    async with serving(answering(200), contexts[0]) as shop:
        assert await post(session, shop.url) == Reply(failure=Failure.CERTIFICATE)
    assert shop.requests == []


async def test_over_tls_nothing_is_told_to_one_with_the_certificate_of_another(tmp_path):
    serves, trusts = certificate(tmp_path, "127.0.0.2")
    async with (
        serving(answering(200), serves) as shop,
        safe_session(allow_private=True, tls=trusts) as session,
    ):
        assert await post(session, shop.url) == Reply(failure=Failure.CERTIFICATE)
    assert shop.requests == []


async def test_each_post_has_a_connection_of_its_own(session):
    async with serving(answering(200)) as shop:
        for _ in range(3):
            assert (await post(session, shop.url)).status == 200
    assert len(shop.lines) == 3


async def test_a_fault_of_ours_is_not_taken_for_the_shops(session):
    await session.close()
    with pytest.raises(RuntimeError, match="Session is closed"):
        await post(session, "http://127.0.0.1:1/")
