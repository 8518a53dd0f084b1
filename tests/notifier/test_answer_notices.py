"""An answer in words: a text message as long as it is cheap, a mail line by line, and no markup."""

import pytest
from notice_values import EVIL, LINK, usual

from notifier.render import render_email, render_push, render_sms
from notifier.required import missing
from notifier.sms.segments import count
from notifier.sms.spelling import spelt
from notifier.values import Values
from schemas.notice import Occasion
from schemas.shop import Spelling


def reply(answer: str, language: str = "en", **fields) -> Values:
    return usual(Occasion.CASE_REPLY, language, answer=answer, **fields)


def text_of(values: Values) -> str:
    return spelt(render_sms(values).pieces, values.language, values.spelling)


def test_a_short_answer_stands_in_the_text_message_itself():
    text = text_of(reply("It comes tomorrow.\nIs that too late?"))
    assert "Answer to your question: It comes tomorrow.\nIs that too late?\n" in text
    assert text.endswith(LINK)


@pytest.mark.parametrize(("letters", "fits"), [(300, True), (700, False)])
def test_a_long_one_costs_three_messages_at_the_most(letters, fits):
    text = text_of(reply("a" * letters))
    assert ("aaa" in text) == fits
    assert count(text) <= 3
    assert fits or "Here is the answer to your question" in text


def test_letters_that_cost_are_spelt_as_the_shop_wants():
    answer = "Kurjers atvedīs sūtījumu rīt, lūdzu, esiet mājās no četriem. " * 3
    assert "sutijumu" in text_of(reply(answer, "lv"))
    assert "sūtījumu" not in text_of(reply(answer, "lv"))
    full = reply("sūtījumu", "lv", spelling=Spelling.FULL)
    assert "sūtījumu" in text_of(full)
    mail = render_email(reply(answer, "lv"))
    assert "sūtījumu" in mail.text, "a mail costs nothing"


@pytest.mark.parametrize("evil", EVIL)
def test_what_is_written_runs_nowhere(evil):
    mail = render_email(reply(evil))
    assert "<script>alert" not in mail.html
    assert 'onload="x' not in mail.html
    assert "Bcc:" not in mail.subject
    assert "\n" not in mail.subject
    assert evil.split()[0] not in mail.subject
    assert evil.split()[0] not in render_push(reply(evil)).body


def test_the_mail_says_it_line_by_line_and_leads_to_the_conversation():
    mail = render_email(reply("First\n\nSecond <b>"))
    assert mail.html.index("First</p>") < mail.html.index("Second &lt;b&gt;</p>")
    assert "Read it on the page, and write back" in mail.html
    assert "First\nSecond <b>\n" in mail.text


def test_without_words_it_is_not_said():
    assert missing(reply("")) == ["answer"]
