"""Generated lives of parcels, and a book that keeps them as the store does."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from schemas.scan import (
    LAST_DELIVERY,
    Confidence,
    Location,
    Pickup,
    Scan,
    ScanTime,
    Window,
    scan_digest,
    scan_key,
)
from schemas.shipment import ShipmentState
from schemas.status import Handover, Reason, Status
from tracking.carriers.times import day_bounds, local_time
from tracking.domain.changes import Owed
from tracking.domain.journeys import Registration, journey_for_registration
from tracking.domain.order import Received, in_order
from tracking.domain.reckon import Change, Journey, follow, join, reckon
from tracking.domain.shipment import fold_ordered

VILNIUS = "Europe/Vilnius"
START = datetime(2025, 10, 24, 6, 0, tzinfo=UTC)  # two days before summer time ends
RECEIPT = START + timedelta(days=400)


def scan(hours: float, status: Status | None = None, **fields: Any) -> Scan:
    """A scan so many hours after START, its time exact unless `time` is given."""
    at = START + timedelta(hours=hours)
    fields.setdefault("time", ScanTime(raw=at.isoformat(), at=at))
    return Scan(carrier="omniva", tracking_number="CE1", status=status, **fields)


def received(each: Scan, at: datetime = RECEIPT) -> Received:
    return Received(each, scan_key(each), at)


@st.composite
def times(draw: st.DrawFn) -> ScanTime:
    """Exact, naive (also in the repeated hour), a day only, never set, or far in the future."""
    at = START + timedelta(minutes=30 * draw(st.integers(0, 150)))
    match draw(st.sampled_from(["exact"] * 5 + ["naive", "repeated", "day", "unset", "future"])):
        case "naive":
            return local_time("naive", (at + timedelta(hours=3)).replace(tzinfo=None), VILNIUS)
        case "repeated":
            minute = draw(st.sampled_from([0, 10, 30, 50]))
            local = datetime(2025, 10, 26, 3, minute)  # noqa: DTZ001 - as a carrier says it
            return local_time("repeated", local, VILNIUS)
        case "day":
            starts, ends = day_bounds(at.date(), VILNIUS)
            return ScanTime(raw="day", at=starts, alternative=ends, confidence=Confidence.DATE_ONLY)
        case "unset":
            return ScanTime(raw="1970", at=datetime(1970, 1, 1, tzinfo=UTC))
        case "future":
            return ScanTime(raw="future", at=RECEIPT + timedelta(days=draw(st.integers(1, 3000))))
    return ScanTime(raw=at.isoformat(), at=at)


@st.composite
def later_times(draw: st.DrawFn) -> ScanTime:
    """Months later: another parcel may have the number by then."""
    at = START + timedelta(days=draw(st.integers(50, 90)), hours=draw(st.integers(0, 40)))
    return ScanTime(raw=at.isoformat(), at=at)


maybe = st.one_of
_places = st.builds(
    Location, name=st.sampled_from(["A", "B"]), place_id=st.sampled_from([None, "9901"])
)
_windows = st.integers(0, 5).map(lambda d: Window(starts=START + timedelta(days=d), ends=None))
_pickups = st.builds(
    Pickup,
    until=st.none() | st.integers(0, 9).map(lambda d: START + timedelta(days=d)),
    code=st.sampled_from([None, "111", "222"]),
)

scans = st.builds(
    Scan,
    carrier=st.just("omniva"),
    tracking_number=st.just("CE1"),
    time=st.one_of(times(), times(), times(), later_times()),
    event_id=st.none() | st.sampled_from([f"e{n}" for n in range(8)]),
    status=st.none() | st.sampled_from(list(Status)),
    reason=st.none() | st.sampled_from([Reason.CARRIER_DELAY, Reason.RECIPIENT_ABSENT]),
    handover=st.none() | st.sampled_from(list(Handover)),
    code=st.sampled_from([None, None, "X1", "X2"]),
    recognised=st.booleans(),
    location=st.none() | _places,
    estimate=st.none() | _windows,
    pickup=st.none() | _pickups,
    retracts=st.sampled_from([None] * 8 + [LAST_DELIVERY, "e1", "e2"]),
    signed_by=st.sampled_from([None, None, "J. B."]),
)


@st.composite
def receipts(draw: st.DrawFn) -> Received:
    """Of two contents that share a key the first received stands: no two come at one instant."""
    told = draw(scans)
    apart = timedelta(microseconds=zlib.crc32(told.model_dump_json().encode()) % 1_000_000)
    return received(told, RECEIPT + timedelta(minutes=draw(st.integers(0, 3))) + apart)


@dataclass
class Book:
    """The store's part played in memory: keys are unique, the rest is `follow` and `reckon`."""

    journeys: dict[int, Journey] = field(default_factory=dict)
    scans: dict[bytes, Received] = field(default_factory=dict)
    announced: list[tuple[int, int, Owed, ShipmentState]] = field(default_factory=list)
    followed: int = 0

    def apply(self, batch: Sequence[Received]) -> None:
        news, changed = self._insert(batch)
        if not news and not changed:
            return
        self._keep(self._changes(news, changed))

    def _keep(self, changes: Iterable[Change]) -> None:
        for change in changes:
            known = self.journeys.get(change.journey)
            self.journeys[change.journey] = Journey(
                change.journey,
                change.version,
                change.state,
                change.last_at,
                change.simple,
                known.registered_at if known else None,
            )
            if change.owed:
                self.announced.append((change.journey, change.version, change.owed, change.state))

    def registrations(self) -> list[Registration]:
        known = self.journeys.values()
        return [Registration(j.journey, j.registered_at) for j in known if j.registered_at]

    def register(self, at: datetime, journey: int | None = None) -> int:
        """A shop registers what is under way by then, or `journey`; again changes nothing."""
        if journey is None:
            ordered = in_order(self.scans.values())
            journey = journey_for_registration(ordered, self.registrations(), at)
        known = self.journeys.get(journey, Journey(journey))
        if known.registered_at is None:
            changes = join(self.journeys, list(self.scans.values()), journey, at).changes
            self._keep(changes)
            self.journeys[journey] = self.journeys[journey]._replace(registered_at=at)
        return journey

    def _insert(self, batch: Sequence[Received]) -> tuple[list[Received], bool]:
        news: dict[bytes, Received] = {}
        changed = False
        for each in batch:
            known = self.scans.get(each.key)
            if known is None or _earlier(each, known):
                changed = changed or (known is not None and each.key not in news)
                self.scans[each.key] = each
                if known is None or each.key in news:
                    news[each.key] = each
        return list(news.values()), changed

    def _changes(self, news: Sequence[Received], changed: bool) -> Sequence[Change]:  # noqa: FBT001 - the store's
        if set(self.journeys) <= {1} and not changed:
            change = follow(self.journeys.get(1, Journey(1)), news)
            if change is not None:
                self.followed += 1
                return [change]
        keys = {each.key for each in news}
        return reckon(self.journeys, list(self.scans.values()), keys).changes

    def truth(self) -> dict[int, object]:
        """Per journey: the state and the history as a reader sees it.

        A journey that lost its scans to another one, when it turned out that the number had not
        rested, is back to the state of nothing known and is left out.
        """
        blank = {
            each.journey: Journey(each.journey, registered_at=each.at)
            for each in self.registrations()
        }
        homes = reckon(blank, list(self.scans.values()), set()).homes
        told: dict[int, object] = {}
        for number, journey in self.journeys.items():
            mine = [each for key, each in self.scans.items() if homes[key] == number]
            if not mine:
                assert journey.state == ShipmentState()
                continue
            told[number] = (journey.state, history(mine))
        return told


def _earlier(one: Received, other: Received) -> bool:
    return (one.received_at, scan_digest(one.scan)) < (other.received_at, scan_digest(other.scan))


def history(scans_received: Sequence[Received]) -> list[tuple[datetime, str, str]]:
    folded = fold_ordered(in_order(scans_received))
    return [(p.at, p.key.hex(), folded.kind_of(p)) for p in folded.ordered]
