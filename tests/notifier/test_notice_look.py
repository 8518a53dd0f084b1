"""A shop's colours can be read on either card, and only safe addresses get into a mail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notice_values import usual

from notifier.look import contrast, look_of
from notifier.render import render_email
from notifier.values import Brand
from schemas.notice import Occasion

COLOURS = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)


@given(COLOURS)
def test_text_on_any_colour_can_be_read_and_its_edge_seen(colour: str) -> None:
    look = look_of(Brand("Shop", colour))
    assert look.colour == colour
    assert contrast(look.text, look.colour) >= 3.9  # nothing between white and ink has more
    assert contrast(look.edge, "#fffdf8") >= 3
    assert contrast(look.dark_edge, "#1a2226") >= 3


@pytest.mark.parametrize("colour", [None, "", "red", "#fff", "#12345g", "#123456;x:y", "#123456\n"])
def test_what_is_no_colour_is_ours(colour: str | None) -> None:
    assert look_of(Brand("Shop", colour)).colour == "#0d5560"


@pytest.mark.parametrize(
    ("logo", "contact"),
    [
        ("http://x.example/l.png", "http://x.example"),
        ("data:image/svg+xml,x", "javascript:alert(1)"),
        ('https://x.example/"onload="x', "mailto:a b"),
        ("https://x.example/ž.png", "tel:\u202e+371"),
        ("//x.example/l.png", "JAVASCRIPT:x"),
    ],
)
def test_an_address_that_is_not_safe_is_left_out(logo: str, contact: str) -> None:
    mail = render_email(usual(Occasion.DELIVERED, brand=Brand("Shop", None, logo, contact)))
    for address in (logo, contact):
        assert address not in mail.html + mail.text
    assert "<img" not in mail.html


@pytest.mark.parametrize(
    "contact", ["https://x.example/a?b=1&c=2", "mailto:a@x.example", "tel:+371"]
)
def test_help_is_shown_where_it_is_safe(contact: str) -> None:
    mail = render_email(usual(Occasion.DELIVERED, brand=Brand("Shop", help=contact)))
    assert contact in mail.text
    assert f'href="{contact.replace("&", "&amp;")}"' in mail.html


def test_a_mail_says_why_it_comes_and_how_it_stops() -> None:
    mail = render_email(usual(Occasion.DELIVERED))
    for text in (mail.text, mail.html):
        assert "We never ask for payment or card details by SMS or e-mail." in text
        assert "because" in text
        assert "/stop" in text
    assert "No more" not in render_email(usual(Occasion.DELIVERED, stop=None)).html
