"""Notices over a message centre (SMPP): real lines, a real database, receipts at any time."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import smpp34
from message_centre import DELIVER, RESP, accepting, centre, hanging_up, in_turn
from notice_shop import CODE, PERSON, Shop
from notice_world import BOTH, World

from consumers.notices.centre import Centre
from notifier.channels.smpp import Patience, SmppSms
from notifier.smpp.line import Limits
from notifier.smpp.url import parse_smpp_url
from notifier.ways import SmsWay
from schemas.notice import Channel
from schemas.scan import Location, Pickup
from schemas.status import Status
from schemas.suppression import SuppressionReason
from tracking.local.endpoint import free_port
from tracking.store.pool import open_pool

PHONE = PERSON["phone"]
OK = (DELIVER | RESP, 0)


@pytest.fixture
async def world(database_url):
    pool = await open_pool(database_url, size=6)
    yield World(await Shop.open(pool))
    await pool.close()


def sms(url: str) -> SmppSms:
    limits, patience = Limits(answer=5.0, leave=0.2), Patience(bound=5.0)
    return SmppSms(parse_smpp_url(url), "Veikals", limits=limits, patience=patience)


@asynccontextmanager
async def running(world, url: str):
    """A process of the role `notices`, as far as SMPP goes."""
    provider = sms(url)
    kept = Centre(provider, world.settling, world.replies, world.registry)
    task = asyncio.create_task(kept.run())
    try:
        yield provider, kept
    finally:
        await kept.close()
        async with asyncio.timeout(5):
            await task


async def sent(world, provider: SmppSms) -> None:
    """One part: a place without letters that GSM 7 bit lacks."""
    shop = world.shop
    key = await shop.register("CE1")
    pickup = Pickup(until=shop.now + timedelta(hours=30), code=CODE)
    place = Location(name="Akropole", place_id="9901")
    await shop.scanned("CE1", Status.READY_FOR_PICKUP, location=place, pickup=pickup)
    await shop.decide(key, channels=BOTH)
    await shop.send(SmsWay(provider), BOTH)


async def state(world) -> str:
    return (await world.shop.row())["state"]


def receipt(message_id: str, stat: str = "DELIVRD") -> bytes:
    return f"id:{message_id} sub:001 dlvrd:001 stat:{stat} err:000 text:".encode()


async def test_a_notice_is_sent_and_its_receipts_settle_it_twice_and_late(world):
    async with centre(accepting(17)) as found, running(world, found.url) as (provider, _):
        await sent(world, provider)
        assert await state(world) == "sent"
        assert world.counted("klat_smpp_bound") == 1
        session = await found.session()
        for stat in ("ENROUTE", "DELIVRD", "DELIVRD", "ENROUTE"):
            session.deliver(receipt("17", stat))
            assert (await session.answer())[:2] == OK
    assert await state(world) == "delivered"
    assert world.counted("klat_smpp_bound") == 0
    (message,) = found.submitted
    assert message.destination_addr == PHONE.removeprefix("+")
    assert message.validity_period.endswith("000R")
    assert message.validity_period > "0000"


async def test_a_receipt_before_the_answer_is_not_lost(world):
    def behave(submitted):
        submitted.session.deliver(receipt("a-1"))
        submitted.accept("a-1")

    async with centre(behave) as found, running(world, found.url) as (provider, _):
        await sent(world, provider)
        assert (await (await found.session()).answer())[:2] == OK
    await world.settling.settle_early(world.shop.now)
    assert await state(world) == "delivered"


async def test_a_receipt_that_comes_to_another_process_settles_it_as_well(world):
    other = World(world.shop)
    async with (
        centre(accepting(5)) as found,
        running(world, found.url) as (provider, _),
        running(other, found.url),
    ):
        await found.session(2)
        await sent(world, provider)
        for session in found.sessions:
            session.deliver(receipt("5", "UNDELIV"))
            assert (await session.answer())[:2] == OK
    row = await world.shop.row()
    assert (row["state"], row["needs_another_way"]) == ("failed", False), "it was looked for"


async def test_a_receipt_of_nobodys_message_is_answered_and_kept_for_its_hour(world):
    async with centre(accepting()) as found, running(world, found.url):
        session = await found.session()
        session.deliver(receipt("foreign"))
        session.deliver(b"no receipt at all")
        assert [(await session.answer())[:2] for _ in range(2)] == [OK, OK]
    early = world.counted("klat_receipts_total", provider="smpp", state="early")
    unreadable = world.counted("klat_receipts_total", provider="smpp", state="unreadable")
    assert (early, unreadable) == (1, 1)


async def test_what_somebody_writes(world):
    async with centre(accepting()) as found, running(world, found.url):
        session = await found.session()
        for text, coding in ((b"Stop", 0), ("СТОП".encode("utf-16-be"), 8), (b"Paldies!", 0)):
            session.deliver(text, esm_class=0, data_coding=coding)
            assert (await session.answer())[:2] == OK
    stopped = (Channel.SMS, "+37120000001", SuppressionReason.STOP)
    assert world.suppressions.told == [stopped, stopped]
    assert world.counted("klat_inbound_messages_total", provider="smpp", meaning="stop") == 2
    assert world.counted("klat_inbound_messages_total", provider="smpp", meaning="other") == 1


async def test_what_cannot_be_kept_now_shall_come_again(world):
    world.suppressions.away = True
    async with centre(accepting()) as found, running(world, found.url):
        session = await found.session()
        session.deliver(b"STOP", esm_class=0)
        assert (await session.answer())[:2] == (DELIVER | RESP, 0x64)


async def test_what_breaks_us_does_not_come_again_and_costs_nobody_else(world, monkeypatch):
    def broken(*_):
        raise RuntimeError("a fault of ours")

    async with centre(accepting()) as found, running(world, found.url):
        session = await found.session()
        with monkeypatch.context() as patched:
            patched.setattr(world.suppressions, "suppress", broken)
            session.deliver(b"STOP", esm_class=0)
            assert (await session.answer())[:2] == (DELIVER | RESP, 0x65)
        session.deliver(b"STOP", esm_class=0)
        assert (await session.answer())[:2] == OK


async def test_a_text_in_parts_is_known_by_its_last(world):
    async with centre(accepting(1)) as found, running(world, found.url) as (provider, _):
        await world.shop.decide(await world.shop.waits("CE1", hours=30), channels=BOTH)
        await world.shop.send(SmsWay(provider), BOTH)
        parts = len(found.submitted)
        assert parts > 1, "the name of the place needs UCS-2"
        session = await found.session()
        session.deliver(receipt(str(parts)))
        assert (await session.answer())[:2] == OK
    assert await state(world) == "delivered"


async def test_who_leaves_while_binding_leaves(world):
    """The bind was answered, and nobody has read that yet."""
    async with centre(accepting()) as found, running(world, found.url):
        await found.session()


async def test_a_line_that_broke_is_bound_again_and_the_notice_stays_unknown(world):
    async with centre(in_turn(hanging_up)) as found, running(world, found.url) as (provider, _):
        await sent(world, provider)
        assert await state(world) == "unknown"
        await found.session(2)
    assert len(found.submitted) == 1


async def test_a_bind_that_is_refused_is_tried_again_and_the_role_can_end(world):
    async with centre(accepting(), bind=0x14) as found:
        async with running(world, found.url):
            async with asyncio.timeout(10):
                while len(found.binds) < 2:  # noqa: ASYNC110 - the other side's list
                    await asyncio.sleep(0.05)
        assert found.sessions == []


async def test_two_sides_that_never_met_understand_each_other(world):
    """The message centre is another implementation, in another language."""
    port = free_port()
    server = smpp34.Server("127.0.0.1", port, system_id="centre")
    await server.start()
    events: asyncio.Queue = asyncio.Queue()

    async def serve() -> None:
        while True:
            event = await server.next()
            if isinstance(event, smpp34.SubmitSmEvent):
                event.accept("x-1")
            events.put_nowait(event)

    serving = asyncio.create_task(serve())
    async with running(world, f"smpp://klat:secret@127.0.0.1:{port}") as (provider, _):
        async with asyncio.timeout(10):
            esme = await events.get()
        assert (esme.system_id, esme.can_receive) == ("klat", True)
        await sent(world, provider)
        async with asyncio.timeout(10):
            submitted = await events.get()
        assert submitted.source_addr == "Veikals"
        assert submitted.registered_delivery == 1
        answer = await esme.deliver_sm(
            "Veikals", receipt("x-1"), source_addr="37120000001", source_addr_ton=1, esm_class=4
        )
        assert answer.is_success
        assert await state(world) == "delivered"
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    await server.stop()
