"""A rendered mail as an EmailMessage: headers, parts, bounds. Pure; the same in, the same out."""

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from typing import NamedTuple, cast
from uuid import UUID

from notifier.mail.address import Party, wire_address
from notifier.mail.headers import POLICY
from schemas.base import clean_text, cut

QR_CID = "pickup-qr@klat"
"""By `cid:pickup-qr@klat` the HTML shows the QR code."""

_MAX_SUBJECT = 150  # characters
_MAX_NAME = 100
_MAX_BODY = 200_000  # characters of text or HTML; Gmail cuts at 102 kB
_MAX_QR = 100_000  # bytes
_MAX_URL = 900  # so that its header fits into 998 characters (RFC 5322, 2.1.1)
_URL = re.compile(r"https?://[!#-;=?-~]+")  # ASCII without blanks, quotes and angle brackets
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_PNG = b"\x89PNG\r\n\x1a\n"
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_MESSAGE_ID = re.compile(
    r"<?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([0-9a-f]{8,64})@[^@\s<>]+>?"
)


class Identity(NamedTuple):
    """`proof`, in hex, is known to who sent the mail and who got it: a notice's id can be reckoned
    from its parcel, and whoever names one could say that it bounced.
    """

    notice_id: UUID
    proof: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """What the templates made. `html` shows `qr`, a PNG, by QR_CID. Its repr says nothing."""

    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    language: str
    qr: bytes | None = field(default=None, repr=False)


def compose(
    mail: Rendered,
    *,
    sender: Party,
    recipient: Party,
    identity: Identity,
    now: datetime,
    help_address: str | None = None,
    unsubscribe: str | None = None,
) -> EmailMessage:
    """The mail, ready to be handed to SMTP.

    Names and subjects lose what cannot be shown (controls, line ends, bidi) and are cut; a help
    address that is none is left out, so that a shop's slip holds back no mail. Any other wrong
    address, link, language or size is a ValueError that names it and repeats nothing.
    """
    message = EmailMessage(policy=POLICY)
    _address(message, sender, recipient, help_address)
    message["Subject"] = _subject(mail.subject)
    message["Date"] = _moment(now)
    message["Message-ID"] = message_id(identity, sender.address)
    _mark_automatic(message)
    _offer_unsubscribe(message, unsubscribe)
    _fill(message, mail, identity)
    message["Content-Language"] = _language(mail.language)  # last: filling moves Content- headers
    return message


def message_id(identity: Identity, sender: str) -> str:
    """The same for every try, so that mailboxes can drop a repeat and a bounce names the notice."""
    domain = wire_address(sender, "sender").rpartition("@")[2]
    return f"<{identity.notice_id}.{identity.proof}@{domain}>"


def identity_of(identifier: str) -> Identity | None:
    """What a Message-ID of ours names, and says to prove it."""
    found = _MESSAGE_ID.fullmatch(identifier.strip())
    return Identity(UUID(found[1]), found[2]) if found else None


def _address(
    message: EmailMessage, sender: Party, recipient: Party, help_address: str | None
) -> None:
    message["From"] = _mailbox(sender, "sender")
    message["To"] = _mailbox(recipient, "recipient")
    if help_address is not None:
        with suppress(ValueError):
            message["Reply-To"] = _mailbox(Party(help_address, sender.name), "help address")


def _mailbox(party: Party, what: str) -> Address:
    local, _, domain = wire_address(party.address, what).rpartition("@")
    name = _line(party.name or "", _MAX_NAME)
    return Address(display_name=name, username=local, domain=domain)


def _line(value: str, limit: int) -> str:
    """One line of text, without what a reader would take for an encoded word (RFC 2047)."""
    return cut(clean_text(value).replace("=?", "= ?"), limit)


def _subject(subject: str) -> str:
    cleaned = _line(subject, _MAX_SUBJECT)
    if not cleaned:
        raise ValueError("subject: is empty")
    return cleaned


def _moment(now: datetime) -> datetime:
    if now.tzinfo is None:
        raise ValueError("now: has no time zone")
    return now.astimezone(UTC).replace(microsecond=0)


def _language(language: str) -> str:
    if not _LANGUAGE.fullmatch(language):
        raise ValueError("language: is not a code such as lv")
    return language


def _mark_automatic(message: EmailMessage) -> None:
    """So that no holiday notice answers (RFC 3834, 5; Microsoft's [MS-OXCMAIL]).

    Not "All", which would hold back reports of failed delivery too.
    """
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "DR, RN, NRN, OOF, AutoReply"


def _offer_unsubscribe(message: EmailMessage, url: str | None) -> None:
    """RFC 2369 and, by https: only as RFC 8058, 3.1 demands, with one click."""
    if url is None:
        return
    if len(url) > _MAX_URL or not _URL.fullmatch(url):
        raise ValueError(f"unsubscribe: is not an ASCII http(s) link of up to {_MAX_URL}")
    message["List-Unsubscribe"] = f"<{url}>"
    if url.startswith("https:"):
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _fill(message: EmailMessage, mail: Rendered, identity: Identity) -> None:
    """Boundaries are named after its proof, which nobody who writes a text knows beforehand."""
    message.set_content(_body(mail.text, "text"))
    message.add_alternative(_body(mail.html, "html"), subtype="html")
    message.set_boundary(f"=_klat_{identity.proof}_a")
    if mail.qr is not None:
        _, shown = message.iter_parts()
        _show_qr(cast("EmailMessage", shown), mail.qr, identity)


def _show_qr(html: EmailMessage, qr: bytes, identity: Identity) -> None:
    if not qr.startswith(_PNG) or len(qr) > _MAX_QR:
        raise ValueError(f"qr: is not a PNG of up to {_MAX_QR} bytes")
    html.add_related(qr, "image", "png", cid=f"<{QR_CID}>", disposition="inline", filename="qr.png")
    html.set_boundary(f"=_klat_{identity.proof}_r")


def _body(text: str, what: str) -> str:
    """Lines as they are; other controls, bidi and halves of surrogate pairs are left out."""
    if len(text) > _MAX_BODY:
        raise ValueError(f"{what}: is longer than {_MAX_BODY} characters")
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(filter(_is_shown, lines))


def _is_shown(char: str) -> bool:
    if char in "\n\t":
        return True
    return char not in _BIDI and unicodedata.category(char) not in {"Cc", "Cs"}
