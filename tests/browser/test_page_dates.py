"""Dates and times in words: inflected, local, never in the server's zone or locale."""

import time
from datetime import UTC, date, datetime, timedelta

import pytest
from markupsafe import Markup
from parcels import NOW, local

from schemas.scan import Confidence, Window
from tracking.words.catalog import words_of
from tracking.words.dates import Calendar, closes, first_day, last_day


def calendar(language: str, zone: str = "Europe/Riga", now: datetime = NOW) -> Calendar:
    return Calendar(words_of(language), zone, now)


def plain(text: Markup) -> str:
    return text.striptags().replace("\xa0", " ").replace("\u2060", "")


@pytest.mark.parametrize(
    ("language", "today", "sunday", "about"),
    [
        ("en", "today at 14:03", "on Sunday, 22 November at 14:03", "today at about 14:03"),
        (
            "lv",
            "šodien plkst. 14:03",
            "svētdien, 22. novembrī plkst. 14:03",
            "šodien ap plkst. 14:03",
        ),
        ("lt", "šiandien 14:03", "sekmadienį, lapkričio 22 d. 14:03", "šiandien apie 14:03"),
        ("et", "täna kell 14:03", "pühapäeval, 22. novembril kell 14:03", "täna umbes kell 14:03"),
        ("ru", "сегодня в 14:03", "в воскресенье, 22 ноября в 14:03", "сегодня около 14:03"),
    ],
)
def test_an_instant(language: str, today: str, sunday: str, about: str) -> None:
    words = calendar(language)
    assert plain(words.on(local(20, 14, 3))) == today
    assert plain(words.on(local(22, 14, 3))) == sunday
    assert plain(words.stated(local(20, 14, 3), Confidence.CLAMPED)) == about
    assert plain(words.stated(local(20, 14, 3), Confidence.ASSUMED_ZONE)) == about


@pytest.mark.parametrize(
    ("language", "today", "sunday", "midnight"),
    [
        (
            "en",
            "until 18:00 today",
            "until Sunday, 22 November, 18:00",
            "until the end of Sunday, 22 November",
        ),
        (
            "lv",
            "šodien līdz plkst. 18:00",
            "līdz svētdienai, 22. novembrim, plkst. 18:00",
            "līdz svētdienai, 22. novembrim (ieskaitot)",
        ),
        (
            "lt",
            "šiandien iki 18:00",
            "iki sekmadienio, lapkričio 22 d., 18:00",
            "iki sekmadienio, lapkričio 22 d. imtinai",
        ),
        (
            "et",
            "täna kuni kella 18:00-ni",
            "kuni pühapäeva, 22. novembri kella 18:00-ni",
            "pühapäeva, 22. novembri lõpuni",
        ),
        (
            "ru",
            "сегодня до 18:00",
            "до воскресенья, 22 ноября, 18:00",
            "до воскресенья, 22 ноября включительно",
        ),
    ],
)
def test_a_limit(language: str, today: str, sunday: str, midnight: str) -> None:
    words = calendar(language)
    assert plain(words.until(local(20, 18))) == today
    assert plain(words.until(local(22, 18))) == sunday
    assert plain(words.until(local(23, 0))) == midnight
    assert plain(words.until(local(22, 23, 59))) == midnight


@pytest.mark.parametrize(
    ("language", "yesterday", "hours", "days"),
    [
        ("en", "by 18:00 yesterday", "tomorrow, 14:00–16:00", "20–23 November"),
        ("lv", "vakar līdz plkst. 18:00", "rīt plkst. 14:00–16:00", "20.–23. novembris"),
        ("lt", "vakar iki 18:00", "rytoj, 14:00–16:00", "lapkričio 20–23 d."),
        ("et", "eile kella 18:00-ks", "homme kell 14:00–16:00", "20.–23. november"),
        ("ru", "вчера до 18:00", "завтра, 14:00–16:00", "20–23 ноября"),
    ],
)
def test_a_promise_and_a_window(language: str, yesterday: str, hours: str, days: str) -> None:
    words = calendar(language)
    assert plain(words.by(local(19, 18))) == yesterday
    assert plain(words.between(local(21, 14), local(21, 16))) == hours
    assert plain(words.days(date(2026, 11, 20), date(2026, 11, 23))) == days


def test_days_of_two_months_name_both() -> None:
    said = plain(calendar("lv").days(date(2026, 11, 30), date(2026, 12, 2)))
    assert said == "30. novembris – 2. decembris"


