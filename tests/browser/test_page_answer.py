"""The big sentence: honest in every state, in every language."""

from dataclasses import replace
from datetime import timedelta

import pytest
from parcels import (
    ACCEPTED,
    LOCKER,
    NOW,
    OUT,
    REGISTERED,
    STATES,
    TODAY,
    entry,
    in_transit,
    local,
    out_for_delivery,
    parcel,
    ready,
    stopped,
    unlocked,
)

from schemas.scan import Confidence, Window
from schemas.shipment import EntryKind
from schemas.status import Handover, Reason, Status
from tracking.web.answer import Answer, read_answer
from tracking.web.expectation import COMING
from tracking.web.mood import Mood
from tracking.web.view import ParcelView, UnlockState
from tracking.words.catalog import words_of
from tracking.words.dates import Calendar


def read(view: ParcelView, language: str = "en") -> Answer:
    words = words_of(language)
    return read_answer(view, words, Calendar(words, view.zone, NOW))


def headline(view: ParcelView, language: str = "en") -> str:
    said = read(view, language).headline.striptags()
    return said.replace("\xa0", " ").replace("\u2060", "")


def texts(lines: list) -> list[str]:
    return [line.striptags().replace("\xa0", " ").replace("\u2060", "") for line in lines]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("pending", "Waiting for the carrier's first scan"),
        ("info_received", "The carrier does not have it yet"),
        ("in_transit", "Arriving tomorrow"),
        ("out_for_delivery", "Arriving today, 14:00–16:00"),
        ("ready_locked", "Waiting in the locker Rīga Akropole until Sunday, 22 November, 18:00"),
        ("attempt_failed", "The courier could not deliver it"),
        ("held_customs", "Held at customs"),
        ("delivered", "Collected today at 11:20"),
        ("returning", "On its way back to the sender"),
        ("returned", "Back with the sender"),
        ("exception", "The parcel was damaged on the way"),
        ("late", "The parcel is late"),
        ("late_with_estimate", "Arriving tomorrow, 10:00–12:00"),
        ("cancelled", "This shipment was cancelled"),
        ("expired", "No news from the carrier for a long time"),
    ],
)
def test_the_headline_of_each_state(state: str, said: str) -> None:
    assert headline(STATES[state]) == said


@pytest.mark.parametrize(
    ("language", "waiting", "arriving"),
    [
        (
            "lv",
            "Gaida pakomātā Rīga Akropole līdz svētdienai, 22. novembrim, plkst. 18:00",
            "Tiks piegādāts šodien plkst. 14:00–16:00",
        ),
        (
            "lt",
            "Laukia paštomate Rīga Akropole iki sekmadienio, lapkričio 22 d., 18:00",
            "Bus pristatyta šiandien, 14:00–16:00",
        ),
        (
            "et",
            "Ootab pakiautomaadis Rīga Akropole kuni pühapäeva, 22. novembri kella 18:00-ni",
            "Saabub täna kell 14:00–16:00",
        ),
        (
            "ru",
            "Ждёт в пакомате Rīga Akropole до воскресенья, 22 ноября, 18:00",
            "Прибудет сегодня, 14:00–16:00",
        ),
    ],
)
def test_sentences_are_whole_in_every_language(language: str, waiting: str, arriving: str) -> None:
    assert headline(ready(), language) == waiting
    assert headline(out_for_delivery(), language) == arriving


@pytest.mark.parametrize(
    ("estimate", "said"),
    [
        (Window(ends=local(20, 18)), "Arriving by 18:00 today"),
        (Window(ends=local(22), day_only=True), "Arriving by the end of tomorrow"),
        (Window(starts=local(21, 9), ends=local(21, 9)), "Arriving tomorrow at about 09:00"),
        (Window(starts=local(23, 9), ends=local(25, 18)), "Expected 23–25 November"),
        (Window(starts=local(21), ends=local(22), day_only=True), "Arriving tomorrow"),
        (Window(starts=local(20, 13), ends=local(20, 15)), "Arriving today, 13:00–15:00"),
        (None, "On its way to you"),
    ],
)
def test_an_estimate_is_said_as_exactly_as_it_was_given(estimate, said: str) -> None:
    assert headline(in_transit(state={"estimate": estimate})) == said


