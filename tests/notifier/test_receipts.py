"""Receipts: whose they are, what they say, and what they change."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.receipts import generic, twilio
from notifier.receipts.base import Receipt, settled
from schemas.notice import NoticeState as State

SID = "SM0123456789abcdef0123456789abcdef"
# The example of www.twilio.com/docs/usage/security; the signature is Twilio's own.
DOCUMENTED = (
    "https://mycompany.com/myapp.php?foo=1&bar=2",
    [
        ("To", "+18005551212"),
        ("From", "+12349013030"),
        ("Digits", "1234"),
        ("Caller", "+12349013030"),
        ("CallSid", "CA1234567890ABCDE"),
    ],
    "0/KCTR6DLpKmkAf8muzZqo1nDgQ=",
    "12345",
)
# The others were made by: printf %s "$text" | openssl dgst -sha1 -hmac tokens -binary | base64
CALLBACK = (
    "https://track.example/receipts/twilio?reference=018f-1",
    [
        ("MessageStatus", "delivered"),
        ("ApiVersion", "2010-04-01"),
        ("ErrorCode", ""),
        ("MessageSid", SID),
        ("AccountSid", "AC0123456789abcdef0123456789abcdef"),
        ("To", "Ābols & +371"),
    ],
    "UQDiXgjcNdk4uT14moD9d0/ukts=",
    "tokens",
)
ONE_FIELD = [("MessageSid", SID)]
BARE, ODD_PORT, USUAL_PORT = (
    f"https://track.example{port}/r?reference=1" for port in ("", ":8443", ":443")
)
OF_BARE, OF_ODD, OF_USUAL = (
    "HxZ2sXH1bDHuLFTLCQGrkaiH6bk=",
    "5Cvkn/+/wVv9LFgkG5PDWQytn3w=",
    "NvqErqo9vd/yhBIipIL7lZg18Nk=",
)
OF_FRAGMENT = "bpE8uj42F8bNKoiaqbJYzAllu/0="  # as it was given, with what asks for repeats
OF_REPEATED = "t2DApmT/O9utz2qmE/HBaLt8cDA="


@pytest.mark.parametrize(
    "signed",
    [
        DOCUMENTED,
        CALLBACK,
        (BARE, ONE_FIELD, OF_BARE, "tokens"),
        (BARE, ONE_FIELD, OF_USUAL, "tokens"),
        (USUAL_PORT, ONE_FIELD, OF_BARE, "tokens"),
        (ODD_PORT, ONE_FIELD, OF_ODD, "tokens"),
        (ODD_PORT, ONE_FIELD, OF_BARE, "tokens"),
        (BARE, ONE_FIELD, OF_FRAGMENT, "tokens"),
        # Capitals first; a field that comes twice in the order of its values, repeats once.
        (BARE, [("a", "2"), ("A", "x"), ("a", "1"), ("a", "2")], OF_REPEATED, "tokens"),
    ],
)
def test_twilios_signatures(signed):
    assert twilio.is_twilios(*signed)


@pytest.mark.parametrize(
    ("place", "forged"),
    [
        (0, CALLBACK[0].replace("018f-1", "018f-2")),
        (0, CALLBACK[0].replace("https", "http")),
        (0, CALLBACK[0].replace("track", "evil")),
        (1, [*CALLBACK[1], ("More", "")]),
        (1, CALLBACK[1][1:]),
        (1, [("MessageStatus", "failed"), *CALLBACK[1][1:]]),
        (1, []),
        (2, ""),
        (2, "UQDiXgjcNdk4uT14moD9d0/ukts"),
        (2, "\udcff\u0101"),
        (3, "token"),
    ],
)
def test_a_callback_that_was_tampered_with_is_not_twilios(place, forged):
    parts = list(CALLBACK)
    parts[place] = forged
    assert not twilio.is_twilios(*parts)


def test_without_a_token_nothing_is_twilios():
    """An empty key makes signatures as well, and everybody knows it."""
    made = twilio._signature(BARE + "MessageSid" + SID, "").decode()
    assert not twilio.is_twilios(BARE, ONE_FIELD, made, "")


def test_a_form_is_read_with_its_empty_fields():
    url, form, signature, token = CALLBACK
    read = twilio.read_form(urlencode(form).encode())
    assert read == form
    assert twilio.is_twilios(url, read, signature, token)


@pytest.mark.parametrize("rubbish", [b"", b"\xff", b"&".join([b"a=1"] * 101), b"a", b"{}"])
def test_a_form_of_rubbish_says_nothing(rubbish):
    form = twilio.read_form(rubbish)
    assert twilio.receipt(form) is None


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("accepted", State.SENT),
        ("scheduled", State.SENT),
        ("queued", State.SENT),
        ("sending", State.SENT),
        ("sent", State.SENT),
        ("delivered", State.DELIVERED),
        ("read", State.DELIVERED),
        ("undelivered", State.FAILED),
        ("failed", State.FAILED),
        ("canceled", State.FAILED),
    ],
)
def test_what_twilio_says(status, state):
    form = [("MessageSid", SID), ("MessageStatus", status), ("ErrorCode", "30003")]
    assert twilio.receipt(form, "018f-1") == Receipt(SID, state, "30003", "018f-1")


@pytest.mark.parametrize(
    "form",
    [
        [("MessageSid", SID)],
        [("MessageStatus", "sent")],
        [("MessageSid", SID), ("MessageStatus", "received")],  # a message to us
        [("MessageSid", SID), ("MessageStatus", "lost")],
        [("MessageSid", "SM1"), ("MessageStatus", "sent")],
        [("MessageSid", SID + "\n"), ("MessageStatus", "sent")],
    ],
)
def test_what_twilio_does_not_say_of_a_message_of_ours(form):
    assert twilio.receipt(form) is None


@pytest.mark.parametrize("code", ["", "0", "none", "30003;", "٣٠٠٠٣", "+37120000001"])
def test_only_a_number_is_an_error_code(code):
    form = [("MessageSid", SID), ("MessageStatus", "failed"), ("ErrorCode", code)]
    assert twilio.receipt(form) == Receipt(SID, State.FAILED)


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        ({"id": "17", "status": "sent"}, Receipt("17", State.SENT)),
        ({"id": 17, "status": "Delivered"}, Receipt("17", State.DELIVERED)),
        (
            {"id": "a-1", "status": "expired", "code": "no_route", "reference": "018f-1"},
            Receipt("a-1", State.FAILED, "no_route", "018f-1"),
        ),
        ({"id": "1", "status": "failed", "code": 12}, Receipt("1", State.FAILED, "12")),
        ({"id": "1", "status": "failed", "code": "+37120000001"}, Receipt("1", State.FAILED)),
        ({"id": "1", "status": "lost"}, None),
        ({"id": "1", "status": 5}, None),
        ({"id": "", "status": "sent"}, None),
        ({"id": True, "status": "sent"}, None),
        ({"id": 10**5000, "status": "sent"}, None),
        ({"id": "1\n", "status": "sent"}, None),
        ({"id": None}, None),
        ({}, None),
        ([], None),
        (None, None),
        ("sent", None),
    ],
    ids=lambda value: None,
)
def test_what_a_gateway_says(document, wanted):
    assert generic.receipt(document) == wanted


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON | st.fixed_dictionaries({"id": JSON, "status": JSON, "code": JSON}))
def test_any_json_can_be_asked(document):
    assert generic.receipt(document) is None or isinstance(document, dict)


REPORTED = [State.SENT, State.DELIVERED, State.FAILED]


@pytest.mark.parametrize(
    ("now", "then", "ends"),
    [
        (State.SENT, State.DELIVERED, State.DELIVERED),
        (State.SENT, State.FAILED, State.FAILED),
        (State.DELIVERED, State.SENT, State.DELIVERED),
        (State.DELIVERED, State.FAILED, State.DELIVERED),
        (State.FAILED, State.SENT, State.FAILED),
        (State.FAILED, State.DELIVERED, State.DELIVERED),
        (State.UNKNOWN, State.SENT, State.SENT),
        (State.UNKNOWN, State.DELIVERED, State.DELIVERED),
        (State.UNKNOWN, State.FAILED, State.FAILED),
        (State.HANDED, State.SENT, State.SENT),  # the receipt overtook the answer
        (State.PLANNED, State.DELIVERED, State.DELIVERED),  # it waits to be repeated in vain
        (State.DROPPED, State.DELIVERED, State.DROPPED),
        (State.UNKNOWN, State.PLANNED, State.UNKNOWN),
    ],
)
def test_what_a_receipt_settles(now, then, ends):
    assert settled(now, then) is ends


def after(state: State, receipts: list[State]) -> State:
    for each in receipts:
        state = settled(state, each)
    return state


@given(st.sampled_from(State), st.lists(st.sampled_from(REPORTED), max_size=6), st.data())
def test_receipts_end_the_same_in_any_order_however_often_they_come(start, receipts, data):
    repeats = data.draw(st.lists(st.sampled_from(receipts), max_size=6)) if receipts else []
    shuffled = data.draw(st.permutations(receipts + repeats))
    assert after(start, shuffled) is after(start, receipts)


@given(st.sampled_from(State), st.lists(st.sampled_from(list(State))))
def test_what_has_arrived_has_arrived(start, receipts):
    ends = after(start, receipts)
    arrived = State.DELIVERED in [start, *receipts] and start is not State.DROPPED
    assert (ends is State.DELIVERED) == arrived
