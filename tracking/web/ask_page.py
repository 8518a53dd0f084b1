"""The page on which a shopper asks, and reads what was answered. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from markupsafe import Markup

from schemas.case import LONGEST, Author, CaseState, Opener, Topic
from schemas.notice import Channel
from tracking.domain.cases import Case
from tracking.domain.help import topics_to_ask
from tracking.store.cases import SupportText
from tracking.threads import Thread
from tracking.web.frame import frame, safe_address, template
from tracking.web.help import QUESTION, help_answers, linked
from tracking.web.reach import Reach
from tracking.web.tried import paused_said, wrong_said
from tracking.web.view import ParcelView, UnlockState
from tracking.words.catalog import N_, Words
from tracking.words.dates import Calendar

PAGE: Final = "page"
_HOURS: Final = 48
_STANDING: Final[Mapping[CaseState, str]] = {
    CaseState.OPEN: N_("You asked us %(when)s: we have the question, and an answer will come."),
    CaseState.ANSWERED: N_("You asked us %(when)s: there is an answer."),
    CaseState.SOLVED: N_("You asked us %(when)s: that is settled."),
}
_BY: Final[Mapping[Channel, str]] = {
    Channel.EMAIL: N_("By e-mail to %(address)s"),
    Channel.SMS: N_("By text message to %(address)s"),
    Channel.PUSH: N_("On this page only"),
}
_BY_UNSAID: Final[Mapping[Channel, str]] = {
    Channel.EMAIL: N_("By e-mail"),
    Channel.SMS: N_("By text message"),
    Channel.PUSH: _BY[Channel.PUSH],
}
_NEXT: Final[Mapping[Channel, str]] = {
    Channel.EMAIL: N_("The answer comes by e-mail to %(address)s."),
    Channel.SMS: N_("The answer comes by text message to %(address)s."),
    Channel.PUSH: N_("The answer will stand on this page."),
}
_NEXT_UNSAID: Final[Mapping[Channel, str]] = {
    Channel.EMAIL: N_("The answer comes by e-mail."),
    Channel.SMS: N_("The answer comes by text message."),
    Channel.PUSH: _NEXT[Channel.PUSH],
}
NO_TEXT: Final = N_("Write what it is about, in 2,000 characters at most.")
TOO_MANY: Final = N_("You have written very often today. Wait for the answer, or try tomorrow.")
_page = template("ask.html")


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form."""

    topic: Topic | None = None
    text: str = ""
    by: str = ""
    wrong: str | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """What the page knows beside the parcel. `threads` have their words only for the recipient.

    `can_ask`: there is a shop, the story is not long over, and some way for the answer.
    """

    threads: Sequence[Thread]
    own: Sequence[SupportText]
    reaches: Sequence[Reach]
    can_ask: bool
    form_id: str
    is_sent: bool = False
    usual: timedelta | None = None  # within that most questions are answered


def render_ask_page(view: ParcelView, asking: Asking, typed: Typed, calendar: Calendar) -> str:
    words, topic = calendar.words, typed.topic
    has_bonus = view.bonus is not None and view.bonus.until > calendar.now
    topics = topics_to_ask(view.state.status, topic, has_bonus=has_bonus)
    answers = help_answers(view, asking.own, words, calendar)
    is_open = view.unlock is UnlockState.UNLOCKED
    return _page.render(
        **frame(words, f"{view.path}/help", f"&topic={topic}" if topic else ""),
        page=view.path,
        shop=view.merchant_name,
        merchant_help=safe_address(view.merchant_help),
        number=view.tracking_number,
        can_ask=asking.can_ask,
        next=_next(view, asking, words) if asking.is_sent else None,
        usual=_usual(asking.usual, words),
        standings=standings(shown_cases(view, [each.case for each in asking.threads]), calendar),
        threads=[_thread(each, calendar) for each in asking.threads] if is_open else [],
        is_asked=view.unlock in {UnlockState.LOCKED, UnlockState.WRONG},
        mismatch=wrong_said(view, words),
        paused=paused_said(view, words, calendar),
        answers=[each for each in answers if each.topic is topic and each.lines],
        topics=[(each.value, words.gettext(QUESTION[each])) for each in topics],
        topic=(topic or topics[0]).value,
        ways=_ways(view, asking, words),
        text=typed.text,
        by=typed.by,
        wrong=words.gettext(typed.wrong) if typed.wrong else None,
        longest=LONGEST,
        form_id=asking.form_id,
    )


def shown_cases(view: ParcelView, cases: Sequence[Case]) -> list[Case]:
    """To who has the link only, those that shoppers opened: of what was said on the telephone, or
    answered in the survey, nobody else learns.
    """
    is_open = view.unlock is UnlockState.UNLOCKED
    return [each for each in cases if is_open or each.opened_by is Opener.SHOPPER]


def standings(cases: Sequence[Case], calendar: Calendar) -> list[Markup]:
    """Where each question stands, the latest first: nothing of what was asked.

    One that was asked again stands where it does by now.
    """
    again = {each.follows for each in cases}
    last = [each for each in cases if each.case_id not in again]
    return [
        calendar.words.gettext(_STANDING[each.state], when=calendar.on(each.asked_at))
        for each in sorted(last, key=lambda case: case.asked_at, reverse=True)
    ]


def _next(view: ParcelView, asking: Asking, words: Words) -> Markup:
    """Where the answer to the latest question will be: what was chosen, as long as it works."""
    latest = max(asking.threads, key=lambda each: each.case.asked_at, default=None)
    by = latest.case.reply_by if latest else None
    to = next((each.to for each in asking.reaches if each.channel is by), None)
    said = _NEXT if view.unlock is UnlockState.UNLOCKED else _NEXT_UNSAID
    return words.gettext(said[by if by and to else Channel.PUSH], address=to or "")


def _usual(within: timedelta | None, words: Words) -> Markup | None:
    """In whole hours, or days from two on: never less than it is."""
    if within is None:
        return None
    hours = max(1, -(-within // timedelta(hours=1)))
    if hours <= _HOURS:
        return words.ngettext(
            "Most are answered within %(n)d hour.", "Most are answered within %(n)d hours.", hours
        )
    days = -(-within // timedelta(days=1))
    return words.ngettext(
        "Most are answered within %(n)d day.", "Most are answered within %(n)d days.", days
    )


def _ways(view: ParcelView, asking: Asking, words: Words) -> list[tuple[str, Markup]]:
    """On the page only where it can be read there. The end of a number is half of what opens the
    page: it is shown to who has opened it.
    """
    said = _BY if view.unlock is UnlockState.UNLOCKED else _BY_UNSAID
    found = [
        (each.channel.value, words.gettext(said[each.channel], address=each.to))
        for each in asking.reaches
    ]
    is_shown = view.unlock is not UnlockState.IMPOSSIBLE
    return [*found, *([(PAGE, words.gettext(_BY[Channel.PUSH]))] if is_shown else [])]


def _thread(thread: Thread, calendar: Calendar) -> dict[str, Any]:
    words = calendar.words
    told = [each for each in thread.messages if each.author is not Author.COLLEAGUE]
    return {
        "about": words.gettext(QUESTION[thread.case.topic]),
        "messages": [
            {
                "is_own": each.author is Author.SHOPPER,
                "iso": calendar.local(each.at).isoformat(timespec="seconds"),
                "when": calendar.on(each.at),
                "lines": linked(each.text) if each.text is not None else None,
            }
            for each in told
        ],
    }
