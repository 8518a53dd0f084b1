"""Where providers call back, as HTTP."""

import asyncio
import io
from dataclasses import replace

import aiohttp
import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from consumers.notices.callbacks import admitting
from tracking.errors import StoreUnavailable
from tracking.web.app import make_app
from tracking.web.deps import Verdict
from tracking.web.serving import serve

SECRET = SecretStr("a secret of the mail server")
FORM = {"MessageSid": "SM" + "a" * 32, "MessageStatus": "delivered"}
TWILIO, INBOUND = "/callbacks/twilio", "/callbacks/twilio/inbound"
PATHS = [TWILIO, INBOUND, "/callbacks/sms", "/callbacks/sms/inbound", "/callbacks/mail"]


async def posted(world, take, path: str = TWILIO, body=FORM, **headers: str):
    callbacks = {} if take is None else dict.fromkeys(PATHS, take)
    app = make_app(replace(world.deps, callbacks=callbacks, registry=CollectorRegistry()))
    runner = await serve(app, "127.0.0.1", 0)
    host, port = runner.addresses[0][:2]
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"http://{host}:{port}{path}", data=body, headers=headers) as answer,
    ):
        found = answer.status, await answer.text(), answer.content_type
    await runner.cleanup()
    return found


async def taking(_) -> Verdict:
    return Verdict.TAKEN


async def test_address_headers_and_body_are_handed_over_as_they_came(world):
    taken = []

    async def take(call):
        taken.append(call)
        return Verdict.TAKEN

    target = f"{TWILIO}?reference=x%20y"
    status, text, _ = await posted(world, take, target, **{"X-Twilio-Signature": "c2ln"})
    assert (status, text) == (204, "")
    (call,) = taken
    assert (call.target, call.now) == (target, world.clock())
    assert call.headers["x-twilio-signature"] == "c2ln"
    assert call.body == f"MessageSid={FORM['MessageSid']}&MessageStatus=delivered".encode()


@pytest.mark.parametrize("path", PATHS)
async def test_nothing_is_said_to_who_was_understood(world, path):
    status, text, media = await posted(world, taking, path)
    if path == INBOUND:
        xml = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
        assert (status, text, media) == (200, xml, "text/xml")
    else:
        assert (status, text) == (204, "")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (TWILIO, "KLAT_TWILIO_AUTH_TOKEN"),
        (INBOUND, "KLAT_TWILIO_AUTH_TOKEN"),
        ("/callbacks/sms", "KLAT_SMS_CALLBACK_SECRET"),
        ("/callbacks/sms/inbound", "KLAT_SMS_CALLBACK_SECRET"),
        ("/callbacks/mail", "KLAT_MAIL_CALLBACK_SECRET"),
    ],
)
async def test_what_is_not_proven_is_told_why(world, path, said):
    async def take(_):
        return Verdict.NOT_PROVEN

    status, text, _ = await posted(world, take, path)
    assert status == (401 if path == "/callbacks/mail" else 403)
    assert said in text


async def test_of_who_shows_no_secret_no_mail_is_read(world):
    """The answer comes while the body is still owed; who shows it is waited for."""
    admit = admitting(world.deps.settings.model_copy(update={"mail_callback_secret": SECRET}))
    deps = replace(
        world.deps,
        callbacks={"/callbacks/mail": taking},
        admit=admit,
        registry=CollectorRegistry(),
    )
    runner = await serve(make_app(deps), "127.0.0.1", 0)
    for shown, owed, status in (
        ("Bearer wrong", 1024 * 1024, 401),
        (f"Basic {SECRET.get_secret_value()}", 1024 * 1024, 401),
        (None, 1024 * 1024, 401),
        (f"Bearer {SECRET.get_secret_value()}", 0, 204),
    ):
        reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
        lines = [
            "POST /callbacks/mail HTTP/1.1",
            "Host: track.test",
            f"Content-Length: {owed}",
            *([f"Authorization: {shown}"] if shown else []),
        ]
        writer.write("".join(f"{line}\r\n" for line in [*lines, ""]).encode())
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).decode()
        assert head.startswith(f"HTTP/1.1 {status} ")
        assert ("WWW-Authenticate: Bearer" in head) is (status == 401)
        writer.close()
    await runner.cleanup()


async def test_what_cannot_be_read_is_told_what_is_taken(world):
    async def take(_):
        return Verdict.UNREADABLE

    status, text, _ = await posted(world, take, "/callbacks/sms", b"{")
    assert status == 400
    assert "an array of up to 500" in text


@pytest.mark.parametrize("path", PATHS)
async def test_a_body_is_bounded_before_it_is_looked_at(world, path):
    limit = 1024 * 1024 if path == "/callbacks/mail" else 64 * 1024
    assert (await posted(world, taking, path, b"x" * limit))[0] in {200, 204}
    assert (await posted(world, None, path, b"x"))[0] == 404
    status, text, _ = await posted(world, taking, path, io.BytesIO(b"x" * (limit + 1)))
    assert status == 413
    assert str(limit) in text


@pytest.mark.parametrize("path", PATHS)
async def test_while_the_database_is_away_the_provider_shall_come_again(world, path):
    async def take(_):
        raise StoreUnavailable("away")

    assert (await posted(world, take, path))[0] == 503