@pytest.mark.parametrize("status", sorted(COMING))
def test_an_estimate_in_the_past_is_never_shown_as_one(status: Status) -> None:
    past = Window(starts=local(20, 8), ends=local(20, 12))
    answer = read(in_transit(state={"status": status, "estimate": past}))
    assert answer.headline == "The parcel is late"
    assert texts(answer.late) == [
        "The carrier expected to deliver it by 12:00 today, but it has not arrived.",
        "The carrier has not given a new time.",
    ]
    assert answer.mood is Mood.ATTENTION


def test_today_is_not_over_before_midnight() -> None:
    today = Window(starts=local(20), ends=local(21), day_only=True)
    answer = read(out_for_delivery(state={"estimate": today}))
    assert (answer.headline, answer.late) == ("Arriving today", [])


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Expected 21–22 November"), ("lv", "Gaidāms: 21.–22. novembris")],
)
def test_where_the_carrier_says_nothing_the_days_of_others_are_said(language, said) -> None:
    headline = read(STATES["known_by_others"], language).headline
    assert headline.striptags().replace("\u2060", "") == said


def test_the_carriers_own_time_goes_before_that_of_others() -> None:
    known = STATES["known_by_others"]
    both = replace(known, state=known.state.model_copy(update={"estimate": TODAY}))
    assert "10:00" in read(both).headline or "today" in read(both).headline
    over = Window(starts=local(19, 10), ends=local(19, 12))
    past = replace(known, state=known.state.model_copy(update={"estimate": over}))
    assert "Expected" in read(past).headline


def test_a_late_parcel_has_a_day_though_the_carrier_gives_none() -> None:
    answer = read(STATES["late_known_by_others"])
    assert answer.headline.striptags() == "Expected tomorrow"
    assert len(answer.late) == 1, "no word of a new time that is missing"


@pytest.mark.parametrize("status", [Status.HELD, Status.DELIVERED, Status.READY_FOR_PICKUP])
def test_of_what_is_stopped_or_there_nobody_guesses(status: Status) -> None:
    window = STATES["known_by_others"].expected
    assert "Expected" not in read(stopped(status, expected=window)).headline


def test_a_broken_promise_is_said_with_the_new_estimate() -> None:
    answer = read(STATES["late_with_estimate"])
    assert texts(answer.late) == [
        "It was promised by 18:00 yesterday and has not arrived. We are sorry."
    ]


def test_an_estimate_after_the_promise_is_said_before_the_promise_breaks() -> None:
    promise = Window(ends=local(20, 18))
    estimate = Window(starts=local(21, 10), ends=local(21, 12))
    answer = read(in_transit(promise=promise, state={"estimate": estimate}))
    assert texts(answer.late) == [
        "This is later than promised: it was promised by 18:00 today. We are sorry."
    ]
    assert answer.headline.startswith("Arriving tomorrow")


NIGHT = Window(ends=local(21, 18))  # tomorrow at 18:00
SLOT = Window(starts=local(21, 14), ends=local(21, 16))
DAY = Window(starts=local(21), ends=local(22), day_only=True)


@pytest.mark.parametrize(
    ("promise", "estimate", "said"),
    [
        (NIGHT, None, "The shop promised to deliver it by 18:00 tomorrow."),
        (NIGHT, Window(starts=local(21, 10), ends=local(21, 12)), "by 18:00 tomorrow."),
        (NIGHT, Window(starts=local(21, 17), ends=local(21, 19)), "by 18:00 tomorrow."),
        (NIGHT, DAY, "by 18:00 tomorrow."),
        (SLOT, None, "The shop promised to deliver it tomorrow, 14:00–16:00."),
        (SLOT, NIGHT, None),  # said by `late`
        (SLOT, SLOT, None),  # said by the headline
        (NIGHT, NIGHT, None),
        (DAY, DAY, None),
        (Window(starts=local(21), ends=local(21, 18)), None, "by 18:00 tomorrow."),
        (Window(starts=local(21), ends=local(22)), None, "by the end of tomorrow."),
        (Window(starts=local(20, 9), ends=local(22, 18)), None, "by Sunday, 22 November, 18:00."),
        (None, SLOT, None),
    ],
)
def test_a_promise_that_may_come_true_is_said_beside_the_estimate(promise, estimate, said) -> None:
    answer = read(in_transit(promise=promise, state={"estimate": estimate}))
    assert (answer.mood is Mood.CALM) == (answer.late == [])
    if said is None:
        assert answer.details == []
    else:
        (line,) = texts(answer.details)
        assert line.endswith(said)


