"""One connection to an SMTP server, over which mails go one after the other."""

import asyncio
import ssl
from dataclasses import dataclass
from typing import cast

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPHeloError,
    SMTPResponseException,
    SMTPServerDisconnected,
)
from aiosmtplib.protocol import SMTPProtocol

from notifier.channels.base import Handed, Outcome
from notifier.channels.smtp_letter import Letter, options, stuffed
from notifier.channels.smtp_reply import (
    AUTH_MISSING,
    SMTPUTF8_MISSING,
    STARTTLS_MISSING,
    Lacks,
    Step,
    fault,
    is_refusal,
    judged,
)
from notifier.channels.smtp_url import SmtpServer


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for each wait, and when a kept connection is given up.

    RFC 5321, 4.5.3.2 asks for minutes, of servers that talk to strangers; one's own relay is quick.
    The wait after the final dot is the longest, since giving up there leaves the mail in doubt.
    However the waits add up, a mail's fate is told within ten minutes.
    """

    place: float = 180.0  # for one of the connections to come free
    opening: float = 20.0  # TCP, greeting, TLS and login together
    command: float = 20.0
    body: float = 30.0
    final: float = 120.0
    idle: float = 20.0
    mails: int = 100  # over one connection


class Line:
    """Opened with its first mail. Whatever goes wrong becomes an answer, never an exception."""

    def __init__(self, server: SmtpServer, tls: ssl.SSLContext, hello: str, limits: Limits) -> None:
        self.mails = 0
        self._server, self._limits = server, limits
        self._step = Step.OPEN
        self._client = SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=hello,
            timeout=limits.command,
            use_tls=server.tls,
            start_tls=False,
            tls_context=tls,
        )

    @property
    def is_open(self) -> bool:
        return self._client.is_connected

    async def hand(self, letter: Letter) -> Handed:
        """Give the mail to the server, and leave the line ready for the next or closed."""
        self._step = Step.OPEN
        try:
            if not self.is_open:
                await self._open()
            self.mails += 1
            return await self._talk(letter)
        except (SMTPException, OSError, Lacks) as error:
            await self._recover(error)
            return fault(self._step, error)
        except BaseException:
            self.drop()
            raise

    async def quit(self) -> None:
        """Close as RFC 5321, 4.1.1.10 wants it, but never wait long for that."""
        try:
            async with asyncio.timeout(self._limits.command):
                await self._client.quit()
        except (SMTPException, OSError):
            pass
        finally:
            self.drop()

    def drop(self) -> None:
        transport = self._client.transport
        self._client.close()
        if transport is not None:  # closed, it would still try to write what nobody reads
            cast("asyncio.WriteTransport", transport).abort()

    async def _open(self) -> None:
        async with asyncio.timeout(self._limits.opening):
            await self._client.connect()
            await self._greet()
            if self._server.starttls:
                await self._encrypt()
            if self._server.user is not None and self._server.password is not None:
                await self._login(self._server.user, self._server.password)

    async def _greet(self) -> None:
        try:
            await self._client.ehlo()
        except SMTPHeloError:
            if not self.is_open:
                raise
            await self._client.helo()

    async def _encrypt(self) -> None:
        """Or nothing: without STARTTLS the mail stays here (RFC 8314, 4.1)."""
        if not self._client.supports_extension("starttls"):
            raise Lacks(STARTTLS_MISSING)
        await self._client.starttls()
        await self._greet()  # what was said before TLS does not count (RFC 3207, 4.2)

    async def _login(self, user: str, password: str) -> None:
        """By the first way that the server really knows; one wrong password is one attempt."""
        ways = {
            "plain": self._client.auth_plain,
            "login": self._client.auth_login,
            "cram-md5": self._client.auth_crammd5,
        }
        refused: Exception = Lacks(AUTH_MISSING)
        for way in filter(self._client.server_auth_methods.__contains__, ways):
            try:
                await ways[way](user, password)
            except SMTPAuthenticationError as error:
                if not 500 <= error.code <= 504:  # RFC 5321, 4.2.2: the command is not known
                    raise
                refused = error
            else:
                return
        raise refused

    async def _talk(self, letter: Letter) -> Handed:
        await self._envelope(letter)
        self._step = Step.DATA
        reply = await self._client.execute_command(b"DATA")
        if reply.code != 354:
            raise SMTPDataError(reply.code, reply.message)
        protocol = await self._body(letter.content)
        protocol.write(b".\r\n")
        self._step = Step.END
        reply = await protocol.read_response(timeout=self._limits.final)
        if not 200 <= reply.code < 300:
            raise SMTPDataError(reply.code, reply.message)
        return judged(self._step, reply.code, reply.message, letter.message_id)

    async def _envelope(self, letter: Letter) -> None:
        if letter.utf8 and not self._client.supports_extension("smtputf8"):
            raise Lacks(SMTPUTF8_MISSING, Outcome.REFUSED)
        mail, rcpt = options(self._client.supports_extension, letter)
        self._step = Step.MAIL
        await self._client.mail(letter.sender, options=mail, encoding="utf-8")
        self._step = Step.RCPT
        await self._client.rcpt(letter.to, options=rcpt, encoding="utf-8")

    async def _body(self, content: bytes) -> SMTPProtocol:
        """Everything but the final dot, so that a line lost until here surely took nothing."""
        protocol, transport = self._client.protocol, self._client.transport
        if protocol is None or transport is None:
            raise SMTPServerDisconnected("lost")
        cast("asyncio.WriteTransport", transport).set_write_buffer_limits(high=0)
        protocol.write(stuffed(content))
        async with asyncio.timeout(self._limits.body):
            await protocol._drain_helper()  # noqa: SLF001 - what asyncio's StreamWriter.drain calls
        if not protocol.is_connected:
            raise SMTPServerDisconnected("lost")
        return protocol

    async def _recover(self, error: Exception) -> None:
        """After a refusal the line serves on; where either side may wait for the other, it ends."""
        refused = isinstance(error, SMTPResponseException) and is_refusal(error.code)
        if not refused or self._step is Step.OPEN:
            self.drop()
            return
        try:
            await self._client.rset()
        except (SMTPException, OSError):
            self.drop()
