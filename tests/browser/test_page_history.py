"""The history: newest first, only as sure as it is, nothing hidden and nothing said twice."""

from datetime import timedelta

from parcels import ACCEPTED, ARRIVED, IN_LOCKER, NOW, SORTED, entry, local

from schemas.scan import Confidence, Location
from schemas.shipment import EntryKind, HistoryEntry
from schemas.status import Handover, Reason, Status
from tracking.web.timeline import RECENT, Line, Timeline, timeline
from tracking.words.catalog import words_of
from tracking.words.dates import Calendar


def lines_of(*history: HistoryEntry, language: str = "en") -> list[Line]:
    return [line for day in told(*history, language=language).recent for line in day.lines]


def told(*history: HistoryEntry, language: str = "en") -> Timeline:
    words = words_of(language)
    return timeline(history, words, Calendar(words, "Europe/Riga", NOW))


def test_lines_stand_under_their_local_days() -> None:
    days = told(IN_LOCKER, ARRIVED, SORTED, ACCEPTED).recent
    assert [day.heading for day in days] == ["Today", "Yesterday", "Wednesday, 18 November"]
    assert [[line.time for line in day.lines] for day in days] == [
        ["10:15", "06:31"],
        ["02:05"],
        ["17:40"],
    ]


def test_a_time_is_only_as_sure_as_it_is() -> None:
    noon = local(20, 12)
    exact, assumed, clamped, day = lines_of(
        entry(noon, Status.IN_TRANSIT),
        entry(noon, Status.ACCEPTED, confidence=Confidence.ASSUMED_ZONE),
        entry(noon, Status.HELD, confidence=Confidence.CLAMPED),
        entry(local(20), Status.DELIVERED, confidence=Confidence.DATE_ONLY, ends=local(21)),
    )
    assert [exact.time, assumed.time, clamped.time, day.time] == ["12:00"] * 3 + [None]
    assert [exact.about, assumed.about, clamped.about, day.about] == [
        None,
        "about 12:00",
        "about 12:00",
        None,
    ]
    assert (exact.iso, day.iso) == ("2026-11-20T12:00+02:00", "2026-11-20")


def test_the_sign_for_about_is_explained_where_it_is_used() -> None:
    assumed = entry(NOW, Status.IN_TRANSIT, confidence=Confidence.ASSUMED_ZONE)
    assert told(assumed, ARRIVED).has_about
    assert not told(ARRIVED).has_about


def test_a_day_of_another_zone_keeps_its_date() -> None:
    tokyo = local(19, 17)  # midnight of the 20th in Tokyo
    (line,) = lines_of(
        entry(
            tokyo,
            Status.IN_TRANSIT,
            confidence=Confidence.DATE_ONLY,
            ends=tokyo + timedelta(days=1),
        )
    )
    assert line.iso == "2026-11-20"


def test_a_code_that_nobody_knows_is_named_below_and_not_guessed_at() -> None:
    unknown = {"kind": EntryKind.UNRECOGNISED, "recognised": False, "code": "X-<77>"}
    code, words = lines_of(
        entry(NOW, None, **unknown), entry(NOW, None, description="Šķirošana", **unknown)
    )
    assert code.text == "The carrier reported an event that we do not know yet"
    assert code.code == "Code of the carrier: <bdi>X-&lt;77&gt;</bdi>"
    assert (words.text, words.code) == ("<bdi>Šķirošana</bdi>", None)


def test_a_note_of_the_carrier_is_its_own_words() -> None:
    words, code, nothing = lines_of(
        entry(NOW, None, kind=EntryKind.INFORMATIONAL, description="Reminder & more", code="R"),
        entry(NOW, None, kind=EntryKind.INFORMATIONAL, code="REMINDER"),
        entry(NOW, None, kind=EntryKind.INFORMATIONAL),
    )
    assert (words.text, words.code) == ("<bdi>Reminder &amp; more</bdi>", None)
    assert code.text == nothing.text == "The carrier sent a note"
    assert (code.code, nothing.code) == ("Code of the carrier: <bdi>REMINDER</bdi>", None)


def test_the_code_of_what_has_words_is_no_news() -> None:
    told, taken_back = lines_of(
        entry(NOW, Status.IN_TRANSIT, code="TRA12"),
        entry(local(20, 9), None, kind=EntryKind.RETRACTION, retracts="1", code="CANCELLED"),
    )
    assert (told.code, taken_back.code) == (None, None)


def test_what_was_taken_back_stays_and_says_so() -> None:
    retraction, delivered = lines_of(
        entry(NOW, None, kind=EntryKind.RETRACTION, retracts="1"),
        entry(local(20, 9), Status.DELIVERED, kind=EntryKind.RETRACTED),
    )
    assert retraction.text == "The carrier took back an earlier report"
    assert (delivered.text, delivered.taken_back) == ("Delivered", True)


def test_the_reason_and_the_couriers_words_stand_below() -> None:
    (line,) = lines_of(
        entry(
            NOW,
            Status.ATTEMPT_FAILED,
            reason=Reason.RECIPIENT_ABSENT,
            description="Zvans nestrādā",
        )
    )
    assert line.cause == "Nobody was there to receive it."
    assert line.description == "<bdi>Zvans nestrādā</bdi>"


def test_the_same_event_told_twice_is_one_line() -> None:
    again = ARRIVED.model_copy(update={"key": "another"})
    assert len(lines_of(ARRIVED, again, SORTED)) == 2


def test_a_place_is_named_without_repeating_itself() -> None:
    def place(**fields: str) -> str | None:
        (line,) = lines_of(entry(NOW, Status.IN_TRANSIT, location=Location(**fields)))
        return line.place and line.place.striptags()

    assert place(name="Rīga Akropole", city="Rīga", country="LV") == "Rīga Akropole"
    assert place(name="T1", city="Rīga", country="LV") == "T1, Rīga"
    assert place(address="Brīvības iela 12", city="Rīga") == "Brīvības iela 12, Rīga"
    assert place(country="LV") == "Latvia"
    assert place(country="XX") == "XX"
    assert place(place_id="9901") is None


def test_the_country_is_named_when_the_parcel_crosses_a_border() -> None:
    arrived, sorted_ = lines_of(ARRIVED, SORTED, language="lv")
    assert "Latvija" in (arrived.place or "")
    assert "Lietuva" in (sorted_.place or "")


def test_a_long_history_shows_the_newest_and_counts_the_rest() -> None:
    history = [entry(NOW - timedelta(hours=n), Status.IN_TRANSIT) for n in range(40)]
    life = told(*history)
    assert sum(len(day.lines) for day in life.recent) == RECENT
    assert sum(len(day.lines) for day in life.older) == life.older_count == 40 - RECENT


def test_one_line_alone_is_not_hidden() -> None:
    history = [entry(NOW - timedelta(hours=n), Status.IN_TRANSIT) for n in range(RECENT + 1)]
    assert told(*history).older_count == 0


def test_every_handover_is_told_apart() -> None:
    lines = lines_of(
        *(
            entry(NOW - timedelta(minutes=n), Status.DELIVERED, handover=handover)
            for n, handover in enumerate(list(Handover)[:RECENT])
        )
    )
    assert len({line.text for line in lines}) == RECENT
