"""Tables of parcels as spreadsheets write them: what is read, and what is said of the rest."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.bulk.lines import Fault, Why, read_lines
from tracking.bulk.report import csv_of, safe
from tracking.bulk.table import LONGEST, MOST, NoTable, Unreadable, as_text, read_table


def table(text):
    return read_table(as_text(text if isinstance(text, bytes) else text.encode()))


def one(cells, carrier="omniva"):
    """What a table of one line with these cells is read as."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerows([list(cells), list(cells.values())])
    return read_lines(table(out.getvalue()).lines, carrier)[0]


@pytest.mark.parametrize(
    "text",
    [
        "tracking_number,name\nCE1,Anna\n",
        "tracking_number;name\r\nCE1;Anna\r\n",
        "tracking_number\tname\rCE1\tAnna",
        b"\xef\xbb\xbftracking_number,name\nCE1,Anna",
        "sep=;\r\ntracking_number;name\r\nCE1;Anna",
        '"Tracking Number";" NAME "\n"CE1";"Anna"',
        "name,tracking-number\nAnna,'CE1\n".replace("'CE1", "CE1"),
        "\n\ntracking_number,name\n\n,\nCE1,Anna\n\n",
    ],
)
def test_the_same_table_in_the_spelling_of_any_program(text):
    (line,) = table(text).lines
    assert dict(line.cells) == {"tracking_number": "CE1", "name": "Anna"}


def test_a_line_has_the_number_that_an_editor_shows():
    text = 'sep=;\n\ntracking_number;name\nCE1;"two\nlines"\n\nCE2;x\n'
    assert [(each.number, each.cells["tracking_number"]) for each in table(text).lines] == [
        (4, "CE1"),
        (7, "CE2"),
    ]


def test_columns_that_are_not_read_are_named_and_spare_cells_seen():
    found = table("tracking_number,colour\nCE1,red\nCE2,red,much,more\n")
    assert found.unknown == ["colour"]
    assert [each.spare for each in found.lines] == [False, True]
    assert read_lines(found.lines, "omniva")[1].faults == [Fault("", Why.SPARE)]


@pytest.mark.parametrize(
    ("body", "why", "line"),
    [
        (b"", Unreadable.EMPTY, 1),
        (b"\n \n", Unreadable.EMPTY, 1),
        (b"tracking_number,name\n,\n", Unreadable.EMPTY, 1),
        (b"x" * (LONGEST + 1), Unreadable.TOO_LONG, 1),
        ("tracking_number\nCE1".encode("utf-16"), Unreadable.UTF16, 1),
        ("tracking_number,name\nCE1,Bērziņš".encode("windows-1257"), Unreadable.NOT_UTF8, 2),
        (b"tracking_number,name\nCE1,a\nCE2,\0", Unreadable.NUL, 3),
        (b'tracking_number,name\nCE1,"a" b\n', Unreadable.QUOTES, 2),
        (b'tracking_number,name\nCE1,a\nCE2,"b\nCE3,c\n', Unreadable.QUOTES, 3),
        (b"tracking_number,name\nCE1," + b"x" * (LONGEST - 100), Unreadable.QUOTES, 2),
        (b"number,name\nCE1,a\n", Unreadable.NO_NUMBER, 1),
        (b"CE1,Anna\nCE2,Ieva\n", Unreadable.NO_NUMBER, 1),
        (b"tracking_number,name,Name\nCE1,a,b\n", Unreadable.TWICE, 1),
        (b"tracking_number\n" + b"CE1\n" * (MOST + 1), Unreadable.TOO_MANY, MOST + 2),
    ],
)
def test_of_what_cannot_be_read_nothing_is_taken_and_the_line_is_said(body, why, line):
    with pytest.raises(NoTable) as caught:
        table(body)
    assert (caught.value.why, caught.value.line) == (why, line)


