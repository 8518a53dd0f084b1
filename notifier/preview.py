"""Any notice in any language with sample data, and what it costs to send. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from notifier.occasions import RULES
from notifier.qr import qr_png, with_picture
from notifier.render import render_email, render_push, render_sms
from notifier.samples import sample
from notifier.sms.alphabet import alphabet, units
from notifier.sms.segments import ONE, PART, count
from notifier.sms.spelling import brief, spelt
from notifier.values import Brand, Values
from schemas.notice import Channel, Occasion
from schemas.preview import MailPreview, NoticePreview, PushPreview, SmsPreview
from schemas.shop import ShopSettings, Spelling

_QR: Final = "qr"  # by which the HTML of a mail names its picture before it is sent


def preview(
    occasion: Occasion,
    language: str,
    now: datetime,
    *,
    shop: str | None = None,
    public_url: str | None = None,
    settings: ShopSettings | None = None,
) -> NoticePreview:
    """With the sample of this occasion, in the name of `shop`, as its `settings` want it.

    Raises ValueError where nothing of the name can be shown.
    """
    values = sample(occasion, language, now, shop=shop, public_url=public_url)
    return preview_of(_as_wanted(values, settings) if settings else values, settings)


def _as_wanted(values: Values, settings: ShopSettings) -> Values:
    brand = settings.brand
    look = Brand(brand.name or values.brand.name, brand.colour, brand.logo, settings.help)
    return replace(values, brand=look, spelling=settings.sms.spelling)


def preview_of(values: Values, settings: ShopSettings | None = None) -> NoticePreview:
    pieces, push = render_sms(values).pieces, render_push(values)
    return NoticePreview(
        occasion=values.occasion,
        language=values.language,
        channels=_channels(values.occasion, settings),
        sms=_sms(spelt(pieces, values.language, values.spelling)),
        full=_sms(spelt(pieces, values.language, Spelling.FULL)),
        short=_sms(brief(pieces, values.language)),
        email=_mail(values),
        push=PushPreview(push.title, push.body),
    )


def _channels(occasion: Occasion, settings: ShopSettings | None) -> tuple[Channel, ...]:
    usual = RULES[occasion].channels
    return settings.notices.get(occasion, usual) if settings else usual


def _sms(text: str) -> SmsPreview:
    of, segments = alphabet(text), count(text)
    room = ONE[of] if segments == 1 else PART[of] * segments
    return SmsPreview(text, of.value, units(text), room, segments)


def _mail(values: Values) -> MailPreview:
    mail = render_email(values)
    picture = qr_png(mail.qr) if mail.qr else None
    html = with_picture(mail.html, _QR, picture)
    return MailPreview(values.brand.name, mail.subject, mail.text, html)
