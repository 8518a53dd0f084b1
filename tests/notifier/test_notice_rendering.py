"""Every occasion by every channel in every language, from the best facts and from the worst."""

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest
from notice_values import (
    BONUS,
    CODE,
    DAY,
    EVIL,
    HOUR,
    LANGUAGES,
    LINK,
    NOW,
    PICKUP,
    QR,
    fewest,
    hostile,
    usual,
)

from notifier.render import MailText, render_email, render_push, render_sms
from notifier.values import Values
from notifier.wording.news import news
from schemas.notice import Addressee, Occasion
from schemas.scan import Location, Window
from schemas.status import Handover, Reason

VOID = {"meta", "img", "br"}
LEFT_OVER = re.compile(r"%\(|\{\{|\{%|\bNone\b|\bnan\b|Markup|Undefined|</?\w|&\w+;|\.\.|  ")
UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00a0\u00ad\u061c\u200e\u200f\u202a-\u202f\u2060-\u2069]"
)


class Tags(HTMLParser):
    """Fails where tags do not nest; keeps addresses and the text that is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.names: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    tags.close()
    assert tags.open == []
    return tags


def shown(html: str) -> str:
    body = html.partition("</style>")[2].replace("&#847;&zwnj;&nbsp;", "")
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)))


def texts(values: Values) -> dict[str, str]:
    mail, push = render_email(values), render_push(values)
    return {
        "sms": render_sms(values).text,
        "subject": mail.subject,
        "mail": mail.text,
        "title": push.title,
        "body": push.body,
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("make", [usual, fewest], ids=["usual", "fewest"])
@pytest.mark.parametrize("occasion", Occasion)
def test_nothing_is_left_unrendered(occasion: Occasion, make, language: str) -> None:
    values = make(occasion, language)
    for channel, text in texts(values).items():
        assert not LEFT_OVER.search(text), (channel, text)
        assert not UNSEEN.search(text), (channel, text)
        assert text == text.strip() or text.endswith("\n"), channel
        assert text[:1].isupper(), channel
    assert render_sms(values).text.endswith(LINK)
    assert LINK in render_email(values).text
    assert render_push(values).url == LINK
    html = render_email(values).html
    assert LINK in parsed(html).addresses
    assert f'<html lang="{language}"' in html
    assert not re.search(r"%\(|\{\{|\bNone\b|\bnan\b|&lt;|\.\.(?!/)", html)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("occasion", Occasion)
def test_what_an_enemy_writes_stays_one_short_line_of_text(
    occasion: Occasion, evil: str, language: str
) -> None:
    values = hostile(occasion, language, evil)
    said, right = texts(values), texts(usual(occasion, language))
    for channel, text in said.items():
        assert not UNSEEN.search(text), channel
        assert not re.search(r"[<>]|www\.|evil\.example", text), channel
        assert set(re.findall(r"https?://\S+", text)) <= {LINK, f"{LINK}/stop"}, channel
        assert text.count("\n") <= right[channel].count("\n") + 3
    assert "\n" not in said["subject"] + said["title"] + said["body"]
    assert len(said["sms"]) < 400
    assert len(said["subject"]) <= 120
    assert_harmless(render_email(values))


def assert_harmless(mail: MailText) -> None:
    tags = parsed(mail.html)
    assert "script" not in tags.names
    assert not {name for name in tags.attributes if name.startswith("on")}
    ours = {LINK, f"{LINK}/stop", "cid:qr"}
    assert {a for a in tags.addresses if a not in ours and not a.startswith("https://x/")} == set()
    assert len(mail.html) < 12_000
    assert "49" not in shown(mail.html).replace(LINK, "")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", Occasion)
def test_a_push_fits_and_tells_a_locked_screen_nothing(occasion: Occasion, language: str) -> None:
    push = render_push(usual(occasion, language))
    assert 0 < len(push.title) <= 50
    assert 0 < len(push.body) <= 120
    for secret in (CODE, QR, "Rimi", "Barona", "CE123456789EE", "10023", BONUS.code, "5 €"):
        assert secret not in push.title + push.body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", Occasion)
def test_the_code_is_for_the_recipient_only(occasion: Occasion, language: str) -> None:
    values = usual(occasion, language, code=CODE, qr=QR, handover=Handover.LOCKER)
    everything = {**texts(values), "html": render_email(values).html}
    holding = {channel for channel, text in everything.items() if CODE in text}
    waits = [*PICKUP, Occasion.DELIVERY_RETRACTED]
    assert holding - {"sms"} == ({"mail", "html"} if occasion in waits else set())
    assert ("sms" in holding) == (occasion in PICKUP)
    assert (render_email(values).qr == QR) == (occasion in waits)
    to_buyer = replace(values, addressee=Addressee.BUYER)
    mail = render_email(to_buyer)
    assert CODE not in "".join([*texts(to_buyer).values(), mail.html])
    assert mail.qr is None
    assert "cid:" not in mail.html


@pytest.mark.parametrize("make", [usual, fewest], ids=["usual", "fewest"])
@pytest.mark.parametrize("occasion", Occasion)
def test_each_language_says_it_in_its_own_words(occasion: Occasion, make) -> None:
    for channel in texts(make(occasion)):
        said = {texts(make(occasion, language))[channel] for language in LANGUAGES}
        assert len(said) == len(LANGUAGES), (channel, said)


def test_an_unknown_language_is_english() -> None:
    values = usual(Occasion.DELIVERED, "xx")
    assert render_email(values).subject == "Your parcel was delivered (order 10023)"
    assert render_sms(replace(values, language="lv-LV")).text.startswith(
        "Dzintara Kafija: Sūtījums"
    )


def test_times_are_those_of_the_place_of_delivery() -> None:
    riga = usual(Occasion.READY_FOR_PICKUP)
    assert "until 27 Nov, 18:00" in render_sms(riga).text
    assert "until Friday, 27 November, 18:00" in render_email(riga).text
    tokyo = replace(riga, zone="Asia/Tokyo")
    assert "until 28 Nov, 01:00" in render_sms(tokyo).text
    assert "until Saturday, 28 November, 01:00" in render_push(tokyo).body


@pytest.mark.parametrize(
    ("language", "news"),
    [
        ("en", "in the locker Rimi Kr. Barona 46 until Friday, 27 November, 18:00."),
        ("lv", "pakomātā Rimi Kr. Barona 46 līdz piektdienai, 27. novembrim, plkst. 18:00."),
        ("lt", "paštomate Rimi Kr. Barona 46 iki penktadienio, lapkričio 27 d., 18:00."),
        ("et", "pakiautomaadis Rimi Kr. Barona 46 kuni reede, 27. novembri kella 18:00-ni."),
        ("ru", "в пакомате Rimi Kr. Barona 46 до пятницы, 27 ноября, 18:00."),
    ],
)
def test_days_stand_in_the_right_case(language: str, news: str) -> None:
    assert news in render_email(usual(Occasion.READY_FOR_PICKUP, language)).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_day_that_ends_with_a_stop_does_not_get_two(language: str) -> None:
    window = Window(starts=usual(Occasion.ACCEPTED).now, day_only=True)
    later = replace(usual(Occasion.ACCEPTED, language), window=window, zone="Europe/Riga")
    days = replace(later, now=later.now.replace(day=1))
    for text in (render_sms(days).text, render_email(days).text, render_push(days).body):
        assert ".." not in text


def test_what_is_past_is_not_announced() -> None:
    now = usual(Occasion.ACCEPTED).now
    past = Window(starts=now.replace(day=1), ends=now.replace(day=2))
    assert "arrives" not in render_email(usual(Occasion.ACCEPTED, window=past)).text
    over = usual(Occasion.READY_FOR_PICKUP, until=now.replace(day=2))
    assert "until" not in render_sms(over).text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", [Reason.CUSTOMS_DUTIES, Reason.RECIPIENT_PAYMENT])
def test_no_short_message_asks_for_money_beside_a_link(reason: Reason, language: str) -> None:
    owed, other = (
        usual(Occasion.HELD, language, reason=reason) for reason in (reason, Reason.OTHER)
    )
    assert render_push(owed).body == render_push(other).body
    assert len(render_sms(owed).pieces) <= len(render_sms(other).pieces)
    assert len(render_email(owed).text) > len(render_email(other).text)


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("occasion", [Occasion.ATTEMPT_FAILED, Occasion.HELD, Occasion.DELAYED])
def test_every_reason_can_be_told(occasion: Occasion, reason: Reason) -> None:
    values = usual(occasion, "lv", reason=reason)
    assert len(render_sms(values).text) <= 160 + 20
    assert not LEFT_OVER.search(render_email(values).text)


@pytest.mark.parametrize("handover", Handover)
@pytest.mark.parametrize("occasion", Occasion)
def test_every_handover_can_be_told(occasion: Occasion, handover: Handover) -> None:
    values = usual(occasion, "lt", handover=handover)
    assert not LEFT_OVER.search("\n".join(texts(values).values()))


def test_the_barest_news_names_nothing() -> None:
    for occasion in Occasion:
        for handover in (None, *Handover):
            assert "%" not in news(usual(occasion, handover=handover))[-1]


def test_nothing_is_said_twice() -> None:
    missed = render_email(usual(Occasion.HELD, reason=Reason.PICKUP_MISSED)).text
    assert missed.count("not collected in time") == 1
    somewhere = usual(Occasion.READY_FOR_PICKUP, place=Location(address="Ielas 1", city="Rīga"))
    assert "Where: Ielas 1, Rīga\n" in render_email(somewhere).text
    assert render_email(somewhere).html.count("until") == 3  # title, preheader, heading


def test_a_parcel_that_is_late_without_a_new_time_says_whom_to_ask() -> None:
    now = usual(Occasion.DELAYED).now
    past = Window(starts=now.replace(day=1), ends=now.replace(day=2))
    assert "Contact the shop" in render_email(usual(Occasion.DELAYED, window=past)).text
    assert "sk the carrier" not in render_email(usual(Occasion.DELAYED)).text


def test_names_are_told_from_our_words() -> None:
    sms = render_sms(usual(Occasion.READY_FOR_PICKUP, "lv"))
    names = [piece.text for piece in sms.pieces if piece.protected]
    assert names == ["Dzintara Kafija", "Rimi Kr. Barona 46", CODE, LINK]
    ours = "".join(piece.text for piece in sms.pieces if not piece.protected)
    assert ours == ": Sūtījums gaida pakomātā  līdz 27.11., plkst. 18:00.\nKods: \n"


def test_what_was_rendered_is_not_told_by_its_repr() -> None:
    values = usual(Occasion.READY_FOR_PICKUP)
    assert CODE not in f"{render_sms(values)!r} {render_email(values)!r}"


def test_a_place_is_no_link_and_keeps_its_street() -> None:
    place = Location(name="Alfa, K.Barona/Brīvības", address="http://evil.example", city="evil.lv")
    text = render_email(usual(Occasion.READY_FOR_PICKUP, "lv", place=place)).text
    assert "Alfa, K. Barona/Brīvības" in text
    assert "evil. lv" in text


def test_a_limit_in_the_morning_is_reminded_of_a_day_before_and_not_called_the_last():
    noon = NOW + DAY + 2 * HOUR
    subject = render_email(usual(Occasion.PICKUP_LAST_DAY, until=noon)).subject
    assert "still waiting" in subject
    today = render_email(usual(Occasion.PICKUP_LAST_DAY, until=NOW + 8 * HOUR)).subject
    assert "Last day" in today
    midnight = NOW + 14 * HOUR  # the end of today, in Riga
    assert "Last day" in render_email(usual(Occasion.PICKUP_LAST_DAY, until=midnight)).subject
