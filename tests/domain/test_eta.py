"""How long others took: quantiles that are kept as often as they say, and a window that stands."""

import random
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lives import received

from schemas.scan import Scan
from schemas.shipment import ShipmentState
from schemas.status import Status
from tracking.carriers import CARRIERS
from tracking.carriers.base import Malformed, ParseContext
from tracking.domain.eta import (
    EDGES,
    STAGES,
    Expected,
    Shown,
    Stage,
    expected,
    guess,
    pooled,
    quantiles,
    remaining,
    shown,
    stage_of,
)
from tracking.domain.shipment import fold
from tracking.domain.slip import arrived_at
from tracking.local.simulate.lives import Lives

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOVING = Status.IN_TRANSIT


def counted(hours: list[float]) -> tuple[int, ...]:
    """As the database counts them."""
    counts = [0] * len(EDGES)
    for each in hours:
        counts[max(at for at, edge in enumerate(EDGES) if edge <= each)] += 1
    return tuple(counts)


def quantile(distribution: Sequence[float], share: float, elapsed: float = 0.0) -> float:
    return quantiles(distribution, [share], elapsed)[0]


@pytest.mark.parametrize("status", STAGES)
def test_the_guess_is_a_distribution_with_the_quantiles_that_it_names(status):
    found = guess(status)
    assert sum(found) == pytest.approx(1)
    assert len(found) == len(EDGES)
    left = remaining(found)
    assert 0 < left.p50 < left.p90


def test_many_parcels_speak_for_themselves_and_few_lean_on_others():
    always = counted([30.0] * 5_000)
    assert 29 < quantile(pooled(MOVING, (always,)), 0.5) < 33
    few = counted([70.0] * 3)
    assert quantile(pooled(MOVING, (always, few)), 0.5) < 33
    many = counted([70.0] * 300)
    assert quantile(pooled(MOVING, (always, many)), 0.5) > 68


def test_what_has_passed_is_cut_off():
    distribution = pooled(MOVING, (counted([10.0] * 500 + [50.0] * 500),))
    assert quantile(distribution, 0.5) < 51
    assert quantile(distribution, 0.5, elapsed=20) > 49
    assert quantile(distribution, 0.9, elapsed=10_000) == 10_000


@given(
    st.lists(st.floats(0, 1_000), max_size=40),
    st.floats(0, 800),
    st.sampled_from(STAGES),
)
def test_quantiles_are_in_order_and_never_in_the_past(hours, elapsed, status):
    distribution = pooled(status, (counted(hours),))
    assert sum(distribution) == pytest.approx(1)
    low, half, most = (quantile(distribution, q, elapsed) for q in (0.1, 0.5, 0.9))
    assert elapsed <= low <= half <= most


class Carrier:
    """Lives as carriers have them: weekends wait, nights do, and some are late."""

    def __init__(self, seed: int, speed: float) -> None:
        self.random, self.speed = random.Random(seed), speed

    def hours(self, weekday: int) -> float:
        days = self.random.choice([0, 1, 1, 1, 2]) * self.speed
        late = self.random.random() < 0.08
        weekend = 2 if weekday == 4 and self.random.random() < 0.7 else 0
        return 24 * (days + weekend + late * self.random.uniform(1, 4)) + self.random.uniform(2, 12)


