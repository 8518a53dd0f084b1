"""Twilio's callbacks: whether one is Twilio's, and what it says.

Sources: www.twilio.com/docs/usage/security (signature), /docs/messaging/api/message-resource
(status values), /docs/messaging/guides/webhook-request (what somebody writes). A signature has no
time in it, so an old callback may be sent again by whoever recorded it; a receipt does no harm
then, see `settled`.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from notifier.receipts.base import Receipt
from notifier.replies import Meaning, Reply
from schemas.notice import NoticeState

Form = list[tuple[str, str]]

_STATES: Final = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "sent"), NoticeState.SENT),
    **dict.fromkeys(("delivered", "read"), NoticeState.DELIVERED),
    **dict.fromkeys(("undelivered", "failed", "canceled"), NoticeState.FAILED),
}
RETRIES: Final = "rc=5&rp=all"
"""The fragment by which Twilio is asked to tell again what we answered with a fault: by default it
does not. It is for Twilio, which sends none on."""
_STANDARD: Final = {"https": 443, "http": 80}
_SID: Final = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_TAKEN_FOR: Final = {"STOP": Meaning.STOP, "START": Meaning.START, "HELP": Meaning.OTHER}
_CODE: Final = re.compile(r"[1-9][0-9]{0,5}")
_MAX_FIELDS = 100  # a callback has about twenty


def read_form(body: bytes) -> Form:
    """The fields, empty ones too, for they are signed. Rubbish has none."""
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return []


def is_twilios(url: str, form: Iterable[tuple[str, str]], signature: str, token: str) -> bool:
    """Whether `signature` (X-Twilio-Signature) was made with our auth token.

    `url` is the callback as Twilio was given it, query and all, not as a proxy passed it on.
    """
    fields = "".join(name + value for name, value in sorted(set(form)))
    right = [_signature(each + fields, token) for each in _spellings(url)]
    given = signature.strip().encode(errors="replace")  # a header may hold any bytes
    return bool(token) and any(hmac.compare_digest(given, each) for each in right)


def _signature(text: str, token: str) -> bytes:
    digest = hmac.new(token.encode(), text.encode(errors="replace"), hashlib.sha1).digest()
    return base64.b64encode(digest)


def _spellings(url: str) -> set[str]:
    """With and without the port: Twilio has signed both ways, and its libraries try both.

    Its page does not say whether it signs the fragment, so that both are taken for its own.
    """
    parts = urlsplit(url)
    host = parts.netloc.removesuffix(f":{parts.port}")
    port = parts.port or _STANDARD.get(parts.scheme, 0)
    found = {url, *(parts._replace(netloc=each).geturl() for each in (host, f"{host}:{port}"))}
    return found | {f"{each}#{RETRIES}" for each in found}


def receipt(form: Iterable[tuple[str, str]], reference: str | None = None) -> Receipt | None:
    """What a callback says; None when it says nothing of a message of ours.

    `reference` is the one in the query of the callback's URL (see `TwilioSms`).
    """
    fields = dict(form)
    sid, state = fields.get("MessageSid", ""), _STATES.get(fields.get("MessageStatus", ""))
    if state is None or not _SID.fullmatch(sid):
        return None
    code = _CODE.fullmatch(fields.get("ErrorCode", ""))
    return Receipt(sid, state, code and code[0], reference)


def reply(form: Iterable[tuple[str, str]]) -> Reply | None:
    """What somebody writes; None when the callback is of something else.

    `OptOutType` says what Twilio itself took it for, and has acted on.
    """
    fields = dict(form)
    if "From" not in fields or "Body" not in fields:
        return None
    sender, taken = fields["From"], _TAKEN_FOR.get(fields.get("OptOutType", ""))
    return Reply(sender if _E164.fullmatch(sender) else None, fields["Body"], taken)
