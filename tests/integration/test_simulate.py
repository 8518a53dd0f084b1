"""Simulated lives: readable by the real adapters, ending as they were meant to end."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from pydantic import SecretStr

from schemas.api import ShipmentRegistration
from schemas.scan import Scan, scan_key
from schemas.shipment import ShipmentState
from schemas.status import Status
from tracking.carriers import CARRIERS
from tracking.carriers.base import Malformed, ParseContext, Parsed
from tracking.domain.order import Received
from tracking.domain.shipment import fold
from tracking.local.simulate.cast import cast
from tracking.local.simulate.journey import journey
from tracking.local.simulate.lives import Lives
from tracking.local.simulate.plots import PLOTS
from tracking.local.simulate.shop import notify
from tracking.local.simulate.story import Life, Message, Way
from tracking.local.simulate.text import Addresses, demo_text
from tracking.local.simulate.voices import VOICES
from tracking.settings import Settings

NOW = datetime(2026, 6, 20, 9, 0, tzinfo=UTC)
# Registrations of the demo, and what must have become true of each.
ENDS = {
    "locker": (Status.READY_FOR_PICKUP, "locker"),
    "late": (Status.IN_TRANSIT, None),
    "failed": (Status.ATTEMPT_FAILED, None),
    "customs": (Status.HELD, None),
    "taken back": (Status.READY_FOR_PICKUP, "locker"),
    "delivered": (Status.DELIVERED, "locker"),
    "returned": (Status.RETURNED, "sender"),
    "yours": (Status.INFO_RECEIVED, None),
}


def read(message: Message) -> Parsed:
    reader = CARRIERS[message.sender if message.native else "klat"]
    return reader.parse(message.body, ParseContext(tracking_number=message.number))


def scans_of(messages: list[Message]) -> list[Scan]:
    """What can be read; junk says nothing."""
    found = []
    for message in messages:
        try:
            found += read(message).scans
        except Malformed:
            continue
    return found


def state_of(messages: list[Message], now: datetime = NOW) -> ShipmentState:
    received = {scan_key(scan): Received(scan, scan_key(scan), now) for scan in scans_of(messages)}
    return fold(received.values()).state


def lives(seed: int | str, count: int) -> list[Life]:
    supply = Lives(seed)
    return [supply.next(NOW) for _ in range(count)]


@pytest.mark.parametrize("seed", range(5))
def test_every_life_ends_as_it_was_meant_to_in_any_order(seed):
    chance = Random(seed)
    for life in lives(seed, 150):
        messages = list(life.messages)
        chance.shuffle(messages)
        state = state_of(messages)
        assert (state.status, state.handover) == (
            life.expected.status,
            life.expected.handover,
        ), (life.plot, life.voice)


def test_every_message_is_about_its_own_parcel_and_lies_in_the_past():
    for life in lives(1, 300):
        for scan in scans_of(list(life.messages)):
            assert (scan.carrier, scan.tracking_number) == (
                life.parcel.carrier,
                life.parcel.number,
            )
            assert NOW - timedelta(days=30) < scan.time.at < NOW


def test_the_same_seed_tells_the_same_stories():
    assert lives(7, 20) == lives(7, 20)
    assert lives(7, 20) != lives(8, 20)


def test_every_carrier_every_story_and_every_trouble_occurs():
    told = lives(3, 1500)
    assert {life.voice for life in told} == {voice.name for voice in VOICES}
    assert {life.plot for life in told} == {plot.name for plot in PLOTS}
    assert {message.way for life in told for message in life.messages} == set(Way)
    troubles = Counter(trouble for life in told for trouble in troubles_of(life))
    assert set(troubles) == {"three times", "disorder", "junk", "unknown code", "no offset"}


def troubles_of(life: Life) -> set[str]:
    messages = list(life.messages)
    scans = scans_of(messages)
    instants = [message.at for message in messages]
    found = {
        "three times": max(Counter(messages).values()) >= 3,
        "disorder": instants != sorted(instants),
        "junk": any(not scans_of([message]) for message in messages),
        "unknown code": any(not scan.recognised for scan in scans),
        "no offset": any(scan.time.confidence == "assumed_zone" for scan in scans),
    }
    return {name for name, occurs in found.items() if occurs}


def test_the_demo_shows_a_parcel_in_every_state():
    parcels = {parcel.name: parcel for parcel in cast(NOW)}
    assert {
        name: (state.status, state.handover)
        for name, parcel in parcels.items()
        for state in (state_of(list(parcel.messages)),)
    } == ENDS
    numbers = [parcel.registration["tracking_number"] for parcel in parcels.values()]
    assert len(set(numbers)) == len(numbers)
    for parcel in parcels.values():
        body = ShipmentRegistration.model_validate(parcel.registration)
        assert body.recipient is not None
        assert body.recipient.email is not None
        assert body.recipient.email.endswith("@example.com")
        assert body.recipient.phone is not None


def test_the_late_parcel_is_late_and_the_locker_still_open():
    parcels = {parcel.name: parcel for parcel in cast(NOW)}
    assert datetime.fromisoformat(parcels["late"].registration["promise"]["by"]) < NOW
    waiting = state_of(list(parcels["locker"].messages))
    assert waiting.pickup_code == "482913"
    assert waiting.pickup_until is not None
    assert waiting.pickup_until > NOW + timedelta(days=2)


@pytest.mark.parametrize("turn", [0, 1])
def test_a_journey_moves_for_minutes_and_ends_with_its_recipient(turn):
    under_way = journey(NOW, turn)
    due = [step.due for step in under_way.steps]
    gaps = [later - earlier for earlier, later in pairwise(due)]
    assert all(timedelta(seconds=8) <= gap <= timedelta(seconds=60) for gap in gaps)
    assert timedelta(minutes=2) < due[-1] - NOW < timedelta(minutes=6)
    assert all(step.message.at <= step.due for step in under_way.steps)
    messages = [step.message for step in under_way.steps]
    assert [message.at for message in messages] == sorted(message.at for message in messages)
    assert state_of(messages, due[-1]).status is Status.DELIVERED
    assert journey(NOW, turn) == under_way


def test_the_text_is_short_whole_and_fits_its_columns():
    keys = {"merchant": "klat_live_m", "support": "klat_live_s", "rigavelo": "klat_live_c"}
    keys["console"] = "k7m2-9qxt"
    parcels = [(each, f"http://h/t/{each.name}") for each in cast(NOW)]
    address = "http://127.0.0.1:8080"
    where = Addresses(address, "http://127.0.0.1:9090", Path(".klat/demo.txt"), has_inbox=True)
    text = demo_text(where, keys, (journey(NOW, 0), "http://h/t/moving"), parcels)
    lines = text.splitlines()
    assert len(lines) < 42
    assert f"  {address}/demo/inbox" in lines
    bare = demo_text(replace(where, has_inbox=False), keys, (journey(NOW, 0), "l"), parcels)
    assert "/demo/" not in bare
    links = [line for line in lines if "http://h/t/" in line]
    assert len(links) == len(ENDS) + 1
    assert len({line.index("http://") for line in links}) == 1
    assert all(key in text for key in keys.values())


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, (False, False)),
        ({"demo": True}, (True, True)),
        ({"demo": True, "sms_provider": "twilio"}, (False, True)),
        ({"demo": True, "smtp_url": SecretStr("smtp://mail.example")}, (True, False)),
        ({"sms_provider": "twilio", "smtp_url": SecretStr("smtp://m.example")}, (False, False)),
    ],
)
def test_made_up_people_are_told_only_where_it_ends_in_the_inbox(given, told):
    wishes = notify(Settings().model_copy(update=given))
    assert (wishes["sms"], wishes["email"]) == told
