"""What a gateway of one's own tells: JSON, one object or an array of them.

A receipt has `id`, `status` and, where the gateway has them, more; what somebody writes has `from`
and `text`.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from notifier.receipts.base import Receipt
from notifier.replies import Reply
from schemas.notice import NoticeState

_STATES: Final = {
    **dict.fromkeys(("accepted", "queued", "sending", "sent"), NoticeState.SENT),
    "delivered": NoticeState.DELIVERED,
    **dict.fromkeys(("undelivered", "failed", "rejected", "expired"), NoticeState.FAILED),
}
MOST: Final = 500  # in one body
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_ID: Final = re.compile(r"[\w.:@=+/-]{1,128}", re.ASCII)
# A word or a short number: no room for a phone number or a text.
_CODE: Final = re.compile(r"[a-z][a-z_]{0,39}|[0-9]{1,6}")


def documents(body: bytes) -> list[object] | None:
    """The objects of a body, one or an array; None where it is no JSON, or has too many."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    several = found if isinstance(found, list) else [found]
    return several if len(several) <= MOST else None


def reply(document: object) -> Reply | None:
    """What somebody writes: {"from": "+371...", "text": "STOP"}; None when that cannot be read."""
    if not isinstance(document, Mapping):
        return None
    sender, text = document.get("from"), document.get("text")
    if not isinstance(sender, str) or not isinstance(text, str):
        return None
    return Reply(sender if _E164.fullmatch(sender) else None, text)


def receipt(document: object) -> Receipt | None:
    """What it says: {"id": "17", "status": "delivered"}; None when that cannot be read.

    `code` says why it failed, `reference` is the one that was sent along.
    """
    if not isinstance(document, Mapping):
        return None
    provider_id, status = id_in(document, "id"), document.get("status")
    state = _STATES.get(status.lower()) if isinstance(status, str) else None
    if provider_id is None or state is None:
        return None
    return Receipt(provider_id, state, code_in(document), id_in(document, "reference"))


def id_in(document: Mapping[str, Any], key: str) -> str | None:
    return _matching(_ID, document.get(key))


def code_in(document: Mapping[str, Any]) -> str | None:
    return _matching(_CODE, document.get("code"))


def _matching(pattern: re.Pattern[str], value: object) -> str | None:
    """Numbers count as their digits; true and false are no numbers here."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    try:
        text = str(value)
    except ValueError:  # more digits than Python writes
        return None
    return text if pattern.fullmatch(text) else None
