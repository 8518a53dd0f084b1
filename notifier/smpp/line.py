"""One line to a message centre (SMSC), bound as a transceiver: asked, answered, looked after.

Nothing is known of a request whose answer does not come: it was written, and the centre may have
read it. `NotWritten` and `NoAnswer` tell the two apart.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Self

from notifier.smpp import status
from notifier.smpp.pdu import (
    HEADER,
    LAST_SEQUENCE,
    LONGEST,
    Body,
    Command,
    Header,
    Malformed,
    Value,
    decode,
    encode,
    read_header,
)
from notifier.smpp.url import SmppServer

_VERSION: Final = 0x34
_ANSWERS: Final = {
    Command.SUBMIT_SM_RESP,
    Command.UNBIND_RESP,
    Command.BIND_TRANSCEIVER_RESP,
    Command.ENQUIRE_LINK_RESP,
    Command.GENERIC_NACK,
}

Take = Callable[[Body], Awaitable[int]]
"""Takes a deliver_sm; the command_status that answers it."""


class NotBound(Exception):  # noqa: N818 - named for what the caller sees
    """There is no bound line. `code` is a stable word or the name of the centre's status."""

    def __init__(self, code: str, *, is_for_the_operator: bool = False) -> None:
        super().__init__(code)
        self.code, self.is_for_the_operator = code, is_for_the_operator


