"""What a mail program may read of a parcel."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from notifier.mail.delivery_markup import delivery_markup
from notifier.render import render_email
from notifier.values import Brand, Values
from schemas.notice import Addressee, Occasion
from schemas.scan import Location, Window

AT = datetime(2026, 5, 4, 9, tzinfo=UTC)
VALUES = Values(
    occasion=Occasion.READY_FOR_PICKUP,
    addressee=Addressee.RECIPIENT,
    language="lv",
    zone="Europe/Riga",
    now=AT,
    brand=Brand("Grāmatas"),
    carrier="Omniva",
    tracking_number="CC123456789EE",
    link="https://track.test/t/abc",
    order="A-17",
    window=Window(starts=AT, ends=AT.replace(hour=12)),
    place=Location(name="Rīga, Centrs"),
    until=AT.replace(day=11),
    code="731904",
    qr="QR-731904",
)


def test_the_parcel_is_described():
    assert json.loads(delivery_markup(VALUES)) == {
        "@context": "https://schema.org",
        "@type": "ParcelDelivery",
        "trackingNumber": "CC123456789EE",
        "trackingUrl": "https://track.test/t/abc",
        "provider": {"@type": "Organization", "name": "Omniva"},
        "expectedArrivalFrom": "2026-05-04T09:00:00+00:00",
        "expectedArrivalUntil": "2026-05-04T12:00:00+00:00",
        "deliveryStatus": {
            "@type": "DeliveryEvent",
            "availableThrough": "2026-05-11T09:00:00+00:00",
        },
        "partOfOrder": {
            "@type": "Order",
            "orderNumber": "A-17",
            "seller": {"@type": "Organization", "name": "Grāmatas"},
        },
    }


def test_what_is_not_known_is_left_out():
    bare = json.loads(delivery_markup(replace(VALUES, window=None, until=None, order=None)))
    assert set(bare) == {
        "@context", "@type", "trackingNumber", "trackingUrl", "provider", "partOfOrder",
    }  # fmt: skip


def test_neither_the_code_nor_the_place_is_in_it():
    made = delivery_markup(VALUES)
    assert "731904" not in made
    assert "Centrs" not in made


def test_a_mail_has_it_where_the_shop_wants_it():
    marked = render_email(replace(VALUES, parcel_markup=True)).html
    script = marked.split('<script type="application/ld+json">')[1].split("</script>")[0]
    assert json.loads(script)["trackingNumber"] == VALUES.tracking_number
    assert "<script" not in render_email(VALUES).html


@given(
    st.text(max_size=300) | st.sampled_from(["</script><script>x()", "<!--<script", "]]>&\u2028"])
)
def test_no_text_ends_the_script_it_stands_in(text):
    made = delivery_markup(replace(VALUES, carrier=text, order=text, brand=Brand(text)))
    assert made.isascii()
    assert not set("<>&") & set(made)
    tags: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, _: tags.append(tag)
    parser.feed(f'<script type="application/ld+json">{made}</script><p>')
    assert tags == ["script", "p"]
    json.loads(made)
