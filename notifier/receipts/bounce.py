"""What comes back by mail: reports of delivery (RFC 3464) and complaints (RFC 5965).

Pure, and no input makes it raise. Anybody can write such a mail; what ties one to a notice is its
Message-ID, which only those who had the mail know. Nothing else of it is kept.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from enum import StrEnum

from notifier.mail.status import enhanced, names_bad_address

_MAX_BYTES = 65_536  # that are read: a report stands first, what it returns may be long
_MAX_PARTS = 50
_MAX_MULTIPARTS = 20
_IDENTIFIER = re.compile(r"<?([^\s<>@]{1,128}@[^\s<>@]{1,253})>?")
_UNSPECIFIC = re.compile(r"[245]\.0\.0")
_RETURNED = {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global"}


class Action(StrEnum):
    """RFC 3464, 2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


_ACTIONS = {action.value: action for action in Action}


@dataclass(frozen=True, slots=True)
class Report:
    """`message_id` as we wrote it, in angle brackets. A complaint has no action and no status."""

    message_id: str | None
    action: Action | None = None
    status: str | None = None
    is_bad_address: bool = False
    is_complaint: bool = False


def read_report(raw: bytes) -> Report | None:
    """The report, or None for any other mail, whole or broken."""
    if raw[:_MAX_BYTES].lower().count(b"multipart/") > _MAX_MULTIPARTS:
        return None  # a report has a few; a mail of hundreds costs seconds to read
    try:
        return _read(message_from_bytes(raw[:_MAX_BYTES]))
    except Exception:  # noqa: BLE001 - hostile mail makes the library raise in many ways
        return None


def _read(mail: Message) -> Report | None:
    if mail.get_content_type() != "multipart/report":
        return None
    parts = list(_parts(mail))
    for part in parts:
        match part.get_content_type():
            case "message/delivery-status" | "message/global-delivery-status":
                return _delivery(part, parts)
            case "message/feedback-report":
                return _complaint(part, parts)
    return None


def _parts(mail: Message) -> Iterator[Message]:
    """Only those of the report itself: what is returned may hold reports of its own."""
    payload = mail.get_payload()
    if isinstance(payload, list):
        yield from (part for part in payload[:_MAX_PARTS] if isinstance(part, Message))


def _delivery(part: Message, parts: list[Message]) -> Report | None:
    """One mail has one recipient here, so the first group that says what happened is it."""
    groups = _groups(part)
    for fields in groups:
        action = _action(fields)
        if action is not None:
            status = _status(fields)
            bad = action is Action.FAILED and names_bad_address(status)
            return Report(_message_id([*groups, *parts]), action, status, is_bad_address=bad)
    return None


def _groups(part: Message) -> list[Message]:
    payload = part.get_payload()
    groups = payload if isinstance(payload, list) else []
    return [group for group in groups[:_MAX_PARTS] if isinstance(group, Message)]


def _action(fields: Message) -> Action | None:
    word = _text(fields, "Action").split("(")[0].strip().lower()
    return _ACTIONS.get(word)


def _status(fields: Message) -> str | None:
    """The status, or the remote server's own where the reporting one found no better than x.0.0."""
    status = enhanced(_text(fields, "Status"))
    if status and not _UNSPECIFIC.fullmatch(status):
        return status
    return enhanced(_text(fields, "Diagnostic-Code")) or status


def _complaint(part: Message, parts: list[Message]) -> Report | None:
    """Of RFC 5965, 7.3 only what a person meant: "not-spam" and findings of filters are not one."""
    fields = next(iter(_groups(part)), None) or _fields_of(part)
    if _text(fields, "Feedback-Type").strip().lower() not in {"abuse", "fraud", "opt-out"}:
        return None
    return Report(_message_id([fields, *parts]), is_complaint=True)


def _message_id(sources: list[Message]) -> str | None:
    """By the report's own fields, else by the headers that were returned."""
    for source in sources:
        for name in ("Original-Message-ID", "X-Original-Message-ID", "Original-Envelope-Id"):
            if found := _IDENTIFIER.fullmatch(_text(source, name).strip()):
                return f"<{found[1]}>"
        if source.get_content_type() in _RETURNED:
            text = _text(_fields_of(source), "Message-ID").strip()
            if found := _IDENTIFIER.fullmatch(text):
                return f"<{found[1]}>"
    return None


def _fields_of(part: Message) -> Message:
    """The headers inside a part, be they parsed already or its text."""
    payload = part.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Message):
        return payload[0]
    decoded = part.get_payload(decode=True)
    return message_from_bytes(decoded if isinstance(decoded, bytes) else b"")


def _text(fields: Message, name: str) -> str:
    return str(fields.get(name, ""))
