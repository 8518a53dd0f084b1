"""Mails that come back, each as a file, and what is understood of it."""

import gc
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.mail.status import enhanced
from notifier.receipts.bounce import Action, Report, read_report

SAMPLES = Path(__file__).parent / "samples"
MESSAGE = "<0189d0a4-0000-7000-8000-000000000001.0123456789abcdef0123@shop.test>"


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.eml").read_bytes()


@pytest.mark.parametrize(
    ("name", "report"),
    [
        ("dsn_no_such_mailbox", Report(MESSAGE, Action.FAILED, "5.1.1", is_bad_address=True)),
        ("dsn_delayed", Report(MESSAGE, Action.DELAYED, "4.4.1")),
        ("dsn_spam", Report(MESSAGE, Action.FAILED, "5.7.1")),
        ("dsn_unspecific_status", Report(MESSAGE, Action.FAILED, "5.1.1", is_bad_address=True)),
        ("dsn_envelope_id", Report(MESSAGE, Action.FAILED, "5.2.2")),
        ("dsn_original_message_id", Report(MESSAGE, Action.DELIVERED, "2.0.0")),
        ("dsn_of_another", Report(None, Action.FAILED, "5.1.1", is_bad_address=True)),
        ("arf_abuse", Report(MESSAGE, is_complaint=True)),
        ("arf_not_spam", None),
        ("holiday", None),
        ("read_receipt", None),
    ],
)
def test_a_mail_that_comes_back_says(name, report):
    assert read_report(sample(name)) == report


def test_line_ends_of_a_mailbox_file_are_read_too():
    raw = sample("dsn_no_such_mailbox").replace(b"\r\n", b"\n")
    assert read_report(raw) == read_report(sample("dsn_no_such_mailbox"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Action: failed", b"Action: exploded"),
        (b"Action: failed", b"Action: =?utf-8?q?failed?="),
        (b"message/delivery-status", b"text/plain"),
        (b"multipart/report", b"multipart/mixed"),
        (b'boundary="BOUND"', b'boundary="OTHER"'),
    ],
)
def test_what_is_not_quite_a_report_is_none(old, new):
    assert read_report(sample("dsn_no_such_mailbox").replace(old, new)) is None


def test_a_report_inside_what_was_returned_is_not_ours():
    inner = sample("dsn_no_such_mailbox")
    head = b'Content-Type: multipart/report; boundary="B"\r\n\r\n--B\r\n'
    raw = head + b"Content-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--B--\r\n"
    assert read_report(raw) is None


def test_deep_nesting_is_given_up_quietly():
    raw = b"Content-Type: message/rfc822\r\n\r\n" * 5_000
    head = b'Content-Type: multipart/report; boundary="B"\r\n\r\n--B\r\n'
    assert read_report(head + raw) is None
    gc.collect()


def test_a_mail_of_hundreds_of_parts_within_parts_is_no_report():
    """Reading it would take seconds, of every process that serves pages."""
    nested = b"".join(
        b'--%d\r\nContent-Type: Multipart/mixed; boundary="%d"\r\n\r\n' % (level, level + 1)
        for level in range(600)
    )
    head = b'Content-Type: multipart/report; boundary="0"\r\n\r\n'
    with patch("notifier.receipts.bounce.message_from_bytes") as read:
        assert read_report(head + nested) is None
    assert not read.called


def test_only_the_beginning_of_a_huge_mail_is_read():
    raw = sample("dsn_no_such_mailbox") + b"x" * 5_000_000
    assert read_report(raw) == read_report(sample("dsn_no_such_mailbox"))


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("550 5.1.1 no", "5.1.1"),
        ("5.7.606", "5.7.606"),
        ("#5.1.0 rejected", "5.1.0"),
        ("(5.01.001)", "5.1.1"),
        ("host 10.5.1.1 says", None),
        ("version 5.1.1.2", None),
        ("3.1.1", None),
        ("", None),
    ],
)
def test_a_status_is_found_in_what_servers_say(text, status):
    assert enhanced(text) == status


junk = st.binary(max_size=60)


@settings(deadline=None)
@given(
    st.sampled_from(sorted(SAMPLES.glob("*.eml"))),
    st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 40), junk), max_size=8),
)
def test_no_mail_however_broken_raises(file, cuts):
    raw = file.read_bytes()
    for start, length, put in cuts:
        raw = raw[:start] + put + raw[start + length :]
    report = read_report(raw)
    assert report is None or isinstance(report, Report)


@given(junk)
def test_no_junk_raises(raw):
    assert read_report(raw) is None
