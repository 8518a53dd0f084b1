"""The ways of the demo: worded as any other, and handed to an inbox instead of a provider."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from email.message import EmailMessage
from typing import Final

from notifier.channels.base import Handed, Outcome
from notifier.deliver import Outgoing
from notifier.mail.message import QR_CID
from notifier.qr import with_picture
from notifier.render import render_push
from notifier.sms.allowed import BALTIC, why_not
from notifier.values import Values
from notifier.ways import mail_message, mail_words, sms_words
from schemas.inbox import InboxMessage
from schemas.notice import Channel

Keep = Callable[[InboxMessage], Awaitable[bool]]
"""Keeps a message, once however often it is given; False where it cannot be kept now."""


class InboxWay:
    """Where nobody is reached. Refuses what a provider's way refuses, before it is kept."""

    provider: Final = "inbox"

    def __init__(
        self, channel: Channel, keep: Keep, sender: str, countries: Collection[str] = BALTIC
    ) -> None:
        self._channel, self._keep, self._sender = channel, keep, sender
        self._countries = countries

    @property
    def channel(self) -> Channel:
        return self._channel

    def compose(self, values: Values) -> Mapping[str, str]:
        match self._channel:
            case Channel.SMS:
                return sms_words(values)
            case Channel.EMAIL:
                return mail_words(values)
            case Channel.PUSH:
                return push_words(values)

    async def send(self, outgoing: Outgoing) -> Handed:
        if self._channel is Channel.SMS and (why := why_not(outgoing.to, self._countries)):
            return Handed(Outcome.REFUSED, why)
        try:
            message = self._message(outgoing)
        except ValueError:
            return Handed(Outcome.REFUSED, "cannot_be_written")
        if await self._keep(message):
            return Handed(Outcome.ACCEPTED)
        return Handed(Outcome.RETRY, "not_kept")

    def _message(self, outgoing: Outgoing) -> InboxMessage:
        match self._channel:
            case Channel.SMS:
                return _kept(outgoing, self._channel, text=outgoing.words["text"])
            case Channel.EMAIL:
                return _mail(outgoing, mail_message(outgoing, self._sender))
            case Channel.PUSH:
                words = outgoing.words
                return _kept(
                    outgoing,
                    self._channel,
                    to="",  # a device, which has no name
                    title=words["title"],
                    text=words["body"],
                    url=words["url"],
                )

    async def close(self) -> None:
        """Nobody to take leave of."""


def push_words(values: Values) -> Mapping[str, str]:
    push = render_push(values)
    return {"title": push.title, "body": push.body, "url": push.url}


def _kept(outgoing: Outgoing, channel: Channel, **shown: str | None) -> InboxMessage:
    values = outgoing.values
    known = {
        "notice_id": outgoing.notice_id,
        "channel": channel,
        "occasion": values.occasion,
        "language": values.language,
        "sender": values.brand.name,
        "to": outgoing.to,
    }
    return InboxMessage.model_validate({**known, **shown})


def _mail(outgoing: Outgoing, message: EmailMessage) -> InboxMessage:
    """From the mail as it would leave: with its headers, and with what was cleaned out of it."""
    pictures = (part for part in message.walk() if part.get_content_type() == "image/png")
    picture = next((part.get_content() for part in pictures), None)
    return _kept(
        outgoing,
        Channel.EMAIL,
        sender=str(message["From"]),
        to=str(message["To"]),
        title=str(message["Subject"]),
        text=_part(message, "plain"),
        html=with_picture(_part(message, "html"), QR_CID, picture),
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None, "every mail of ours has both"
    return str(part.get_content())
