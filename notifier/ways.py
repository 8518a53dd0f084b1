"""The ways to people that there are: text message, mail, push. Each words and hands over."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from urllib.parse import urlsplit

import structlog

from notifier.channels.base import Handed, Outcome
from notifier.channels.email import SmtpMail
from notifier.channels.sms import SmsProvider
from notifier.channels.web_push import WebPush
from notifier.deliver import Outgoing
from notifier.mail.address import Party
from notifier.mail.message import QR_CID, Identity, Rendered, compose
from notifier.push import LEFT_ALONE, message, together
from notifier.push_services import PushServices, told_of
from notifier.qr import qr_png
from notifier.render import render_email, render_push, render_sms
from notifier.sms.spelling import spelt
from notifier.values import Values
from schemas.notice import Channel
from schemas.push import Subscription

log = structlog.get_logger()


def sms_words(values: Values) -> Mapping[str, str]:
    return {"text": spelt(render_sms(values).pieces, values.language, values.spelling)}


def mail_words(values: Values) -> Mapping[str, str]:
    mail = render_email(values)
    html = mail.html.replace('"cid:qr"', f'"cid:{QR_CID}"')
    return {"subject": mail.subject, "text": mail.text, "html": html}


def mail_message(outgoing: Outgoing, sender: str) -> EmailMessage:
    """In the name of the shop. ValueError names what cannot be written, and repeats nothing."""
    values, words = outgoing.values, outgoing.words
    rendered = Rendered(
        words["subject"], words["text"], words["html"], values.language, _qr(outgoing)
    )
    return compose(
        rendered,
        sender=Party(sender, values.brand.name),
        recipient=Party(outgoing.to, outgoing.name),
        identity=Identity(outgoing.notice_id, outgoing.proof),
        now=values.now,
        help_address=_mailbox(values.brand.help),
        unsubscribe=values.stop,
    )


class SmsWay:
    """Text messages. Which numbers are written to is decided before (notifier/sms/allowed.py)."""

    channel = Channel.SMS

    def __init__(self, provider: SmsProvider) -> None:
        self._provider = provider

    @property
    def provider(self) -> str:
        return self._provider.name

    def compose(self, values: Values) -> Mapping[str, str]:
        return sms_words(values)

    async def send(self, outgoing: Outgoing) -> Handed:
        reference, text = str(outgoing.notice_id), outgoing.words["text"]
        worth = int((outgoing.until - outgoing.values.now).total_seconds())
        return await self._provider.send(
            outgoing.to, text, reference, max(1, worth), outgoing.sender
        )

    async def close(self) -> None:
        """The session is its giver's to close."""


class MailWay:
    """Mails in the name of the shop, from `sender` where it has no address of its own."""

    channel, provider = Channel.EMAIL, "smtp"

    def __init__(self, smtp: SmtpMail, sender: str) -> None:
        self._smtp, self._sender = smtp, sender

    def compose(self, values: Values) -> Mapping[str, str]:
        return mail_words(values)

    async def send(self, outgoing: Outgoing) -> Handed:
        try:
            message = mail_message(outgoing, self._from(outgoing))
        except ValueError:  # a repeat would end alike
            return Handed(Outcome.REFUSED, "cannot_be_written")
        return await self._smtp.send(message, self._from(outgoing), outgoing.to)

    def _from(self, outgoing: Outgoing) -> str:
        return outgoing.sender or self._sender

    async def close(self) -> None:
        await self._smtp.close()


class PushWay:
    """Pushes, to every browser that subscribed, at once. `topic_key`: topics are not guessed.

    What is kept are the words in the language of the person; each browser has those of its page.
    A push service in trouble is left alone, and nobody else waits for it.
    """

    channel, provider = Channel.PUSH, WebPush.name

    def __init__(
        self,
        push: WebPush,
        topic_key: bytes,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._push, self._topic_key, self._clock = push, topic_key, clock
        self._services = PushServices()

    def compose(self, values: Values) -> Mapping[str, str]:
        said = render_push(values)
        return {"subject": said.title, "text": said.body}

    async def send(self, outgoing: Outgoing) -> Handed:
        to = outgoing.subscriptions
        handed = await asyncio.gather(*(self._send(outgoing, each) for each in to))
        return together(list(zip(to, handed, strict=True)))

    async def _send(self, outgoing: Outgoing, to: Subscription) -> Handed:
        said = render_push(replace(outgoing.values, language=to.language, link=to.page))
        told = message(outgoing, to, said, self._topic_key)
        host = urlsplit(to.endpoint).hostname or ""
        wait = self._services.wait(host, self._clock())
        if wait is not None:
            return Handed(Outcome.RETRY, LEFT_ALONE, retry_after=wait, is_untried=True)
        handed = Handed(Outcome.AMBIGUOUS, "fault")
        try:
            handed = await self._push.send(to, told, outgoing.values.now)
        finally:
            self._note(host, handed)
        return handed

    def _note(self, host: str, handed: Handed) -> None:
        seconds = self._services.note(host, handed, self._clock())
        if seconds is not None:
            service = told_of(host)
            log.warning("push.left_alone", service=service, reason=handed.code, seconds=seconds)

    async def close(self) -> None:
        """The session is its giver's to close."""


def _qr(outgoing: Outgoing) -> bytes | None:
    """Only where the mail shows it: then it is for the recipient, and opens something."""
    if outgoing.values.qr is None or f"cid:{QR_CID}" not in outgoing.words["html"]:
        return None
    return qr_png(outgoing.values.qr)


def _mailbox(contact: str | None) -> str | None:
    is_mail = contact is not None and contact.startswith("mailto:")
    return contact.removeprefix("mailto:").partition("?")[0] if contact and is_mail else None