class NotWritten(Exception):  # noqa: N818 - the same
    """The line was gone, or its window stayed full, before a word was written; see `code`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NoAnswer(Exception):  # noqa: N818 - the same
    """It was written, and the line ended or stayed silent before the answer came."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds. `taking`: deliver_sm in hand at the most; those beyond are told to come again."""

    connect: float = 10.0
    answer: float = 20.0
    leave: float = 1.0
    taking: int = 50


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is None where the answer could not be read; its status stands nevertheless."""

    status: int
    is_nack: bool
    body: Body | None


class Line:
    """Made by `bound`; of use while `run` runs."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        window: int,
        limits: Limits,
    ) -> None:
        self._reader, self._writer, self._limits = reader, writer, limits
        self._window = asyncio.Semaphore(window)
        self._sequence = 0
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._taking: set[asyncio.Task[None]] = set()
        self._ended = False

    @classmethod
    async def bound(
        cls, server: SmppServer, limits: Limits, tls: ssl.SSLContext | None = None
    ) -> Self:
        """Connect and bind. Raises NotBound."""
        context = (tls or ssl.create_default_context()) if server.tls else None
        try:
            async with asyncio.timeout(limits.connect):
                reader, writer = await asyncio.open_connection(
                    server.host, server.port, ssl=context, limit=LONGEST
                )
        except ssl.SSLCertVerificationError:
            raise NotBound("certificate", is_for_the_operator=True) from None
        except (OSError, TimeoutError):
            raise NotBound("unreachable") from None
        line = cls(reader, writer, server.window, limits)
        try:
            await line._bind(server)
        except BaseException:
            writer.transport.abort()
            raise
        return line

    async def _bind(self, server: SmppServer) -> None:
        """Nothing but the answer is expected yet; whatever else comes is no message centre."""
        asked: dict[str, Value] = {
            "system_id": server.system_id,
            "password": server.password,
            "system_type": server.system_type,
            "interface_version": _VERSION,
        }
        sequence = self._write(Command.BIND_TRANSCEIVER, asked)
        try:
            async with asyncio.timeout(self._limits.answer):
                header, _ = await self._read()
        except TimeoutError:
            raise NotBound("silent") from None
        except (OSError, EOFError, Malformed):
            raise NotBound("disconnected") from None
        if header.sequence != sequence or header.command not in _ANSWERS:
            raise NotBound("unreadable")
        if header.status != status.OK or header.command == Command.GENERIC_NACK:
            name = status.name_of(header.status)
            raise NotBound(name, is_for_the_operator=status.is_for_the_operator(header.status))

    async def ask(self, command: Command, values: dict[str, Value] | None = None) -> Answer:
        """Raises NotWritten, NoAnswer."""
        if self._ended or self._writer.is_closing():
            raise NotWritten("not_bound")
        sequence = self._write(command, values)
        waiting: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[sequence] = waiting
        try:
            async with asyncio.timeout(self._limits.answer):
                return await waiting
        except TimeoutError:
            raise NoAnswer from None
        finally:
            del self._waiting[sequence]

    async def submit(self, values: dict[str, Value]) -> Answer:
        """Raises NotWritten, NoAnswer. ValueError: a field cannot be written, and nothing was."""
        try:
            async with asyncio.timeout(self._limits.answer):
                await self._window.acquire()
        except TimeoutError:
            raise NotWritten("window_full") from None
        try:
            return await self.ask(Command.SUBMIT_SM, values)
        finally:
            self._window.release()

    async def run(self, take: Take, enquire_link: float) -> str:
        """Read until the line ends; a stable word for why. What is in hand then is let go."""
        looking = asyncio.create_task(self._look_after(enquire_link))
        try:
            return await self._listen(take)
        finally:
            looking.cancel()
            self._end()
            tasks = {looking, *self._taking}
            for each in tasks:
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """Unbind, and hang up whether or not that is answered."""
        with contextlib.suppress(NotWritten, NoAnswer, TimeoutError):
            async with asyncio.timeout(self._limits.leave):
                await self.ask(Command.UNBIND)
        self._end()

    def _end(self) -> None:
        """Nobody answers any more those who wait."""
        self._ended = True
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(NoAnswer())
        self._writer.close()  # what was written last still goes, if it goes soon
        self._hang_up_soon()

    def _hang_up_soon(self) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(self._limits.leave, self._writer.transport.abort)

    async def _look_after(self, every: float) -> None:
        """Ask whether the other side still is there; hang up where it does not say so."""
        while True:
            await asyncio.sleep(every)
            try:
                await self.ask(Command.ENQUIRE_LINK)
            except (NoAnswer, NotWritten):
                self._writer.transport.abort()
                return

    async def _listen(self, take: Take) -> str:
        try:
            while True:
                header, body = await self._read()
                if header.is_response:
                    self._answered(header, body)
                else:
                    self._asked(header, body, take)
                    await self._writer.drain()  # who does not read is not read either
        except Malformed:
            # Where a PDU ends is not known any more, so neither is where the next begins.
            self._write(Command.GENERIC_NACK, None, 0, status.INVALID_COMMAND_LENGTH)
            return "garbled"
        except (OSError, EOFError):
            return "unbound" if self._ended else "disconnected"

    async def _read(self) -> tuple[Header, bytes]:
        """Raises Malformed where the length cannot be one, OSError, EOFError."""
        header = read_header(await self._reader.readexactly(HEADER.size))
        if not HEADER.size <= header.length <= LONGEST:
            raise Malformed("command_length: is none of a PDU")
        return header, await self._reader.readexactly(header.length - HEADER.size)

    def _answered(self, header: Header, body: bytes) -> None:
        """What answers nothing that waits came too late, or twice."""
        waiting = self._waiting.get(header.sequence)
        if waiting is None or waiting.done() or header.command not in _ANSWERS:
            return
        nack = header.command == Command.GENERIC_NACK
        try:
            read = decode(Command(header.command), body)
        except Malformed:
            read = None
        waiting.set_result(Answer(header.status, nack, read))

    def _asked(self, header: Header, body: bytes, take: Take) -> None:
        match header.command:
            case Command.ENQUIRE_LINK:
                self._write(Command.ENQUIRE_LINK_RESP, None, header.sequence)
            case Command.DELIVER_SM:
                self._delivered(header, body, take)
            case Command.UNBIND:
                # Answers to what was asked before may still come, and then the centre hangs up.
                self._write(Command.UNBIND_RESP, None, header.sequence)
                self._ended = True
                self._hang_up_soon()
            case _:
                self._write(Command.GENERIC_NACK, None, header.sequence, status.INVALID_COMMAND_ID)

    def _delivered(self, header: Header, body: bytes, take: Take) -> None:
        if len(self._taking) >= self._limits.taking:
            self._write(Command.DELIVER_SM_RESP, None, header.sequence, status.QUEUE_FULL)
            return
        try:
            read = decode(Command.DELIVER_SM, body)
        except Malformed:
            self._write(Command.DELIVER_SM_RESP, None, header.sequence, status.PERMANENT)
            return
        task = asyncio.create_task(self._take(header.sequence, read, take))
        self._taking.add(task)
        task.add_done_callback(self._taking.discard)

    async def _take(self, sequence: int, body: Body, take: Take) -> None:
        """Answered after it was kept: what is cut off before that comes again."""
        self._write(Command.DELIVER_SM_RESP, None, sequence, await take(body))

    def _write(
        self,
        command: Command,
        values: dict[str, Value] | None = None,
        sequence: int | None = None,
        command_status: int = 0,
    ) -> int:
        """The sequence number it went under. ValueError: it cannot be written, and was not."""
        number = self._next() if sequence is None else sequence
        pdu = encode(command, number, values, status=command_status)
        self._writer.write(pdu)
        return number

    def _next(self) -> int:
        self._sequence = self._sequence % LAST_SEQUENCE + 1
        return self._sequence
