"""Sending by SMPP to a message centre: what is known afterwards, and what must not be said."""

import asyncio
from contextlib import asynccontextmanager

import pytest
import smpp34
from mail_certificate import certificate
from message_centre import (
    DELIVER,
    ENQUIRE,
    NACK,
    RESP,
    SUBMIT,
    UNBIND,
    accepting,
    centre,
    hanging_up,
    in_turn,
    pdu,
    rejecting,
    silent,
)
from people import PHONE, said_of_people
from sms_gateway import not_accepting, refusing

from notifier.channels.base import Handed, Outcome
from notifier.channels.smpp import Patience, SmppSms, validity
from notifier.smpp.line import Limits, NotBound
from notifier.smpp.url import parse_smpp_url

ACCEPTED, REFUSED = Outcome.ACCEPTED, Outcome.REFUSED
RETRY, AMBIGUOUS = Outcome.RETRY, Outcome.AMBIGUOUS
REFERENCE = "0190a5f0-0000-7000-8000-000000000001"
TAKEN = Handed(ACCEPTED, provider_id="3")
LONG = "Kods 482913. " + "x" * 300  # three parts
LATER = Limits()
SOON = Limits(connect=2.0, answer=0.3, leave=0.2)
AT_ONCE = Patience(bound=0.2, parts=(0.0, 0.0))


async def taken(_) -> int:
    return 0


def sms(url: str, limits: Limits = LATER, sender: str = "Veikals") -> SmppSms:
    return SmppSms(parse_smpp_url(url), sender, limits=limits, patience=AT_ONCE)


@asynccontextmanager
async def bound(found, limits: Limits = LATER, take=taken):
    provider = sms(found.url, limits)
    await provider.bind()
    serving = asyncio.create_task(provider.serve(take))
    await asyncio.sleep(0)
    try:
        yield provider
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def sent(provider: SmppSms, text: str = "Kods 482913", seconds: int | None = 7200) -> Handed:
    handed = await provider.send(PHONE, text, REFERENCE, seconds)
    assert not said_of_people(repr(handed) + repr(provider) + repr(provider.server))
    assert "secret" not in repr(provider.server)
    return handed


async def test_what_is_taken_is_known_by_the_centres_id():
    async with centre(accepting(17)) as found, bound(found) as provider:
        assert await sent(provider) == Handed(ACCEPTED, provider_id="17")
    (message,) = found.submitted
    assert (message.destination_addr, message.dest_addr_ton, message.dest_addr_npi) == (
        PHONE.removeprefix("+"),
        1,
        1,
    )
    assert (message.source_addr, message.source_addr_ton, message.source_addr_npi) == (
        "Veikals",
        5,
        0,
    )
    assert (message.short_message, message.data_coding, message.esm_class) == (
        b"Kods 482913",
        0,
        0,
    )
    assert message.validity_period == "000000020000000R"
    assert message.registered_delivery == 1


async def test_a_shop_has_a_sender_of_its_own():
    async with centre(accepting(17)) as found, bound(found) as provider:
        await provider.send(PHONE, LONG, REFERENCE, 60, "+37167000000")
        refused = await provider.send(PHONE, LONG, REFERENCE, 60, "MG" + "0" * 32)
    assert {(each.source_addr, each.source_addr_ton) for each in found.submitted} == {
        ("37167000000", 1)
    }
    assert refused == Handed(REFUSED, "sender"), "a service of another provider's"


async def test_the_bind_says_who_we_are():
    async with centre(accepting(), options="system_type=shop") as found, bound(found):
        await found.session()
    assert found.binds == [b"klat\0secret\0shop\0\x34\0\0\0"]


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (0x58, Handed(RETRY, "esme_rthrottled")),
        (0x14, Handed(RETRY, "esme_rmsgqful")),
        (0x08, Handed(RETRY, "esme_rsyserr")),
        (0x45, Handed(RETRY, "esme_rsubmitfail")),
        (0x0A, Handed(RETRY, "esme_rinvsrcadr")),
        (0x04, Handed(RETRY, "esme_rinvbndsts")),
        (0x411, Handed(RETRY, "esme_0x00000411")),
        (0xFF, Handed(RETRY, "esme_runknownerr")),
        (0x0B, Handed(REFUSED, "esme_rinvdstadr", address_is_bad=True)),
        (0x01, Handed(REFUSED, "esme_rinvmsglen")),
        (0x65, Handed(REFUSED, "esme_rx_p_appn")),
    ],
)
@pytest.mark.parametrize("body", [b"", b"\0"])
async def test_an_error_is_a_message_that_was_not_taken(status, wanted, body):
    async with centre(rejecting(status, body=body)) as found, bound(found) as provider:
        assert await sent(provider) == wanted


