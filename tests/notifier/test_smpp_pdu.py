"""PDUs of SMPP against an independent implementation, and whatever else may come as one."""

from contextlib import suppress

import gsm0338
import pytest
import smpp34
from hypothesis import given
from hypothesis import strategies as st

from notifier.smpp.address import Address, destination, phone, source
from notifier.smpp.message_id import Ids, receipted_as, taken_as
from notifier.smpp.parts import parts_of
from notifier.smpp.pdu import HEADER, Body, Command, Malformed, Tag, decode, encode, read_header
from notifier.smpp.url import SmppServer, parse_smpp_url
from notifier.sms.alphabet import BASIC, EXTENSION, Alphabet
from notifier.sms.segments import segments
from notifier.sms.septets import gsm7_text, octets

ORACLE = gsm0338.Codec()
ASCII = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
OCTET = st.integers(0, 255)
GSM7 = st.text(st.sampled_from(sorted(BASIC | EXTENSION)))
MESSAGE = st.fixed_dictionaries(
    {
        "service_type": ASCII.filter(lambda text: len(text) <= 5),
        "source_addr_ton": st.integers(0, 6),
        "source_addr": st.text("0123456789", max_size=20),
        "dest_addr_ton": st.integers(0, 6),
        "destination_addr": st.text("0123456789", max_size=20),
        "esm_class": OCTET,
        "protocol_id": OCTET,
        "priority_flag": OCTET,
        "validity_period": st.sampled_from(["", "000002030000000R"]),
        "registered_delivery": OCTET,
        "data_coding": OCTET,
        "short_message": st.binary(max_size=254),
    }
)


@given(MESSAGE, st.integers(1, 2**31 - 1))
def test_what_we_write_others_read(values, sequence):
    read = smpp34.decode(encode(Command.SUBMIT_SM, sequence, values))
    assert isinstance(read, smpp34.SubmitSm)
    assert read.sequence_number == sequence
    assert {name: getattr(read, name) for name in values} == values


@given(MESSAGE, st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=60), max_size=4))
def test_what_others_write_we_read(values, tlvs):
    given_tlvs = [smpp34.Tlv(tag, value) for tag, value in tlvs.items()]
    whole = smpp34.DeliverSm(**values, tlvs=given_tlvs, sequence_number=7).encode()
    header = read_header(whole[:16])
    assert (header.length, header.command, header.sequence) == (len(whole), Command.DELIVER_SM, 7)
    read = decode(Command.DELIVER_SM, whole[16:])
    assert {name: read.values[name] for name in values} == values
    assert read.parameters == tlvs


@given(st.sampled_from(Command), st.binary(max_size=120))
def test_any_octets_are_read_or_refused(command, body):
    read = None
    with suppress(Malformed):
        read = decode(command, body)
    assert read is None or isinstance(read, Body)


@given(MESSAGE, st.integers(0, 300))
def test_what_is_cut_is_refused_or_lacks_only_its_options(values, at):
    whole = encode(Command.SUBMIT_SM, 1, values)[HEADER.size :]
    if at < len(whole):
        with pytest.raises(Malformed):
            decode(Command.SUBMIT_SM, whole[:at])


@pytest.mark.parametrize(
    "values",
    [
        {"source_addr": "x" * 21},
        {"source_addr": "a\0b"},
        {"source_addr": "Rīga"},
        {"short_message": b"x" * 255},
        {"esm_class": 256},
    ],
)
def test_what_does_not_fit_is_named_and_not_repeated(values):
    with pytest.raises(ValueError, match=f"^{next(iter(values))}: does not fit") as refused:
        encode(Command.SUBMIT_SM, 1, values)
    assert "Rīga" not in str(refused.value)


def test_an_answer_that_is_an_error_may_be_empty():
    assert decode(Command.SUBMIT_SM_RESP, b"").text("message_id") == ""


@given(GSM7)
def test_septets_are_those_of_an_independent_table(text):
    found = octets(text, Alphabet.GSM7)
    assert found == ORACLE.encode(text)[0]
    assert gsm7_text(found) == text


@given(st.binary())
def test_any_septets_say_something(septets):
    assert isinstance(gsm7_text(septets), str)


@given(GSM7 | st.text())
def test_parts_are_those_that_are_counted_and_say_the_same(text):
    parts, pieces = parts_of(text, "reference"), segments(text)
    assert len(parts) == min(len(pieces), 255)
    said = [part.short_message[6 if part.esm_class else 0 :] for part in parts]
    assert max(len(part.short_message) for part in parts) <= 160
    if parts[0].data_coding == 8:
        whole = text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")
        assert b"".join(said).decode("utf-16-be") == whole
        assert max(len(part.short_message) for part in parts) <= 140
    else:
        assert gsm7_text(b"".join(said)) == text


