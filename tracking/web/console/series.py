"""Figures in time: the points of a chart, the rows of its table, and how they are said. Pure."""

import math
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final, NamedTuple

from babel.dates import format_date, format_skeleton
from markupsafe import Markup

from schemas.measures import By, Figures, Measures, Period
from tracking.web.console.charts import Point, Scale
from tracking.web.console.figures import Said

_ROUND: Final = (1, 2, 3, 4, 6, 8, 10)


class Table(NamedTuple):
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


class Chart(NamedTuple):
    """`note` says how to read it; `drawing` is empty where there is nothing to draw."""

    name: str
    title: str
    note: str
    drawing: Markup
    table: Table


def points_of(
    said: Said, found: Measures, read: Callable[[Figures], tuple[float | None, str]]
) -> list[Point]:
    return [
        Point(short_name(said, each.first, found.by), *read(each.figures)) for each in found.periods
    ]


def rows_of(
    said: Said, found: Measures, read: Callable[[Figures], Sequence[str]]
) -> list[Sequence[str]]:
    return [(period_name(said, each, found.by), *read(each.figures)) for each in found.periods]


def has_any(points: Sequence[Point]) -> bool:
    return any(each.value is not None for each in points)


def summed_up(said: Said, title: str, points: Sequence[Point]) -> str:
    """For who does not see the chart: its latest, lowest and highest; the rest is in the table."""
    known = [each for each in points if each.value is not None]
    if not known:
        return said.gettext("No figures yet.")
    low = min(known, key=lambda each: each.value or 0)
    high = max(known, key=lambda each: each.value or 0)
    return said.gettext(
        "%(title)s. Least: %(low)s (%(low_at)s). Most: %(high)s (%(high_at)s). All of it stands in"
        " the table below.",
        title=title,
        low=low.said,
        low_at=low.label,
        high=high.said,
        high_at=high.label,
    )


def around(
    points: Sequence[Point], step: int, ends: tuple[int, int], said: Callable[[float], str]
) -> Scale:
    """What there is, and a step more above and below it, within what there can be."""
    known = [each.value for each in points if each.value is not None] or [0.0]
    low = max(ends[0], step * math.floor(min(known) / step - 1))
    high = min(ends[1], step * math.ceil(max(known) / step + 1))
    return Scale(low, high, [(each, said(each)) for each in (low, (low + high) / 2, high)])


def from_nothing(
    points: Sequence[Point], said: Callable[[float], str], units: Sequence[float] = (1.0,)
) -> Scale:
    """Up to what is highest, rounded up to what is easily read in the largest unit that fits."""
    most = max((each.value or 0 for each in points), default=0) or 1
    unit = max((each for each in units if each <= most), default=1.0)
    step = 10 ** math.floor(math.log10(most / unit)) * unit
    top = next((each * step for each in _ROUND if each * step >= most), most)
    return Scale(0, top, [(each, said(each)) for each in (0.0, top / 2, top)])


def heading_of(said: Said, by: By) -> str:
    match by:
        case By.DAY:
            return said.gettext("Day")
        case By.WEEK:
            return said.gettext("Week")
        case By.MONTH:
            return said.gettext("Month")


def short_name(said: Said, begins: date, by: By) -> str:
    """Below a chart."""
    if by is By.MONTH:
        return format_date(begins, "LLL", said.locale)
    return format_skeleton("MMMd", begins, locale=said.locale)


def period_name(said: Said, period: Period, by: By) -> str:
    """In a table, with the year; of a week, or of a part of a month, both ends."""
    if by is By.DAY:
        return format_date(period.first, "medium", said.locale)
    if by is By.MONTH:
        return format_skeleton("yMMMM", period.first, locale=said.locale)
    first, last = (format_date(day, "medium", said.locale) for day in (period.first, period.last))
    return f"{first} – {last}"
