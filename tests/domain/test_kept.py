"""Other rules lower nothing that was granted, and may raise it; the truth lowers it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.compensation import CompensationState
from schemas.policy import BonusKind
from tracking.domain.compensation import Owed, Room
from tracking.domain.kept import kept
from tracking.domain.ledger import Entry, settle

CODE, APOLOGY = BonusKind.CODE, BonusKind.APOLOGY
ISSUED, PROPOSED = CompensationState.ISSUED, CompensationState.PROPOSED
THREE = Entry(0, CODE, 300, ISSUED)


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (Owed(0, 200, CODE), Owed(0, 300, CODE), 300),  # it was lowered by rules
        (None, Owed(0, 300, CODE), 300),
        (Owed(0, 0, APOLOGY), Owed(0, 300, CODE), 300),
        (Owed(0, 400, CODE), Owed(0, 300, CODE), 400),  # rules may raise it
        (Owed(1, 400, CODE), Owed(1, 500, CODE), 400),  # what they never granted is not owed
        (Owed(0, 200, CODE), None, 200),  # by the truth nothing is owed any more
        (None, None, None),
    ],
)
def test_what_was_granted_stands_as_long_as_its_rules_owe_it(now, before, expected):
    due = kept(now, [before], [THREE])
    assert (due and due.cents) == expected


def test_what_waits_for_a_yes_was_told_to_nobody():
    waiting = Entry(0, CODE, 300, PROPOSED)
    assert kept(Owed(0, 200, CODE), [Owed(0, 300, CODE)], [waiting]) == Owed(0, 200, CODE)


def test_what_waits_gives_back_before_what_was_granted():
    entries = [Entry(0, CODE, 300, PROPOSED), Entry(1, CODE, 200, ISSUED)]
    (moved,) = settle(Owed(1, 200, CODE), entries, Room())
    assert (moved.tier, moved.cents) == (0, 0)


class Ledger:
    """A parcel judged by versions of rules. `owing`: what each owes by the truth of now; the last
    one holds. Each row keeps the version that has granted what is in it, as `judge` does.
    """

    def __init__(self) -> None:
        self.entries: dict[int, Entry] = {}
        self.versions: dict[int, int] = {}

    @property
    def granted(self) -> int:
        return sum(each.granted for each in self.entries.values())

    @property
    def used(self) -> int:
        return sum(each.used for each in self.entries.values())

    def told(self) -> set[int]:
        entries = self.entries.values()
        return {self.versions[each.tier] for each in entries if each.state is not PROPOSED}

    def owed(self, truth: list[Owed | None]) -> int:
        """By those that have granted something."""
        dues = [truth[each] for each in self.told()]
        return max([each.cents for each in dues if each], default=0)

    def judge(self, owing: list[Owed | None], room: Room) -> list[Entry]:
        entries, held = list(self.entries.values()), len(owing) - 1
        before = [owing[each] for each in self.told()]
        changed = settle(kept(owing[held], before, entries), entries, room)
        for each in changed:
            was = self.entries.get(each.tier)
            if was is None or not 0 < was.granted >= each.granted:
                self.versions[each.tier] = held
            self.entries[each.tier] = each
        return changed

    def use(self, part: float) -> None:
        for tier, each in self.entries.items():
            if each.state is ISSUED:
                used = each.used + int((each.cents - each.used) * part)
                self.entries[tier] = Entry(tier, CODE, each.cents, ISSUED, used, each.reason)


VERSIONS = 3
CENTS = st.integers(1, 1_000)
OWED = st.one_of(st.none(), st.builds(Owed, st.integers(0, 2), CENTS, st.just(CODE)))
TRUTH = st.lists(OWED, min_size=VERSIONS, max_size=VERSIONS)  # what each version owes by it
STEPS = st.lists(st.tuples(TRUTH, st.integers(1, VERSIONS), st.floats(0, 0.9)), max_size=8)
ROOMS = st.sampled_from([Room(), Room(alone=400), Room(shopper=250), Room(budget=300)])


@settings(max_examples=400)
@given(STEPS, TRUTH, ROOMS)
def test_no_version_lowers_what_another_has_granted(steps, last, room):
    ledger, loaded = Ledger(), 1
    for truth, version, part in [*steps, (last, VERSIONS, 0.0)]:
        ledger.judge(truth[:loaded], room)
        owe = ledger.owed(truth)
        before, loaded = ledger.granted, max(loaded, version)
        ledger.judge(truth[:loaded], room)
        assert ledger.granted >= min(before, owe), "other rules lower nothing"
        assert ledger.judge(truth[:loaded], room) == [], "again is nothing"
        ledger.use(part)
    now = last[-1].cents if last[-1] else 0
    most = max(now, ledger.owed(last), ledger.used)
    assert ledger.granted <= most, "nothing that nobody's rules owe"
    if room == Room():
        assert ledger.granted >= max(now, ledger.used), "what the rules of now owe"
