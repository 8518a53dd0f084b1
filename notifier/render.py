"""A notice's facts as the texts of each channel. Raises MissingValueError rather than leave a hole.

Templates and catalogues are read once; nothing else is touched, and the clock is `values.now`.
"""

from dataclasses import dataclass, field

from notifier.letter import letter_of
from notifier.look import page_address
from notifier.plain import Piece, SmsText, pieces, plain, sentence
from notifier.required import REQUIRED, MissingValueError, complete, missing
from notifier.sms.spelling import plain as typewritten
from notifier.values import Values
from notifier.wording import Line, fullest, said, words_of
from notifier.wording.channels import WITH_ORDER, push_line, sms_lines
from notifier.wording.facts import facts_of
from notifier.wording.news import news
from schemas.base import cut
from schemas.notice import Channel
from tracking.words.language import choose

__all__ = [
    "REQUIRED",
    "MailText",
    "MissingValueError",
    "PushText",
    "SmsText",
    "missing",
    "render_email",
    "render_push",
    "render_sms",
]

_SUBJECT, _TITLE, _BODY = 120, 50, 120  # characters that are shown


@dataclass(frozen=True, slots=True)
class MailText:
    """`html` shows the QR code of the text `qr` as `cid:qr`; None where it shows none."""

    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    qr: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PushText:
    title: str
    body: str
    url: str


def render_sms(values: Values) -> SmsText:
    """The shop, the news, what belongs to it, and the link; one line each."""
    words, facts = words_of(choose(values.language)), facts_of(complete(values), Channel.SMS)
    page_address(values.link)
    first = fullest(news(values), facts)
    assert first is not None, "the barest news needs no fact"
    text = [*pieces(words, "%(brand)s: ", facts), *sentence(words, first, facts)]
    for line in said(sms_lines(values.occasion), facts):
        text += [Piece("\n"), *pieces(words, line, facts)]
    return SmsText(tuple(piece._replace(text=typewritten(piece.text)) for piece in text))


def render_email(values: Values) -> MailText:
    facts = facts_of(complete(values), Channel.EMAIL)
    letter = letter_of(values, facts)
    return MailText(_subject(values, facts), letter.text, letter.html, letter.qr)


def _subject(values: Values, facts: dict[str, str]) -> str:
    """Names nobody and nothing but the order: it is read on locked screens too."""
    words = words_of(choose(values.language))
    bare = {"news": words.gettext(_barest(news(values)))}
    order = {"order": facts["order"]} if "order" in facts else {}
    text = WITH_ORDER if order else "%(news)s"
    return cut(plain(words, text, {**bare, **order}), _SUBJECT)


def render_push(values: Values) -> PushText:
    """No name, place, number or code of a person's parcel; it shows on a locked screen."""
    words, facts = words_of(choose(values.language)), facts_of(complete(values), Channel.PUSH)
    body = fullest(push_line(values.occasion), facts)
    assert body is not None, "the last alternative needs the brand only"
    return PushText(
        title=cut(plain(words, _barest(news(values)), {}), _TITLE),
        body=cut(plain(words, body, facts), _BODY),
        url=page_address(values.link),
    )


def _barest(line: Line) -> str:
    return line[-1]
