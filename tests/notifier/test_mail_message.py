"""The mail as a reader's program takes it apart again."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, message_from_string
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.mail.address import Party, wire_address
from notifier.mail.headers import to_bytes
from notifier.mail.message import QR_CID, Identity, Rendered, compose, identity_of, message_id

NOTICE = UUID("0189d0a4-0000-7000-8000-000000000001")
PROOF = "0123456789abcdef0123"
IDENTITY = Identity(NOTICE, PROOF)
NOW = datetime(2026, 5, 4, 12, 30, 15, 999, tzinfo=timezone(timedelta(hours=3)))
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
HEADERS = {
    "from", "to", "reply-to", "subject", "date", "message-id", "content-language",
    "auto-submitted", "x-auto-response-suppress", "list-unsubscribe", "list-unsubscribe-post",
    "mime-version", "content-type",
}  # fmt: skip


def composed(**given) -> EmailMessage:
    mail = Rendered(
        given.pop("subject", "Sūtījums ir klāt"),
        given.pop("text", "Klāt!\n"),
        given.pop("html", f'<p>Klāt!</p><img src="cid:{QR_CID}">'),
        given.pop("language", "lv"),
        given.pop("qr", None),
    )
    options = {
        "sender": Party("notices@shop.test", "Grāmatas"),
        "recipient": Party("anna@example.test", "Anna Liepa"),
        "identity": IDENTITY,
        "now": NOW,
    }
    return compose(mail, **{**options, **given})


def read(message: EmailMessage, *, utf8: bool = False) -> EmailMessage:
    raw = to_bytes(message, utf8=utf8)
    if utf8:  # headers of RFC 6532 the library reads from text only
        return message_from_string(raw.decode(), policy=default)
    return message_from_bytes(raw, policy=default)


def shown_name(message: EmailMessage, header: str) -> str:
    """As most programs read it; of a name in several encoded words the newer parser tears one."""
    raw = message_from_bytes(message.as_bytes())[header]
    return parseaddr(str(make_header(decode_header(re.sub(r"\r?\n", "", raw)))))[0]


def test_a_reader_sees_who_wrote_what_when_and_in_which_language():
    seen = read(composed(help_address="help@shop.test"))
    assert seen["From"] == "Grāmatas <notices@shop.test>"
    assert seen["To"] == "Anna Liepa <anna@example.test>"
    assert seen["Reply-To"] == "Grāmatas <help@shop.test>"
    assert seen["Subject"] == "Sūtījums ir klāt"
    assert seen["Date"].datetime == datetime(2026, 5, 4, 9, 30, 15, tzinfo=UTC)
    assert seen["Content-Language"] == "lv"
    assert seen["Auto-Submitted"] == "auto-generated"
    assert "NDR" not in seen["X-Auto-Response-Suppress"]
    assert "Feedback-ID" not in seen


def test_text_comes_before_html_and_the_qr_code_stands_beside_its_html():
    seen = read(composed(qr=PNG))
    assert seen.get_content_type() == "multipart/alternative"
    text, related = seen.iter_parts()
    html, image = related.iter_parts()
    assert related.get_content_type() == "multipart/related"
    assert (text.get_content_type(), text.get_content()) == ("text/plain", "Klāt!\r\n")
    assert "Klāt!" in html.get_content()
    assert (image["Content-ID"], image.get_content()) == (f"<{QR_CID}>", PNG)
    assert image.get_content_disposition() == "inline"


def test_without_a_qr_code_there_are_two_parts():
    assert [part.get_content_type() for part in read(composed()).iter_parts()] == [
        "text/plain",
        "text/html",
    ]


def test_a_repeat_is_the_same_mail():
    assert to_bytes(composed(qr=PNG), utf8=False) == to_bytes(composed(qr=PNG), utf8=False)


def test_the_message_id_names_the_notice_and_proves_it():
    identifier = read(composed())["Message-ID"]
    assert identifier == f"<{NOTICE}.{PROOF}@shop.test>" == message_id(IDENTITY, "other@shop.test")
    assert identity_of(identifier) == IDENTITY


@pytest.mark.parametrize(
    "other",
    [
        "",
        "<x@shop.test>",
        f"<{NOTICE}>",
        f"<{NOTICE}@shop.test>",
        f"<{NOTICE}.x@shop.test>",
        f"<a{NOTICE}.{PROOF}@shop.test>",
    ],
)
def test_another_message_id_names_none(other):
    assert identity_of(other) is None


def test_boundaries_are_not_reckoned_from_the_notice():
    """Whoever writes a text knows its parcel, and with it the notice's id."""
    boundaries = {part.get_boundary() for part in composed(qr=PNG).walk() if part.is_multipart()}
    assert len(boundaries) == 2
    assert not any(NOTICE.hex in each for each in boundaries)


