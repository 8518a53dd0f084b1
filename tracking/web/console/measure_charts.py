"""The charts of the measures page, each with the table of its figures."""

from collections.abc import Iterator
from typing import Final

from babel.dates import get_day_names
from markupsafe import Markup

from schemas.measures import Figures, HourCount, Measures
from tracking.web.console.charts import (
    Point,
    bar_chart,
    heat_map,
    line_chart,
    rows_chart,
)
from tracking.web.console.figures import Said
from tracking.web.console.headlines import carrier_name, way_name
from tracking.web.console.series import (
    Chart,
    Table,
    around,
    from_nothing,
    has_any,
    heading_of,
    points_of,
    rows_of,
    summed_up,
)

_HOURS: Final = range(24)
_WEEK: Final = range(1, 8)
_MINUTES: Final = (1.0, 60.0, 2 * 24 * 60.0)


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
    points = points_of(
        said, found, lambda of: (of.on_time.percent, said.percent(of.on_time.percent))
    )
    scale = around(points, 10, (0, 100), said.percent)
    drawing = line_chart("on-time", title, summed_up(said, title, points), points, scale)
    note = said.gettext("Of the parcels registered in a period, as far as it is known by now.")
    rows = rows_of(said, found, lambda of: (said.percent(of.on_time.percent), said.of(of.on_time)))
    heads = [heading_of(said, found.by), title, said.gettext("of")]
    return Chart(
        "on-time", title, note, drawing if has_any(points) else Markup(), Table(heads, rows)
    )


def _recommended(said: Said, found: Measures) -> Chart:
    title = said.gettext("Recommendation (NPS)")
    points = points_of(
        said, found, lambda of: (of.recommend.score, said.signed(of.recommend.score))
    )  # fmt: skip
    scale = around(points, 25, (-100, 100), said.signed)
    drawing = line_chart("nps", title, summed_up(said, title, points), points, scale)
    note = said.gettext("By when shoppers answered. Nothing is shown of fewer than five.")
    rows = rows_of(
        said,
        found,
        lambda of: (
            said.signed(of.recommend.score),
            said.count(of.recommend.promoters),
            said.count(of.recommend.passives),
            said.count(of.recommend.detractors),
        ),
    )
    heads = [heading_of(said, found.by), title, "9–10", "7–8", "0–6"]
    return Chart("nps", title, note, drawing if has_any(points) else Markup(), Table(heads, rows))


def _contacts(said: Said, found: Measures) -> Chart:
    title = said.gettext("Contacts per 1,000 parcels")
    points = points_of(
        said, found, lambda of: (of.contacts_per_thousand, said.number(of.contacts_per_thousand))
    )
    drawing = bar_chart(
        "contacts", title, summed_up(said, title, points), points, from_nothing(points, said.number)
    )
    note = said.gettext("Fewer is better: who finds the answer on the page does not write.")
    rows = rows_of(
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
            heading_of(said, found.by),
            said.gettext("per 1,000"),
            said.gettext("Contacts"),
            said.gettext("Parcels"),
        ),
        *(said.gettext("Solved in one contact"), said.gettext("Repeat contacts")),
    ]
    return Chart(
        "contacts", title, note, drawing if has_any(points) else Markup(), Table(heads, rows)
    )


def _first_answers(said: Said, found: Measures) -> Chart:
    title = said.gettext("First answer")
    points = points_of(
        said,
        found,
        lambda of: (of.first_answer.p50_minutes, said.minutes(of.first_answer.p50_minutes)),
    )
    drawing = bar_chart(
        "answers",
        title,
        summed_up(said, title, points),
        points,
        from_nothing(points, said.minutes, _MINUTES),
    )
    note = said.gettext("Within this time half of those who wrote had an answer.")
    rows = rows_of(
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
            heading_of(said, found.by),
            said.gettext("half"),
            said.gettext("nine of ten"),
            said.gettext("answered"),
        ),
    ]
    return Chart(
        "answers", title, note, drawing if has_any(points) else Markup(), Table(heads, rows)
    )


def _reasons(said: Said, found: Measures) -> Chart:
    title = said.gettext("Why shoppers write")
    points = [
        Point(said.topic(each.topic), each.cases, said.count(each.cases)) for each in found.topics
    ]
    drawing = rows_chart("reasons", title, summed_up(said, title, points), points)
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
    drawing = rows_chart("packaging", title, summed_up(said, title, points), points)
    note = said.gettext("What shoppers said of the box.")
    rows = rows_of(
        said,
        found,
        lambda of: (said.share(of.too_big), said.share(of.damaged), said.count(of.packaging.whole)),
    )
    heads = [
        *(
            heading_of(said, found.by),
            said.gettext("Too big"),
            said.gettext("Damaged"),
            said.gettext("Answers"),
        ),
    ]
    is_said = bool(total.packaging.whole)
    return Chart("packaging", title, note, drawing if is_said else Markup(), Table(heads, rows))


def _messages(said: Said, found: Measures) -> Chart:
    title = said.gettext("Messages delivered")
    by_way = found.total.messages
    points = [
        Point(way_name(said, way), each.went.percent or 0, said.share(each.went))
        for way, each in by_way.items()
        if each.went.whole
    ]
    drawing = rows_chart("messages", title, summed_up(said, title, points), points)
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
            said.gettext("Bonuses, for a parcel"),
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