@pytest.mark.parametrize(
    ("language", "day", "hours"),
    [
        ("en", "22 November", "14:00–16:00"),
        ("lv", "22. novembrī", "plkst. 14:00–16:00"),
        ("lt", "lapkričio 22 d.", "14:00–16:00"),
        ("et", "22. novembril", "kell 14:00–16:00"),
        ("ru", "22 ноября", "14:00–16:00"),
    ],
)
def test_a_day_and_hours_go_to_the_next_line_as_a_whole(language, day, hours) -> None:
    said = calendar(language).between(local(22, 14), local(22, 16)).replace("\u2060", "")
    assert f'<span class="whole">{day}</span>' in said
    assert f'<span class="whole">{hours}</span>' in said


@pytest.mark.parametrize("language", ["en", "lv", "lt", "et", "ru"])
def test_every_day_of_the_year_has_its_words(language: str) -> None:
    words = calendar(language)
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    near = {date(2026, 11, day) for day in (19, 20, 21)}
    said = {words.on_day(day) for day in days}
    limits = {words.until(local(1) + timedelta(days=n, hours=18)) for n in range(-300, 60)}
    assert len(said) == 365
    assert len(limits) == 360
    assert all(str(day.day) in words.on_day(day) for day in days if day not in near)


def test_today_is_the_day_of_the_delivery_place() -> None:
    late = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # 00:30 of the 21st in Riga
    assert plain(calendar("en", now=late).on(late)) == "today at 00:30"
    assert plain(calendar("en", "America/New_York", late).on(late)) == "today at 17:30"


def test_the_servers_zone_and_locale_decide_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = calendar("lv").on(local(22, 18))
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    time.tzset()
    assert calendar("lv").on(local(22, 18)) == before
    monkeypatch.undo()
    time.tzset()


def test_the_zone_is_named_once_with_every_offset_in_use() -> None:
    summer = datetime(2026, 10, 24, 9, tzinfo=UTC)
    assert calendar("en").place([local(19)]) == "Riga, UTC+2"
    assert calendar("lv").place([summer]) == "Rīga, UTC+2 / UTC+3"
    assert calendar("en", "Asia/Kolkata").place([]) == "Kolkata, UTC+5:30"
    assert calendar("en", "America/New_York").place([]) == "New York, UTC−5"


def test_a_day_of_another_zone_keeps_its_date() -> None:
    berlin = Window(
        starts=datetime(2026, 11, 20, 23, tzinfo=UTC),
        ends=datetime(2026, 11, 21, 23, tzinfo=UTC),
        day_only=True,
    )
    words = calendar("en")
    assert (first_day(berlin, words), last_day(berlin, words)) == (date(2026, 11, 21),) * 2
    assert closes(berlin, words) == local(22)


def test_a_window_to_midnight_ends_the_day_before() -> None:
    window = Window(starts=local(21, 18), ends=local(22, 0))
    assert last_day(window, calendar("en")) == date(2026, 11, 21)


def test_a_heading_names_the_year_only_when_it_is_another() -> None:
    assert calendar("lv").heading(date(2026, 11, 18)) == "Trešdiena, 18. novembris"
    assert calendar("lt").heading(date(2026, 11, 18)) == "Trečiadienis, lapkričio 18 d."
    assert calendar("en").heading(date(2026, 11, 19)) == "Yesterday"
    assert calendar("en").heading(date(2025, 12, 31)) == "31 December 2025"


def test_a_day_that_is_far_off_has_its_year() -> None:
    far = datetime(2031, 1, 1, 22, 0, tzinfo=UTC)
    assert plain(calendar("en").by(far)) == "by the end of 1 January 2031"
    assert plain(calendar("lv").until(far - timedelta(hours=10))) == "līdz 01.01.2031, plkst. 14:00"
    assert plain(calendar("lt").on(far - timedelta(hours=10))) == "2031-01-01 14:00"
    assert plain(calendar("en").on_day(date(2026, 1, 2))) == "2 January 2026"


@pytest.mark.parametrize("year", [1, 9999])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_an_instant_at_the_end_of_time_still_has_words(year: int, zone: str) -> None:
    edges = [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
    instant = next(edge for edge in edges if edge.year == year)
    assert plain(calendar("en", zone).until(instant)).startswith("until ")
    assert plain(calendar("en", zone).on(instant))