def test_one_click_ends_it_by_https():
    long = "https://track.test/stop/" + "a" * 300
    raw = to_bytes(composed(unsubscribe=long), utf8=False)
    assert f"\r\nList-Unsubscribe: <{long}>\r\n".encode() in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw


def test_by_http_there_is_no_one_click():
    seen = read(composed(unsubscribe="http://127.0.0.1:8080/stop/x"))
    assert seen["List-Unsubscribe"] == "<http://127.0.0.1:8080/stop/x>"
    assert "List-Unsubscribe-Post" not in seen


def test_no_link_no_header():
    assert "List-Unsubscribe" not in read(composed())


@pytest.mark.parametrize("name", ["Anna", "Ķ" * 90, 'A "B" <x@y.test>, C', "a@b.test"])
def test_a_name_stays_a_name(name):
    seen = read(composed(recipient=Party("anna@example.test", name)))
    assert [each.addr_spec for each in seen["To"].addresses] == ["anna@example.test"]
    assert shown_name(seen, "To") == name


def test_an_encoded_word_in_a_value_is_not_one_to_the_reader():
    seen = read(
        composed(
            subject="=?utf-8?q?=0D=0ABcc:_x?=",
            recipient=Party("anna@example.test", "=?utf-8?q?=E2=80=AE?="),
        )
    )
    assert seen["Subject"] == "= ?utf-8?q?=0D=0ABcc:_x?="
    assert shown_name(seen, "To") == "= ?utf-8?q?=E2=80=AE?="


def test_without_a_name_only_the_address_stands_there():
    assert read(composed(recipient=Party("anna@example.test")))["To"] == "anna@example.test"


def test_an_international_domain_is_written_in_a_labels():
    seen = read(composed(recipient=Party("anna@ķekava.lv")))
    assert seen["To"] == "anna@xn--ekava-n5a.lv"


def test_an_international_local_part_is_written_as_it_is():
    raw = to_bytes(composed(recipient=Party("jānis@ķekava.lv", "Jānis")), utf8=True)
    assert "\r\nTo: Jānis <jānis@xn--ekava-n5a.lv>\r\n".encode() in raw


def test_a_long_name_beside_an_international_address_makes_no_second_one():
    name = "ā, <b@x.test>, " * 10
    seen = read(composed(recipient=Party("jānis@example.test", name)), utf8=True)
    assert [each.addr_spec for each in seen["To"].addresses] == ["jānis@example.test"]


def test_long_values_are_cut():
    seen = read(
        composed(
            subject="ā" * 10_000,
            sender=Party("notices@shop.test", "š" * 10_000),
            recipient=Party("anna@example.test", "x " * 5_000),
        )
    )
    assert len(seen["Subject"]) == 150
    assert shown_name(seen, "From") == "š" * 99 + "…"
    assert len(shown_name(seen, "To")) <= 100


SECRET = "hidden-value"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"subject": "\r\n\u202e"}, "subject"),
        ({"language": f"lv\r\n{SECRET}"}, "language"),
        ({"text": SECRET * 20_000}, "text"),
        ({"html": SECRET * 20_000}, "html"),
        ({"qr": SECRET.encode()}, "qr"),
        ({"qr": PNG * 1000}, "qr"),
        ({"now": NOW.replace(tzinfo=None)}, "now"),
        ({"sender": Party(f"{SECRET} @x.test")}, "sender"),
        ({"recipient": Party(f"{SECRET}@x.test\r\nBcc: b@x.test")}, "recipient"),
        ({"recipient": Party(f"{SECRET}@{'x' * 70}ā.test")}, "recipient"),
        ({"unsubscribe": f"https://x.test/{SECRET}\r\nBcc: b@x.test"}, "unsubscribe"),
        ({"unsubscribe": f"https://x.test/{SECRET}>, <mailto:b@x.test"}, "unsubscribe"),
        ({"unsubscribe": f"https://x.test/{SECRET}ā"}, "unsubscribe"),
        ({"unsubscribe": f"https://x.test/{SECRET * 100}"}, "unsubscribe"),
        ({"unsubscribe": f"javascript:{SECRET}"}, "unsubscribe"),
    ],
)
def test_what_cannot_be_sent_is_named_and_not_repeated(given, named):
    with pytest.raises(ValueError, match=rf"^{named}: ") as caught:
        composed(**given)
    error = caught.value
    assert SECRET not in f"{error!r} {error.__cause__!r}"
    assert error.__suppress_context__ or error.__context__ is None