@pytest.mark.parametrize(
    ("sender", "wanted"),
    [
        ("+37120000001", Address(1, 1, "37120000001")),
        ("1188", Address(3, 0, "1188")),
        ("Veikals", Address(5, 0, "Veikals")),
    ],
)
def test_the_sender_says_what_kind_it_is(sender, wanted):
    assert source(sender) == wanted
    assert source(sender, 2, 8) == Address(2, 8, wanted.digits)
    assert destination("+37120000001") == Address(1, 1, "37120000001")


@pytest.mark.parametrize("sender", ["", "Rīgas pasts", "x" * 12, "a\0b", "1" * 12])
def test_what_is_no_sender_is_said(sender):
    with pytest.raises(ValueError, match=r"^KLAT_SMS_FROM: must be a number"):
        source(sender)


@pytest.mark.parametrize(
    ("digits", "ton", "wanted"),
    [
        ("37126123456", 1, "+37126123456"),
        ("+37126123456", 0, "+37126123456"),
        ("0037126123456", 0, "+37126123456"),
        ("37126123456", 0, "+37126123456"),
        ("26123456", 0, None),  # a national number, and nobody says of which country
        ("26123456", 2, None),
        ("1188", 3, None),
        ("Omniva", 5, None),
        ("", 0, None),
        ("٣٧١٢٦١٢٣٤٥٦", 1, None),
    ],
)
def test_whose_number_it_is(digits, ton, wanted):
    assert phone(digits, ton) == wanted


@pytest.mark.parametrize(
    ("ids", "taken", "receipted"),
    [
        (Ids.AS_IS, "7Fa1-x", "7Fa1-x"),
        (Ids.HEX_DECIMAL, "0001A2B3", "107187"),
        (Ids.HEX_DECIMAL, "1a2b3", "0000107187"),
        (Ids.DECIMAL_HEX, "107187", "0001A2B3"),
        (Ids.HEX_DECIMAL, "not-hex", "not-hex"),
    ],
)
def test_both_names_of_a_message_are_one(ids, taken, receipted):
    assert taken_as(taken, ids) == receipted_as(receipted, ids) is not None


@pytest.mark.parametrize("text", ["", " ", "a b", "x" * 65, "ā", "1\n"])
def test_what_is_no_name_is_none(text):
    assert {taken_as(text, ids) for ids in Ids} == {None}


def test_without_a_guess_two_messages_stay_two():
    assert taken_as("10", Ids.AS_IS) != receipted_as("16", Ids.AS_IS)


def test_an_address_says_everything():
    found = parse_smpp_url(
        "smpps://shop:p%2Fss@smsc.example?window=5&enquire_link=60&source_ton=5&source_npi=0"
        "&registered_delivery=0&system_type=x&message_ids=hex_decimal"
    )
    assert found == SmppServer(
        host="smsc.example",
        port=3550,
        tls=True,
        system_id="shop",
        password="p/ss",
        system_type="x",
        window=5,
        enquire_link=60,
        source_ton=5,
        source_npi=0,
        registered_delivery=False,
        message_ids=Ids.HEX_DECIMAL,
    )
    assert "p/ss" not in repr(found)
    assert parse_smpp_url("smpp://a:b@h") == SmppServer(
        "h", 2775, tls=False, system_id="a", password="b"
    )


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://a:b@h", "must start with smpp://"),
        ("smpp://a:b@", "names no host"),
        ("smpp://h", "names no system_id or no password"),
        ("smpp://a@h", "names no system_id or no password"),
        ("smpp://a:b@h/path", "has a path"),
        ("smpp://a:b@h?colour=red", "knows these options: window, "),
        ("smpp://a:b@h?window=0", "window must be a whole number from 1 to 1000"),
        ("smpp://a:b@h?window=x", "window must be"),
        ("smpp://a:b@h?window=", "window must be"),
        ("smpp://a:b@h?enquire_link=" + "9" * 5000, "enquire_link must be"),
        ("smpp://a:b@h?message_ids=both", "message_ids must be one of as_is, "),
        ("smpp://" + "a" * 16 + ":b@h", "system_id must be up to 15"),
        ("smpp://a:" + "b" * 65 + "@h", "password must be up to 64"),
        ("smpp://a:secr%00et@h", "password must be"),
        ("smpp://a:b@h:99999", "is no address"),
    ],
)
def test_what_is_wrong_with_an_address_is_said_without_its_password(url, said):
    with pytest.raises(ValueError, match=r"^KLAT_SMPP_URL: ") as refused:
        parse_smpp_url(url)
    assert said in str(refused.value)
    assert "secr" not in str(refused.value)


def test_tags_are_those_of_the_independent_implementation():
    assert {tag: tag.value for tag in Tag} == {
        Tag.RECEIPTED_MESSAGE_ID: smpp34.TLV_RECEIPTED_MESSAGE_ID,
        Tag.NETWORK_ERROR_CODE: smpp34.TLV_NETWORK_ERROR_CODE,
        Tag.MESSAGE_PAYLOAD: smpp34.TLV_MESSAGE_PAYLOAD,
        Tag.MESSAGE_STATE: smpp34.TLV_MESSAGE_STATE,
    }
