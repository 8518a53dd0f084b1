"""An e-mail: the news in large, what belongs to it, what opens the door, one button."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from notifier.look import look_of, page_address
from notifier.mail.delivery_markup import delivery_markup
from notifier.plain import plain, sentence
from notifier.values import Values
from notifier.wording import PLACEHOLDER, Facts, fullest, said, words_of
from notifier.wording.channels import mail_lines
from notifier.wording.facts import is_waiting
from notifier.wording.news import news
from schemas.notice import Addressee, Occasion
from tracking.words.catalog import N_, Words
from tracking.words.language import choose

_TEMPLATES: Final = Path(__file__).parent / "templates"
# The colour of the time in the heading, as on the page.
_URGENT: Final = frozenset({Occasion.PICKUP_LAST_DAY, Occasion.PICKUP_LAST_HOURS, Occasion.DELAYED})
# When it comes is the answer here, and stands in the heading.
_COMING: Final = frozenset(
    {
        Occasion.REGISTERED,
        Occasion.ACCEPTED,
        Occasion.OUT_FOR_DELIVERY,
        Occasion.DELIVERY_TIME_CHANGED,
        Occasion.ARRIVING_NEXT,
        Occasion.DELAYED,
    }
)
_TRACK: Final = N_("Track the parcel")
_ANSWER_ON: Final = N_("Read it on the page, and write back")
_EMPTY_LINES: Final = re.compile(r"\n{3,}")
_PART: Final = Markup('<span class="part">{}</span>')


@dataclass(frozen=True, slots=True)
class Letter:
    text: str
    html: str
    qr: str | None


def _templates() -> Environment:
    """Both layouts, read now; what a template asks for and does not get is an error."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    for name in ("mail.html", "mail.txt"):
        environment.get_template(name)
    return environment


_LAYOUTS: Final = _templates()


def letter_of(values: Values, facts: Facts) -> Letter:
    qr = values.qr if is_waiting(values) and _for_recipient(values) else None
    common = {
        "language": choose(values.language),
        "look": look_of(values.brand),
        "link": page_address(values.link),
        "stop": page_address(values.stop) if values.stop else None,
        "for_recipient": _for_recipient(values),
        "markup": _markup(values),
        "button": _ANSWER_ON if values.occasion is Occasion.CASE_REPLY else _TRACK,
        "urgent": values.occasion in _URGENT,
        "qr": qr is not None,
        "limit_in_heading": "until" in PLACEHOLDER.findall(_first(values, facts)),
    }
    text = _LAYOUTS.get_template("mail.txt").render(common | _in_text(values, facts))
    html = _LAYOUTS.get_template("mail.html").render(common | _in_html(values, facts))
    return Letter(_EMPTY_LINES.sub("\n\n", f"{text.strip()}\n"), html, qr)


def _markup(values: Values) -> Markup | None:
    # Its characters are escaped for where it stands.
    return Markup(delivery_markup(values)) if values.parcel_markup else None  # noqa: S704 - see above


def _answer(values: Values) -> list[str]:
    """Line by line, as support wrote it; the layout escapes it."""
    return [line for line in (values.answer or "").splitlines() if line]


def _for_recipient(values: Values) -> bool:
    return values.addressee is Addressee.RECIPIENT


def _in_text(values: Values, facts: Facts) -> dict[str, Any]:
    words = words_of(choose(values.language))
    return {
        "gettext": lambda message, **given: plain(words, message, given),
        "heading": _spoken(values, facts, words),
        "lines": [
            *_answer(values),
            *(plain(words, line, facts) for line in said(mail_lines(values), facts)),
        ],
        "facts": {name: plain(words, f"%({name})s", facts) for name in facts},
    }


def _in_html(values: Values, facts: Facts) -> dict[str, Any]:
    words = words_of(choose(values.language))
    lines = [
        words.gettext(line, **facts)
        for line in said(mail_lines(values), facts)
        if not (line == "%(arrival)s" and values.occasion in _COMING)
    ]
    return {
        "gettext": words.gettext,
        "preheader": _preheader(values, facts, words),
        "heading": _heading(values, facts, words),
        "lines": [*_answer(values), *lines],
        "facts": facts,
    }


def _spoken(values: Values, facts: Facts, words: Words) -> str:
    return "".join(piece.text for piece in sentence(words, _first(values, facts), facts))


def _preheader(values: Values, facts: Facts, words: Words) -> str:
    """What a mail program shows beside the subject: the heading, so never a code."""
    coming = values.occasion in _COMING and "arrival" in facts
    when = [plain(words, "%(arrival)s", facts)] if coming else []
    return " ".join([_spoken(values, facts, words), *when])


def _heading(values: Values, facts: Facts, words: Words) -> Markup:
    """The news, and its time on a line of its own, in colour."""
    limit = {"until": _PART.format(facts["until"])} if "until" in facts else {}
    heading = words.gettext(_first(values, facts), **{**facts, **limit})
    if values.occasion in _COMING and "arrives" in facts:
        return Markup("{} {}").format(heading, _PART.format(facts["arrives"]))
    return heading


def _first(values: Values, facts: Facts) -> str:
    first = fullest(news(values), facts)
    assert first is not None, "the barest news needs no fact"
    return first