@pytest.mark.parametrize("status", Status)
def test_a_promise_is_said_once_and_only_while_it_can_be_kept(status: Status) -> None:
    kept = {*COMING, Status.ATTEMPT_FAILED, Status.HELD}
    answer = read(stopped(status, promise=NIGHT))
    told = [line for line in texts(answer.details) if "promised" in line]
    assert told == ["The shop promised to deliver it by 18:00 tomorrow."] * (status in kept)
    broken = read(stopped(status, promise=Window(ends=local(19, 18))))
    assert not [line for line in texts(broken.details) if "promised" in line]


def test_a_promise_is_said_where_the_estimate_that_ends_with_it_is_void() -> None:
    failed = stopped(Status.ATTEMPT_FAILED, promise=TODAY, state={"estimate": TODAY})
    assert texts(read(failed).details) == ["The shop promised to deliver it today, 14:00–16:00."]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("lv", "Veikals solīja piegādāt rīt līdz plkst. 18:00."),
        ("lt", "Parduotuvė žadėjo pristatyti rytoj iki 18:00."),
        ("et", "Pood lubas paki kohale tuua homme kella 18:00-ks."),
        ("en", "The shop promised to deliver it by 18:00 tomorrow."),
        ("ru", "Магазин обещал доставить завтра до 18:00."),
    ],
)
def test_a_promise_is_a_whole_sentence_in_every_language(language: str, said: str) -> None:
    assert texts(read(in_transit(promise=NIGHT), language).details) == [said]


@pytest.mark.parametrize(
    "status",
    [Status.READY_FOR_PICKUP, Status.DELIVERED, Status.RETURNING, Status.RETURNED, Status.EXPIRED],
)
def test_what_has_arrived_or_turned_back_is_not_late(status: Status) -> None:
    assert read(stopped(status, promise=Window(ends=local(19, 18)))).late == []


@pytest.mark.parametrize("status", [Status.ATTEMPT_FAILED, Status.HELD, Status.EXCEPTION])
def test_what_is_stopped_can_be_late_too(status: Status) -> None:
    assert read(stopped(status, promise=Window(ends=local(19, 18)))).late != []


@pytest.mark.parametrize(
    ("handover", "said", "detail"),
    [
        (Handover.RECIPIENT, "Delivered today at 11:20", "Delivered to the recipient"),
        (Handover.NEIGHBOUR, "Delivered today at 11:20", "Left with a neighbour"),
        (Handover.MAILBOX, "Delivered today at 11:20", "Put in the mailbox"),
        (Handover.LOCKER, "Collected today at 11:20", "Collected from the locker"),
        (Handover.PICKUP_POINT, "Collected today at 11:20", "Collected from the pickup point"),
    ],
)
def test_a_delivery_says_into_whose_hands(handover: Handover, said: str, detail: str) -> None:
    answer = read(stopped(Status.DELIVERED, handover=handover, state={"signed_by": "J. Bērziņš"}))
    assert answer.headline == said
    assert texts(answer.details) == [detail, "Received by J. Bērziņš"]


def test_a_delivery_without_a_time_names_the_day_of_the_carrier() -> None:
    berlin = local(19) + timedelta(hours=1)  # midnight in Berlin, 01:00 in Riga
    day = entry(
        berlin,
        Status.DELIVERED,
        key="d",
        confidence=Confidence.DATE_ONLY,
        ends=berlin + timedelta(days=1),
    )
    state = {
        "status": Status.DELIVERED,
        "since_confidence": Confidence.DATE_ONLY,
        "since": berlin + timedelta(days=1),
        "decided_by": "d",
    }
    assert headline(parcel(state, [day])) == "Delivered yesterday"


@pytest.mark.parametrize(
    ("handover", "place", "until", "said"),
    [
        (Handover.LOCKER, None, None, "Waiting in the locker"),
        (Handover.LOCKER, LOCKER, None, "Waiting in the locker Rīga Akropole"),
        (Handover.LOCKER, None, local(20, 18), "Waiting in the locker until 18:00 today"),
        (
            Handover.PICKUP_POINT,
            LOCKER,
            local(21),
            "Waiting at the pickup point Rīga Akropole until the end of today",
        ),
        (None, LOCKER, None, "Ready to collect at Rīga Akropole"),
        (None, None, None, "Ready to collect"),
    ],
)
def test_where_it_waits(handover, place, until, said: str) -> None:
    state = {"handover": handover, "pickup_place": place, "pickup_until": until}
    assert headline(ready(state=state)) == said


