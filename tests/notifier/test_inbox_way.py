"""The ways of the demo: the words of the real ones, kept whole instead of sent."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from notice_values import CODE, EVIL, LINK, QR, hostile, usual

from notifier.channels.base import Handed, Outcome
from notifier.channels.email import SmtpMail
from notifier.deliver import Outgoing
from notifier.inbox import InboxWay
from notifier.render import render_push
from notifier.values import Values
from notifier.ways import MailWay, SmsWay
from schemas.inbox import InboxMessage
from schemas.notice import Channel, Occasion

NOTICE = UUID("11111111-2222-4333-8444-555555555555")
PARCEL = UUID(int=7)
SENDER = "parcels@shop.example"
TO = {Channel.SMS: "+37120000001", Channel.EMAIL: "ilze@example.org", Channel.PUSH: "a device"}


class Kept:
    """Keeps, or says that it cannot."""

    def __init__(self, *, can: bool = True) -> None:
        self.can, self.messages = can, list[InboxMessage]()

    async def keep(self, message: InboxMessage) -> bool:
        self.messages.append(message)
        return self.can


class Gateway:
    name = "twilio"

    async def send(self, to: str, text: str, reference: str) -> Handed:
        raise AssertionError("nobody is reached")


def outgoing(way: InboxWay, values: Values, **changed: str) -> Outgoing:
    to, until = TO[way.channel], values.now + timedelta(hours=1)
    made = Outgoing(NOTICE, PARCEL, until, to, "Ilze Paraugs", values, way.compose(values))
    return replace(made, **changed)


async def sent(channel: Channel, values: Values) -> InboxMessage:
    kept = Kept()
    way = InboxWay(channel, kept.keep, SENDER)
    assert await way.send(outgoing(way, values)) == Handed(Outcome.ACCEPTED)
    (message,) = kept.messages
    return message


@pytest.mark.parametrize("occasion", Occasion)
def test_it_words_as_the_real_ways_do(occasion: Occasion) -> None:
    values = usual(occasion, "lv")
    sms, mail = SmsWay(Gateway()), MailWay(SmtpMail("smtp://127.0.0.1:1"), SENDER)
    for real in (sms, mail):
        assert InboxWay(real.channel, Kept().keep, SENDER).compose(values) == real.compose(values)


async def test_a_text_message_is_kept_whole() -> None:
    message = await sent(Channel.SMS, usual(Occasion.READY_FOR_PICKUP, "lv"))
    assert (message.notice_id, message.channel, message.language) == (NOTICE, Channel.SMS, "lv")
    assert (message.sender, message.to) == ("Dzintara Kafija", TO[Channel.SMS])
    assert CODE in message.text
    assert message.text.endswith(LINK)
    assert CODE not in repr(message)


async def test_a_mail_is_kept_with_its_headers_and_its_picture() -> None:
    message = await sent(Channel.EMAIL, usual(Occasion.READY_FOR_PICKUP, "lv"))
    assert message.sender == f"Dzintara Kafija <{SENDER}>"
    assert message.to == "Ilze Paraugs <ilze@example.org>"
    assert message.title == "Sūtījums ir gatavs saņemšanai (pasūtījums 10023)"
    assert message.html is not None
    assert CODE in message.text
    assert CODE in message.html
    assert 'src="data:image/png;base64,' in message.html
    assert "cid:" not in message.html
    assert QR not in message.html


async def test_a_push_is_kept_as_its_device_would_show_it() -> None:
    values = usual(Occasion.ARRIVING_NEXT, "et")
    message, push = await sent(Channel.PUSH, values), render_push(values)
    assert (message.title, message.text, message.url) == (push.title, push.body, LINK)
    assert message.to == ""


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("channel", Channel)
async def test_hostile_facts_are_kept_as_text(channel: Channel, evil: str) -> None:
    message = await sent(channel, hostile(Occasion.READY_FOR_PICKUP, "lv", evil))
    assert "<script" not in (message.html or "")
    assert not set("\u202e\u2066\x00\x1b") & set(message.text + (message.title or ""))
    assert "\n" not in message.to + (message.title or "")


async def test_what_cannot_be_kept_now_is_tried_again() -> None:
    kept = Kept(can=False)
    way = InboxWay(Channel.SMS, kept.keep, SENDER)
    handed = await way.send(outgoing(way, usual(Occasion.DELIVERED)))
    assert handed == Handed(Outcome.RETRY, "not_kept")


@pytest.mark.parametrize(
    ("channel", "to", "why"),
    [
        (Channel.SMS, "+447700900123", "country"),
        (Channel.SMS, "nobody", "not_a_number"),
        (Channel.EMAIL, "a@b\r\nBcc: c@d", "cannot_be_written"),
    ],
)
async def test_what_a_provider_would_not_take_is_not_kept(
    channel: Channel, to: str, why: str
) -> None:
    kept = Kept()
    way = InboxWay(channel, kept.keep, SENDER)
    handed = await way.send(outgoing(way, usual(Occasion.DELIVERED), to=to))
    assert (handed, kept.messages) == (Handed(Outcome.REFUSED, why), [])
