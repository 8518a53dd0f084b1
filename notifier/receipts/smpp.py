"""deliver_sm: a receipt of a message that was submitted, or what somebody writes. Pure.

Sources: SMPP 3.4, 5.2.12 (esm_class), 5.3.2 (optional parameters), appendix B (the text of a
receipt, which every centre writes in its own way; only `id`, `stat` and `err` are read of it).
"""

import re
from typing import Final

from notifier.receipts.base import Receipt
from notifier.replies import Reply
from notifier.smpp.address import phone
from notifier.smpp.message_id import Ids, receipted_as
from notifier.smpp.pdu import Body, Tag
from notifier.sms.septets import gsm7_text
from schemas.notice import NoticeState

# message_state, 5.2.28, and how the text of a receipt abbreviates it. Of what is "unknown" or on
# its way all that can be said is that the centre has it.
_BY_NUMBER: Final = {
    **dict.fromkeys((1, 6, 7), NoticeState.SENT),  # enroute, accepted, unknown
    2: NoticeState.DELIVERED,
    **dict.fromkeys((3, 4, 5, 8), NoticeState.FAILED),  # expired, deleted, undeliverable, rejected
}
_BY_WORD: Final = {
    **dict.fromkeys(("ENROUTE", "ACCEPTD", "UNKNOWN"), NoticeState.SENT),
    "DELIVRD": NoticeState.DELIVERED,
    **dict.fromkeys(("EXPIRED", "DELETED", "UNDELIV", "REJECTD"), NoticeState.FAILED),
}
_NUMBER_OF: Final = {3: "expired", 4: "deleted", 5: "undeliv", 8: "rejectd"}
_ID: Final = re.compile(r"\bid:\s*([!-~]{1,64})", re.IGNORECASE)
_STAT: Final = re.compile(r"\bstat:\s*([A-Z]{1,10})", re.IGNORECASE)
_ERR: Final = re.compile(r"\berr:\s*([0-9A-F]{1,6})\b", re.IGNORECASE)

_KIND: Final = 0x3C  # of esm_class: what a message is
_RECEIPTS: Final = {0x04, 0x20}  # of the end, and on the way
_UDHI: Final = 0x40


def is_receipt(message: Body) -> bool:
    """By its fields alone: a text that only looks like one is somebody's words."""
    told = message.number("esm_class") & _KIND
    return told in _RECEIPTS or Tag.RECEIPTED_MESSAGE_ID in message.parameters


def receipt(message: Body, ids: Ids) -> Receipt | None:
    """What it says; None when it names no message, or no state that is known."""
    text = _octets(message).decode("latin-1")
    named = _c_string(message.parameters.get(Tag.RECEIPTED_MESSAGE_ID)) or _found(_ID, text)
    provider_id = receipted_as(named, ids) if named else None
    state, word = _state(message.parameters.get(Tag.MESSAGE_STATE), _found(_STAT, text))
    if provider_id is None or state is None:
        return None
    failed = state is NoticeState.FAILED
    return Receipt(provider_id, state, (_error(text) or word) if failed else None)


def _state(octets: bytes | None, said: str | None) -> tuple[NoticeState | None, str | None]:
    number = octets[0] if octets else None
    if number in _BY_NUMBER:
        return _BY_NUMBER[number], _NUMBER_OF.get(number)
    word = (said or "").upper()
    return _BY_WORD.get(word), word.lower() if word in _BY_WORD else None


def _error(text: str) -> str | None:
    """The network's code, where it is one: 000 says that there is none."""
    found = _found(_ERR, text)
    return found.lower() if found and found.strip("0") else None


def reply(message: Body) -> Reply:
    """What somebody writes, and from where. One part of several says nothing by itself."""
    sender = phone(message.text("source_addr"), message.number("source_addr_ton"))
    has_header = bool(message.number("esm_class") & _UDHI)
    return Reply(sender, "" if has_header else _text(message))


def _text(message: Body) -> str:
    """data_coding, 5.2.19; what is none of these is nothing that we could read."""
    octets = _octets(message)
    match message.number("data_coding"):
        case 0:
            return gsm7_text(octets)
        case 1 | 3:
            return octets.decode("latin-1")
        case 8:
            return octets.decode("utf-16-be", "replace")
        case _:
            return ""


def _octets(message: Body) -> bytes:
    return message.octets("short_message") or message.parameters.get(Tag.MESSAGE_PAYLOAD, b"")


def _c_string(value: bytes | None) -> str | None:
    return value.partition(b"\0")[0].decode("latin-1") if value else None


def _found(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found[1] if found else None
