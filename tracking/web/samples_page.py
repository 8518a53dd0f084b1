"""The page with sample notices as HTML. In English: it is for staff. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from schemas.notice import Channel, Occasion
from schemas.preview import NoticePreview, SmsPreview
from tracking.web.frame import frame, template
from tracking.web.inbox_page import linked
from tracking.words.catalog import SOURCE, words_of
from tracking.words.language import SUPPORTED

PATH: Final = "/support/notices"
_ALPHABET: Final = {"gsm7": "GSM 7 bit", "ucs2": "UCS-2"}
_UNITS: Final = {"gsm7": "septets", "ucs2": "UTF-16 units"}

_page = template("samples.html")


class Asked(NamedTuple):
    """`channel` None: those by which it is sent. `price` is that of one segment."""

    occasion: Occasion
    language: str
    channel: Channel | None = None
    shop: str = ""
    price: Decimal | None = None

    def mail(self, scheme: str) -> str:
        """Where its mail is shown."""
        asked = {"occasion": self.occasion.value, "language": self.language, "scheme": scheme}
        shop = {"shop": self.shop} if self.shop else {}
        return f"{PATH}/mail?{urlencode({**asked, **shop})}"


def render_samples(found: Mapping[str, NoticePreview], asked: Asked) -> str:
    """`found` has one for each language."""
    shown = found[asked.language]
    return _page.render(
        **frame(words_of(SOURCE), None),
        asked=asked,
        home=PATH,
        occasions=[(each.value, _spaced(each)) for each in Occasion],
        channels=[each.value for each in Channel],
        heading=_spaced(asked.occasion),
        language_name=SUPPORTED[asked.language],
        shown=shown,
        by=[asked.channel] if asked.channel else list(shown.channels),
        by_default=[channel.value for channel in shown.channels],
        spellings=_spellings(shown, asked.price),
        rows=[_row(each, asked) for each in found.values()],
        priced=asked.price is not None,
        mail_text=linked(shown.email.text),
    )


def _spaced(occasion: Occasion) -> str:
    return occasion.value.replace("_", " ").capitalize()


def _spellings(shown: NoticePreview, price: Decimal | None) -> list[dict[str, Any]]:
    """Both where they differ, the one that is sent marked."""
    if shown.full.text == shown.short.text:
        return [_spelling("Text message", shown.full, shown, price)]
    return [
        _spelling("Spelt in full", shown.full, shown, price),
        _spelling("Spelt short", shown.short, shown, price),
    ]


def _spelling(
    name: str, sms: SmsPreview, shown: NoticePreview, price: Decimal | None
) -> dict[str, Any]:
    return {
        "name": name,
        "text": linked(sms.text),
        "is_sent": sms.text == shown.sms.text,
        **_counted(sms, price),
    }


def _counted(sms: SmsPreview, price: Decimal | None) -> dict[str, Any]:
    return {
        "alphabet": _ALPHABET[sms.alphabet],
        "used": f"{sms.units} of {sms.room} {_UNITS[sms.alphabet]}",
        "segments": sms.segments,
        "cost": None if price is None else sms.cost(price),
    }


def _row(each: NoticePreview, asked: Asked) -> dict[str, Any]:
    """What is sent in this language, and what it would take spelt in full."""
    return {
        "code": each.language,
        "name": SUPPORTED[each.language],
        "is_shown": each.language == asked.language,
        "full": each.full.segments,
        **_counted(each.sms, asked.price),
    }
