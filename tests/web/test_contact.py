"""What a shop says about people: made uniform where it can be, refused where it cannot be used."""

import re

import pytest
from pydantic import ValidationError

from schemas.api import Money
from schemas.contact import Recipient, normal_postcode
from schemas.languages import LANGUAGES
from schemas.shipment import shipment_id
from tracking.contact import Contact, open_contact, seal_contact
from tracking.sealing import SealBroken, Sealer
from tracking.words.language import SUPPORTED


@pytest.mark.parametrize(
    "written",
    [
        "Jānis\r\nBcc: x@example.com",
        "Jānis\nBērziņš",
        "Jānis\x07\x1b[2J",
        "Jānis\u202e\u2028B",
        "a\x85b",
    ],
)
def test_a_name_is_one_line_that_ends_no_header(written):
    kept = Recipient(name=written, country="LV").name
    assert kept is not None
    assert kept.isprintable()
    assert kept.startswith(written[:1])


@pytest.mark.parametrize("field", ["email", "phone", "language", "country"])
@pytest.mark.parametrize("end", ["\r\nBcc: x@example.com", "\n", "\x00", "\x1b"])
def test_what_is_sent_to_is_refused_where_it_holds_more_than_itself(field, end):
    usual = {"email": "a@example.com", "phone": "+37120000000", "language": "lv", "country": "LV"}
    assert getattr(Recipient(**usual), field)
    if field == "phone" and end == "\n":  # blanks around it do not count
        return
    with pytest.raises(ValidationError, match=field):
        Recipient(**usual | {field: usual[field] + end})


@pytest.mark.parametrize(
    ("written", "country", "kept"),
    [
        ("+37120000000", None, "+37120000000"),
        ("+371 2000 0000", None, "+37120000000"),
        ("20000000", "LV", "+37120000000"),
        ("00371 20000000", "LV", "+37120000000"),
        ("8 612 34567", "LT", "+37061234567"),
        ("(0)612 34567", "LT", "+37061234567"),
        ("+372 5123 4567", "LV", "+37251234567"),
        ("+1 (555) 010-9999", None, "+15550109999"),
    ],
)
def test_phones_are_kept_in_one_form(written, country, kept):
    assert Recipient(phone=written, country=country).phone == kept


@pytest.mark.parametrize(
    ("written", "country"),
    [
        ("20000000", None),
        ("+371123", None),
        ("12", "LV"),
        ("abc", "LV"),
        ("+371 CALL ME", "LV"),
        ("+37120000000\r\nX: y", None),
        ("٣٧١٢٠٠٠٠٠٠٠", "LV"),
        ("+" * 40, None),
        ("20000000", "XX"),
        ("", "LV"),
    ],
)
def test_phones_that_nobody_can_dial_are_refused(written, country):
    with pytest.raises(ValidationError) as refused:
        Recipient(phone=written, country=country)
    assert refused.value.errors()[0]["loc"] == ("phone",)


def test_a_country_may_follow_the_phone():
    read = Recipient.model_validate_json('{"phone": "20000000", "country": "lv"}')
    assert (read.phone, read.country) == ("+37120000000", "LV")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("a.b+c@Example.LV", "a.b+c@example.lv"),
        ("jānis@bērzs.lv", "jānis@bērzs.lv"),
        ("a@b.c.museum", "a@b.c.museum"),
        ("o'neil@example.com", "o'neil@example.com"),
    ],
)
def test_addresses_that_can_be_written_to(written, kept):
    assert Recipient(email=written).email == kept


@pytest.mark.parametrize(
    "written",
    [
        "",
        "a",
        "a@b",
        "@b.lv",
        "a@",
        "a@b@c.lv",
        "a b@c.lv",
        "a@c .lv",
        "a@c.lv\r\nBcc: d@e.lv",
        "a\n@c.lv",
        "a@c.lv\n",
        "a\0@c.lv",
        "Anna <a@c.lv>",
        "a,b@c.lv",
        '"a"@c.lv',
        ".a@c.lv",
        "a..b@c.lv",
        "a.@c.lv",
        "a@-c.lv",
        "a@c..lv",
        "a@c.lv.",
        "a@127.0.0.1",
        "a@[::1]",
        "a\u202eb@c.lv",
        "a" * 65 + "@c.lv",
        "a@" + "b" * 250 + ".lv",
    ],
)
def test_addresses_that_cannot_exist_or_would_break_a_header(written):
    with pytest.raises(ValidationError) as refused:
        Recipient(email=written)
    assert refused.value.errors()[0]["loc"] == ("email",)


def test_languages_are_kept_by_their_first_part():
    for written, kept in (("lv", "lv"), ("lv-LV", "lv"), ("EN_gb", "en"), ("sgs", "sgs")):
        assert Recipient(language=written).language == kept
    for wrong in ("", "l", "latvian!", "lv;q=1", "lv-"):
        with pytest.raises(ValidationError):
            Recipient(language=wrong)


def test_a_language_of_two_letters_is_one_of_iso_639():
    assert set(SUPPORTED) < LANGUAGES
    assert Recipient(language="pl").language == "pl"
    for wrong in ("xx", "LX-lv"):
        with pytest.raises(ValidationError) as refused:
            Recipient(language=wrong)
        (fault,) = refused.value.errors()
        assert fault["loc"] == ("language",)
        assert set(SUPPORTED) <= set(re.findall(r"\w+", fault["msg"]))


def test_postcodes_are_compared_by_letters_and_digits():
    for written in ("LV-1010", " lv 1010 ", "lv–1010", "ＬＶ１０１０"):
        assert normal_postcode(written).endswith(("LV1010", "ＬＶ１０１０"))
    assert normal_postcode("sw1a 1aa") == "SW1A1AA"


def test_names_are_one_clean_line():
    assert Recipient(name="  Ja\u0304nis\r\n\u202eBērziņš\0 ").name == "Jānis Bērziņš"


def test_money_is_whole_cents():
    assert Money(amount="49.9", currency="EUR").cents == 4990
    assert Money.from_cents(5, "EUR").amount == "0.05"
    assert Money.from_cents(100_000_000_000, "EUR").amount == "1000000000.00"


def test_a_contact_opens_for_its_own_shipment_only():
    sealer, mine = Sealer(["k1"]), shipment_id("omniva", "CE1")
    contact = Contact(recipient=Recipient(name="Jānis", phone="+37120000000"))
    sealed = seal_contact(sealer, mine, contact)
    assert sealed is not None
    assert "Jānis" not in sealed
    assert open_contact(sealer, mine, sealed) == contact
    assert open_contact(Sealer(["k2", "k1"]), mine, sealed) == contact
    for wrong, other in ((sealer, shipment_id("omniva", "CE2")), (Sealer(["k2"]), mine)):
        with pytest.raises(SealBroken):
            open_contact(wrong, other, sealed)
    assert seal_contact(sealer, mine, Contact()) is None


def test_a_contact_of_before_the_list_of_languages_opens():
    sealer, mine = Sealer(["k1"]), shipment_id("omniva", "CE1")
    sealed = sealer.seal_text('{"recipient": {"language": "xx"}}', f"contact:{mine}")
    assert open_contact(sealer, mine, sealed) == Contact(
        recipient=Recipient.model_construct(language="xx")
    )


def test_nobody_is_sealed_for_nobody():
    sealer, mine = Sealer(["k1"]), shipment_id("omniva", "CE1")
    assert open_contact(sealer, mine, None) == Contact()
