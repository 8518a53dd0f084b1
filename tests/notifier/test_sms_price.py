"""What a text message costs: the price list as it is written, and segments times the price."""

import re

import pytest

from notifier.sms.price import Charge, Prices
from schemas.price import Cost, SegmentPrice, iso_country, iso_currency, millionths, segment_price

LV, LT, DE = "+37120000001", "+37060000001", "+491700000001"
EUR = Prices("EUR", {"LV": 45_000, "LT": 40_500, "*": 90_000})


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("LV=0.045", SegmentPrice("LV", 45_000)),
        (" LT = 0.0405 ", SegmentPrice("LT", 40_500)),
        ("*=0.09", SegmentPrice("*", 90_000)),
        ("EE=0", SegmentPrice("EE", 0)),
        ("EE=0.000001", SegmentPrice("EE", 1)),
        ("EE=12", SegmentPrice("EE", 12_000_000)),
    ],
)
def test_an_entry_of_the_price_list(text, price):
    assert segment_price(text) == price


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("LV", "'LV' is not a country and a price such as LV=0.045"),
        ("", "'' is not a country and a price"),
        ("lv=0.04", "'lv' is not a country's code"),
        ("XX=0.04", "'XX' is not a country's code"),
        ("LV=", "LV: '' is not an amount"),
        ("LV=-1", "LV: '-1' is not an amount"),
        ("LV=0,045", "LV: '0,045' is not an amount"),
        ("LV=1e3", "LV: '1e3' is not an amount"),
        ("LV=0.0000001", "of up to six decimals"),
        ("LV=NaN", "LV: 'NaN' is not an amount"),
        ("LV=٤", "is not an amount"),
        ("*=cheap", "*: 'cheap' is not an amount"),
    ],
)
def test_a_wrong_entry_says_what_is_wrong(text, fault):
    with pytest.raises(ValueError, match=re.escape(fault)):
        segment_price(text)


@pytest.mark.parametrize(
    ("phone", "text", "charge"),
    [
        (LV, "a" * 160, Charge(1, 45_000, "EUR")),
        (LV, "a" * 161, Charge(2, 90_000, "EUR")),
        (LV, "ā" * 71, Charge(2, 90_000, "EUR")),  # UCS-2: 70, then 67 each
        (LT, "a" * 307, Charge(3, 121_500, "EUR")),  # 3 x 40,500
        (DE, "a", Charge(1, 90_000, "EUR")),
        ("+88216000000", "a", Charge(1, 90_000, "EUR")),  # satellites have no country
    ],
)
def test_segments_times_the_price_of_the_country(phone, text, charge):
    assert EUR.charge(phone, text) == charge


def test_without_a_price_the_cost_is_not_known():
    assert Prices("EUR", {"LV": 45_000}).charge(LT, "a" * 161) == Charge(2, None, None)
    assert Prices().charge(LV, "a") == Charge(1, None, None)


def test_a_price_of_nothing_is_a_price():
    assert Prices("EUR", {"LV": 0}).charge(LV, "a") == Charge(1, 0, "EUR")


@pytest.mark.parametrize(
    ("sum_", "amount"),
    [(0, "0.000000"), (1, "0.000001"), (45_000, "0.045000"), (10**12, "1000000.000000")],
)
def test_a_cost_is_told_to_the_millionth(sum_, amount):
    assert Cost.from_millionths(sum_, "EUR") == Cost(amount=amount, currency="EUR")
    assert millionths(amount) == sum_


def test_codes_are_those_of_the_standards():
    assert (iso_country("LV"), iso_currency("EUR")) == ("LV", "EUR")
    for check, code in ((iso_country, "EU"), (iso_currency, "EURO"), (iso_currency, "eur")):
        with pytest.raises(ValueError, match="ISO"):
            check(code)
