"""What an SMTP server's answer, or its silence, means for one mail. Pure (RFC 5321, RFC 3463)."""

import re
import ssl
from enum import IntEnum

from aiosmtplib import SMTPResponseException, SMTPTimeoutError

from notifier.channels.base import Handed, Outcome
from notifier.mail.status import enhanced, names_bad_address


class Step(IntEnum):
    """How far the conversation is. From END on the server may have taken the mail."""

    OPEN = 0
    MAIL = 1
    RCPT = 2
    DATA = 3
    END = 4  # the final dot was written


LINE_LOST = "line_lost"
TIMEOUT = "timeout"
BUSY = "busy"  # no connection came free in time
TLS_FAILED = "tls_failed"
BAD_REPLY = "bad_reply"
STARTTLS_MISSING = "starttls_missing"
AUTH_MISSING = "auth_missing"
SMTPUTF8_MISSING = "smtputf8_missing"
BAD_ADDRESS = "bad_address"

# RFC 4954: the server wants another login than ours. The mail is as good as it was.
_LOGIN = frozenset({530, 534, 535, 538})

# How servers name what they took: Postfix and many others, Exim, Sendmail, Amazon.
_QUEUE_IDS = (
    re.compile(r"(?i)\bqueued as ([\w.-]{4,100})(?![\w@-])"),
    re.compile(r"\bid=([\w.-]{4,100})(?![\w@-])"),
    re.compile(r"\b(\w{8,100}) Message accepted for delivery"),
    re.compile(r"^Ok ([0-9a-f-]{20,100})$"),
)


class Lacks(Exception):  # noqa: N818 - reads as what the server does
    """The server cannot do what was asked of it, so it was not asked to take the mail."""

    def __init__(self, word: str, outcome: Outcome = Outcome.RETRY) -> None:
        super().__init__(word)
        self.handed = Handed(outcome, word)


def judged(step: Step, code: int, text: str, message_id: str | None = None) -> Handed:
    """What the reply with this code says. `message_id` is what a mail is known by otherwise."""
    status = enhanced(text) or str(code)
    if step is Step.END and 200 <= code < 300:
        return Handed(Outcome.ACCEPTED, provider_id=queue_id(text) or message_id)
    if not is_refusal(code):
        return unanswered(step, BAD_REPLY)
    # A refusal before MAIL is about us, not about this mail: nothing is lost by waiting.
    if code < 500 or step is Step.OPEN or code in _LOGIN:
        return Handed(Outcome.RETRY, status)
    bad = step is Step.RCPT and names_bad_address(status)
    return Handed(Outcome.REFUSED, status, address_is_bad=bad)


def is_refusal(code: int) -> bool:
    return 400 <= code < 600


def unanswered(step: Step, word: str) -> Handed:
    """No answer that can be understood: after the final dot nobody knows."""
    return Handed(Outcome.AMBIGUOUS if step is Step.END else Outcome.RETRY, word)


def fault(step: Step, error: Exception) -> Handed:
    """What an error of the conversation means. Nothing of its text is kept: it quotes addresses."""
    match error:
        case SMTPResponseException():
            return judged(step, error.code, error.message)
        case Lacks():
            return error.handed
        case SMTPTimeoutError() | TimeoutError():
            return unanswered(step, TIMEOUT)
        case _ if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
            return unanswered(step, TLS_FAILED)
    return unanswered(step, LINE_LOST)


def queue_id(text: str) -> str | None:
    """By what the server's log knows the mail, where the reply to it tells."""
    line = text.strip()
    for pattern in _QUEUE_IDS:
        if found := pattern.search(line):
            return found[1].rstrip(".")
    return None
