"""E-mail: mails are handed to an SMTP server over connections that are kept for a while."""

import asyncio
import ipaddress
import ssl
from email.message import EmailMessage

import idna

from notifier.channels.base import Handed, Outcome
from notifier.channels.smtp_letter import Letter
from notifier.channels.smtp_line import Limits, Line
from notifier.channels.smtp_reply import BAD_ADDRESS, BUSY
from notifier.channels.smtp_url import parse_smtp_url
from notifier.mail.address import wire_address
from notifier.mail.headers import to_bytes


class SmtpMail:
    """Hands mails to the server of KLAT_SMTP_URL, up to `connections` at a time.

    `hello` is the name of this host for EHLO. Certificates are checked against the system's
    authorities (or those of SSL_CERT_FILE) unless `tls` says otherwise.
    """

    def __init__(
        self,
        url: str,
        *,
        hello: str = "localhost",
        connections: int = 2,
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._server = parse_smtp_url(url)
        self._hello = _host_name(hello)
        self._limits = limits or Limits()
        self._tls = tls or ssl.create_default_context()
        self._places = asyncio.Semaphore(connections)
        self._kept: dict[Line, asyncio.TimerHandle] = {}  # and when it ends
        self._closing: set[asyncio.Task[None]] = set()

    async def send(self, message: EmailMessage, sender: str, to: str) -> Handed:
        """What became of one mail to one address. `sender` is where bounces go.

        ACCEPTED: the server took it; `provider_id` is its queue id, else the Message-ID. RETRY: it
        surely did not, and may later. AMBIGUOUS: the answer to the whole mail did not come.
        """
        sender = wire_address(sender, "sender")
        try:
            to = wire_address(to, "recipient")
        except ValueError:
            return Handed(Outcome.REFUSED, BAD_ADDRESS, address_is_bad=True)
        return await self._in_turn(_letter(message, sender, to))

    async def close(self) -> None:
        """Take leave of the server. Mails that are under way are the caller's to wait for."""
        for line in list(self._kept):
            self._leave(line)
        await asyncio.gather(*self._closing)

    async def _in_turn(self, letter: Letter) -> Handed:
        try:
            async with asyncio.timeout(self._limits.place):
                await self._places.acquire()
        except TimeoutError:
            return Handed(Outcome.RETRY, BUSY)
        try:
            return await self._give(letter)
        finally:
            self._places.release()

    async def _give(self, letter: Letter) -> Handed:
        line = self._take()
        if line is not None:
            handed = await self._over(line, letter)
            # That a kept line had died says nothing about the server, nor was the mail taken.
            if handed.outcome is not Outcome.RETRY or line.is_open:
                return handed
        return await self._over(Line(self._server, self._tls, self._hello, self._limits), letter)

    async def _over(self, line: Line, letter: Letter) -> Handed:
        handed = await line.hand(letter)
        if line.is_open:
            self._keep(line)
        return handed

    def _take(self) -> Line | None:
        """The one used last, so that the others can end."""
        while self._kept:
            line, ends = self._kept.popitem()
            ends.cancel()
            if line.is_open:
                return line
        return None

    def _keep(self, line: Line) -> None:
        loop = asyncio.get_running_loop()
        self._kept[line] = loop.call_later(self._limits.idle, self._leave, line)
        if line.mails >= self._limits.mails:
            self._leave(line)

    def _leave(self, line: Line) -> None:
        self._kept.pop(line).cancel()
        task = asyncio.create_task(line.quit(), name="mail.quit")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def _letter(message: EmailMessage, sender: str, to: str) -> Letter:
    utf8 = not (sender + to).isascii()
    identifier = message["Message-ID"]
    return Letter(
        sender,
        to,
        to_bytes(message, utf8=utf8),
        message_id=str(identifier) if identifier else None,
        utf8=utf8,
    )


def _host_name(name: str) -> str:
    """As EHLO takes it: an IP address as a literal (RFC 5321, 4.1.3), a name in A-labels."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name if name.isascii() else idna.encode(name, uts46=True).decode()
    return f"[{address}]" if address.version == 4 else f"[IPv6:{address}]"
