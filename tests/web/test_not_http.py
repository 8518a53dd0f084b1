"""What is no request at all: answered in one form, with nothing of what was sent."""

import asyncio
import json

import pytest

from tracking.web.serving import MAX_LINE

SECRET = b"klat_live_secret"
LONG = SECRET + b"x" * MAX_LINE


async def answered(world, sent: bytes) -> tuple[str, bytes]:
    """Head and body of the answer, read until the line is closed."""
    host, port = world.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(sent)
    async with asyncio.timeout(20):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return head.decode(), body


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + LONG + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX-" + LONG + b": 1\r\n\r\n",
        b"GET /t/" + LONG + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nCookie " + SECRET + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nCookie: " + SECRET + b"\0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + (SECRET + b": 1\r\n") * 100 + b"\r\n",
        b"GE(T /" + SECRET + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /" + SECRET + b" HTTP/9.9\r\nHost: a\r\n\r\n",
        SECRET + b" and nothing else\r\n\r\n",
    ],
)
async def test_what_cannot_be_read_is_not_repeated(world, caplog, sent):
    head, body = await answered(world, sent)
    assert head.startswith("HTTP/1.0 400 Bad Request\r\n")
    assert "Content-Type: application/problem+json; charset=utf-8" in head
    assert "Server: klat" in head
    assert json.loads(body) == {"type": "about:blank", "title": "Bad Request", "status": 400}
    assert SECRET not in head.encode() + body
    assert SECRET.decode() not in caplog.text


async def test_a_header_that_just_fits_is_read(world):
    line = b"X-A: " + b"x" * (MAX_LINE - 100)
    sent = b"GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + line + b"\r\n\r\n"
    head, _ = await answered(world, sent)
    assert head.startswith("HTTP/1.1 404 ")
