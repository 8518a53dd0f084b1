"""The charts of the measures page, each with the table of its figures."""

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

from babel.dates import format_date, format_skeleton, get_day_names
from markupsafe import Markup

from schemas.measures import By, Figures, HourCount, Measures, Period
from tracking.web.console.charts import (
    Point,
    Scale,
    bar_chart,
    heat_map,
    line_chart,
    rows_chart,
)
from tracking.web.console.figures import Said
from tracking.web.console.headlines import carrier_name, way_name

_HOURS: Final = range(24)
_WEEK: Final = range(1, 8)
_ROUND: Final = (1, 2, 3, 4, 6, 8, 10)
_MINUTES: Final = (1.0, 60.0, 2 * 24 * 60.0)


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


def charts(said: Said, found: Measures) -> list[Chart]:
    return [
        _on_time(said, found),
        _recommended(said, found),
        _contacts(said, found),
        _first_answers(said, found),
        _reasons(said, found),
        _hours(said, found),
        _packaging(said, found),
        _messages(said, found),
    ]


def _on_time(said: Said, found: Measures) -> Chart:
    title = said.gettext("On time")
    points = _points(said, found, lambda of: (of.on_time.percent, said.percent(of.on_time.percent)))
    scale = _around(points, 10, (0, 100), said.percent)
    drawing = line_chart("on-time", title, _said(said, title, points), points, scale)
    note = said.gettext("Of the parcels registered in a period, as far as it is known by now.")
    rows = _rows(said, found, lambda of: (said.percent(of.on_time.percent), said.of(of.on_time)))
    heads = [_when(said, found.by), title, said.gettext("of")]
    return Chart("on-time", title, note, drawing if _any(points) else Markup(), Table(heads, rows))


def _recommended(said: Said, found: Measures) -> Chart:
    title = said.gettext("Recommendation (NPS)")
    points = _points(
        said, found, lambda of: (of.recommend.score, said.signed(of.recommend.score))
    )  # fmt: skip
    scale = _around(points, 25, (-100, 100), said.signed)
    drawing = line_chart("nps", title, _said(said, title, points), points, scale)
    note = said.gettext("By when shoppers answered. Nothing is shown of fewer than five.")
    rows = _rows(
        said,
        found,
        lambda of: (
            said.signed(of.recommend.score),
            said.count(of.recommend.promoters),
            said.count(of.recommend.passives),
            said.count(of.recommend.detractors),
        ),
    )
    heads = [_when(said, found.by), title, "9–10", "7–8", "0–6"]
    return Chart("nps", title, note, drawing if _any(points) else Markup(), Table(heads, rows))


def _contacts(said: Said, found: Measures) -> Chart:
    title = said.gettext("Contacts per 1,000 parcels")
    points = _points(
        said, found, lambda of: (of.contacts_per_thousand, said.number(of.contacts_per_thousand))
    )
    drawing = bar_chart(
        "contacts", title, _said(said, title, points), points, _from_nothing(points, said.number)
    )
    note = said.gettext("Fewer is better: who finds the answer on the page does not write.")
    rows = _rows(
        said,
        found,
        lambda of: (
            said.number(of.contacts_per_thousand),
            said.count(of.contacts),
            said.count(of.parcels),
            said.share(of.solved_in_one),
            said.share(of.repeats),
        ),
    )
    heads = [
        *(
            _when(said, found.by),
            said.gettext("per 1,000"),
            said.gettext("Contacts"),
            said.gettext("Parcels"),
        ),
        *(said.gettext("Solved in one contact"), said.gettext("Repeat contacts")),
    ]
    return Chart("contacts", title, note, drawing if _any(points) else Markup(), Table(heads, rows))


def _first_answers(said: Said, found: Measures) -> Chart:
    title = said.gettext("First answer")
    points = _points(
        said,
        found,
        lambda of: (of.first_answer.p50_minutes, said.minutes(of.first_answer.p50_minutes)),
    )
    drawing = bar_chart(
        "answers",
        title,
        _said(said, title, points),
        points,
        _from_nothing(points, said.minutes, _MINUTES),
    )
    note = said.gettext("Within this time half of those who wrote had an answer.")
    rows = _rows(
        said,
        found,
        lambda of: (
            said.minutes(of.first_answer.p50_minutes),
            said.minutes(of.first_answer.p90_minutes),
            said.count(of.first_answer.cases),
        ),
    )
    heads = [
        *(
            _when(said, found.by),
            said.gettext("half"),
            said.gettext("nine of ten"),
            said.gettext("answered"),
        ),
    ]
    return Chart("answers", title, note, drawing if _any(points) else Markup(), Table(heads, rows))


def _reasons(said: Said, found: Measures) -> Chart:
    title = said.gettext("Why shoppers write")
    points = [
        Point(said.topic(each.topic), each.cases, said.count(each.cases)) for each in found.topics
    ]
    drawing = rows_chart("reasons", title, _said(said, title, points), points)
    rows = [(each.label, each.said) for each in points]
    note = said.gettext("Cases by what they are about, in all of this time.")
    heads = [said.gettext("About"), said.gettext("Cases")]
    return Chart("reasons", title, note, drawing if points else Markup(), Table(heads, rows))


