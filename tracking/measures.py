"""The measures of a time, read from the counts by day."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter, ValidationError

from schemas.base import is_plausible
from schemas.case import Topic
from schemas.measures import By, CarrierFigures, HourCount, Measures, Period, TopicCount
from schemas.scan import CarrierCode
from tracking.carriers.klat import HOME_ZONE
from tracking.domain.measures import (
    Counted,
    Tally,
    before,
    begin,
    figures,
    following,
    periods,
    together,
    whole_months,
)
from tracking.store.measures import (
    PartSum,
    Sums,
    Wanted,
    measures_as_of,
    sum_measure_parts,
    sum_measures,
)
from tracking.store.pool import connection

Key = TypeVar("Key")

MOST_PERIODS: Final = 400
_LONGEST: Final = timedelta(days=1830)
_A_DAY: Final = timedelta(days=1)
_CARRIER: TypeAdapter[str] = TypeAdapter(CarrierCode)


class Asked(NamedTuple):
    """From the first day to the last, both included. `is_open`: nothing is later than the last."""

    first: date
    last: date
    by: By = By.MONTH
    carrier: str | None = None
    is_open: bool = False


def asked(query: Mapping[str, str], today: date) -> Asked:
    """Of `from`, `to`, `by` and `carrier`: the last twelve months by month unless they say
    otherwise. Raises ValueError that names the field.
    """
    last = _day(query, "to") or today
    first = _day(query, "from") or _a_year(last)
    if first > last:
        raise ValueError("from: a day after `to`")
    if last - first > _LONGEST:
        raise ValueError("from: more than five years before `to`; ask for less at once")
    by = _by(query.get("by") or By.MONTH)
    if len(periods(first, last, by)) > MOST_PERIODS:
        raise ValueError(f"by: more than {MOST_PERIODS} periods; take longer ones, or fewer days")
    return Asked(first, last, by, _carrier(query.get("carrier")), is_open=last >= today)


def _day(query: Mapping[str, str], name: str) -> date | None:
    text = query.get(name, "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name}: not a day such as 2026-11-30") from None
    if not is_plausible(day):
        raise ValueError(f"{name}: not between the years 2000 and 2100")
    return day


def _a_year(last: date) -> date:
    """The first day of the twelve months of which this is in the last."""
    months = last.year * 12 + last.month - 12
    return date(months // 12, months % 12 + 1, 1)


def _by(text: str) -> By:
    try:
        return By(text)
    except ValueError:
        raise ValueError(f"by: not one of {', '.join(By)}") from None


def _carrier(text: str | None) -> str | None:
    if not text:
        return None
    try:
        return _CARRIER.validate_python(text)
    except ValidationError:
        raise ValueError("carrier: not a code such as omniva") from None


async def measures(
    pool: asyncpg.Pool, wanted: Asked, shops: Collection[UUID] | None = None
) -> Measures:
    """Of these shops together; None: of all. Raises StoreUnavailable."""
    earlier = before(wanted.first, wanted.last)
    async with connection(pool) as conn:
        as_of = await measures_as_of(conn)
        now = await _read(conn, wanted, shops)
        then = await _read(conn, Asked(*earlier, By.MONTH, wanted.carrier), shops)
    counted = _by_period(*now)
    return Measures(
        as_of=as_of,
        zone=HOME_ZONE,
        first=wanted.first,
        last=wanted.last,
        by=wanted.by,
        carrier=wanted.carrier,
        total=figures(together(counted.values())),
        before=figures(together(_by_period(*then).values())),
        periods=_periods(wanted, counted),
        carriers=_carriers(*now),
        topics=_topics(now[1]),
        hours=_hours(now[1]),
    )


async def _read(
    conn: asyncpg.Connection, asked_: Asked, shops: Collection[UUID] | None
) -> tuple[list[Sums], list[PartSum]]:
    """By month where that is wanted, and only what is beside whole months by day."""
    end = asked_.last + _A_DAY
    if asked_.is_open and asked_.by is By.MONTH:
        end = following(begin(asked_.last, By.MONTH), By.MONTH)
    months = whole_months(asked_.first, end) if asked_.by is By.MONTH else (end, end)
    span = Wanted(asked_.first, end, *months, shops, asked_.carrier, asked_.by.value)
    return await sum_measures(conn, span), await sum_measure_parts(conn, span)


def _periods(wanted: Asked, counted: Mapping[date, Counted]) -> list[Period]:
    return [
        Period(
            first=max(begins, wanted.first),
            last=min(following(begins, wanted.by) - _A_DAY, wanted.last),
            figures=figures(counted.get(begins, Counted())),
        )
        for begins in periods(wanted.first, wanted.last, wanted.by)
    ]


def _by_period(sums: Iterable[Sums], parts: Iterable[PartSum]) -> Mapping[date, Counted]:
    return _counted(
        {each.period: each.counts for each in sums if each.period},
        ((each.period, each) for each in parts if each.period),
    )


def _carriers(sums: Iterable[Sums], parts: Iterable[PartSum]) -> list[CarrierFigures]:
    found = _counted(
        {each.carrier: each.counts for each in sums if each.carrier},
        ((each.carrier, each) for each in parts if each.carrier),
    )
    shown = [CarrierFigures(carrier=name, figures=figures(each)) for name, each in found.items()]
    return sorted(shown, key=lambda each: (-each.figures.parcels, each.carrier))


def _counted(
    sums: Mapping[Key, Sequence[int]], parts: Iterable[tuple[Key, PartSum]]
) -> Mapping[Key, Counted]:
    """Each with its parts. What a later release counts beside is left out."""
    kinds: dict[Key, dict[str, dict[str, int]]] = {key: {} for key in sums}
    for key, part in parts:
        kinds.setdefault(key, {}).setdefault(part.kind, {})[part.label] = part.amount
    return {
        key: Counted(
            Tally(*sums.get(key, ())),
            {int(label): cases for label, cases in of.get("answered_in", {}).items()},
            of.get("notice_cost", {}),
            of.get("bonus_cost", {}),
        )
        for key, of in kinds.items()
    }


def _of_all(parts: Iterable[PartSum], kind: str) -> list[PartSum]:
    return [each for each in parts if each.kind == kind and each.carrier is None]


def _topics(parts: Iterable[PartSum]) -> list[TopicCount]:
    known = set(Topic)
    found = [
        TopicCount(
            topic=Topic(each.label) if each.label in known else each.label, cases=each.amount
        )
        for each in _of_all(parts, "topic")
    ]
    return sorted(found, key=lambda each: (-each.cases, each.topic))


def _hours(parts: Iterable[PartSum]) -> list[HourCount]:
    found = [
        HourCount(weekday=int(each.label) // 24 + 1, hour=int(each.label) % 24, cases=each.amount)
        for each in _of_all(parts, "hour")
    ]
    return sorted(found, key=lambda each: (each.weekday, each.hour))
