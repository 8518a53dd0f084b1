"""Figures as people read them: with how many they are of, and what changed."""

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from babel.numbers import format_currency, parse_pattern
from markupsafe import Markup, escape

from schemas.case import Topic
from schemas.measures import Share, Spent
from schemas.notice import Channel
from schemas.price import Cost
from tracking.web.mood import Mood
from tracking.words.catalog import N_, Words, cldr_locale

TOPIC: Final = {
    Topic.WHERE_IS_IT: N_("Where is it?"),
    Topic.CHANGE_OF_ADDRESS: N_("Change of address"),
    Topic.NOT_RECEIVED: N_("Not received"),
    Topic.DAMAGED: N_("Damaged"),
    Topic.PACKAGING_RETURN: N_("Return of the packaging"),
    Topic.PICKUP: N_("Collecting it"),
    Topic.BONUS: N_("Bonus"),
    Topic.FEEDBACK: N_("A low mark"),
    Topic.OTHER: N_("Something else"),
}
WAY: Final = {
    Channel.SMS: N_("Text message"),
    Channel.EMAIL: N_("E-mail"),
    Channel.PUSH: N_("Push"),
}
NOTHING: Final = "\u2013"
MINUS: Final = "\u2212"
_NUMBER: Final = parse_pattern("#,##0.#")
_HOUR, _DAY = 60.0, 24 * 60.0  # minutes


class Change(NamedTuple):
    """Against the time before."""

    said: str
    mood: Mood


class Compared(NamedTuple):
    """How to: whether what rises is good or bad, and how a value is said."""

    up_is: Mood
    said: Callable[[float], str]
    has_moved: bool


class Headline(NamedTuple):
    """`of`: how many it is of."""

    name: str
    value: str
    of: str
    change: Change
    meaning: str


class Said:
    """Figures in the words of one language."""

    def __init__(self, words: Words) -> None:
        self.words, self.locale = words, words.locale

    def gettext(self, text: str, **values: str | int) -> Markup:
        """Our own figures among the values: they need no isolation, and stand in charts too."""
        return self.words.gettext(text, **{name: escape(each) for name, each in values.items()})

    def number(self, value: float | None) -> str:
        return NOTHING if value is None else _number(value, self.words.language)

    def count(self, value: int) -> str:
        return self.number(value)

    def signed(self, value: float | None) -> str:
        if value is None:
            return NOTHING
        return f"{'+' if value > 0 else ''}{self.number(value)}".replace("-", MINUS)

    def percent(self, value: float | None) -> str:
        return NOTHING if value is None else f"{self.number(value)}\u00a0%"

    def share(self, share: Share) -> Markup:
        """With what it is of: "12.5 % (5 of 40)"."""
        return self.gettext(
            "%(rate)s (%(of)s)", rate=self.percent(share.percent), of=self.of(share)
        )

    def brief(self, share: Share) -> str:
        """The same for tables: "12.5 % of 40"."""
        if not share.whole:
            return NOTHING
        rate, whole = self.percent(share.percent), self.count(share.whole)
        return self.gettext("%(rate)s of %(whole)s", rate=rate, whole=whole)

    def of(self, share: Share) -> Markup:
        part, whole = self.count(share.part), self.count(share.whole)
        return self.gettext("%(part)s of %(whole)s", part=part, whole=whole)

    def minutes(self, value: float | None) -> str:
        """As exactly as it is known: to a fifth."""
        if value is None:
            return NOTHING
        if value < _HOUR:
            return self.gettext("%(n)s min", n=self.count(round(value)))
        if value < 2 * _DAY:
            return self.gettext("%(n)s h", n=self.number(value / _HOUR))
        return self.gettext("%(n)s d", n=self.number(value / _DAY))

    def money(self, spent: Sequence[Spent], *, each: bool = False) -> str:
        """Every currency by itself; `each`: for a parcel."""
        sums = [one.per_parcel if each else one.total for one in spent]
        return " + ".join(self._sum(one, fine=each) for one in sums if one) or NOTHING

    def _sum(self, cost: Cost, *, fine: bool) -> str:
        """Below a cent where that is what a message costs."""
        digits, smallest = ("0.00##", "0.0001") if fine else ("0.00", "0.01")
        pattern = self.locale.currency_formats["standard"].pattern.replace("0.00", digits)
        amount = Decimal(cost.amount).quantize(Decimal(smallest), ROUND_HALF_UP)
        return format_currency(
            amount, cost.currency, pattern, locale=self.locale, currency_digits=False
        )

    def topic(self, topic: Topic | str) -> str:
        return self.gettext(TOPIC[topic]) if isinstance(topic, Topic) else topic

    def change(self, now: float | None, then: float | None, of: Compared) -> Change:
        """Against the time before; better or worse only where it is not chance."""
        if now is None or then is None:
            return Change(self.gettext("nothing to compare it with"), Mood.CALM)
        before = of.said(then)
        if not of.has_moved or of.said(now) == before:
            return Change(self.gettext("about as before (%(before)s)", before=before), Mood.CALM)
        if (now > then) == (of.up_is is Mood.GOOD):
            return Change(self.gettext("better than %(before)s before", before=before), Mood.GOOD)
        return Change(self.gettext("worse than %(before)s before", before=before), Mood.ATTENTION)


@lru_cache(maxsize=4096)
def _number(value: float, language: str) -> str:
    """A page has hundreds of them, and most are small."""
    return str(_NUMBER.apply(value, cldr_locale(language)))
