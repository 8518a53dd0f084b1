"""A notice with sample data, as the command line and the support staff look at it."""

from dataclasses import dataclass
from decimal import Decimal

from schemas.notice import Channel, Occasion


@dataclass(frozen=True, slots=True)
class SmsPreview:
    """`units` are septets (alphabet gsm7) or UTF-16 units (ucs2); so many segments have `room`."""

    text: str
    alphabet: str
    units: int
    room: int
    segments: int

    def cost(self, price: Decimal) -> Decimal:
        """`price` is that of a segment, in any currency."""
        return price * self.segments


@dataclass(frozen=True, slots=True)
class MailPreview:
    """`html` needs nothing from elsewhere: its images are in it."""

    sender: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class PushPreview:
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class NoticePreview:
    """`channels` are those by which it is sent by default; worded it is for all of them.

    `sms` is the text as it is sent, `full` and `short` are both of its spellings.
    """

    occasion: Occasion
    language: str
    channels: tuple[Channel, ...]
    sms: SmsPreview
    full: SmsPreview
    short: SmsPreview
    email: MailPreview
    push: PushPreview
