"""Charts as SVG: well-formed, told to who does not see them, gaps where nothing is known."""

from xml.etree import ElementTree as ET

import pytest

from schemas.case import Topic
from schemas.measures import Measures
from tracking.domain.measures import Counted, Tally, figures
from tracking.web.console.charts import Point, Scale, bar_chart, heat_map, line_chart, rows_chart
from tracking.web.console.figures import Said
from tracking.web.console.headlines import pointers
from tracking.web.console.series import around, from_nothing
from tracking.words.catalog import console_words

SVG = "{http://www.w3.org/2000/svg}"
SCALE = Scale(0, 100, [(0, "0 %"), (100, "100 %")])
EN = Said(console_words("en"))


def points(*values: float | None) -> list[Point]:
    return [Point(f"p{place}", each, f"{each}") for place, each in enumerate(values)]


def parsed(drawing: str) -> ET.Element:
    """What a browser is given, as XML; it must be that, too."""
    root = ET.fromstring(drawing)
    assert root.get("role") == "img"
    names = [root.find(f".//*[@id='{each}']") for each in root.get("aria-labelledby").split()]
    assert [each.tag for each in names] == [f"{SVG}title", f"{SVG}desc"]
    assert all(each.text for each in names)
    assert "nan" not in drawing
    return root


@pytest.mark.parametrize(
    ("values", "lines", "dots"),
    [
        ([10, 20, 30], 1, 3),
        ([10, None, 30], 2, 2),
        ([None, None], 0, 0),
        ([], 0, 0),
        ([5], 1, 1),
        ([0.0] * 61, 1, 0),  # so many dots are a smear
    ],
)
def test_a_line_has_a_gap_where_nothing_is_known(values, lines, dots):
    root = parsed(line_chart("n", "Title", "Said", points(*values), SCALE))
    assert len(root.findall(f"{SVG}polyline")) == lines
    assert len(root.findall(f"{SVG}circle")) == dots


def test_the_top_is_up():
    root = parsed(line_chart("n", "Title", "Said", points(0, 100), SCALE))
    low, high = (float(each.get("cy")) for each in root.findall(f"{SVG}circle"))
    assert high < low


def test_bars_are_as_high_as_they_are_much_and_nothing_has_none():
    root = parsed(bar_chart("n", "Title", "Said", points(50, 0, None, 100), SCALE))
    bars = [float(each.get("height")) for each in root.findall(f"{SVG}rect")]
    assert bars[1] == pytest.approx(2 * bars[0], rel=0.01)
    assert len(bars) == 2


def test_the_latest_label_is_always_there():
    root = parsed(bar_chart("n", "Title", "Said", points(*range(100)), SCALE))
    labels = [each.text for each in root.findall(f"{SVG}text")]
    assert "p99" in labels
    assert len(labels) < 10


def test_what_others_name_is_text_in_it():
    evil = [Point("<script>x</script>", 1, '"&'), Point("b", 2, "2")]
    drawing = rows_chart("n", "A & B", "<i>", evil)
    root = parsed(drawing)
    assert "<script" not in drawing
    assert root.findall(f"{SVG}text")[0].text == "<script>x</script>"


def test_the_busiest_hour_is_the_darkest_and_an_empty_one_is_small():
    told = [[f"{day} {hour}" for hour in range(24)] for day in range(1, 8)]
    counts = {(1, 0): 10, (7, 23): 1}
    drawing = heat_map("n", "Title", "Said", list("MTWTFSS"), counts, told)
    cells = parsed(drawing).findall(f"{SVG}rect")
    assert len(cells) == 7 * 24
    darkest = max(cells, key=lambda each: float(each.get("fill-opacity")))
    assert darkest is cells[0]
    assert float(cells[-1].get("width")) > float(cells[1].get("width"))
    assert cells[-1].find(f"{SVG}title").text == "7 23"


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [([91, 95], 80, 100), ([100, 100], 90, 100), ([0], 0, 10), ([], 0, 10), ([45, None], 30, 60)],
)
def test_a_line_is_drawn_around_what_there_is(values, low, high):
    found = around(points(*values), 10, (0, 100), str)
    assert (found.low, found.high) == (low, high)
    assert [value for value, _ in found.marks] == [low, (low + high) / 2, high]


@pytest.mark.parametrize(
    ("values", "high"),
    [([0, None], 1), ([7], 8), ([63.7], 80), ([100], 100), ([101], 200), ([0.3], 0.3), ([1.5], 2)],
)
def test_bars_end_at_what_is_easily_read(values, high):
    assert from_nothing(points(*values), str).high == pytest.approx(high)


def test_times_end_at_whole_hours_and_days():
    assert from_nothing(points(200), str, (1.0, 60.0)).high == 240, "four hours"
    assert from_nothing(points(59), str, (1.0, 60.0)).high == 60


def found(total: Counted, carriers: dict[str, Counted], topics: dict[str, int]) -> list[str]:
    measured = Measures.model_validate(
        {
            "as_of": None, "zone": "Europe/Riga", "first": "2026-11-01", "last": "2026-11-30",
            "by": "month", "carrier": None, "total": figures(total), "before": figures(Counted()),
            "periods": [], "hours": [],
            "carriers": [{"carrier": c, "figures": figures(of)} for c, of in carriers.items()],
            "topics": [
                {"topic": Topic(each) if each in set(Topic) else each, "cases": cases}
                for each, cases in topics.items()
            ],
        }
    )  # fmt: skip
    return pointers(EN, measured)


def late(judged: int, on_time: int) -> Counted:
    return Counted(Tally(judged=judged, on_time=on_time))


@pytest.mark.parametrize(
    ("total", "carriers", "topics", "said"),
    [
        (Counted(), {}, {}, []),
        (late(200, 180), {"omniva": late(100, 98), "dpd": late(100, 82)}, {}, ["DPD brings 82"]),
        (late(200, 192), {"omniva": late(100, 98), "dpd": late(100, 94)}, {}, []),  # 2 points
        (late(110, 100), {"omniva": late(100, 98), "dpd": late(10, 2)}, {}, []),  # of ten
        (late(100, 50), {"dpd": late(100, 50)}, {}, []),  # alone
        (Counted(Tally(cases=20)), {}, {"where_is_it": 9, "other": 11}, ["45"]),
        (Counted(Tally(cases=20)), {}, {"later_release": 20}, []),
        (Counted(Tally(cases=19)), {}, {"where_is_it": 19}, []),
        (Counted(Tally(packed=40, too_big=4)), {}, {}, ["10\u00a0% of shoppers say"]),
        (Counted(Tally(packed=40, too_big=3)), {}, {}, []),
        (Counted(Tally(sms_tried=40, sms_went=38)), {}, {}, ["5\u00a0% of text messages"]),
        (Counted(Tally(sms_tried=40, sms_went=39)), {}, {}, []),
        (
            Counted(Tally(cases=20, packed=40, too_big=9, damaged=9, sms_tried=40)),
            {},
            {"damaged": 20},
            ["“Damaged”", "too big", "was damaged"],
        ),
    ],
)
def test_what_stands_out_is_said(total, carriers, topics, said):
    """Three at the most, of enough, and only what is far from the rest."""
    told = found(total, carriers, {**topics})
    assert len(told) == len(said), told
    for each, wanted in zip(told, said, strict=True):
        assert wanted in each
