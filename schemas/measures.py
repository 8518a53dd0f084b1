"""How a shop, its carriers and its support do: what `GET /v1/measures` answers."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from schemas.base import Frozen, Instant
from schemas.case import Topic
from schemas.notice import Channel
from schemas.price import Cost


class By(StrEnum):
    """How long a period is; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Share(Frozen):
    """`percent` has one decimal, and is null of fewer than five."""

    part: int
    whole: int
    percent: float | None


class Score(Frozen):
    """Net Promoter Score, from -100 to 100: the share of those who answered 9 or 10, less that of
    those who answered 6 or less. Null of fewer than five.
    """

    score: int | None
    answers: int
    promoters: int
    passives: int
    detractors: int


class Average(Frozen):
    """Of stars from 1 to 5; null of fewer than five."""

    average: float | None
    answers: int


class Times(Frozen):
    """Within how many minutes half, and nine of ten, had an answer; exact to a fifth. Null of fewer
    than five.
    """

    cases: int
    p50_minutes: float | None
    p90_minutes: float | None


class Messages(Frozen):
    """`went`: taken by the provider and not brought back, of all that were tried. `confirmed`: of
    those, the ones that the provider says arrived; few ways say so.
    """

    went: Share
    confirmed: int


class Spent(Frozen):
    """In one currency; `per_parcel` is null of fewer than five parcels."""

    total: Cost
    per_parcel: Cost | None


class Figures(Frozen):
    """Of a time, or of a carrier in it.

    Parcels, what they were told, whether they came on time and what was paid for them: of those
    registered in it, whenever that came about. Cases: of those opened in it. Marks: of answers
    given in it. `packaging` is `too_big` and `damaged` together.
    """

    parcels: int
    recommend: Score
    courier: Average
    packaging: Share
    too_big: Share
    damaged: Share
    cases: int
    contacts: int
    contacts_per_thousand: float | None
    repeats: Share
    solved_in_one: Share
    first_answer: Times
    messages: Mapping[Channel, Messages]
    messages_went: Share
    message_cost: list[Spent]
    on_time: Share
    bonus_cost: list[Spent]


class Period(Frozen):
    """From the first day to the last, both included; cut where what was asked for ends."""

    first: date
    last: date
    figures: Figures


class CarrierFigures(Frozen):
    carrier: str
    figures: Figures


class TopicCount(Frozen):
    topic: Topic | str
    cases: int


class HourCount(Frozen):
    """`weekday` 1 is Monday; `hour` from 0 to 23, in the zone of the answer."""

    weekday: int
    hour: int
    cases: int


class Measures(Frozen):
    """Days are days of `zone`, both ends included. `as_of`: everything until then is counted; null
    while it is counted for the first time. `before` is of as long a time just before. Periods are
    in their order, empty ones included; carriers by how many parcels they have, topics by how many
    cases; hours without a case are left out.
    """

    as_of: Instant | None
    zone: str
    first: date
    last: date
    by: By
    carrier: str | None
    total: Figures
    before: Figures
    periods: list[Period]
    carriers: list[CarrierFigures]
    topics: list[TopicCount]
    hours: list[HourCount]
