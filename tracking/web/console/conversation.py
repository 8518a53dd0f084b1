"""The cases of a parcel as staff see them: on its page, with what to answer, and in its story."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from aiohttp import web
from markupsafe import Markup

from schemas.case import LONGEST, MOST_BY_TEXT, Author, CaseState, Topic
from schemas.notice import MAY_HAVE_ARRIVED, Channel, NoticeState, Occasion
from tracking.store.cases import Cases, Colleague, SupportText
from tracking.store.staff import Staff
from tracking.threads import Message, Thread
from tracking.web.ask_page import PAGE
from tracking.web.console.entry import Entry, Kind
from tracking.web.console.life import Life
from tracking.web.deps import Deps
from tracking.web.help import QUESTION
from tracking.web.prepared import prepared, values_of
from tracking.web.reach import Reach, reaches
from tracking.words.catalog import N_, Words, isolated, words_of
from tracking.words.dates import Calendar
from tracking.words.language import SUPPORTED, choose

STATE: Final[Mapping[CaseState, str]] = {
    CaseState.OPEN: N_("waits for an answer"),
    CaseState.ANSWERED: N_("answered"),
    CaseState.SOLVED: N_("closed"),
}
_SAYS: Final[Mapping[Author, str]] = {
    Author.SHOPPER: N_("The shopper: %(topic)s"),
    Author.STAFF: N_("Answer by %(who)s"),
    Author.COLLEAGUE: N_("Word for a colleague by %(who)s"),
}
_BY: Final[Mapping[Channel, str]] = {
    Channel.EMAIL: N_("E-mail to %(address)s"),
    Channel.SMS: N_("Text message to %(address)s"),
    Channel.PUSH: N_("On the page only"),
}

_TEXTED_OUT: Final = N_(
    "As many answers as there may be in a day went out by text message. Choose another way."
)
_WAITS: Final = frozenset({NoticeState.PLANNED, NoticeState.CLAIMED})
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CaseForm:
    """What was typed into the answer to a case and not sent, or the prepared answer chosen."""

    case_id: UUID | None = None
    text: str = ""
    by: str = ""
    key: str = ""
    wrong: str | None = None
    topic: Topic | None = None


@dataclass(frozen=True, slots=True)
class Talk:
    """What there is to answer with. `texts` by language."""

    reaches: Sequence[Reach]
    colleagues: Sequence[Colleague]
    texts: Mapping[str, Sequence[SupportText]]


def chosen(request: web.Request) -> CaseForm:
    """The prepared answer that the address names."""
    try:
        return CaseForm(UUID(request.query["case"]), key=request.query.get("answer", ""))
    except (KeyError, ValueError):
        return CaseForm()


async def read_talk(deps: Deps, life: Life, staff: Staff) -> Talk | None:
    """None where no shop registered the parcel: there is nobody to talk to."""
    registration = life.registration
    if registration is None:
        return None
    found, store = await reaches(deps, life.contact), Cases(deps.pool)
    if not life.threads:
        return Talk(found, (), {})
    spoken = sorted({each.case.language for each in life.threads})
    texts = {each: await store.support_texts(registration.merchant_id, each) for each in spoken}
    return Talk(found, await store.colleagues(registration.merchant_id, staff.shops), texts)


def cards(
    life: Life, talk: Talk | None, form: CaseForm, staff: Staff, words: Words, calendar: Calendar
) -> list[dict[str, Any]]:
    """The cases with their words, those that wait first, the latest of the others next."""
    if talk is None:
        return []
    teller = _Teller(life, talk, form, staff, words, calendar)
    order = sorted(life.threads, key=lambda each: each.case.asked_at, reverse=True)
    order.sort(key=lambda each: each.case.state is not CaseState.OPEN)
    return [teller.card(each) for each in order]


def call_form(
    talk: Talk | None, form: CaseForm, words: Words, page: Words
) -> dict[str, Any] | None:
    """The form in which somebody writes down what a shopper says on the telephone."""
    if talk is None:
        return None
    return {
        "form_id": str(uuid4()),
        "topics": [(each.value, page.gettext(QUESTION[each])) for each in Topic],
        "topic": form.topic.value if form.topic else Topic.WHERE_IS_IT.value,
        "text": form.text if form.case_id is None else "",
        "wrong": words.gettext(form.wrong) if form.wrong and form.case_id is None else None,
        "ways": _ways(talk.reaches, words),
        "by": form.by,
        "longest": LONGEST,
    }


def _ways(reaches: Sequence[Reach], words: Words) -> list[tuple[str, Markup]]:
    found = [
        (each.channel.value, words.gettext(_BY[each.channel], address=each.to)) for each in reaches
    ]
    return [*found, (PAGE, words.gettext(_BY[Channel.PUSH]))]


def _texts_of_a_day(life: Life, now: datetime) -> int:
    """Answers that went out as text messages, or are about to."""
    return sum(
        each.occasion is Occasion.CASE_REPLY
        and each.channel is Channel.SMS
        and (
            each.state in _WAITS
            or (each.state in MAY_HAVE_ARRIVED and each.changed_at > now - _DAY)
        )
        for each in life.notices
    )


class _Teller:
    def __init__(
        self,
        life: Life,
        talk: Talk,
        form: CaseForm,
        staff: Staff,
        words: Words,
        calendar: Calendar,
    ) -> None:
        self.life, self.talk, self.form, self.staff = life, talk, form, staff
        self.words, self.calendar, self.page = words, calendar, calendar.words
        self.names = {each.staff_id: each.name for each in talk.colleagues}
        self.is_texted_out = _texts_of_a_day(life, calendar.now) >= MOST_BY_TEXT
        self.reaches = [
            each
            for each in talk.reaches
            if each.channel is not Channel.SMS or not self.is_texted_out
        ]

    def card(self, thread: Thread) -> dict[str, Any]:
        case, words = thread.case, self.words
        mine = self.form if self.form.case_id == case.case_id else CaseForm()
        answers = self._prepared(thread)
        text = next((each.text for each in answers if each.key == mine.key), mine.text)
        return {
            "id": case.case_id,
            "about": self.page.gettext(QUESTION[case.topic]),
            "state": words.gettext(STATE[case.state]),
            "is_open": case.state is CaseState.OPEN,
            "is_solved": case.state is CaseState.SOLVED,
            "is_shown": case.state is not CaseState.SOLVED or mine is self.form,
            "asked": self.calendar.on(case.asked_at),
            "contacts": case.contacts,
            "follows": case.follows,
            "before": self._before(case.follows),
            "language": SUPPORTED.get(case.language, case.language),
            "lang": case.language,
            "whose": self._whose(case.assigned_to),
            "assigned_to": case.assigned_to,
            "messages": [self._message(each, thread) for each in thread.messages],
            "sign": thread.sign,
            "form_id": str(uuid4()),
            "handing_id": str(uuid4()),
            "prepared": answers,
            "text": text,
            "wrong": words.gettext(mine.wrong) if mine.wrong else None,
            "ways": _ways(self.reaches, words),
            "texted_out": self._texted_out(),
            "by": self._by(mine, thread),
            "colleagues": self.talk.colleagues,
            "longest": LONGEST,
        }

    def _before(self, case_id: UUID | None) -> list[dict[str, Any]]:
        """What was said in the case that this one follows: nobody has to say it twice."""
        found = [each for each in self.life.threads if each.case.case_id == case_id]
        return [self._message(each, thread) for thread in found for each in thread.messages]

    def _whose(self, staff_id: UUID | None) -> str | None:
        """None: nobody's. Who may no longer see the shop has it no more, and that is said; who
        works for some shops is not told who works for others too.
        """
        if staff_id is None:
            return None
        if self.staff.shops is not None:
            return self.names.get(staff_id) or self.words.gettext("support")
        return self.names.get(staff_id) or self.words.gettext("somebody who left")

    def _by(self, mine: CaseForm, thread: Thread) -> str:
        is_none = mine.by == Channel.SMS and self.is_texted_out
        return self._wished(thread) if is_none or not mine.by else mine.by

    def _texted_out(self) -> Markup | None:
        return self.words.gettext(_TEXTED_OUT) if self.is_texted_out else None

    def _wished(self, thread: Thread) -> str:
        """As the shopper wished, where that still works."""
        wish = thread.case.reply_by
        return wish.value if wish in {each.channel for each in self.reaches} and wish else PAGE

    def _prepared(self, thread: Thread) -> list[Any]:
        language = choose(thread.case.language)
        shopper = words_of(language)
        view, registration = self.life.view, self.life.registration
        calendar = Calendar(shopper, view.zone, self.calendar.now)
        person = self.life.contact.recipient
        order = registration.order_ref if registration else None
        values = values_of(view, order, person, calendar)
        own = self.talk.texts.get(thread.case.language, ())
        return prepared(thread.case.topic, own, values, shopper, self.page)

    def _message(self, each: Message, thread: Thread) -> dict[str, Any]:
        return {
            "author": each.author.value,
            "title": _title(each, thread, self.words, self.page),
            "written_down": _written_down_by(each, self.words),
            "link_only": not each.proven,
            "when": self.calendar.on(each.at),
            "iso": self.calendar.local(each.at).isoformat(timespec="seconds"),
            "text": each.text,
        }


def _title(each: Message, thread: Thread, words: Words, page: Words) -> Markup:
    about = page.gettext(QUESTION[thread.case.topic])
    return words.gettext(
        _SAYS[each.author], topic=about, who=each.email or words.gettext("support")
    )


def _written_down_by(each: Message, words: Words) -> str | None:
    """None where the shopper wrote it."""
    if each.author is not Author.SHOPPER or each.email is None:
        return None
    return each.email or words.gettext("support")


def said_in(thread: Thread, words: Words, page: Words) -> Iterator[Entry]:
    """The lines of the story that it makes."""
    for each in thread.messages:
        text = words.gettext("The words are no longer kept.") if each.text is None else each.text
        said = Markup('<span class="said">{}</span>').format(text)
        more: list[Markup] = []
        if not each.proven:
            more.append(words.gettext("has the link only"))
        by = _written_down_by(each, words)
        if by:
            more.append(words.gettext("written down by %(who)s", who=isolated(by)))
        yield Entry(each.at, Kind.CASE, _title(each, thread, words, page), details=[said, *more])
