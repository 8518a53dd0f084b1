"""How a shop, its carriers and its support do: from counts to figures. Pure.

A rate stands beside what it is of, and is not said of fewer than five. Sums of money stay in their
currencies. Times to an answer are counted in bins, so that days can be added up: what is said of
them is exact to a fifth.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, NamedTuple, Self, TypeVar

from schemas.measures import Average, By, Figures, Messages, Score, Share, Spent, Times
from schemas.notice import Channel
from schemas.price import MILLION, Cost

K = TypeVar("K")

LEAST: Final = 5
"""Of fewer nothing is said but how many there are."""
_BINS: Final = 31
EDGES: Final[Sequence[float]] = (0.0, *(60 * math.sqrt(2) ** n for n in range(_BINS)))
"""Seconds to an answer: where bins begin. A minute, and on by the root of two to three weeks. Days
are counted by these: they are not changed, unless all days are counted anew.
"""
_RARELY: Final = 1.96  # standard errors: chance alone goes beyond them one time in twenty
_LONGER: Final = 1.2  # times: what is exact to a fifth has not changed by less
_A_DAY: Final = timedelta(days=1)
_DECEMBER: Final = 12


class Tally(NamedTuple):
    """Counts that can be added up, in the order of their columns."""

    parcels: int = 0
    judged: int = 0
    on_time: int = 0
    sms_tried: int = 0
    sms_went: int = 0
    sms_confirmed: int = 0
    email_tried: int = 0
    email_went: int = 0
    email_confirmed: int = 0
    push_tried: int = 0
    push_went: int = 0
    push_confirmed: int = 0
    cases: int = 0
    contacts: int = 0
    repeats: int = 0
    solved: int = 0
    solved_in_one: int = 0
    recommended: int = 0
    promoters: int = 0
    detractors: int = 0
    starred: int = 0
    stars: int = 0
    packed: int = 0
    too_big: int = 0
    damaged: int = 0

    def plus(self, other: Self) -> Self:
        return type(self)(*(one + another for one, another in zip(self, other, strict=True)))


@dataclass(frozen=True, slots=True)
class Counted:
    """`answered`: cases by bin. `notices` in millionths, `bonuses` in cents, by currency."""

    tally: Tally = field(default_factory=Tally)
    answered: Mapping[int, int] = field(default_factory=dict)
    notices: Mapping[str, int] = field(default_factory=dict)
    bonuses: Mapping[str, int] = field(default_factory=dict)

    def plus(self, other: "Counted") -> "Counted":
        return Counted(
            self.tally.plus(other.tally),
            _added(self.answered, other.answered),
            _added(self.notices, other.notices),
            _added(self.bonuses, other.bonuses),
        )


def _added(one: Mapping[K, int], another: Mapping[K, int]) -> Mapping[K, int]:
    return {key: one.get(key, 0) + another.get(key, 0) for key in {**one, **another}}


def together(counted: Iterable[Counted]) -> Counted:
    total = Counted()
    for each in counted:
        total = total.plus(each)
    return total


def figures(of: Counted) -> Figures:
    n = of.tally
    return Figures(
        parcels=n.parcels,
        recommend=_score(n),
        courier=_average(n.stars, n.starred),
        packaging=share(n.too_big + n.damaged, n.packed),
        too_big=share(n.too_big, n.packed),
        damaged=share(n.damaged, n.packed),
        cases=n.cases,
        contacts=n.contacts,
        contacts_per_thousand=_per(n.contacts * 1000, n.parcels),
        repeats=share(n.repeats, n.contacts),
        solved_in_one=share(n.solved_in_one, n.solved),
        first_answer=_times(of.answered),
        messages={
            Channel.SMS: _messages(n.sms_tried, n.sms_went, n.sms_confirmed),
            Channel.EMAIL: _messages(n.email_tried, n.email_went, n.email_confirmed),
            Channel.PUSH: _messages(n.push_tried, n.push_went, n.push_confirmed),
        },
        messages_went=share(
            n.sms_went + n.email_went + n.push_went, n.sms_tried + n.email_tried + n.push_tried
        ),
        message_cost=_spent(of.notices, n.parcels),
        on_time=share(n.on_time, n.judged),
        bonus_cost=_spent(
            {currency: cents * (MILLION // 100) for currency, cents in of.bonuses.items()},
            n.parcels,
        ),
    )


def share(part: int, whole: int) -> Share:
    return Share(part=part, whole=whole, percent=_per(part * 100, whole))


def _per(part: int, whole: int) -> float | None:
    return round(part / whole, 1) if whole >= LEAST else None


def _score(n: Tally) -> Score:
    enough = n.recommended >= LEAST
    score = round(100 * (n.promoters - n.detractors) / n.recommended) if enough else None
    passives = n.recommended - n.promoters - n.detractors
    return Score(
        score=score,
        answers=n.recommended,
        promoters=n.promoters,
        passives=passives,
        detractors=n.detractors,
    )


def _average(sum_: int, of: int) -> Average:
    return Average(average=round(sum_ / of, 2) if of >= LEAST else None, answers=of)


def _messages(tried: int, went: int, confirmed: int) -> Messages:
    return Messages(went=share(went, tried), confirmed=confirmed)


def _times(answered: Mapping[int, int]) -> Times:
    cases = sum(answered.values())
    if cases < LEAST:
        return Times(cases=cases, p50_minutes=None, p90_minutes=None)
    half, most = quantile(answered, 0.5), quantile(answered, 0.9)
    return Times(cases=cases, p50_minutes=round(half / 60, 1), p90_minutes=round(most / 60, 1))


def quantile(answered: Mapping[int, int], share_: float) -> float:
    """Seconds within which this share was answered; within a bin as if they were spread evenly.
    What is in the last bin took as long as its beginning, at least.
    """
    wanted, before = share_ * sum(answered.values()), 0
    for place, (begins, ends) in enumerate(pairwise(EDGES)):
        inside = answered.get(place, 0)
        if inside and before + inside >= wanted:
            return begins + (ends - begins) * (wanted - before) / inside
        before += inside
    return EDGES[-1]


def _spent(sums: Mapping[str, int], parcels: int) -> list[Spent]:
    """In millionths, by currency: never added up."""
    return [
        Spent(
            total=Cost.from_millionths(sums[currency], currency),
            per_parcel=Cost.from_millionths(round(sums[currency] / parcels), currency)
            if parcels >= LEAST
            else None,
        )
        for currency in sorted(sums)
        if sums[currency] > 0
    ]


def has_moved(now: Share, then: Share) -> bool:
    """Whether chance alone would rarely make that difference (two proportions, pooled)."""
    if now.percent is None or then.percent is None:
        return False
    pooled = (now.part + then.part) / (now.whole + then.whole)
    error = math.sqrt(max(0.0, pooled * (1 - pooled)) * (1 / now.whole + 1 / then.whole))
    return abs(now.part / now.whole - then.part / then.whole) > _RARELY * error


def has_score_moved(now: Score, then: Score) -> bool:
    """The same of marks of 1, 0 and -1."""
    if now.score is None or then.score is None:
        return False
    error = math.sqrt(_spread(now) / now.answers + _spread(then) / then.answers)
    return abs(now.score - then.score) / 100 > _RARELY * error


def _spread(of: Score) -> float:
    mean = (of.promoters - of.detractors) / of.answers
    return (of.promoters + of.detractors) / of.answers - mean**2


def has_rate_moved(now: Figures, then: Figures) -> bool:
    """The same of contacts, which may be several of one parcel (counts, as of Poisson)."""
    if now.contacts_per_thousand is None or then.contacts_per_thousand is None:
        return False
    error = math.sqrt(now.contacts / now.parcels**2 + then.contacts / then.parcels**2)
    difference = now.contacts / now.parcels - then.contacts / then.parcels
    return abs(difference) > _RARELY * error


def has_time_moved(now: float | None, then: float | None) -> bool:
    """Beyond what counting in bins may make of it."""
    if not now or not then:
        return False
    return max(now, then) / min(now, then) >= _LONGER


def begin(day: date, by: By) -> date:
    """Of the period in which it is: weeks begin on Monday (ISO 8601)."""
    match by:
        case By.DAY:
            return day
        case By.WEEK:
            return day - timedelta(days=day.weekday())
        case By.MONTH:
            return day.replace(day=1)


def following(begins: date, by: By) -> date:
    """The beginning of the next period."""
    match by:
        case By.DAY:
            return begins + _A_DAY
        case By.WEEK:
            return begins + 7 * _A_DAY
        case By.MONTH:
            year, month = begins.year + begins.month // _DECEMBER, begins.month % _DECEMBER + 1
            return date(year, month, 1)


def periods(first: date, last: date, by: By) -> list[date]:
    """The beginnings of all that touch these days, in their order."""
    found, begins = [], begin(first, by)
    while begins <= last:
        found.append(begins)
        begins = following(begins, by)
    return found


def whole_months(first: date, end: date) -> tuple[date, date]:
    """From the first month that is in it as a whole to the day after the last; `end` is the day
    after the last day. Twice the same where there is none.
    """
    begins = first if first.day == 1 else following(begin(first, By.MONTH), By.MONTH)
    ends = begin(end, By.MONTH)
    return (begins, ends) if begins < ends else (end, end)


def before(first: date, last: date) -> tuple[date, date]:
    """As many days that end on the day before: whole months are compared with as many months."""
    if first.day == 1 and following(begin(last, By.MONTH), By.MONTH) - last == _A_DAY:
        months = (last.year - first.year) * _DECEMBER + last.month - first.month + 1
        count = first.year * _DECEMBER + first.month - 1 - months
        return date(count // _DECEMBER, count % _DECEMBER + 1, 1), first - _A_DAY
    return first - (last - first + _A_DAY), first - _A_DAY
