"""What is owed, and the moves that lead there: from any truth to any other, to the cent."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.policy import BonusKind, Exclusion, ShopPolicy
from tracking.domain.compensation import (
    Grant,
    Granted,
    Owed,
    Room,
    moves,
    owed,
    thresholds,
)
from tracking.domain.truth import Truth
from tracking.domain.working_days import WorkingDays

DEADLINE = datetime(2026, 11, 20, 16, tzinfo=UTC)  # 18:00 in Riga, a Friday
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LATVIA = WorkingDays("LV")
STORM = {"starts": "2026-11-19", "ends": "2026-11-20", "reason": "storm"}
FIVE, THREE = {"kind": "code", "amount": "5.00"}, {"kind": "code", "amount": "3.00"}


def policy(*tiers, **fields) -> ShopPolicy:
    standard = [{"late_by": "1d", "bonus": THREE}, {"late_by": "3d", "bonus": FIVE}]
    told = {"name": "standard", "currency": "EUR", "valid_from": "2026-01-01"}
    return ShopPolicy.model_validate({**told, "tiers": list(tiers) or standard, **fields})


def truth(late: timedelta | None = None, **fields) -> Truth:
    told = {
        "deadline": DEADLINE,
        "arrived_at": None if late is None else DEADLINE + late,
        "is_lost": False,
        "value": 4_990,
        "country": "LV",
        "zone": "Europe/Riga",
    }
    return Truth(**{**told, **fields})


def due(rules: ShopPolicy, found: Truth, now: datetime = DEADLINE + 60 * DAY):
    result = owed(rules, found, LATVIA, now)
    return result and (result.tier, result.cents)


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        (-HOUR, None),
        (timedelta(0), None),
        (DAY - timedelta(seconds=1), None),
        (DAY, (0, 300)),
        (3 * DAY - timedelta(seconds=1), (0, 300)),
        (3 * DAY, (1, 500)),
        (30 * DAY, (1, 500)),
    ],
)
def test_so_late_owes_so_much(late, expected):
    assert due(policy(), truth(late)) == expected


def test_what_is_not_there_yet_is_as_late_as_now():
    assert due(policy(), truth(), DEADLINE + DAY) == (0, 300)
    assert due(policy(), truth(), DEADLINE + DAY - HOUR) is None


@pytest.mark.parametrize(
    ("delivered", "expected"),
    [
        (timedelta(hours=2), None),  # Friday evening
        (2 * DAY, None),  # Sunday
        (3 * DAY - 8 * HOUR, None),  # Monday morning
        (3 * DAY, (0, 300)),  # Monday at that hour: one working day later
        (4 * DAY, (1, 500)),
    ],
)
def test_working_days_are_those_of_the_place(delivered, expected):
    rules = policy({"late_by": "1bd", "bonus": THREE}, {"late_by": "2bd", "bonus": FIVE})
    assert due(rules, truth(delivered)) == expected


def test_a_lost_parcel_owes_its_value_however_late():
    whole = {"lost": True, "bonus": {"kind": "refund", "share": "100%"}}
    rules = policy({"late_by": "1d", "bonus": THREE}, whole)
    assert due(rules, truth(is_lost=True), DEADLINE) == (1, 4_990)
    assert due(rules, truth(is_lost=True, value=None), DEADLINE) == (1, 0)
    assert due(policy(whole, caps={"shipment": "30.00"}), truth(is_lost=True)) == (0, 3_000)


@pytest.mark.parametrize("value", [None, 0, 200])
def test_a_share_of_little_takes_back_nothing_of_a_tier_before(value):
    whole = {"lost": True, "bonus": {"kind": "refund", "share": "100%"}}
    rules = policy({"late_by": "1d", "bonus": THREE}, whole)
    assert due(rules, truth(is_lost=True, value=value)) == (0, 300)


def test_a_day_that_was_promised_ends_at_its_midnight():
    whole_friday = truth()._replace(deadline=datetime(2026, 11, 20, 22, tzinfo=UTC))
    rules = policy({"late_by": "1bd", "bonus": THREE})
    assert thresholds(rules, whole_friday, LATVIA) == [datetime(2026, 11, 23, 22, tzinfo=UTC)]


def test_what_was_cancelled_owes_nothing():
    assert due(policy(), truth(9 * DAY, is_void=True)) is None


def test_half_a_cent_is_a_cent():
    rules = policy({"late_by": "1d", "bonus": {"kind": "code", "share": "12.5%"}})
    assert due(rules, truth(DAY, value=101_2)) == (0, 127)  # 126.5


@pytest.mark.parametrize("why", Exclusion)
@pytest.mark.parametrize(
    ("stopped", "expected"),
    [(-HOUR, None), (HOUR, None), (DAY, (0, 300)), (2 * DAY, (0, 300)), (3 * DAY, (1, 500))],
)
def test_what_is_the_shoppers_doing_counts_no_further(why, stopped, expected):
    theirs = truth(9 * DAY, stopped={why: DEADLINE + stopped})
    assert due(policy(), theirs) == expected
    assert due(policy(exclude=[]), theirs) == (1, 500)


def test_who_was_not_at_home_still_gets_the_value_of_what_was_lost_afterwards():
    rules = policy({"lost": True, "bonus": {"kind": "refund", "share": "100%"}})
    absent = {Exclusion.SHOPPER_HELD: DEADLINE - DAY}
    assert due(rules, truth(is_lost=True, stopped=absent)) == (0, 4_990)
    refused = {Exclusion.REFUSED: DEADLINE - DAY}
    assert due(rules, truth(is_lost=True, stopped=refused)) is None


@pytest.mark.parametrize(
    ("late_by", "at"),
    [
        ("1d", DEADLINE + DAY),
        ("90m", DEADLINE + 1.5 * HOUR),
        ("1bd", DEADLINE + 3 * DAY),  # Monday
        ("6bd", DEADLINE + 10 * DAY),
    ],
)
def test_a_tier_is_reached_at_its_threshold_and_not_before(late_by, at):
    rules = policy({"late_by": late_by, "bonus": THREE})
    assert thresholds(rules, truth(), LATVIA) == [at]
    assert due(rules, truth(), at) == (0, 300)
    assert due(rules, truth(), at - timedelta(seconds=1)) is None


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ({"starts": "2026-11-19", "ends": "2026-11-20"}, None),
        ({"starts": "2026-11-21", "ends": "2026-11-30"}, (1, 500)),
        ({"starts": "2026-11-19", "ends": "2026-11-21", "countries": ["LV", "EE"]}, None),
        ({"starts": "2026-11-19", "ends": "2026-11-21", "countries": ["EE"]}, (1, 500)),
    ],
)
def test_in_a_storm_nobody_is_late(period, expected):
    rules = policy(force_majeure=[{**period, "reason": "storm"}])
    assert due(rules, truth(3 * DAY)) == expected


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"tiers": []}, "needs 'tiers' or"),
        ({"surprise": 1}, "Extra inputs"),
        ({"tiers": [{"late_by": "1d", "bonus": {"kind": "code", "amount": "-3.00"}}]}, "pattern"),
        ({"tiers": [{"late_by": "1d", "bonus": {"kind": "code", "amount": "0.00"}}]}, "apology"),
        ({"tiers": [{"late_by": "1d", "bonus": {"kind": "code"}}]}, "needs one of"),
        ({"tiers": [{"late_by": "1w", "bonus": THREE}]}, "is no span"),
        ({"tiers": [{"late_by": "900d", "bonus": THREE}]}, "longer than a year"),
        ({"tiers": [{"bonus": THREE}]}, "needs one of 'late_by'"),
        ({"tiers": [{"late_by": "3d", "bonus": FIVE}, {"late_by": "1d", "bonus": THREE}]}, "later"),
        ({"tiers": [{"late_by": "1d", "bonus": FIVE}, {"late_by": "3d", "bonus": THREE}]}, "less"),
        (
            {"tiers": [{"late_by": "1d", "bonus": THREE}, {"late_by": "2bd", "bonus": FIVE}]},
            "hours",
        ),
        ({"tiers": [{"lost": True, "bonus": FIVE}, {"late_by": "1d", "bonus": FIVE}]}, "said once"),
        ({"currency": "euro"}, "pattern"),
        ({"caps": {"shipment": "much"}}, "pattern"),
        ({"force_majeure": [{**STORM, "countries": ["lv"]}]}, "pattern"),
        ({"force_majeure": [{**STORM, "ends": "2026-01-01"}]}, "later than 'ends'"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(fields, why):
    with pytest.raises(ValueError, match=why):
        policy(**fields)


CENTS = st.integers(0, 2_000)
OWED = st.one_of(
    st.none(), st.builds(Owed, st.integers(0, 3), CENTS, st.sampled_from(list(BonusKind)))
)


class Purse:
    """Carries moves out as the store will, and the shopper uses some of it."""

    def __init__(self) -> None:
        self.granted: dict[int, Granted] = {}

    @property
    def total(self) -> int:
        return sum(each.cents for each in self.granted.values())

    @property
    def used(self) -> int:
        return sum(each.used for each in self.granted.values())

    def settle(self, due: Owed | None, room: Room = Room()) -> list:  # noqa: B008 - it is a constant
        found = list(moves(due, list(self.granted.values()), room))
        for each in found:
            sign = 1 if isinstance(each, Grant) else -1
            before = self.granted.get(each.tier, Granted(each.tier, 0))
            self.granted[each.tier] = before._replace(cents=before.cents + sign * each.cents)
        return found

    def use(self, part: float) -> None:
        for tier, each in self.granted.items():
            self.granted[tier] = each._replace(
                used=each.used + int((each.cents - each.used) * part)
            )


@settings(max_examples=300)
@given(st.lists(st.tuples(OWED, st.floats(0, 1), st.integers(1, 3)), max_size=12), OWED)
def test_whatever_was_thought_before_the_last_truth_is_what_is_granted(thought, last):
    purse = Purse()
    for due_then, part, times in thought:
        for _ in range(times):
            purse.settle(due_then)
        assert purse.settle(due_then) == [], "again is nothing"
        purse.use(part)
    purse.settle(last)
    expected = last.cents if last else 0
    assert purse.total == max(expected, purse.used), "used is kept, and nothing else beside"
    assert all(0 <= each.used <= each.cents for each in purse.granted.values())


@settings(max_examples=200)
@given(st.lists(OWED, max_size=10), CENTS, CENTS)
def test_no_more_is_granted_than_there_is_room(thought, shopper, budget):
    purse = Purse()
    for due_then in thought:
        room = Room(shopper - purse.total, budget - purse.total, alone=400)
        for each in moves(due_then, list(purse.granted.values()), room):
            more = each.cents if isinstance(each, Grant) else 0
            if more and purse.total + more > min(budget, 400):
                assert each.waits is not None
        purse.settle(due_then, room)
        assert purse.total <= shopper


def test_a_higher_tier_tops_up():
    purse = Purse()
    purse.settle(Owed(0, 300, BonusKind.CODE))
    assert purse.settle(Owed(1, 500, BonusKind.CODE)) == [Grant(1, 200, BonusKind.CODE)]
    assert purse.total == 500
