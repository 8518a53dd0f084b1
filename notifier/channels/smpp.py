"""SMS by a message centre that speaks SMPP 3.4, over a line that stays bound.

Source: SMPP Protocol Specification v3.4, issue 1.2. What its answers mean: `notifier.smpp.status`.
"""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from notifier.channels.base import Handed, Outcome
from notifier.smpp.address import destination, source
from notifier.smpp.line import Limits, Line, NoAnswer, NotWritten, Take
from notifier.smpp.message_id import taken_as
from notifier.smpp.parts import MOST_PARTS, Part, parts_of
from notifier.smpp.pdu import Value
from notifier.smpp.status import PASSING, handed
from notifier.smpp.url import SmppServer

_DAY: Final = 86_400
_LONGEST: Final = 30 * _DAY  # seconds of validity; a relative time has days up to 31


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. `bound`: for a line, when there is none. `parts`: the pauses before a part that was
    not taken is given again, once one before it was.
    """

    bound: float = 5.0
    parts: Sequence[float] = (0.5, 1.0, 2.0, 4.0)


class SmppSms:
    """`sender` is a number, a short code or a name; ValueError where it is none of them.

    While nobody runs `serve` nothing is taken.
    """

    name = "smpp"

    def __init__(
        self,
        server: SmppServer,
        sender: str,
        *,
        limits: Limits | None = None,
        patience: Patience | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.server = server
        self._limits, self._patience, self._tls = limits or Limits(), patience or Patience(), tls
        self._from = self._source(sender)
        self._line: Line | None = None
        self._bound = asyncio.Event()

    def _source(self, sender: str) -> dict[str, Value]:
        ton, npi, address = source(sender, self.server.source_ton, self.server.source_npi)
        return {"source_addr_ton": ton, "source_addr_npi": npi, "source_addr": address}

    async def bind(self) -> None:
        """Raises NotBound."""
        self._line = await Line.bound(self.server, self._limits, self._tls)
        self._bound.set()

    async def serve(self, take: Take) -> str:
        """After `bind`: until the line ends; a stable word for why."""
        assert self._line is not None, "a line was bound"
        try:
            return await self._line.run(take, self.server.enquire_link)
        finally:
            self._bound.clear()
            self._line = None

    async def close(self) -> None:
        if self._line is not None:
            await self._line.close()

    async def send(
        self,
        to: str,
        text: str,
        reference: str,
        valid_seconds: int | None = None,
        sender: str | None = None,
    ) -> Handed:
        """A text of several parts can be read when the last has come: its end is that of the whole.

        The parts go one after the other, so that what is refused at once has left nothing behind.
        """
        parts = parts_of(text, reference)
        if len(parts) > MOST_PARTS:
            return Handed(Outcome.REFUSED, "too_long")
        try:
            origin = self._source(sender) if sender else self._from
        except ValueError:
            return Handed(Outcome.REFUSED, "sender")
        ended = Handed(Outcome.RETRY, "not_bound")
        for place, part in enumerate(parts):
            is_last = place == len(parts) - 1
            message = origin | self._message(part, to, valid_seconds, receipt=is_last)
            ended = await (self._repeated(message) if place else self._submitted(message))
            if ended.outcome is not Outcome.ACCEPTED:
                return replace(ended, is_paid=place > 0)
        return ended

    async def _repeated(self, message: dict[str, Value]) -> Handed:
        """A later part: the ones before it are paid for, so what passes soon is waited for."""
        for pause in self._patience.parts:
            ended = await self._submitted(message)
            if ended.code not in _SOON or ended.outcome is not Outcome.RETRY:
                return ended
            await asyncio.sleep(pause)
        return await self._submitted(message)

    async def _submitted(self, message: dict[str, Value]) -> Handed:
        line = await self._line_in_time()
        if line is None:
            return Handed(Outcome.RETRY, "not_bound")
        try:
            answer = await line.submit(message)
        except NotWritten as error:
            return Handed(Outcome.RETRY, error.code)
        except NoAnswer:
            return Handed(Outcome.AMBIGUOUS, "no_answer")
        except ValueError:  # it names the field and repeats nothing, and a repeat would end alike
            return Handed(Outcome.REFUSED, "cannot_be_written")
        if answer.is_nack:
            return Handed(Outcome.RETRY, "generic_nack")
        named = answer.body.text("message_id") if answer.body else ""
        return handed(answer.status, taken_as(named, self.server.message_ids))

    async def _line_in_time(self) -> Line | None:
        try:
            async with asyncio.timeout(self._patience.bound):
                await self._bound.wait()
        except TimeoutError:
            return None
        return self._line

    def _message(
        self, part: Part, to: str, valid_seconds: int | None, *, receipt: bool
    ) -> dict[str, Value]:
        """Receipts are asked of the last part only: it is by its id that the notice is known."""
        ton, npi, digits = destination(to)
        return {
            "dest_addr_ton": ton,
            "dest_addr_npi": npi,
            "destination_addr": digits,
            "esm_class": part.esm_class,
            "data_coding": part.data_coding,
            "short_message": part.short_message,
            "validity_period": validity(valid_seconds),
            "registered_delivery": int(receipt and self.server.registered_delivery),
        }


_SOON: Final = frozenset(handed(each, None).code for each in PASSING)


def validity(seconds: int | None) -> str:
    """A relative time, SMPP 3.4, 7.1.1.2: `000002030000000R` is two days and three hours."""
    if seconds is None:
        return ""
    days, rest = divmod(max(1, min(seconds, _LONGEST)), _DAY)
    return f"0000{days:02}{rest // 3600:02}{rest // 60 % 60:02}{rest % 60:02}000R"
