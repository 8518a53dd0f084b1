"""The roles as processes, with a message centre and a mail server that tells what came back."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from message_centre import DELIVER, RESP, Centre, accepting, centre
from test_told import is_night, reached, registered, scanned, somewhere_by_day, waiting

from tracking.role import Role

BEARER = "a-secret-of-the-tests-0123"
pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def smsc() -> AsyncIterator[Centre]:
    async with centre(accepting()) as found:
        yield found


@pytest.fixture
def environment(environment, smsc) -> dict[str, str]:
    return environment | {
        "KLAT_SMS_PROVIDER": "smpp",
        "KLAT_SMPP_URL": smsc.url,
        "KLAT_SMS_FROM": "Veikals",
        "KLAT_MAIL_CALLBACK_SECRET": BEARER,
    }


async def posted(stack, path: str, bearer: str) -> int:
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "message/rfc822"}
    async with stack.http.post(f"{stack.url}{path}", data=b"x", headers=headers) as answer:
        return answer.status


async def test_what_is_sent_over_the_line_is_settled_over_it_whoever_is_killed(stack, smsc):
    country = somewhere_by_day()
    await registered(stack, country)
    await scanned(stack, "ready_for_pickup", event_id="e1", **waiting())
    await smsc.session(1)
    if not is_night(country):
        await _delivered(stack, smsc)
    await stack.kill(Role.NOTICES)
    session = await smsc.session(2)
    session.deliver(b"STOP", esm_class=0)
    assert (await session.answer())[:2] == (DELIVER | RESP, 0)
    assert await posted(stack, "/callbacks/mail", BEARER) == 204
    assert await posted(stack, "/callbacks/mail", "wrong") == 401
    assert await posted(stack, "/callbacks/sms", BEARER) == 404
    await stack.stop()
    async with asyncio.timeout(5):
        await smsc.unbound.wait()


async def _delivered(stack, smsc: Centre) -> None:
    """The receipt names the last part; it may come before the process has noted its answer."""

    async def state(wanted: str) -> bool:
        query = "SELECT state FROM notice WHERE occasion = 'ready_for_pickup' AND channel = 'sms'"
        return await stack.pool.fetchval(query) == wanted

    async def sent() -> bool:
        return bool(smsc.submitted) and smsc.submitted[-1].registered_delivery == 1

    await reached(sent)
    smsc.sessions[0].deliver(f"id:{len(smsc.submitted)} stat:DELIVRD err:000".encode())
    assert (await smsc.sessions[0].answer())[:2] == (DELIVER | RESP, 0)
    await reached(lambda: state("delivered"))
