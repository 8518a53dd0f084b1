"""What is true of a parcel and of whom it concerns, and what was decided before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from notifier.occasions import RULES, Parcel, Wanted
from notifier.quiet import Quiet
from notifier.rounds import By, in_round
from schemas.notice import Addressee, Channel, Key, Occasion, Told


@dataclass(frozen=True, slots=True)
class Reach:
    """How one person can be reached: of each channel why not, None where it can.

    `only_important`: by these ways the person wants to hear only what has to be acted on.
    `to_answer`: the same as `obstacles`, of the answer to a question of their own.
    """

    addressee: Addressee
    obstacles: Mapping[Channel, str | None]
    only_important: frozenset[Channel] = frozenset()
    to_answer: Mapping[Channel, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wishes:
    """By which ways the shop wants what said, where not by those of RULES; and when its shoppers
    sleep. An occasion without a way is not said at all.
    """

    ways: Mapping[Occasion, tuple[Channel, ...]] = field(default_factory=dict)
    quiet: Quiet = field(default_factory=Quiet)

    def of(self, occasion: Occasion) -> tuple[Channel, ...]:
        return self.ways.get(occasion, RULES[occasion].channels)


@dataclass(frozen=True, slots=True)
class Situation:
    parcel: Parcel
    reaches: Sequence[Reach]
    told: Mapping[Key, Told] = field(default_factory=dict)
    wishes: Wishes = field(default_factory=Wishes)

    def as_heard(self, want: Wanted, by: By, now: datetime) -> Wanted | None:
        """As it is to be said by this way; None where there is no reason, or it is old."""
        return in_round(want, by, self.parcel, self.told, now)
