"""Which numbers may be written to."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from notifier.sms.allowed import BALTIC, country_of, prefix_of, why_not

EVERYWHERE = phonenumbers.SUPPORTED_REGIONS
DEAR = {
    "premium_rate": PhoneNumberType.PREMIUM_RATE,
    "shared_cost": PhoneNumberType.SHARED_COST,
    "personal_number": PhoneNumberType.PERSONAL_NUMBER,
    "pager": PhoneNumberType.PAGER,
    "uan": PhoneNumberType.UAN,
    "voicemail": PhoneNumberType.VOICEMAIL,
}


@pytest.mark.parametrize(
    ("phone", "countries", "wanted"),
    [
        ("+37120000001", BALTIC, None),
        ("+37061234567", BALTIC, None),
        ("+37251234567", BALTIC, None),
        ("+3725123456", BALTIC, None),
        ("+37112345678", BALTIC, None),  # no known range: not refused
        ("+37190123456", BALTIC, "premium_rate"),
        ("+37181123456", BALTIC, "shared_cost"),
        ("+37070012345", BALTIC, "personal_number"),
        ("+37070712345", BALTIC, "uan"),
        ("+3729001234", BALTIC, "premium_rate"),
        ("+358412345678", BALTIC, "country"),
        ("+358412345678", {"FI"}, None),
        ("+37120000001", {"FI"}, "country"),
        ("+37120000001", (), "country"),
        ("+447012345678", {"GB"}, "personal_number"),
        ("+447640123456", {"GB"}, "pager"),
        ("+447400123456", {"GB"}, None),
        ("+79123456789", {"KZ"}, "country"),
        ("+77710009998", {"KZ"}, None),
        ("+882161234567", BALTIC, "country"),
        ("+97912345678", EVERYWHERE, "country"),  # premium, of no country
        ("20000001", BALTIC, "not_a_number"),
        ("+371 20000001", BALTIC, "not_a_number"),
        ("+37120000001;ext=1", BALTIC, "not_a_number"),
        ("+371112", BALTIC, "not_a_number"),
        ("+", BALTIC, "not_a_number"),
        ("", BALTIC, "not_a_number"),
    ],
)
def test_why_not(phone, countries, wanted):
    assert why_not(phone, countries) == wanted


@pytest.mark.parametrize(("word", "kind"), DEAR.items(), ids=list(DEAR))
def test_dear_numbers_are_refused_in_every_country(word, kind):
    """The example of each country that has the type, where it is one of that type only."""
    examples = [phonenumbers.example_number_for_type(region, kind) for region in EVERYWHERE]
    known = [each for each in examples if each and phonenumbers.number_type(each) == kind]
    reasons = {
        why_not(phonenumbers.format_number(each, PhoneNumberFormat.E164), EVERYWHERE)
        for each in known
    }
    assert len(known) >= 5
    assert reasons == {word}


def test_mobile_numbers_of_every_country_are_open_to_those_who_serve_it():
    for region in EVERYWHERE:
        example = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
        if example and phonenumbers.region_code_for_number(example) == region:
            phone = phonenumbers.format_number(example, PhoneNumberFormat.E164)
            assert why_not(phone, {region}) is None, region
            assert why_not(phone, EVERYWHERE - {region}) == "country", region


@given(st.text() | st.from_regex(r"\+?[0-9]{0,20}", fullmatch=True))
def test_any_text_has_an_answer(text):
    assert why_not(text) in {None, "not_a_number", "country", *DEAR}


@pytest.mark.parametrize(
    ("phone", "country", "prefix"),
    [
        ("+37120000001", "LV", "+3712000"),
        ("+37060012345", "LT", "+3706001"),
        ("+4479111234567", None, "+447911123"),  # a digit too many
        ("+77011234567", "KZ", "+7701123"),  # Russia and Kazakhstan share a prefix
        ("+88216123456", None, "+8821612"),  # satellites
        ("nobody", None, "no"),
    ],
)
def test_the_country_and_the_neighbours_of_a_number(phone, country, prefix):
    assert (country_of(phone), prefix_of(phone)) == (country, prefix)
