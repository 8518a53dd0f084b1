"""KLAT_SMTP_URL: where mail is handed over, and how. Pure."""

from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, unquote

from notifier.server_url import split_server_url

_EXAMPLE = "smtp://user:password@mail.example.com:587?starttls=1"
_SMTP, _SUBMISSION, _SUBMISSIONS = 25, 587, 465  # RFC 5321, RFC 6409, RFC 8314


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """`tls`: encrypted from the first byte. `starttls`: not spoken to without STARTTLS."""

    host: str
    port: int
    tls: bool
    starttls: bool
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


def parse_smtp_url(url: str) -> SmtpServer:
    """The server that the address names. ValueError is one line and repeats nothing of it."""
    parts = split_server_url(url, ("smtp", "smtps"), _EXAMPLE, _fault)
    tls, starttls = parts.scheme == "smtps", _starttls(parts.query)
    if tls and starttls:
        raise _fault("is smtps://, which is encrypted already; leave out starttls=1")
    user, password = _login(parts)
    port = parts.port or (_SUBMISSIONS if tls else _SUBMISSION if starttls else _SMTP)
    return SmtpServer(parts.hostname or "", port, tls, starttls, user, password)


def _starttls(query: str) -> bool:
    options = parse_qs(query, keep_blank_values=True)
    if set(options) - {"starttls"} or options.get("starttls", ["0"])[-1] not in {"0", "1"}:
        raise _fault("knows one option: starttls=0 or starttls=1")
    return options.get("starttls", ["0"])[-1] == "1"


def _login(parts: SplitResult) -> tuple[str | None, str | None]:
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not user and not password:
        return None, None
    if not user or not password:
        raise _fault("names a user without a password, or a password without a user")
    if "\0" in user + password:  # it would end the field in AUTH PLAIN (RFC 4616)
        raise _fault("has a NUL in its user or password")
    return user, password


def _fault(what: str) -> ValueError:
    return ValueError(f"KLAT_SMTP_URL: {what}")