@pytest.mark.parametrize("seed", range(3))
def test_on_lives_held_out_nine_of_ten_come_by_the_p90(seed):
    """Carriers of several speeds, some with few parcels; asked at any time on the way."""
    chance = random.Random(seed)
    sizes = (4000, 600, 40)
    carriers = [(Carrier(seed * 10 + n, 0.6 + n * 0.4), size) for n, size in enumerate(sizes)]
    learned = {
        (n, day): counted([carrier.hours(day) for _ in range(size // 7)])
        for n, (carrier, size) in enumerate(carriers)
        for day in range(7)
    }
    kept = asked = 0
    for n, (carrier, size) in enumerate(carriers):
        days = (learned[n, day] for day in range(7))
        whole = tuple(sum(column) for column in zip(*days, strict=True))
        for _ in range(size):
            day = chance.randrange(7)
            took = carrier.hours(day)
            elapsed = chance.choice([0, 0, 0, 6, 18, 30])
            if took > elapsed:  # of what has come nobody asks
                distribution = pooled(MOVING, (whole, learned[n, day]))
                kept += took <= quantile(distribution, 0.9, elapsed)
                asked += 1
    assert 0.88 <= kept / asked <= 0.92, kept / asked


@pytest.fixture(scope="module")
def simulated() -> list[tuple[Stage, str, datetime]]:
    """Lives as `klat simulate` tells them, read by the carriers' readers and folded: each stage on
    the way of a parcel that arrived, and when it did.
    """
    lives, found = Lives(7), []
    for _ in range(1_600):
        life = lives.next(NOW)
        state = fold(received(each) for each in scans_in(life.messages)).state
        arrived = arrived_at(state)
        for status in STAGES:
            since = state.stages.get(status)
            if since is not None and arrived is not None and since < arrived:
                found.append((Stage(status, since), life.parcel.carrier, arrived))
    return found


@pytest.mark.parametrize("status", STAGES)
def test_on_simulated_lives_held_out_nine_of_ten_come_by_the_p90(simulated, status):
    told = [each for each in simulated if each[0].status is status]
    learned, held_out = told[::2], told[1::2]
    assert len(held_out) > 200
    of_all = counted([hours(each) for each in learned])
    by_carrier = {
        name: counted([hours(each) for each in learned if each[1] == name])
        for name in {each[1] for each in told}
    }
    kept = sum(
        arrived <= expected(stage, [of_all, by_carrier[carrier]], stage.since).p90
        for stage, carrier, arrived in held_out
    )
    margin = 2 * (0.09 / len(held_out)) ** 0.5  # what chance alone makes of so many
    assert 0.88 - margin <= kept / len(held_out) <= 0.92 + margin, kept / len(held_out)


def hours(told: tuple[Stage, str, datetime]) -> float:
    return (told[2] - told[0].since) / HOUR


def scans_in(messages) -> list[Scan]:
    found: list[Scan] = []
    for message in messages:
        reader = CARRIERS[message.sender if message.native else "klat"]
        with suppress(Malformed):
            parsed = reader.parse(message.body, ParseContext(tracking_number=message.number))
            found += parsed.scans
    return found


def test_the_stage_is_that_of_now_and_of_what_is_stopped_nobody_can_tell():
    state = ShipmentState(status=MOVING, since=NOW, stages={MOVING: NOW - HOUR})
    assert stage_of(state) == Stage(MOVING, NOW - HOUR)
    for stopped in (Status.DELIVERED, Status.HELD, Status.PENDING, Status.READY_FOR_PICKUP):
        assert stage_of(ShipmentState(status=stopped, since=NOW)) is None


def test_it_says_of_how_many_it_knows():
    levels = [counted([30.0] * 90), counted([28.0] * 7)]
    found = expected(Stage(MOVING, NOW - 5 * HOUR), levels, NOW)
    assert found.samples == 90
    assert NOW < found.p50 <= found.p90


def window(starts: float, ends: float) -> Shown:
    return Shown(NOW + starts * HOUR, NOW + ends * HOUR)


@pytest.mark.parametrize(
    ("before", "p50", "p90", "after"),
    [
        (None, 20, 30, window(20, 30)),
        (window(20, 30), 22, 34, window(20, 30)),  # a little later
        (window(20, 30), 12, 24, window(20, 30)),  # a little earlier
        (window(20, 30), 26, 43, window(26, 43)),  # wide of the mark
        (window(20, 30), 31, 35, window(31, 35)),  # it will hardly come in that
        (window(20, 30), 2, 7, window(2, 7)),  # half a day too early
        (window(-9, -1), 4, 8, window(4, 8)),  # over
    ],
)
def test_a_window_moves_only_when_it_matters(before, p50, p90, after):
    assert shown(before, Expected(NOW + p50 * HOUR, NOW + p90 * HOUR, 100), NOW) == after


def test_it_does_not_wobble_with_every_scan():
    told, windows = None, []
    chance = random.Random(7)
    for hours in range(20):
        now = NOW + hours * HOUR
        p50 = NOW + chance.uniform(24, 30) * HOUR
        told = shown(told, Expected(p50, p50 + 6 * HOUR, 100), now)
        windows.append(told)
    assert len(set(windows)) == 1
