"""Where providers call back, as HTTP."""

from dataclasses import replace

import aiohttp
from prometheus_client import CollectorRegistry

from tracking.errors import StoreUnavailable
from tracking.web.app import make_app
from tracking.web.serving import serve

FORM = {"MessageSid": "SM" + "a" * 32, "MessageStatus": "delivered"}


async def posted(world, receive, **headers: str) -> tuple[int, str]:
    app = make_app(replace(world.deps, receive=receive, registry=CollectorRegistry()))
    runner = await serve(app, "127.0.0.1", 0)
    host, port = runner.addresses[0][:2]
    async with (
        aiohttp.ClientSession() as http,
        http.post(
            f"http://{host}:{port}/callbacks/twilio?reference=x%20y", data=FORM, headers=headers
        ) as answer,
    ):
        found = answer.status, await answer.text()
    await runner.cleanup()
    return found


async def test_the_address_the_signature_and_the_body_are_handed_over_as_they_came(world):
    taken = []

    async def receive(target, signature, body, now):
        taken.append((target, signature, body, now))
        return True

    status, text = await posted(world, receive, **{"X-Twilio-Signature": "c2ln"})
    assert (status, text) == (204, "")
    ((target, signature, body, now),) = taken
    assert (target, signature, now) == ("/callbacks/twilio?reference=x%20y", "c2ln", world.clock())
    assert body == f"MessageSid={FORM['MessageSid']}&MessageStatus=delivered".encode()


async def test_what_is_not_proven_is_told_why(world):
    async def receive(*_):
        return False

    status, text = await posted(world, receive)
    assert status == 403
    assert "KLAT_TWILIO_AUTH_TOKEN" in text


async def test_while_the_database_is_away_the_provider_shall_come_again(world):
    async def receive(*_):
        raise StoreUnavailable("away")

    status, _ = await posted(world, receive)
    assert status == 503


async def test_without_a_provider_there_is_no_such_place(world):
    assert (await posted(world, None))[0] == 404
