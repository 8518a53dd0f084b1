"""What a shop may set stands in its pages and mails as it is: nothing is taken, then left out."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from notifier.look import look_of, page_address
from notifier.values import Brand
from schemas.notice import Channel, Occasion
from schemas.shop import ShopBrand, ShopSettings, ShopTerms
from tracking.store.merchants import kept_settings, kept_terms

SCHEMES = st.sampled_from(["https://", "HTTPS://", "http://", "mailto:", "Mailto:", "tel:", "TEL:"])
WORDS = ["shop.example", "a@shop.example", "+37120000000", "/a", "[::1]", ":8443", "o'b", "%27"]
PIECES = st.sampled_from([*WORDS, *"?#'\"<\\ :@&~`{\nā\u200d", "?b=c", "#d"])
ADDRESSES = st.builds(
    lambda scheme, rest: scheme + "".join(rest), SCHEMES, st.lists(PIECES, max_size=5)
)


def accepted(model, **fields):
    try:
        return model(**fields)
    except ValidationError:
        return None


@given(ADDRESSES)
def test_every_address_that_is_taken_is_used_by_the_mail_as_it_is(address):
    if accepted(ShopSettings, help=address):
        assert look_of(Brand("Pood", help=address)).help == address
    if accepted(ShopBrand, logo=address):
        assert look_of(Brand("Pood", logo=address)).logo == address


@given(ADDRESSES)
def test_below_every_host_of_links_that_is_taken_a_page_has_its_path(address):
    terms = accepted(ShopTerms, links=address)
    if terms is not None:
        page = f"{terms.links}/t/abc"
        assert page_address(page) == page
        assert (urlsplit(page).path, urlsplit(page).query) == ("/t/abc", "")


@pytest.mark.parametrize(
    ("links", "kept"),
    [
        ("https://t.shop.example", "https://t.shop.example"),
        ("https://t.shop.example:8443/", "https://t.shop.example:8443"),
        ("https://t.shop.example?", None),
        ("https://t.shop.example#", None),
        ("https://t.shop.example/?#", None),
        ("HTTPS://t.shop.example", None),
        ("https://t.shop.example'", None),
        ("https://u@t.shop.example", None),
        ("https://t.shop.example:99999", None),
    ],
)
def test_a_host_of_links_is_a_host(links, kept):
    terms = accepted(ShopTerms, links=links)
    assert (terms and terms.links) == kept


@pytest.mark.parametrize("name", ["Ā", "7", "★", "!", "👩‍🔧", "\u200dPood", "店"])
def test_a_name_of_which_anything_is_seen_is_one(name):
    assert ShopBrand(name=name).name == name


@pytest.mark.parametrize("name", ["\u200d", "\u200c\u200d", "\ufe0f", "\u3164", "\u2800", "\u0301"])
def test_a_name_of_which_nothing_is_seen_is_none(name):
    with pytest.raises(ValidationError, match="shows nothing"):
        ShopBrand(name=name)


def test_nobody_is_texted_of_what_a_shop_only_names():
    """SMS pumping: a carrier must have the parcel first."""
    with pytest.raises(ValidationError, match=r"registered: must not hold sms.*use email"):
        ShopSettings(notices={"registered": ["sms"]})
    assert ShopSettings(notices={"registered": ["email"], "accepted": ["sms"]})


def test_what_an_older_release_took_and_this_one_would_not_is_as_by_default():
    kept = kept_settings(
        '{"notices": {"registered": ["sms", "email"], "delivered": []},'
        ' "quiet": {"starts": "22:00"}, "brand": {"name": "\u200d",'
        ' "logo": "https://a.example/o\'b.png", "colour": "#aa3300"}}'
    )
    assert kept.notices == {Occasion.REGISTERED: (Channel.EMAIL,), Occasion.DELIVERED: ()}
    assert kept.brand == ShopBrand(colour="#aa3300")
    assert kept.quiet.starts.hour == 22
    assert kept_terms('{"links": "HTTPS://t.a.example?", "sms_from": "Pood"}') == ShopTerms(
        sms_from="Pood"
    )
