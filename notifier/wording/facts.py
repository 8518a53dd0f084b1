"""What a notice can speak of, by placeholder; a name that is missing here is not known.

Text from outside is a `str`, bounded and clean; our own words are Markup. Which of them a reader
may have is decided here: the pickup code is for the recipient, and no SMS and no push asks for
money beside a link.
"""

from collections.abc import Iterator
from typing import Final

from markupsafe import Markup

from notifier.occasions import OF_BONUS
from notifier.outside import addressed, branded, named, tidy, typed
from notifier.plain import Piece
from notifier.sms.segments import count
from notifier.sms.spelling import spelt
from notifier.values import Bonus, Values
from notifier.wording import words_of
from notifier.wording.advised import COLLECT_IN_TIME, advised
from notifier.wording.channels import HINDERED, PICKUP
from notifier.wording.news import news_says_why
from notifier.wording.short import ShortCalendar
from notifier.wording.when import arrives, days_left, stopped, until_date
from schemas.notice import Addressee, Channel, Occasion
from schemas.status import Handover, Reason
from tracking.web.wording import COLLECTED_FROM, cause
from tracking.words.catalog import words_of as page_words
from tracking.words.dates import Calendar
from tracking.words.language import choose
from tracking.words.money import money_text

_LONGEST: Final = {Channel.SMS: 40, Channel.PUSH: 30, Channel.EMAIL: 80}
# "Pay" beside a link is what thieves write; the e-mail says where to pay. OTHER says nothing.
_NOT_IN_SHORT: Final = frozenset({Reason.RECIPIENT_PAYMENT, Reason.CUSTOMS_DUTIES, Reason.OTHER})

_MOST_SEGMENTS: Final = 3  # of an answer by text message
_AROUND: Final = 32  # characters of our own beside it
_LONGEST_CAUSE: Final = 45  # characters; the page has the rest


def facts_of(values: Values, channel: Channel) -> dict[str, str]:
    teller = _Teller(values, channel)
    return {name: text for name, text in teller.all() if text}


def is_waiting(values: Values) -> bool:
    """Whether there is something to collect, so that place, limit and code belong to it."""
    retracted = values.occasion is Occasion.DELIVERY_RETRACTED
    return values.occasion in PICKUP or (retracted and values.handover in COLLECTED_FROM)


class _Teller:
    def __init__(self, values: Values, channel: Channel) -> None:
        language = choose(values.language)
        self.values = values
        self.channel = channel
        self.words = words_of(language)
        self.page = page_words(language)
        calendar = ShortCalendar if channel is Channel.SMS else Calendar
        self.calendar = calendar(self.page, values.zone, values.now)
        self.longest = _LONGEST[channel]

    def all(self) -> Iterator[tuple[str, str | None]]:
        yield from self._names()
        yield from self._reasons()
        yield from self._coming()
        if is_waiting(self.values):
            yield from self._waiting()
        if self.values.occasion in OF_BONUS and self.values.bonus:
            yield from self._bonus(self.values.bonus)
        if self.values.answer and self.channel is Channel.SMS:
            yield "answer", self._answer(self.values.answer)

    def _names(self) -> Iterator[tuple[str, str | None]]:
        values = self.values
        yield "brand", branded(values.brand.name, min(self.longest, 60))
        yield "carrier", tidy(values.carrier, min(self.longest, 60))
        yield "number", tidy(values.tracking_number, 63)
        yield "order", tidy(values.order, 40)
        yield "link", values.link

    def _reasons(self) -> Iterator[tuple[str, str | None]]:
        yield "cause", self._cause()
        text = advised(self.values, when_is_known=self._arrives() is not None)
        yield "advice", self.page.gettext(text) if text else None

    def _coming(self) -> Iterator[tuple[str, str | None]]:
        if said := self._arrives():
            yield "arrives", said
            yield "arrival", stopped(said)

    def _arrives(self) -> Markup | None:
        return arrives(self.values, self.words, self.calendar)

    def _cause(self) -> Markup | None:
        reason = self.values.reason
        if self.values.occasion not in HINDERED or news_says_why(self.values):
            return None
        said = cause(self.page, reason)
        if self.channel is Channel.EMAIL or said is None:
            return said
        return said if reason not in _NOT_IN_SHORT and len(said) <= _LONGEST_CAUSE else None

    def _waiting(self) -> Iterator[tuple[str, str | None]]:
        values, place = self.values, named(self.values.place, self.longest)
        yield "place", place
        yield "locker", place if values.handover is Handover.LOCKER else None
        yield "counter", place if values.handover is Handover.PICKUP_POINT else None
        yield "address", addressed(values.place)
        yield "warning", self.page.gettext(COLLECT_IN_TIME)
        yield from self._limit()
        if values.addressee is Addressee.RECIPIENT and self.channel is not Channel.PUSH:
            yield "code", typed(values.code)

    def _limit(self) -> Iterator[tuple[str, str | None]]:
        until = self.values.until
        if until is not None and until > self.values.now:
            yield "until", self.calendar.until(until)
            yield "left", days_left(self.calendar.days_until(until), self.words)

    def _bonus(self, bonus: Bonus) -> Iterator[tuple[str, str | None]]:
        yield "bonus", typed(bonus.code)
        if self.values.occasion is Occasion.BONUS_WITHDRAWN:
            return
        yield "amount", money_text(bonus.amount, self.words)
        if bonus.until is not None and bonus.until > self.values.now:
            yield "bonus_until", until_date(bonus.until, self.words, self.calendar)

    def _answer(self, answer: str) -> str | None:
        """In the text message itself where that does not cost too much; else it names the page."""
        brand = branded(self.values.brand.name, min(self.longest, 60))
        around = f"{brand}: {'x' * _AROUND}.\n{self.values.link}"
        whole = [Piece(f"{around}{answer}")]
        text = spelt(whole, choose(self.values.language), self.values.spelling)
        return answer if count(text) <= _MOST_SEGMENTS else None
