"""The ways to people that there are: a text message, a mail. Each words and hands over."""

import io
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Final

import segno

from notifier.channels.base import Handed, Outcome
from notifier.channels.email import SmtpMail
from notifier.channels.sms import SmsProvider
from notifier.deliver import Outgoing
from notifier.mail.address import Party
from notifier.mail.message import QR_CID, Rendered, compose
from notifier.render import render_email, render_sms
from notifier.sms.spelling import spelt
from notifier.values import Values
from schemas.notice import Channel

_QR_SCALE: Final = 6  # pixels a module


class SmsWay:
    """Text messages. Which numbers are written to is decided before (notifier/sms/allowed.py)."""

    channel = Channel.SMS

    def __init__(self, provider: SmsProvider) -> None:
        self._provider = provider

    @property
    def provider(self) -> str:
        return self._provider.name

    def compose(self, values: Values) -> Mapping[str, str]:
        pieces = render_sms(values).pieces
        return {"text": spelt(pieces, values.language, may_shorten=True)}

    async def send(self, outgoing: Outgoing) -> Handed:
        reference = str(outgoing.notice_id)
        return await self._provider.send(outgoing.to, outgoing.words["text"], reference)

    async def close(self) -> None:
        """The session is its giver's to close."""


class MailWay:
    """Mails from `sender`, in the name of the shop."""

    channel, provider = Channel.EMAIL, "smtp"

    def __init__(self, smtp: SmtpMail, sender: str) -> None:
        self._smtp, self._sender = smtp, sender

    def compose(self, values: Values) -> Mapping[str, str]:
        mail = render_email(values)
        html = mail.html.replace('"cid:qr"', f'"cid:{QR_CID}"')
        return {"subject": mail.subject, "text": mail.text, "html": html}

    async def send(self, outgoing: Outgoing) -> Handed:
        try:
            message = self._message(outgoing)
        except ValueError:  # it names the field and repeats nothing, and a repeat would end alike
            return Handed(Outcome.REFUSED, "cannot_be_written")
        return await self._smtp.send(message, self._sender, outgoing.to)

    def _message(self, outgoing: Outgoing) -> EmailMessage:
        values, words = outgoing.values, outgoing.words
        rendered = Rendered(
            words["subject"], words["text"], words["html"], values.language, _qr(outgoing)
        )
        return compose(
            rendered,
            sender=Party(self._sender, values.brand.name),
            recipient=Party(outgoing.to, outgoing.name),
            notice_id=outgoing.notice_id,
            now=values.now,
            help_address=_mailbox(values.brand.help),
            unsubscribe=values.stop,
        )

    async def close(self) -> None:
        await self._smtp.close()


def _qr(outgoing: Outgoing) -> bytes | None:
    """Only where the mail shows it: then it is for the recipient, and opens something."""
    if outgoing.values.qr is None or f"cid:{QR_CID}" not in outgoing.words["html"]:
        return None
    drawn = io.BytesIO()
    segno.make(outgoing.values.qr, error="m", micro=False).save(drawn, kind="png", scale=_QR_SCALE)
    return drawn.getvalue()


def _mailbox(contact: str | None) -> str | None:
    is_mail = contact is not None and contact.startswith("mailto:")
    return contact.removeprefix("mailto:").partition("?")[0] if contact and is_mail else None
