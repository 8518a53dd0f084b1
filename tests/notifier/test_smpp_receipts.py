"""deliver_sm as message centres write it: receipts in all their shapes, and what people write."""

import pytest
import smpp34
from hypothesis import given
from hypothesis import strategies as st

from notifier.receipts.base import Receipt
from notifier.receipts.smpp import is_receipt, receipt, reply
from notifier.replies import Reply
from notifier.smpp.message_id import Ids
from notifier.smpp.pdu import Body, Command, decode
from schemas.notice import NoticeState as State

FULL = b"id:0123 sub:001 dlvrd:001 submit date:2611281200 done date:2611281201 stat:%s err:%s text:"


def delivered(text: bytes = b"", *, esm_class: int = 4, tlvs=(), **fields) -> Body:
    message = smpp34.DeliverSm(
        fields.pop("source", "37120000001"), "Veikals", text, esm_class=esm_class,
        tlvs=[smpp34.Tlv(tag, value) for tag, value in tlvs], **fields,
    )  # fmt: skip
    return decode(Command.DELIVER_SM, message.encode()[16:])


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        (delivered(FULL % (b"DELIVRD", b"000")), Receipt("0123", State.DELIVERED)),
        (delivered(FULL % (b"UNDELIV", b"069")), Receipt("0123", State.FAILED, "069")),
        (delivered(FULL % (b"EXPIRED", b"000")), Receipt("0123", State.FAILED, "expired")),
        (delivered(FULL % (b"REJECTD", b"00a")), Receipt("0123", State.FAILED, "00a")),
        (delivered(FULL % (b"DELETED", b"")), Receipt("0123", State.FAILED, "deleted")),
        (delivered(FULL % (b"ENROUTE", b"000")), Receipt("0123", State.SENT)),
        (delivered(FULL % (b"ACCEPTD", b"000")), Receipt("0123", State.SENT)),
        (delivered(FULL % (b"UNKNOWN", b"000")), Receipt("0123", State.SENT)),
        (delivered(b"ID: a-7 STAT: delivrd"), Receipt("a-7", State.DELIVERED)),
        (delivered(b"stat:DELIVRD id:9"), Receipt("9", State.DELIVERED)),
        (delivered(FULL % (b"VANISHD", b"000")), None),
        (delivered(b"id:0123"), None),
        (delivered(b"stat:DELIVRD"), None),
        (delivered(b""), None),
        # by optional parameters alone, and against the text
        (
            delivered(tlvs=[(0x001E, b"77\0"), (0x0427, b"\x02")]),
            Receipt("77", State.DELIVERED),
        ),
        (
            delivered(
                FULL % (b"ENROUTE", b"000"), tlvs=[(0x001E, b"77\0"), (0x0427, b"\x05")]
            ),
            Receipt("77", State.FAILED, "undeliv"),
        ),
        (delivered(b"stat:DELIVRD", tlvs=[(0x001E, b"77\0"), (0x0427, b"\x63")]),
         Receipt("77", State.DELIVERED)),
        (delivered(tlvs=[(0x001E, b"77\0"), (0x0427, b"")]), None),
        # a text of more than 254 octets comes as a parameter
        (delivered(tlvs=[(0x0424, FULL % (b"DELIVRD", b"000"))]), Receipt("0123", State.DELIVERED)),
        # on the way
        (delivered(FULL % (b"ENROUTE", b"000"), esm_class=0x20), Receipt("0123", State.SENT)),
    ],
)  # fmt: skip
def test_what_a_receipt_says(message, wanted):
    assert is_receipt(message)
    assert receipt(message, Ids.AS_IS) == wanted


def test_ids_in_another_base_are_brought_together():
    message = delivered(b"id:107187 stat:DELIVRD")
    assert receipt(message, Ids.HEX_DECIMAL) == Receipt("107187", State.DELIVERED)
    assert receipt(delivered(b"id:1A2B3 stat:DELIVRD"), Ids.DECIMAL_HEX) == Receipt(
        "107187", State.DELIVERED
    )


def test_words_that_only_look_like_a_receipt_are_somebodys_words():
    message = delivered(FULL % (b"DELIVRD", b"000"), esm_class=0)
    assert not is_receipt(message)
    assert reply(message).text.startswith("id:0123")


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        (
            delivered(b"STOP", esm_class=0, source_addr_ton=1),
            Reply("+37120000001", "STOP"),
        ),
        (
            delivered("СТОП".encode("utf-16-be"), esm_class=0, source_addr_ton=1, data_coding=8),
            Reply("+37120000001", "СТОП"),
        ),
        (
            delivered("arrêt".encode("latin-1"), esm_class=0, source_addr_ton=1, data_coding=3),
            Reply("+37120000001", "arrêt"),
        ),
        (delivered(b"STOP", esm_class=0, source="1188", source_addr_ton=3), Reply(None, "STOP")),
        # binary, and one part of several
        (delivered(b"STOP", esm_class=0, source_addr_ton=1, data_coding=4),
         Reply("+37120000001", "")),
        (delivered(b"\x05\0\x03\x01\x02\x01STOP", esm_class=0x40, source_addr_ton=1),
         Reply("+37120000001", "")),
    ],
)  # fmt: skip
def test_what_somebody_writes(message, wanted):
    assert not is_receipt(message)
    assert reply(message) == wanted


@given(
    st.binary(max_size=200), st.integers(0, 255), st.integers(0, 255), st.integers(0, 6),
    st.dictionaries(st.sampled_from([0x001E, 0x0424, 0x0427]), st.binary(max_size=40)),
    st.sampled_from(Ids),
)  # fmt: skip
def test_anything_can_be_asked(text, esm_class, coding, ton, tlvs, ids):
    message = delivered(
        text, esm_class=esm_class, data_coding=coding, source_addr_ton=ton, tlvs=tlvs.items()
    )
    found = receipt(message, ids)
    assert found is None or found.state in {State.SENT, State.DELIVERED, State.FAILED}
    assert isinstance(reply(message).text, str)
    assert repr(reply(message)).startswith("Reply(meaning=")
