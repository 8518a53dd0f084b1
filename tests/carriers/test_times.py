"""A carrier's time: with an offset, without one, a day alone, and the nights when clocks change."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.scan import Confidence
from tracking.carriers.base import Malformed
from tracking.carriers.payload import deadline
from tracking.carriers.times import read_day, read_time

RIGA = "Europe/Riga"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        "2026-11-20T14:03:00+02:00",
        "2026-11-20T14:03:00+0200",
        "2026-11-20 14:03:00 +0200",
        "2026-11-20 14:03:00+02:00",
        " 2026-11-20T12:03:00Z ",
        "2026-11-20T12:03:00.000Z",
        "20261120T140300+0200",
    ],
)
def test_an_offset_is_obeyed_however_it_is_written(raw):
    time = read_time(raw, "America/New_York")
    assert (time.at, time.alternative) == (utc(2026, 11, 20, 12, 3), None)
    assert time.confidence is Confidence.EXACT
    assert time.raw == raw.strip()


def test_fractions_of_a_second_are_kept():
    assert read_time("2026-11-20T12:03:00.427Z", RIGA).at.microsecond == 427_000


@pytest.mark.parametrize(
    ("raw", "zone", "at"),
    [
        ("2026-11-20T14:03:00", RIGA, utc(2026, 11, 20, 12, 3)),
        ("2026-07-20 14:03:00", RIGA, utc(2026, 7, 20, 11, 3)),
        ("2026-11-20T14:03", "Europe/Warsaw", utc(2026, 11, 20, 13, 3)),
    ],
)
def test_a_naive_time_is_read_in_the_zone_and_says_so(raw, zone, at):
    time = read_time(raw, zone)
    assert (time.at, time.confidence) == (at, Confidence.ASSUMED_ZONE)
    assert time.alternative is None


def test_the_repeated_hour_gives_both_passes():
    time = read_time("2026-10-25T03:30:00", RIGA)
    assert time.at == utc(2026, 10, 25, 0, 30)
    assert time.alternative == utc(2026, 10, 25, 1, 30)


def test_the_missing_hour_is_read_once_as_the_hour_after_it():
    time = read_time("2026-03-29T03:30:00", RIGA)
    assert (time.at, time.alternative) == (utc(2026, 3, 29, 1, 30), None)


@pytest.mark.parametrize("raw", ["2026-11-20", "20261120", "2026-W47-5"])
def test_a_date_alone_is_the_local_day(raw):
    time = read_time(raw, RIGA)
    assert time.confidence is Confidence.DATE_ONLY
    assert time.at == utc(2026, 11, 19, 22)
    assert time.alternative == utc(2026, 11, 20, 22)


@pytest.mark.parametrize(
    "raw", ["2026-11-20T00:00:00", "2026-11-20 00:00", "2026-11-20T00:00:00.000"]
)
def test_local_midnight_is_how_systems_without_a_clock_write_a_day(raw):
    time = read_time(raw, RIGA)
    assert time.confidence is Confidence.DATE_ONLY
    assert (time.at, time.alternative) == (utc(2026, 11, 19, 22), utc(2026, 11, 20, 22))


def test_midnight_with_an_offset_or_a_second_later_is_an_instant():
    assert read_time("2026-11-20T00:00:00+02:00", RIGA).confidence is Confidence.EXACT
    assert read_time("2026-11-20T00:00:01", RIGA).confidence is Confidence.ASSUMED_ZONE


def test_until_a_local_midnight_is_until_that_moment():
    """The safe side for whoever has to collect; a bare day is until its end."""
    assert deadline({"until": "2026-11-20T00:00:00"}, RIGA, "until") == utc(2026, 11, 19, 22)
    assert deadline({"until": "2026-11-20"}, RIGA, "until") == utc(2026, 11, 20, 22)


def test_the_day_when_clocks_go_back_has_25_hours():
    day = read_day("25.10.2026", RIGA, pattern="%d.%m.%Y")
    assert day.alternative is not None
    assert day.alternative - day.at == timedelta(hours=25)


def test_an_evening_on_a_12_hour_clock_is_an_evening():
    time = read_time("11/20/2026 7:11:26 PM", "Europe/Brussels", pattern="%m/%d/%Y %I:%M:%S %p")
    assert time.at == utc(2026, 11, 20, 18, 11, 26)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "soon",
        "2026-13-01",
        "2026-11-20T25:00:00",
        "2026-11-20 14:03 o'clock",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "9999-12-31",
        "2026-11-20T12:03:00." + "0" * 100,
    ],
)
def test_what_is_no_time_is_malformed_and_names_the_field(raw):
    with pytest.raises(Malformed) as found:
        read_time(raw, "Pacific/Kiritimati", field="eventDate")
    assert found.value.field == "eventDate"


def test_what_is_no_day_is_malformed_and_names_the_field():
    with pytest.raises(Malformed) as found:
        read_day("31.02.2026", RIGA, field="day", pattern="%d.%m.%Y")
    assert found.value.field == "day"


@pytest.mark.parametrize("read", [read_time, read_day])
@pytest.mark.parametrize("pattern", ["%Y-%m-%d", "%d.%m.%Y"])
def test_what_is_no_time_is_not_repeated(read, pattern):
    with pytest.raises(Malformed) as caught:
        read("Jānis Bērziņš", RIGA, field="scanned", pattern=pattern)
    assert str(caught.value).startswith("scanned: not a ")
    assert str(caught.value).endswith(f" in {pattern}")
