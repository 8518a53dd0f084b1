"""Charts as SVG, drawn here: no script, no file from elsewhere. Pure.

Each has a title and a description for who does not see it; its figures stand in a table below it.
Colours come from the style sheet, so that they follow light and dark. What is not known is a gap.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from markupsafe import Markup

_WIDTH, _HEIGHT = 400, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 14, 28
_ROW: Final = 34  # of horizontal bars
_SHOWN: Final = 6  # labels below, at the most
_CELL, _SIDE, _ABOVE = 14.5, 44, 18  # of the heat map
_HOURS, _DAYS = 24, 7
_DOTS: Final = 60  # more of them are a smear


class Point(NamedTuple):
    """`said` is the value in words. None: not known."""

    label: str
    value: float | None
    said: str


class Scale(NamedTuple):
    """What stands at the bottom and at the top, and how that is said."""

    low: float
    high: float
    marks: Sequence[tuple[float, str]]

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def line_chart(name: str, title: str, said: str, points: Sequence[Point], scale: Scale) -> Markup:
    """Of values in time."""
    places = [_x(place, len(points)) for place in range(len(points))]
    lines = Markup("").join(_lines(points, places, scale))
    dots = Markup("").join(
        _dot(x, scale.y(each.value), each)
        for each, x in zip(points, places, strict=True)
        if each.value is not None and len(points) <= _DOTS
    )
    return _svg(name, title, said, _HEIGHT, _grid(scale) + _below(points, places) + lines + dots)


def _dot(x: float, y: float, point: Point) -> Markup:
    return Markup(
        '<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="3"><title>{}: {}</title></circle>'
    ).format(x, y, point.label, point.said)


def _lines(points: Sequence[Point], places: Sequence[float], scale: Scale) -> Iterator[Markup]:
    """A gap ends one; what stands alone is a short one, so that it is seen."""
    both = list(zip(points, places, strict=True))
    for is_known, run in groupby(both, key=lambda each: each[0].value is not None):
        if is_known:
            found = [(x, scale.y(each.value)) for each, x in run if each.value is not None]
            if len(found) == 1:
                found = [(found[0][0] - 2, found[0][1]), (found[0][0] + 2, found[0][1])]
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in found)
            yield Markup('<polyline class="line" points="{}"/>').format(path)


def bar_chart(name: str, title: str, said: str, points: Sequence[Point], scale: Scale) -> Markup:
    """Of values in time that begin at nothing."""
    places = [_x(place, len(points)) for place in range(len(points))]
    width = max(1.0, 0.62 * (_WIDTH - _LEFT - _RIGHT) / max(len(points), 1))
    bars = Markup("").join(
        Markup(
            '<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2">'
            "<title>{}: {}</title></rect>"
        ).format(
            x - width / 2, scale.y(each.value), width, scale.y(0) - scale.y(each.value),
            each.label, each.said,
        )
        for each, x in zip(points, places, strict=True)
        if each.value
    )  # fmt: skip
    return _svg(name, title, said, _HEIGHT, _grid(scale) + _below(points, places) + bars)


def rows_chart(name: str, title: str, said: str, points: Sequence[Point]) -> Markup:
    """Of things beside each other, each on a line of its own: the name above its bar."""
    most = max((each.value or 0 for each in points), default=0) or 1
    rows = Markup("").join(
        Markup(
            '<text class="name" x="0" y="{y}">{label}</text>'
            '<text class="value" x="{right}" y="{y}" text-anchor="end">{said}</text>'
            '<rect class="track" x="0" y="{bar}" width="{right}" height="8" rx="4"/>'
            '<rect class="bar" x="0" y="{bar}" width="{width:.1f}" height="8" rx="4"/>'
        ).format(
            y=_ROW * place + 13,
            bar=_ROW * place + 19,
            right=_WIDTH,
            width=_WIDTH * (each.value or 0) / most,
            label=each.label,
            said=each.said,
        )
        for place, each in enumerate(points)
    )
    return _svg(name, title, said, max(1, len(points)) * _ROW, rows)


def heat_map(
    name: str,
    title: str,
    said: str,
    days: Sequence[str],
    counts: Mapping[tuple[int, int], int],
    told: Sequence[Sequence[str]],
) -> Markup:
    """Of weekdays, 1 is Monday, and hours. `told` says each in words."""
    most = max(counts.values(), default=0) or 1
    cells = Markup("").join(
        _cell(weekday, hour, counts.get((weekday, hour), 0) / most, told[weekday - 1][hour])
        for weekday in range(1, _DAYS + 1)
        for hour in range(_HOURS)
    )
    names = Markup("").join(
        Markup('<text x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(
            _SIDE - 6, _ABOVE + place * _CELL + 11.5, day
        )
        for place, day in enumerate(days)
    )
    hours = Markup("").join(
        Markup('<text x="{:.1f}" y="12" text-anchor="middle">{:02}</text>').format(
            _SIDE + (hour + 0.5) * _CELL, hour
        )
        for hour in range(0, _HOURS, 3)
    )
    return _svg(name, title, said, _ABOVE + _DAYS * _CELL + 2, names + hours + cells)


def _cell(weekday: int, hour: int, share: float, said: str) -> Markup:
    """None is told from few by more than its shade: it is smaller."""
    inset, opacity = (1.0, 0.18 + 0.82 * share) if share else (5.0, 0.25)
    return Markup(
        '<rect class="heat" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2"'
        ' fill-opacity="{:.2f}"><title>{}</title></rect>'
    ).format(
        _SIDE + hour * _CELL + inset, _ABOVE + (weekday - 1) * _CELL + inset,
        _CELL - 2 * inset, _CELL - 2 * inset, opacity, said,
    )  # fmt: skip


def _x(place: int, count: int) -> float:
    return _LEFT + (place + 0.5) * (_WIDTH - _LEFT - _RIGHT) / max(count, 1)


def _grid(scale: Scale) -> Markup:
    return Markup("").join(
        Markup(
            '<line class="grid" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
            '<text x="{before}" y="{text:.1f}" text-anchor="end">{said}</text>'
        ).format(
            left=_LEFT, right=_WIDTH - _RIGHT, y=scale.y(value), before=_LEFT - 6,
            text=scale.y(value) + 4, said=said,
        )
        for value, said in scale.marks
    )  # fmt: skip


def _below(points: Sequence[Point], places: Sequence[float]) -> Markup:
    """The latest always, and so many before it as there is room for."""
    step = max(1, -(-len(points) // _SHOWN))
    shown = [place for place in range(len(points)) if (len(points) - 1 - place) % step == 0]
    return Markup("").join(
        Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
            places[place], _HEIGHT - 8, points[place].label
        )
        for place in shown
    )


def _svg(name: str, title: str, said: str, height: float, inside: Markup) -> Markup:
    return Markup(
        '<svg class="chart" viewBox="0 0 {width} {height:.0f}" role="img"'
        ' aria-labelledby="{name}-title {name}-desc" xmlns="http://www.w3.org/2000/svg">'
        '<title id="{name}-title">{title}</title><desc id="{name}-desc">{said}</desc>'
        "{inside}</svg>"
    ).format(width=_WIDTH, height=height, name=name, title=title, said=said, inside=inside)
