"""An SMTP server on loopback that answers as it is told: aiosmtpd, with a script in front of it."""

import asyncio
import logging
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, AuthResult, Envelope

logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # aiosmtpd logs every address

DROP, HANG = "drop", "hang"


@dataclass
class MailServer:
    """`script` says for a step what is answered: replies, DROP, HANG, or None for as usual.

    Steps: CONNECT, EHLO, HELO, STARTTLS, AUTH, MAIL, RCPT, DATA, BODY (354, and then), END, RSET,
    QUIT. The last entry of a step goes on for ever.
    """

    script: dict[str, list[str | None]] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    user: bytes | None = None
    password: bytes | None = None
    extensions: tuple[str, ...] = ()
    smtputf8: bool = False
    port: int = 0
    sessions: list["_Scripted"] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    taken: list[Envelope] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    reached: dict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))

    def url(self, scheme: str = "smtp", login: str = "", query: str = "") -> str:
        return f"{scheme}://{login}127.0.0.1:{self.port}{query}"

    def next_answer(self, step: str) -> str | None:
        answers = self.script.get(step, [None])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def session(self) -> SMTP:
        self.sessions.append(_Scripted(self))
        return self.sessions[-1]

    @property
    def connections(self) -> int:
        return len(self.sessions)

    async def end(self) -> None:
        for session in self.sessions:
            await session.end()

    def authenticate(self, _server, _session, _envelope, _mechanism, data) -> AuthResult:
        right = (data.login, data.password) == (self.user, self.password)
        return AuthResult(success=right, handled=False)

    async def handle_EHLO(self, _server, session, _envelope, host, lines):  # noqa: N802 - aiosmtpd's
        session.host_name = host
        return [*lines[:-1], *(f"250-{each}" for each in self.extensions), lines[-1]]

    async def handle_DATA(self, server, _session, envelope) -> str:  # noqa: N802 - aiosmtpd's
        answer = await server.act("END")
        if answer is None or answer.startswith("2"):
            self.taken.append(envelope)
        return answer or "250 2.0.0 Ok: queued as 4XyZ1234"


class _Scripted(SMTP):
    def __init__(self, server: MailServer) -> None:
        self.server = server
        self.greeted = False
        self.gone = asyncio.Event()
        super().__init__(
            server,
            hostname="mail.test",
            tls_context=server.tls,
            auth_require_tls=False,
            authenticator=server.authenticate,
            enable_SMTPUTF8=server.smtputf8,
            auth_exclude_mechanism=() if server.user else ("LOGIN", "PLAIN"),
        )

    async def act(self, step: str) -> str | None:
        """What the script answers. A line that is dropped or hangs never comes back from here."""
        self.server.heard.append(step)
        self.server.reached[step].set()
        answer = self.server.next_answer(step)
        if answer == DROP:
            self.transport.abort()
        if answer in {DROP, HANG}:
            await asyncio.Event().wait()
        return answer

    async def push(self, status):
        if not self.greeted:
            self.greeted = True
            status = await self.act("CONNECT") or status
        await super().push(status)

    def connection_lost(self, error):
        self.server.left.set()
        super().connection_lost(error)
        self.gone.set()

    async def end(self) -> None:
        if self._handler_coroutine is None:  # TLS failed before anybody spoke
            return
        for transport in (self.transport, self._original_transport):
            if transport is not None:
                transport.abort()
        self._handler_coroutine.cancel()
        await asyncio.gather(self._handler_coroutine, return_exceptions=True)
        if self._tls_protocol is None or self.session.ssl is not None:
            await self.gone.wait()

    async def _scripted(self, step: str, usual, arg) -> None:
        answer = await self.act(step)
        await (usual(arg) if answer is None else self.push(answer))
        if answer and answer.startswith("421"):
            self.transport.close()

    async def smtp_EHLO(self, arg):  # noqa: N802 - aiosmtpd's names, here and below
        await self._scripted("EHLO", super().smtp_EHLO, arg)

    async def smtp_HELO(self, arg):  # noqa: N802 - aiosmtpd's
        await self._scripted("HELO", super().smtp_HELO, arg)

    async def smtp_STARTTLS(self, arg):  # noqa: N802 - aiosmtpd's
        await self._scripted("STARTTLS", super().smtp_STARTTLS, arg)

    async def smtp_AUTH(self, arg):  # noqa: N802 - aiosmtpd's
        await self._scripted("AUTH", super().smtp_AUTH, arg)

    async def smtp_MAIL(self, arg):  # noqa: N802 - aiosmtpd's
        self.mail_command = arg
        await self._scripted("MAIL", super().smtp_MAIL, arg)

    async def smtp_RCPT(self, arg):  # noqa: N802 - aiosmtpd's
        await self._scripted("RCPT", super().smtp_RCPT, arg)

    async def smtp_DATA(self, arg):  # noqa: N802 - aiosmtpd's
        if "BODY" in self.server.script:
            await self.push("354 Go on")
            await self.act("BODY")
        await self._scripted("DATA", super().smtp_DATA, arg)

    async def smtp_RSET(self, arg):  # noqa: N802 - aiosmtpd's
        await self._scripted("RSET", super().smtp_RSET, arg)

    async def smtp_QUIT(self, arg):  # noqa: N802 - aiosmtpd's
        await self._scripted("QUIT", super().smtp_QUIT, arg)

    def _getparams(self, params):
        """Of DSN (RFC 3461) aiosmtpd knows nothing."""
        known = super()._getparams([each.replace("-", "") for each in params if each[0] != "E"])
        return known and {
            name: value for name, value in known.items() if name not in {"RET", "NOTIFY"}
        }


@asynccontextmanager
async def listening(server: MailServer, *, smtps: bool = False) -> AsyncIterator[MailServer]:
    """The server on a free port of loopback."""
    encrypted, server.tls = (server.tls, None) if smtps else (None, server.tls)
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(server.session, "127.0.0.1", 0, ssl=encrypted)
    server.port = listener.sockets[0].getsockname()[1]
    async with listener:
        yield server
        await server.end()