@pytest.mark.parametrize("wrong", ["", "help@", "help@x.test\r\nBcc: b@x.test", "+371 20000000"])
def test_a_wrong_help_address_holds_back_no_mail(wrong):
    seen = read(composed(help_address=wrong))
    assert "Reply-To" not in seen
    assert "Bcc" not in seen


def test_nothing_personal_is_in_a_repr():
    mail = Rendered("Subject", "Text", "Html", "lv", PNG)
    assert repr(mail) == "Rendered(language='lv')"
    assert repr(Party("anna@example.test", "Anna")) == "Party()"


def test_bodies_keep_their_lines_and_lose_what_is_not_shown():
    seen = read(composed(text="one\r\ntwo\rthree\x00\x1b[31m\u202e\ud800\n\tfour\u00adfive"))
    text = seen.get_body(("plain",)).get_content()
    assert text.splitlines() == ["one", "two", "three[31m", "\tfour\u00adfive"]


hostile = st.one_of(
    st.text(max_size=300),
    st.text('\r\n\t \0\x0b\x0c\x1c\x85\u2028\u2029\u202e\ufeffaā:<>@"\\,;=?_-Bcc.', max_size=300),
    st.sampled_from(
        ["x\r\nBcc: b@x.test", "\r\n\r\n<script>", "a\n.\nRCPT TO:<b@x.test>", "e\u0301" * 200]
    ),
    st.integers(1, 3).map(lambda times: "ā\u0301 =?utf-8?q?=0D=0ABcc:_x?= " * 150 * times),
)


def _lines_are_within_limits(raw: bytes) -> None:
    """RFC 5322, 2.1.1 and 2.3: CRLF only, at most 998 octets."""
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@settings(deadline=None)  # the library's parser is slow at first
@given(subject=hostile, shop=hostile, name=hostile, text=hostile, html=hostile)
def test_no_value_makes_a_header_a_line_or_a_part(subject, shop, name, text, html):
    message = composed(
        subject="!" + subject,
        sender=Party("notices@shop.test", shop),
        recipient=Party("anna@example.test", name),
        text=text,
        html=html,
        qr=PNG,
        help_address="help@shop.test",
        unsubscribe="https://track.test/stop/x",
    )
    _lines_are_within_limits(to_bytes(message, utf8=False))
    _lines_are_within_limits(to_bytes(message, utf8=True))
    assert to_bytes(message, utf8=False).isascii()
    seen = read(message)
    assert {header.lower() for header in seen} == HEADERS
    assert len(seen.keys()) == len(HEADERS)
    assert [each.addr_spec for each in seen["To"].addresses] == ["anna@example.test"]
    assert [each.addr_spec for each in seen["From"].addresses] == ["notices@shop.test"]
    types = [part.get_content_type() for part in seen.walk()]
    assert types == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip


@given(hostile)
def test_any_address_is_either_plain_or_refused(value):
    try:
        address = wire_address(value, "recipient")
    except ValueError as error:
        assert str(error).startswith("recipient: ")  # noqa: PT017 - both ends are right
    else:
        assert address.isprintable()
        assert not set(' "<>\\,;:()') & set(address)
        assert address.rpartition("@")[2].isascii()


@settings(deadline=None)  # the same
@given(
    local=st.text("abz09._+-ā", min_size=1, max_size=64),
    domain=st.text("az09-ā", min_size=1, max_size=60),
    name=hostile,
)
def test_any_address_that_is_taken_comes_out_as_it_went_in(local, domain, name):
    try:
        address = wire_address(f"{local}@{domain}.test", "recipient")
    except ValueError:
        return
    message = composed(recipient=Party(address, name))
    [seen] = read(message, utf8=not address.isascii())["To"].addresses
    assert seen.addr_spec == address