async def test_a_line_that_breaks_after_the_message_was_written_leaves_it_ambiguous():
    async with centre(hanging_up) as found, bound(found) as provider:
        assert await sent(provider) == Handed(AMBIGUOUS, "no_answer")
    assert len(found.submitted) == 1


async def test_a_centre_that_stays_silent_leaves_it_ambiguous():
    async with centre(silent) as found, bound(found, SOON) as provider:
        assert await sent(provider) == Handed(AMBIGUOUS, "no_answer")


async def test_an_answer_that_comes_too_late_or_twice_settles_nobody_elses():
    late = []

    def behave(submitted):
        late.append(submitted)
        if len(late) == 2:
            late[0].accept("first")
            late[1].accept("second")
            late[1].accept("again")

    async with centre(behave) as found, bound(found, SOON) as provider:
        assert (await sent(provider)).outcome is AMBIGUOUS
        assert (await sent(provider)).provider_id == "second"


async def test_while_nothing_is_bound_nothing_has_left():
    async with centre(accepting()) as found:
        provider = sms(found.url)
        assert await sent(provider) == Handed(RETRY, "not_bound")
    assert found.submitted == []


async def test_a_line_that_is_gone_is_bound_anew():
    behave = in_turn(hanging_up, accepting(5))
    async with centre(behave) as found:
        provider = sms(found.url)
        for wanted in (AMBIGUOUS, ACCEPTED):
            await provider.bind()
            serving = asyncio.create_task(provider.serve(taken))
            assert (await sent(provider)).outcome is wanted
            if wanted is AMBIGUOUS:
                assert await serving == "disconnected"
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def test_the_window_holds_what_waits_for_its_answer():
    arrived: asyncio.Queue = asyncio.Queue()
    behave = arrived.put_nowait
    async with centre(behave, options="window=2") as found, bound(found) as provider:
        sending = [asyncio.create_task(sent(provider)) for _ in range(5)]
        async with asyncio.timeout(5):
            waiting = [await arrived.get(), await arrived.get()]
            for number in range(5):
                assert len(found.submitted) <= number + 2
                waiting[number].accept(str(number))
                if number < 3:
                    waiting.append(await arrived.get())
        told = await asyncio.gather(*sending)
    assert sorted(handed.provider_id for handed in told) == ["0", "1", "2", "3", "4"]


async def test_a_window_that_stays_full_lets_nothing_leave():
    async with centre(silent, options="window=1") as found, bound(found, SOON) as provider:
        told = await asyncio.gather(*(sent(provider) for _ in range(4)))
    left = [handed for handed in told if handed.outcome is AMBIGUOUS]
    assert len(left) == len(found.submitted) < 4
    assert [handed for handed in told if handed not in left] == [Handed(RETRY, "window_full")] * (
        4 - len(left)
    )


@pytest.mark.parametrize(
    ("text", "size", "coding"),
    [(LONG, 153, 0), ("Jūsu sūtījums " * 8, 134, 8), ("€" * 100, 152, 0)],
)
async def test_a_long_text_goes_in_parts_that_its_phone_joins(text, size, coding):
    async with centre(accepting()) as found, bound(found) as provider:
        handed = await sent(provider, text)
    messages = found.submitted
    assert len(messages) > 1
    assert handed == Handed(ACCEPTED, provider_id=str(len(messages)))
    headers = [message.short_message[:6] for message in messages]
    assert len({header[3] for header in headers}) == 1, "one reference"
    assert [header[:3] + header[4:] for header in headers] == [
        bytes([5, 0, 3, len(messages), place]) for place in range(1, len(messages) + 1)
    ]
    assert {message.esm_class for message in messages} == {0x40}
    assert {message.data_coding for message in messages} == {coding}
    assert [len(message.short_message) - 6 for message in messages[:-1]] == [size] * (
        len(messages) - 1
    )
    assert [message.registered_delivery for message in messages] == [0] * (len(messages) - 1) + [1]


