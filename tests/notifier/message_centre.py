"""A message centre (SMSC) on loopback that behaves, and that misbehaves as centres and lines do."""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count

import smpp34

HEADER = struct.Struct(">IIII")
BIND, SUBMIT, DELIVER, UNBIND, ENQUIRE = 0x09, 0x04, 0x05, 0x06, 0x15
RESP, NACK = 0x80000000, 0x80000000
TON_INTERNATIONAL = 1


def pdu(command: int, sequence: int, body: bytes = b"", status: int = 0) -> bytes:
    return HEADER.pack(16 + len(body), command, status, sequence) + body


@dataclass
class Session:
    """One line of a client. `answers` are the PDUs with which it answered what we asked."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    answers: asyncio.Queue = field(default_factory=asyncio.Queue)
    _sequence: count = field(default_factory=lambda: count(1))

    def say(self, octets: bytes) -> None:
        self.writer.write(octets)

    def ask(self, command: int, body: bytes = b"") -> int:
        sequence = next(self._sequence)
        self.say(pdu(command, sequence, body))
        return sequence

    def deliver(self, text: bytes, *, esm_class: int = 0x04, source: str = "37120000001", **more):
        """A deliver_sm, written by an independent implementation."""
        message = smpp34.DeliverSm(
            source, "Veikals", text, source_addr_ton=1, esm_class=esm_class,
            sequence_number=next(self._sequence), **more,
        )  # fmt: skip
        self.say(message.encode())

    async def answer(self) -> tuple[int, int, int]:
        """Command, status and sequence of the next answer of the client."""
        async with asyncio.timeout(5):
            return await self.answers.get()

    def hang_up(self) -> None:
        self.writer.transport.abort()


@dataclass
class Submitted:
    session: Session
    sequence: int
    message: smpp34.SubmitSm

    def accept(self, message_id: str) -> None:
        self.session.say(pdu(SUBMIT | RESP, self.sequence, message_id.encode() + b"\0"))

    def reject(self, status: int, body: bytes = b"") -> None:
        self.session.say(pdu(SUBMIT | RESP, self.sequence, body, status))


Behaviour = Callable[[Submitted], Awaitable[None] | None]


@dataclass
class Centre:
    """Answers a bind with `bind`, every submit_sm as `behave` says, enquire_link unless `mute`."""

    behave: Behaviour
    bind: int | None = 0
    mute: bool = False
    port: int = 0
    options: str = ""
    binds: list[bytes] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    submitted: list[smpp34.SubmitSm] = field(default_factory=list)
    enquired: asyncio.Event = field(default_factory=asyncio.Event)
    unbound: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        return f"smpp://klat:secret@127.0.0.1:{self.port}/?{self.options}"

    async def session(self, number: int = 1) -> Session:
        async with asyncio.timeout(5), self.came:
            await self.came.wait_for(lambda: len(self.sessions) >= number)
        return self.sessions[number - 1]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(reader, writer)
        with suppress(ConnectionError, EOFError):
            while True:
                header = await reader.readexactly(HEADER.size)
                size, command, status, sequence = HEADER.unpack(header)
                body = await reader.readexactly(size - HEADER.size)
                await self._handle(session, command, status, sequence, header + body)
        writer.transport.abort()

    async def _handle(self, session, command, status, sequence, whole) -> None:
        if command & RESP:
            session.answers.put_nowait((command, status, sequence))
        elif command == BIND:
            self.binds.append(whole[16:])
            if self.bind is not None:
                session.say(pdu(BIND | RESP, sequence, b"centre\0", self.bind))
            if self.bind == 0:
                async with self.came:
                    self.sessions.append(session)
                    self.came.notify_all()
        elif command == ENQUIRE:
            self.enquired.set()
            if not self.mute:
                session.say(pdu(ENQUIRE | RESP, sequence))
        elif command == UNBIND:
            self.unbound.set()
            session.say(pdu(UNBIND | RESP, sequence))
        elif command == SUBMIT:
            message = smpp34.decode(whole)
            self.submitted.append(message)
            ends = self.behave(Submitted(session, sequence, message))
            if ends is not None:
                await ends


@asynccontextmanager
async def centre(
    behave: Behaviour, *, tls: ssl.SSLContext | None = None, **how
) -> AsyncIterator[Centre]:
    found = Centre(behave, **how)
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0, ssl=tls)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        for session in found.sessions:
            session.hang_up()
        await asyncio.sleep(0)


def accepting(first: int = 1) -> Behaviour:
    numbers = count(first)
    return lambda submitted: submitted.accept(str(next(numbers)))


def rejecting(*statuses: int, body: bytes = b"") -> Behaviour:
    """These one after the other, then all are accepted."""
    left, numbers = list(statuses), count(1)

    def behave(submitted: Submitted) -> None:
        if left:
            submitted.reject(left.pop(0), body)
        else:
            submitted.accept(str(next(numbers)))

    return behave


def silent(_: Submitted) -> None:
    """Takes it and says nothing."""


def hanging_up(submitted: Submitted) -> None:
    submitted.session.hang_up()


def in_turn(*behaviours: Behaviour) -> Behaviour:
    left = iter(behaviours)

    def behave(submitted: Submitted) -> Awaitable[None] | None:
        return next(left)(submitted)

    return behave