def test_a_whole_line_becomes_what_the_call_takes():
    read = one(
        {
            "tracking_number": "CE123456789EE",
            "order": "'1001",
            "name": "Jānis Bērziņš",
            "phone": "'+371 20000001",
            "email": "janis@example.lv",
            "language": "lv",
            "postcode": "LV-1010",
            "country": "lv",
            "buyer_name": "'t Hooft",
            "promise_by": "1.12.2026 18:00",
            "value": "1 049,90",
            "currency": "eur",
            "service": "locker",
            "notify_sms": "nē",
        }
    )
    assert read.faults == ()
    body = read.body.model_dump(mode="json", by_alias=True)
    assert body["order"] == "1001", "the apostrophe says that it is text"
    assert body["recipient"]["phone"] == "+37120000001"
    assert body["recipient"]["country"] == "LV"
    assert body["buyer"]["name"] == "'t Hooft", "this one is of the name"
    assert body["promise"]["by"] == "2026-12-01T18:00:00+02:00"
    assert body["value"] == {"amount": "1049.90", "currency": "EUR"}
    assert body["notify"] == {"sms": False, "email": True}


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("2026-12-01", "2026-12-01"),
        ("01.12.2026", "2026-12-01"),
        ("1.12.2026.", "2026-12-01"),
        ("2026-07-01 9:30".replace(" 9", " 09"), "2026-07-01T09:30:00+03:00"),
        ("01.07.2026 9:30", "2026-07-01T09:30:00+03:00"),
        ("2026-12-01T18:00:00Z", "2026-12-01T18:00:00+00:00"),
    ],
)
def test_days_and_times_of_the_place_of_delivery(cell, told):
    read = one({"tracking_number": "CE1", "country": "LV", "promise_by": cell})
    assert read.body.model_dump(mode="json")["promise"]["by"] == told


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("49.90", "49.90"),
        ("49,9", "49.9"),
        ("1 234,50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("5", "5"),
    ],
)
def test_amounts_with_comma_or_point(cell, amount):
    read = one({"tracking_number": "CE1", "value": cell, "currency": "EUR"})
    assert read.body.value.amount == amount


@pytest.mark.parametrize(
    ("cells", "faults"),
    [
        ({"carrier": "Omniva Latvija"}, {"carrier": Why.WRONG}),
        ({"phone": "12"}, {"phone": Why.WRONG}),
        ({"phone": "3,71E+10"}, {"phone": Why.SHORTENED}),
        ({"tracking_number": "1.23E+12"}, {"tracking_number": Why.SHORTENED}),
        ({"tracking_number": "", "name": "a"}, {"tracking_number": Why.MISSING}),
        ({"tracking_number": "CE🙂"}, {"tracking_number": Why.WRONG}),
        ({"email": "anna@@x"}, {"email": Why.WRONG}),
        (
            {"language": "latviešu", "country": "Latvia"},
            {"language": Why.WRONG, "country": Why.WRONG},
        ),
        ({"promise_by": "31.02.2026"}, {"promise_by": Why.WRONG}),
        ({"promise_by": "12/01/2026"}, {"promise_by": Why.WRONG}),
        ({"promise_from": "2026-12-02"}, {"promise_by": Why.MISSING}),
        ({"promise_from": "2026-12-02", "promise_by": "2026-12-01"}, {"promise_from": Why.WRONG}),
        ({"value": "49,90"}, {"currency": Why.MISSING}),
        ({"value": "1,234", "currency": "EUR"}, {"value": Why.WRONG}),
        ({"value": "-5", "currency": "EUR"}, {"value": Why.WRONG}),
        ({"notify_sms": "maybe"}, {"notify_sms": Why.WRONG}),
        ({"name": "x" * 201}, {"name": Why.WRONG}),
        ({"name": "a" + "\u0301" * 10_000}, {"name": Why.WRONG}),
        ({"buyer_email": "x"}, {"buyer_email": Why.WRONG}),
    ],
)
def test_what_is_wrong_names_its_column(cells, faults):
    read = one({"tracking_number": "CE1"} | cells)
    assert read.body is None
    assert {each.column: each.why for each in read.faults} == faults


def test_without_a_carrier_there_is_none():
    assert one({"tracking_number": "CE1"}, carrier="").faults == [Fault("carrier", Why.MISSING)]


def test_the_same_parcel_twice_is_said_with_the_line_of_the_first():
    lines = table("carrier,tracking_number\nomniva,CE1\ndpd,CE1\nomniva,CE1\n").lines
    read = read_lines(lines, "")
    assert [each.body is not None for each in read] == [True, True, False]
    assert read[2].faults == [Fault("tracking_number", Why.TWICE, 2)]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+371", "'+371"),
        ("-1", "'-1"),
        ("@SUM", "'@SUM"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("CE1", "CE1"),
        ("", ""),
    ],
)
def test_what_a_spreadsheet_would_reckon_is_text_in_a_report(cell, shown):
    assert safe(cell) == shown


@given(st.lists(st.lists(st.text(max_size=8), min_size=1, max_size=4), max_size=5))
def test_a_report_is_a_table_whose_cells_are_no_formulas(rows):
    whole = csv_of(["a"], rows).decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(whole, newline="")))
    assert [len(each) for each in read[1:]] == [len(each) for each in rows]
    assert not any(cell[:1] in "=+-@\t\r" and cell for row in read for cell in row)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_say_why_not(body):
    try:
        found = table(b"tracking_number,name\n" + body)
    except NoTable as error:
        assert 1 <= error.line <= body.count(b"\n") + body.count(b"\r") + 2  # noqa: PT017 - either
    else:
        for each in read_lines(found.lines, "omniva"):
            assert (each.body is None) == bool(each.faults)