def _hours(said: Said, found: Measures) -> Chart:
    title = said.gettext("Busiest hours")
    counts = {(each.weekday, each.hour): each.cases for each in found.hours}
    short = get_day_names("short", "stand-alone", said.locale)
    long = get_day_names("wide", "stand-alone", said.locale)
    told = [
        [f"{long[day - 1]}, {hour:02}:00: {counts.get((day, hour), 0)}" for hour in _HOURS]
        for day in _WEEK
    ]
    busiest = max(found.hours, key=lambda each: each.cases, default=None)
    drawing = heat_map(
        "hours",
        title,
        _busiest(said, busiest),
        [short[day - 1] for day in _WEEK],
        counts,
        told,
    )
    rows = [
        (long[day - 1], *(said.count(counts.get((day, hour), 0)) for hour in _HOURS))
        for day in _WEEK
    ]
    note = _busiest(said, busiest)
    heads = [said.gettext("Day"), *(f"{hour:02}" for hour in _HOURS)]
    return Chart("hours", title, note, drawing if counts else Markup(), Table(heads, rows))


def _busiest(said: Said, hour: HourCount | None) -> str:
    if hour is None:
        return said.gettext("When cases were opened, by day of the week and hour.")
    return said.gettext(
        "When cases were opened. Most: %(day)s, %(from)s to %(to)s.",
        day=get_day_names("wide", "format", said.locale)[hour.weekday - 1],
        **{"from": f"{hour.hour:02}:00", "to": f"{hour.hour + 1:02}:00"},
    )


def _packaging(said: Said, found: Measures) -> Chart:
    title = said.gettext("Packaging")
    total = found.total
    right = total.packaging.whole - total.packaging.part
    points = [
        Point(said.gettext("Right"), right, said.count(right)),
        Point(said.gettext("Too big"), total.too_big.part, said.share(total.too_big)),
        Point(said.gettext("Damaged"), total.damaged.part, said.share(total.damaged)),
    ]
    drawing = rows_chart("packaging", title, _said(said, title, points), points)
    note = said.gettext("What shoppers said of the box.")
    rows = _rows(
        said,
        found,
        lambda of: (said.share(of.too_big), said.share(of.damaged), said.count(of.packaging.whole)),
    )
    heads = [
        *(
            _when(said, found.by),
            said.gettext("Too big"),
            said.gettext("Damaged"),
            said.gettext("Answers"),
        ),
    ]
    has_any = bool(total.packaging.whole)
    return Chart("packaging", title, note, drawing if has_any else Markup(), Table(heads, rows))


def _messages(said: Said, found: Measures) -> Chart:
    title = said.gettext("Messages delivered")
    by_way = found.total.messages
    points = [
        Point(way_name(said, way), each.went.percent or 0, said.share(each.went))
        for way, each in by_way.items()
        if each.went.whole
    ]
    drawing = rows_chart("messages", title, _said(said, title, points), points)
    note = said.gettext("Confirmed are those of which the provider says that they arrived: few do.")
    rows = [
        (
            way_name(said, way),
            said.count(each.went.whole),
            said.count(each.went.part),
            said.count(each.confirmed),
        )
        for way, each in by_way.items()
    ]
    heads = [
        *(
            said.gettext("Way"),
            said.gettext("Tried"),
            said.gettext("Delivered"),
            said.gettext("Confirmed"),
        ),
    ]
    return Chart("messages", title, note, drawing if points else Markup(), Table(heads, rows))


def carriers_table(said: Said, found: Measures) -> Table:
    heads = [
        *(said.gettext("Carrier"), said.gettext("Parcels"), said.gettext("On time")),
        *(
            said.gettext("Contacts per 1,000"),
            said.gettext("Courier's stars"),
            said.gettext("Packaging"),
        ),
        *(
            said.gettext("Bonuses"),
            said.gettext("for a parcel"),
            said.gettext("Messages, for a parcel"),
        ),
    ]
    rows = [
        (carrier_name(each.carrier), *_of_carrier(said, each.figures)) for each in found.carriers
    ]
    return Table(heads, rows)


def _of_carrier(said: Said, of: Figures) -> Iterator[str]:
    yield said.count(of.parcels)
    yield said.brief(of.on_time)
    yield said.number(of.contacts_per_thousand)
    yield said.number(of.courier.average)
    yield said.brief(of.packaging)
    yield said.money(of.bonus_cost)
    yield said.money(of.bonus_cost, each=True)
    yield said.money(of.message_cost, each=True)


def _points(
    said: Said, found: Measures, read: Callable[[Figures], tuple[float | None, str]]
) -> list[Point]:
    return [
        Point(short_name(said, each.first, found.by), *read(each.figures)) for each in found.periods
    ]


def _rows(
    said: Said, found: Measures, read: Callable[[Figures], Sequence[str]]
) -> list[Sequence[str]]:
    return [(period_name(said, each, found.by), *read(each.figures)) for each in found.periods]


def _any(points: Sequence[Point]) -> bool:
    return any(each.value is not None for each in points)


def _said(said: Said, title: str, points: Sequence[Point]) -> str:
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


def _around(
    points: Sequence[Point], step: int, ends: tuple[int, int], said: Callable[[float], str]
) -> Scale:
    """What there is, and a step more above and below it, within what there can be."""
    known = [each.value for each in points if each.value is not None] or [0.0]
    low = max(ends[0], step * math.floor(min(known) / step - 1))
    high = min(ends[1], step * math.ceil(max(known) / step + 1))
    return Scale(low, high, [(each, said(each)) for each in (low, (low + high) / 2, high)])


def _from_nothing(
    points: Sequence[Point], said: Callable[[float], str], units: Sequence[float] = (1.0,)
) -> Scale:
    """Up to what is highest, rounded up to what is easily read in the largest unit that fits."""
    most = max((each.value or 0 for each in points), default=0) or 1
    unit = max((each for each in units if each <= most), default=1.0)
    step = 10 ** math.floor(math.log10(most / unit)) * unit
    top = next((each * step for each in _ROUND if each * step >= most), most)
    return Scale(0, top, [(each, said(each)) for each in (0.0, top / 2, top)])


def _when(said: Said, by: By) -> str:
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
