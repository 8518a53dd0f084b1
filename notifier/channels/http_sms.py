"""SMS by a gateway of one's own, spoken to in plain JSON.

    POST {"to": "+37120000000", "text": "...", "from": "Shop", "reference": "...",
          "valid_seconds": 7200}
    201  {"id": "17"}
    422  {"code": "opted_out", "address_is_bad": true}

`code` is a word in lower case or a number; `address_is_bad` says never to write there again.
What could not be delivered in `valid_seconds` shall not be.
"""

import json
from dataclasses import replace

import aiohttp

from notifier.channels.base import Handed, Outcome
from notifier.channels.exchange import Answer, Limits, post
from notifier.channels.sms import handed
from notifier.receipts.generic import code_in, id_in


class HttpSms:
    """`is_idempotent`: the gateway honours Idempotency-Key, so that a repeat is never a second SMS.

    Then a request may be repeated whose end is not known.
    """

    name = "http"

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        *,
        token: str | None = None,
        sender: str | None = None,
        is_idempotent: bool = False,
        limits: Limits | None = None,
    ) -> None:
        self._session, self._url, self._limits = session, url, limits or Limits()
        self._sender, self._is_idempotent = sender, is_idempotent
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    async def send(
        self,
        to: str,
        text: str,
        reference: str,
        valid_seconds: int | None = None,
        sender: str | None = None,
    ) -> Handed:
        message: dict[str, str | int | None] = {
            "to": to,
            "text": text,
            "from": sender or self._sender,
            "reference": reference,
        }
        if valid_seconds is not None:
            message["valid_seconds"] = valid_seconds
        headers = {**self._headers, "Idempotency-Key": reference}
        body = json.dumps(message).encode()
        answer = await post(self._session, self._url, body, headers, self._limits)
        return self._judged(answer if isinstance(answer, Handed) else read(answer))

    def _judged(self, found: Handed) -> Handed:
        if self._is_idempotent and found.outcome is Outcome.AMBIGUOUS:
            return replace(found, outcome=Outcome.RETRY)
        return found


def read(answer: Answer) -> Handed:
    """What the gateway's answer means."""
    found = handed(answer, code_in(answer.document), id_in(answer.document, "id"))
    refused = found.outcome is Outcome.REFUSED
    return replace(found, address_is_bad=refused and answer.document.get("address_is_bad") is True)