@pytest.mark.parametrize(
    ("then", "wanted", "asked"),
    [
        # refused at the first part: nothing has left
        ([rejecting(0x58)], Handed(RETRY, "esme_rthrottled"), 1),
        # throttled after it: waited for
        ([accepting(), rejecting(0x58), accepting(2), accepting(3)], TAKEN, 4),
        # for too long: the whole is not taken
        ([accepting(), *(rejecting(0x14) for _ in range(3))],
         Handed(RETRY, "esme_rmsgqful", is_paid=True), 4),
        # another error is not waited for
        ([accepting(), rejecting(0x08)], Handed(RETRY, "esme_rsyserr", is_paid=True), 2),
        ([accepting(), rejecting(0x65)], Handed(REFUSED, "esme_rx_p_appn", is_paid=True), 2),
        # written and not answered
        ([accepting(), hanging_up], Handed(AMBIGUOUS, "no_answer", is_paid=True), 2),
    ],
)  # fmt: skip
async def test_a_text_of_several_parts_ends_as_its_last_part_did(then, wanted, asked):
    async with centre(in_turn(*then)) as found, bound(found) as provider:
        assert await sent(provider, LONG) == wanted
    assert len(found.submitted) == asked


async def test_a_text_that_is_sent_again_is_the_same_to_the_phone():
    behave = in_turn(rejecting(0x58), *[accepting()] * 3)
    async with centre(behave) as found, bound(found) as provider:
        assert (await sent(provider, LONG)).outcome is RETRY
        assert (await sent(provider, LONG)).outcome is ACCEPTED
    first, second, *_ = found.submitted
    assert first.short_message == second.short_message


async def test_a_text_without_end_is_not_sent():
    async with centre(accepting()) as found, bound(found) as provider:
        assert await sent(provider, "x" * 5000) == Handed(REFUSED, "too_long")
    assert found.submitted == []


async def test_a_nack_says_that_it_was_not_read():
    def behave(submitted):
        submitted.session.say(pdu(NACK, submitted.sequence, status=3))

    async with centre(behave) as found, bound(found) as provider:
        assert await sent(provider) == Handed(RETRY, "generic_nack")


async def test_an_id_that_is_no_name_is_none():
    async with centre(lambda submitted: submitted.accept("")) as found, bound(found) as provider:
        assert await sent(provider) == Handed(ACCEPTED)


@pytest.mark.parametrize("status", [0x0E, 0x0D, 0x05])
async def test_a_bind_that_is_refused_says_why(status):
    async with centre(accepting(), bind=status) as found:
        with pytest.raises(NotBound) as refused:
            await sms(found.url).bind()
    names = {0x0E: "esme_rinvpaswd", 0x0D: "esme_rbindfail", 0x05: "esme_ralybnd"}
    assert refused.value.code == names[status]
    assert refused.value.is_for_the_operator == (status != 0x05)


async def test_with_tls_the_centre_proves_who_it_is(tmp_path):
    serving, trusting = certificate(tmp_path, "127.0.0.1")
    async with centre(accepting(), tls=serving) as found:
        server = parse_smpp_url(found.url.replace("smpp://", "smpps://"))
        with pytest.raises(NotBound, match="certificate") as refused:
            await SmppSms(server, "Veikals").bind()
        assert refused.value.is_for_the_operator
        provider = SmppSms(server, "Veikals", tls=trusting, limits=SOON, patience=AT_ONCE)
        await provider.bind()
        line = asyncio.create_task(provider.serve(taken))
        assert (await sent(provider)).outcome is ACCEPTED
        await provider.close()
        async with asyncio.timeout(5):
            await line


async def test_a_bind_that_is_not_answered_is_given_up():
    async with centre(accepting(), bind=None) as found:
        with pytest.raises(NotBound, match="silent"):
            await sms(found.url, SOON).bind()


async def test_a_centre_that_is_not_there_is_unreachable():
    async with not_accepting() as full:
        for url in (refusing(), full):
            provider = sms(url.replace("http://", "smpp://a:b@"), Limits(connect=0.2))
            with pytest.raises(NotBound, match="unreachable"):
                await provider.bind()


async def test_what_speaks_no_smpp_is_no_centre():
    async def speak(_, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"x" * 64)
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(NotBound, match="disconnected"):
            await sms(f"smpp://a:b@127.0.0.1:{port}", SOON).bind()


@pytest.mark.parametrize("length", [0, 15, 70 * 1024, 2**32 - 1])
async def test_a_pdu_of_an_impossible_length_ends_the_line_and_fills_no_memory(length):
    async with centre(accepting()) as found:
        provider = sms(found.url, SOON)
        await provider.bind()
        serving = asyncio.create_task(provider.serve(taken))
        session = await found.session()
        session.say(length.to_bytes(4, "big") + b"\0" * 12)
        assert (await session.answer())[:2] == (NACK, 0x02)
        async with asyncio.timeout(5):
            assert await serving == "garbled"
        assert (await sent(provider)).outcome is RETRY


