"""How headers are written: the library's folding and encoding, and where it must keep away."""

from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy, Policy

# Read by machines and longer than a line of 78: the library would turn them into encoded words,
# which no machine reads there. RFC 5322, 2.1.1 allows 998 characters.
_VERBATIM = ("list-unsubscribe", "list-unsubscribe-post", "message-id")


class _Verbatim(UnstructuredHeader, BaseHeader):
    """A header on one line, as it was given."""

    max_count = 1

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


def _policy() -> "EmailPolicy[EmailMessage]":
    """Seven bits, so that any server takes it and no relay re-codes what was signed."""
    registry = HeaderRegistry()
    for name in _VERBATIM:
        registry.map_to_type(name, _Verbatim)
    return SMTP.clone(cte_type="7bit", header_factory=registry)


POLICY = _policy()
_UTF8 = POLICY.clone(utf8=True, max_line_length=None)


def to_bytes(message: EmailMessage, *, utf8: bool) -> bytes:
    """The message as it is sent, lines ended by CRLF. `utf8`: headers as RFC 6532 has them.

    Those are not folded: the library forgets the quotes of a name that it folds in UTF-8, and the
    rest of the name becomes an address. Bounds of the values keep each within 998 bytes.
    """
    return message.as_bytes(policy=_UTF8 if utf8 else POLICY)
