"""Samples and previews: every notice by every channel in every language, at any hour."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import gsm0338
import pytest
from notice_values import EVIL, LANGUAGES

from notifier.occasions import RULES
from notifier.preview import preview, preview_of
from notifier.required import missing
from notifier.samples import sample
from schemas.notice import Occasion
from schemas.preview import SmsPreview

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
HOURS = [
    NOW.replace(hour=0),
    NOW.replace(hour=21, minute=59),  # a minute before midnight in Riga
    NOW.replace(hour=22),
    datetime(2026, 3, 29, 0, 30, tzinfo=UTC),  # half an hour before the clocks go forward
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # and back
    datetime(2027, 12, 31, 21, 30, tzinfo=UTC),
]
GSM7 = gsm0338.Codec()
# With a link of 42 characters, a shop of 15 and a place of 17 or 18, as in test_notice_sms.
LONGER = {("ru", occasion): 2 for occasion in Occasion}
LONGER[("ru", Occasion.CASE_REPLY)] = 3  # somebody's own sentence


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", Occasion)
def test_every_notice_has_a_sample_that_says_all_it_can(occasion: Occasion, language: str) -> None:
    found = preview(occasion, language, NOW)
    assert (found.occasion, found.language) == (occasion, language)
    assert found.channels == RULES[occasion].channels
    texts = (
        found.sms.text,
        found.email.subject,
        found.email.text,
        found.email.html,
        found.push.title,
        found.push.body,
    )
    assert all(texts)
    assert found.sms.text in {found.full.text, found.short.text}
    assert found.sms.segments == LONGER.get((language, occasion), 1)
    assert not missing(sample(occasion, language, NOW))


@pytest.mark.parametrize("now", HOURS)
@pytest.mark.parametrize("occasion", Occasion)
def test_a_sample_is_as_good_at_any_hour(occasion: Occasion, now: datetime) -> None:
    """What is ahead at ten in the morning is said, whenever somebody looks."""
    values = sample(occasion, "et", now)
    usual = sample(occasion, "et", NOW)
    for name in ("window", "until", "bonus"):
        assert (getattr(values, name) is None) == (getattr(usual, name) is None)
    ends = [values.window and values.window.ends, values.until, values.bonus and values.bonus.until]
    assert all(end > values.now for end in ends if end)
    assert abs(values.now - now) < timedelta(days=1)
    assert preview_of(values).email.text.count("\n") == preview_of(usual).email.text.count("\n")


def by_another_hand(text: str) -> tuple[str, int, int, int]:
    """Alphabet, units, room and segments; parts of the samples never tear a pair."""
    try:
        units, alphabet, one, part = len(GSM7.encode(text)[0]), "gsm7", 160, 153
    except UnicodeEncodeError:
        units, alphabet, one, part = len(text.encode("utf-16-be")) // 2, "ucs2", 70, 67
    segments = 1 if units <= one else -(-units // part)
    return alphabet, units, one if segments == 1 else part * segments, segments


def counted(sms: SmsPreview) -> tuple[str, int, int, int]:
    return sms.alphabet, sms.units, sms.room, sms.segments


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", Occasion)
def test_what_a_text_takes_is_counted_right(occasion: Occasion, language: str) -> None:
    found = preview(occasion, language, NOW)
    for sms in (found.sms, found.full, found.short):
        assert counted(sms) == by_another_hand(sms.text)
        assert sms.cost(Decimal("0.045")) == Decimal("0.045") * sms.segments
    assert found.short.segments <= found.full.segments


def test_a_mail_needs_nothing_from_elsewhere() -> None:
    html = preview(Occasion.READY_FOR_PICKUP, "lv", NOW).email.html
    sources = re.findall(r'src="([^"]*)"', html)
    assert len(sources) == 1
    assert sources[0].startswith("data:image/png;base64,iVBOR")
    assert "cid:" not in html


def test_links_are_as_long_as_those_of_the_installation() -> None:
    links = {
        url: re.search(
            r"\S+/t/\S+", preview(Occasion.DELIVERED, "en", NOW, public_url=url).sms.text
        )
        for url in (None, "http://127.0.0.1:8080", "https://track.example.com")
    }
    assert {url: link and len(link[0]) for url, link in links.items()} == {
        None: 42,
        "http://127.0.0.1:8080": 42,
        "https://track.example.com": 50,
    }


@pytest.mark.parametrize("shop", ["Ķīpsalas Kafija", "kafija.lv", *EVIL])
def test_a_shop_may_be_called_anything_that_can_be_shown(shop: str) -> None:
    name = f"A {shop}" * 100
    found = preview(Occasion.OUT_FOR_DELIVERY, "lv", NOW, shop=name)
    assert found.sms.text.startswith("A ")
    assert "<script" not in found.email.html
    assert "\n" not in found.email.subject
    assert not set("\u202e\u2066\u200f\x00\x07\x1b") & set(found.email.text + found.push.body)


@pytest.mark.parametrize("shop", ["", "  ", "\u202e\u200f", "<>"])
def test_a_name_that_shows_nothing_is_refused(shop: str) -> None:
    with pytest.raises(ValueError, match="brand"):
        preview(Occasion.OUT_FOR_DELIVERY, "lv", NOW, shop=shop)
