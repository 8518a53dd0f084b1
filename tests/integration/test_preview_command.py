"""`klat preview`: what it prints and writes, and what it says to who asks for what is not there."""

import re

import command
import pytest

from schemas.notice import Occasion
from tracking.commands.preview import Language
from tracking.words.language import SUPPORTED


def klat(*words: str, code: int = 0) -> str:
    """What it says: its answer, or its complaint on one line."""
    ended = command.run_klat("preview", *words)
    assert ended.code == code, ended.complaint
    return (
        ended.printed if code == 0 else " ".join(re.sub("[│╭╮╰╯─]", " ", ended.complaint).split())
    )


def test_it_knows_the_languages_there_are():
    assert [each.value for each in Language] == list(SUPPORTED)


def test_alone_it_lists_the_notices():
    listed = [line.split()[0] for line in klat().splitlines() if re.match(r"\w+  ", line)]
    assert listed == list(Occasion)


def test_a_text_message_is_shown_with_what_it_takes_and_costs():
    said = klat("ready_for_pickup", "--language", "lv", "--channel", "sms", "--price", "0.045")
    head, first, *rest, taken, full, end = said.splitlines()
    assert head == "== ready_for_pickup, lv, sms"
    assert first.startswith("Dzintara Kafija: Sutijums gaida pakomata Rimi Kr. Barona 46 lidz ")
    assert rest == ["Kods: 384201", "https://t.example/t/SampleSampleSample0000"]
    assert re.fullmatch(r"-- 1 segment \(gsm7, 14\d of 160 septets\), cost 0\.045", taken)
    assert re.fullmatch(
        r"spelt in full it takes 3 segments \(ucs2, 14\d of 201 UTF-16 units\)", full
    )
    assert end == ""


def test_without_a_price_nothing_is_guessed():
    said = klat("delivered", "--channel", "sms")
    assert "== delivered, en, sms, not sent by default" in said
    assert "cost: give a --price" in said


def test_by_default_the_ways_are_those_by_which_it_is_sent():
    heads = re.findall("^== .*", klat("ready_for_pickup"), re.MULTILINE)
    assert heads == [f"== ready_for_pickup, en, {channel}" for channel in ("sms", "email", "push")]
    assert re.findall("^== .*", klat("bonus_granted"), re.MULTILINE) == [
        "== bonus_granted, en, sms",
        "== bonus_granted, en, email",
    ]


def test_everything_is_shown_on_demand():
    said = klat("held", "--all")
    assert set(re.findall("^== held, (..),", said, re.MULTILINE)) == set(SUPPORTED)
    heads = re.findall("^== .*", klat("--all", "--channel", "push"), re.MULTILINE)
    assert len(heads) == len(Occasion) * len(SUPPORTED)


def test_the_mail_is_written_as_a_page_of_its_own(tmp_path):
    file = tmp_path / "mail.html"
    said = klat("ready_for_pickup", "--shop", "Ķirsis", "--html", str(file))
    assert "From: Ķirsis" in said
    assert str(file) in said
    html = file.read_text("utf-8")
    assert html.startswith("<!doctype html>")
    assert "Ķirsis" in html
    assert "data:image/png;base64," in html


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pickup"], "'pickup' is not one of 'registered', 'accepted', "),
        (["held", "--language", "fi"], "'fi' is not one of 'lv', 'lt', 'et', 'en', 'ru'"),
        (["held", "--channel", "fax"], "'fax' is not one of 'sms', 'email', 'push'"),
        (["held", "--price", "cheap"], "is not a number such as 0.05"),
        (["held", "--price", "NaN"], "is not a price of up to 100 for a segment"),
        (["held", "--price", "-1"], "is not a price of up to 100 for a segment"),
        (["held", "--shop", "<>"], "Invalid value for --shop: shows nothing"),
        (["--html", "x.html"], "Invalid value for --html: takes one e-mail"),
        (["held", "--all", "--html", "x.html"], "Invalid value for --html: takes one e-mail"),
        (["held", "--channel", "sms", "--html", "x"], "Invalid value for --html: takes one e-mail"),
    ],
)
def test_what_is_not_there_is_answered_with_what_there_is(words, said):
    assert said in klat(*words, code=2)


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    file = tmp_path / "nowhere" / "mail.html"
    assert klat("held", "--html", str(file), code=1) == f"{file}: No such file or directory"
