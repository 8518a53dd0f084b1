"""KLAT_SMTP_URL as operators write it."""

import pytest

from notifier.channels.smtp_url import SmtpServer, parse_smtp_url


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.test", SmtpServer("mail.test", 25, tls=False, starttls=False)),
        ("smtp://mail.test/", SmtpServer("mail.test", 25, tls=False, starttls=False)),
        ("smtp://mail.test?starttls=0", SmtpServer("mail.test", 25, tls=False, starttls=False)),
        ("smtp://mail.test?starttls=1", SmtpServer("mail.test", 587, tls=False, starttls=True)),
        ("smtps://mail.test", SmtpServer("mail.test", 465, tls=True, starttls=False)),
        ("smtps://[::1]:2465", SmtpServer("::1", 2465, tls=True, starttls=False)),
        (
            "smtp://a%40b:p%3A%2F%C4%81%25@mail.test:2525?starttls=1",
            SmtpServer("mail.test", 2525, tls=False, starttls=True, user="a@b", password="p:/ā%"),
        ),
        (
            "smtp://a@b:c@mail.test",
            SmtpServer("mail.test", 25, tls=False, starttls=False, user="a@b", password="c"),
        ),
    ],
)
def test_an_address_names_a_server(url, server):
    assert parse_smtp_url(url) == server


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "must start with smtp:// or smtps://"),
        ("http://u:hunter2@mail.test", "must start with smtp:// or smtps://"),
        ("smtp://u:hunter2@", "names no host"),
        ("smtp://u:hunter2@mail.test:port", "is no address"),
        ("smtp://u:hunter2/x@mail.test", "is no address"),
        ("smtp://u:hunter2@mail.test/inbox", "has a path or a #"),
        ("smtp://u:hunter2@[mail.test", "is no address"),
        ("smtp://u:hunter2@mail.test?tls=1", "knows one option"),
        ("smtp://u:hunter2@mail.test?starttls=yes", "knows one option"),
        ("smtp://u:hunter2@mail.test?starttls", "knows one option"),
        ("smtps://u:hunter2@mail.test?starttls=1", "leave out starttls=1"),
        ("smtp://hunter2@mail.test", "a user without a password"),
        ("smtp://:hunter2@mail.test", "a password without a user"),
        ("smtp://u:hunter2%00@mail.test", "has a NUL"),
    ],
)
def test_a_wrong_one_is_told_in_a_line_that_repeats_nothing(url, said):
    with pytest.raises(ValueError, match=r"^KLAT_SMTP_URL: ") as caught:
        parse_smtp_url(url)
    error = caught.value
    assert said in str(error)
    assert "\n" not in str(error)
    assert "hunter2" not in str(error)
    assert error.__suppress_context__ or error.__context__ is None


def test_a_server_keeps_its_password_to_itself():
    assert repr(parse_smtp_url("smtp://shop:hunter2@mail.test")) == (
        "SmtpServer(host='mail.test', port=25, tls=False, starttls=False)"
    )