async def test_a_command_that_nobody_knows_is_told_so_and_the_line_goes_on():
    async with centre(accepting()) as found, bound(found) as provider:
        session = await found.session()
        sequence = session.ask(0x00000666, b"whatever")
        assert await session.answer() == (NACK, 0x03, sequence)
        assert (await sent(provider)).outcome is ACCEPTED


async def test_an_answer_that_nobody_asked_for_is_passed_over():
    async with centre(accepting()) as found, bound(found) as provider:
        session = await found.session()
        session.say(pdu(SUBMIT | RESP, 4711, b"9\0") + pdu(0x80000999, 1) + pdu(NACK, 0))
        assert (await sent(provider)).outcome is ACCEPTED


async def test_what_is_delivered_is_answered_when_it_was_taken():
    came, let_go = [], asyncio.Event()

    async def take(message):
        came.append(message)
        await let_go.wait()
        return 0

    async with centre(accepting()) as found, bound(found, take=take) as provider:
        session = await found.session()
        session.deliver(b"id:1 stat:DELIVRD")
        assert (await sent(provider)).outcome is ACCEPTED, "answers do not wait for it"
        assert session.answers.empty()
        let_go.set()
        assert (await session.answer())[:2] == (DELIVER | RESP, 0)
    assert [message.octets("short_message") for message in came] == [b"id:1 stat:DELIVRD"]


async def test_more_than_can_be_taken_shall_come_again():
    let_go = asyncio.Event()

    async def take(_):
        await let_go.wait()
        return 0

    limits = Limits(taking=3)
    async with centre(accepting()) as found, bound(found, limits, take):
        session = await found.session()
        for _ in range(5):
            session.deliver(b"id:1 stat:DELIVRD")
        told = [await session.answer() for _ in range(2)]
        assert {status for _, status, _ in told} == {0x14}
        let_go.set()
        assert {(await session.answer())[1] for _ in range(3)} == {0}


@pytest.mark.parametrize("cut", [0, 1, 20, 33])
async def test_what_is_delivered_broken_is_refused_and_the_line_goes_on(cut):
    whole = smpp34.DeliverSm("371", "Veikals", b"id:1 stat:DELIVRD").encode()[16:]
    async with centre(accepting()) as found, bound(found) as provider:
        session = await found.session()
        sequence = session.ask(DELIVER, whole[:cut])
        assert await session.answer() == (DELIVER | RESP, 0x65, sequence)
        assert (await sent(provider)).outcome is ACCEPTED


async def test_both_sides_ask_whether_the_other_is_there():
    async with centre(accepting(), options="enquire_link=1") as found, bound(found):
        session = await found.session()
        sequence = session.ask(ENQUIRE)
        assert await session.answer() == (ENQUIRE | RESP, 0, sequence)
        async with asyncio.timeout(5):
            await found.enquired.wait()


async def test_a_centre_that_does_not_say_that_it_is_there_is_left():
    async with centre(accepting(), mute=True, options="enquire_link=1") as found:
        provider = sms(found.url, SOON)
        await provider.bind()
        async with asyncio.timeout(5):
            assert await provider.serve(taken) == "disconnected"


async def test_a_centre_that_takes_leave_is_let_go_and_still_answers_what_it_has():
    arrived: asyncio.Queue = asyncio.Queue()
    async with centre(arrived.put_nowait) as found:
        provider = sms(found.url, SOON)
        await provider.bind()
        serving = asyncio.create_task(provider.serve(taken))
        session = await found.session()
        sending = asyncio.create_task(sent(provider))
        async with asyncio.timeout(5):
            waiting = await arrived.get()
        sequence = session.ask(UNBIND)
        assert await session.answer() == (UNBIND | RESP, 0, sequence)
        assert await sent(provider) == Handed(RETRY, "not_bound")
        waiting.accept("1")
        assert await sending == Handed(ACCEPTED, provider_id="1")
        async with asyncio.timeout(5):
            assert await serving == "unbound"


async def test_we_take_leave():
    async with centre(accepting()) as found:
        provider = sms(found.url, SOON)
        await provider.bind()
        serving = asyncio.create_task(provider.serve(taken))
        await found.session()
        await provider.close()
        assert found.unbound.is_set()
        async with asyncio.timeout(5):
            await serving
        assert await sent(provider) == Handed(RETRY, "not_bound")


@pytest.mark.parametrize(
    ("seconds", "wanted"),
    [
        (None, ""),
        (-5, "000000000001000R"),
        (59, "000000000059000R"),
        (2 * 86_400 + 3 * 3600 + 61, "000002030101000R"),
        (90 * 86_400, "000030000000000R"),
    ],
)
def test_how_long_it_is_true_is_told_as_a_relative_time(seconds, wanted):
    assert validity(seconds) == wanted