def test_a_collection_time_that_has_passed_is_said_plainly() -> None:
    answer = read(ready(state={"pickup_until": local(20, 12)}))
    assert answer.headline == "The time to collect it has passed"
    assert texts(answer.details) == ["It was kept until 12:00 today."]
    assert answer.mood is Mood.ATTENTION
    assert answer.advice
    assert "Ask the carrier soon" in answer.advice.text


def test_an_estimate_from_before_a_failed_attempt_is_not_the_next_try() -> None:
    failed = stopped(Status.ATTEMPT_FAILED, Reason.RECIPIENT_ABSENT, state={"estimate": TODAY})
    assert texts(read(failed).details) == ["Nobody was there to receive it."]
    again = entry(local(20, 11, 30), None, estimate=TODAY)
    told = replace(failed, history=[again, *failed.history])
    assert texts(read(told).details)[-1].startswith("Arriving today")


def test_attempts_are_counted_from_the_second_on() -> None:
    assert "2 delivery attempts so far." in texts(read(STATES["attempt_failed"]).details)
    once = stopped(Status.ATTEMPT_FAILED, state={"attempts": 1})
    assert read(once).details == []


def test_the_code_is_spoken_of_only_where_there_is_one() -> None:
    assert "with the code on this page" in read(unlocked()).advice.text
    for unlock in UnlockState:
        advised = read(ready(unlock=unlock, has_pickup_code=False)).advice.text
        assert advised == "Open the locker with the code that the carrier sent you."


@pytest.mark.parametrize(
    ("unlock", "said"),
    [
        (UnlockState.LOCKED, "Confirm on this page that it is you to see the code"),
        (UnlockState.WRONG, "Confirm on this page that it is you to see the code"),
        (UnlockState.PAUSED, "or come back later to see it here."),
        (UnlockState.IMPOSSIBLE, "Open the locker with the code that the carrier sent you."),
    ],
)
def test_a_code_that_is_not_shown_is_not_said_to_be_on_the_page(unlock, said: str) -> None:
    advised = read(ready(unlock=unlock)).advice.text
    assert said in advised
    assert "code on this page" not in advised


UNKNOWN = entry(local(20, 9), None, kind=EntryKind.UNRECOGNISED, recognised=False, code="X-77")
NOTE = entry(local(20, 9), None, kind=EntryKind.INFORMATIONAL, code="TRA12")
RETRACTION = entry(local(20, 9), None, kind=EntryKind.RETRACTION, retracts="last_delivery")


@pytest.mark.parametrize(
    ("status", "history", "unclear"),
    [
        (Status.PENDING, [], False),
        (Status.PENDING, [entry(local(20, 9), Status.PENDING)], False),
        (Status.PENDING, [UNKNOWN], True),
        (Status.PENDING, [NOTE], True),
        (Status.PENDING, [RETRACTION], True),
        (Status.INFO_RECEIVED, [REGISTERED], False),
        (Status.INFO_RECEIVED, [NOTE, REGISTERED], False),
        (Status.INFO_RECEIVED, [UNKNOWN, REGISTERED], True),
        (Status.ACCEPTED, [UNKNOWN, ACCEPTED], False),
    ],
)
def test_a_scan_that_is_not_understood_is_not_called_none(status, history, unclear) -> None:
    answer = read(parcel({"status": status}, history))
    assert (answer.headline == "We cannot tell yet where it is") == unclear
    said = " ".join([answer.headline, *texts(answer.details), answer.advice.text])
    assert ("reported something" in said) == unclear
    if unclear:
        assert "first scan" not in said
        assert "not scanned" not in said
        assert "does not have it" not in said


def test_what_is_not_understood_hides_no_estimate() -> None:
    view = parcel({"estimate": TODAY}, [UNKNOWN])
    assert headline(view).startswith("Arriving today")


def test_a_courier_who_brings_it_to_a_locker_does_not_call() -> None:
    assert "phone" in read(out_for_delivery()).advice.text
    assert "until it is ready to collect" in read(out_for_delivery(to_collect=True)).advice.text


def test_no_combination_is_without_an_answer() -> None:
    """A carrier may report any reason with any status."""
    for status in Status:
        for reason in [None, *Reason]:
            for handover in [None, *Handover]:
                state = {"status": status, "reason": reason, "handover": handover}
                answer = read(parcel(state, [OUT]), "ru")
                assert answer.headline
                assert answer.icon
                assert answer.advice
