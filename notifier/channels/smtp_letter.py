"""A mail as SMTP carries it: its envelope, its parameters, its bytes. Pure (RFC 5321)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

_LINE_END = re.compile(rb"\r\n|\r|\n")
_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail and its envelope. `content` has CRLF lines; `utf8`: the envelope needs SMTPUTF8."""

    sender: str = field(repr=False)
    to: str = field(repr=False)
    content: bytes = field(repr=False)
    message_id: str | None
    utf8: bool


def options(knows: Callable[[str], bool], letter: Letter) -> tuple[list[str], list[str]]:
    """ESMTP parameters of MAIL and RCPT, as far as the server knows them.

    DSN (RFC 3461): of failures only, with our Message-ID as ENVID, and without the mail's text,
    which may hold the code of a locker.
    """
    mail = [f"SIZE={len(letter.content)}"] if knows("size") else []
    mail += ["SMTPUTF8"] if letter.utf8 else []
    if not knows("dsn"):
        return mail, []
    envelope_id = _xtext(letter.message_id)
    mail += ["RET=HDRS", *([f"ENVID={envelope_id}"] if envelope_id else [])]
    return mail, ["NOTIFY=FAILURE"]


def _xtext(message_id: str | None) -> str | None:
    """Without brackets; RFC 3461, 4.4 allows 100 characters. Ours need no escapes."""
    text = (message_id or "").strip("<>")
    return text if re.fullmatch(r"[!-*,-<>-~]{1,100}", text) else None


def stuffed(content: bytes) -> bytes:
    """RFC 5321, 4.5.2, with no line end but CRLF: a lone one could hide a second mail."""
    lines = _DOT.sub(b"..", _LINE_END.sub(b"\r\n", content))
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"
