"""The compensations of a parcel, one for each tier, and every move that they may make. Pure.

`settle` moves them to what is owed now; `approve`, `refuse`, `redeem` and `carried_out` are what
people, the shop's checkout and its endpoint do. Whatever is no legal move is not made.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from schemas.compensation import LEGAL, CompensationState
from schemas.policy import BonusKind
from tracking.domain.compensation import Grant, Granted, Owed, Revoke, Room, Waits, moves

_S = CompensationState
_REFUSABLE: Final = frozenset({_S.PROPOSED, _S.APPROVED, _S.ISSUED})
_SETTLED: Final = frozenset({_S.REFUSED, _S.FAILED})
NOT_OWED: Final = "not_owed"
"""Of what is left nothing was owed: what is not used was taken back."""
CARRIED_OUT_THERE: Final = frozenset({BonusKind.REFUND, BonusKind.POINTS})
"""Kinds for which the shop's own endpoint does what is to be done."""


class IllegalMove(ValueError):  # noqa: N818 - named for what was asked
    """No compensation of this state may go there."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a tier grants, in cents, and what of it cannot be taken back: redeemed, or carried out.

    `reason`: why it stands as it does, where that is not plain. `barred`: so much more is owed by
    it and not granted. `in_hand`: of what is used, what the shop's endpoint is being asked to do.
    """

    tier: int
    kind: BonusKind
    cents: int
    state: CompensationState
    used: int = 0
    reason: str | None = None
    barred: int = 0
    in_hand: int = 0

    @property
    def granted(self) -> int:
        """Money that the shopper has or will have without anybody's yes."""
        return 0 if self.state is _S.PROPOSED else self.committed

    @property
    def committed(self) -> int:
        """The same, with what somebody may still say yes to."""
        return self.used if self.state in _SETTLED else self.cents


def settle(owed: Owed | None, entries: Sequence[Entry], room: Room) -> list[Entry]:
    """Those that change, as they are afterwards.

    What was refused, or could not be carried out, is not tried in another way. What is in hand is
    left until it is known whether it was done.
    """
    known = {each.tier: each for each in entries}
    changed: dict[int, Entry] = {}
    for move in moves(owed, [_as_granted(each) for each in entries], room):
        before = known.get(move.tier)
        after = _granted(before, move) if isinstance(move, Grant) else _revoked(before, move)
        if after is not None:
            changed[move.tier] = after
    for each in _apologies(owed, known):
        changed.setdefault(each.tier, each)
    return [_legal(known.get(tier), each) for tier, each in sorted(changed.items())]


def _as_granted(entry: Entry) -> Granted:
    """To what was settled otherwise nobody adds, and nothing of it is given back."""
    barred = entry.barred + entry.cents - entry.committed
    return Granted(entry.tier, entry.committed, entry.used, barred, entry.state is _S.PROPOSED)


def _granted(before: Entry | None, move: Grant) -> Entry | None:
    if before is None or (before.state is _S.REVOKED and move.cents > 0):
        return _new(move)
    if before.state in _SETTLED or before.in_hand:
        return None
    barred = before.barred + move.barred
    if move.cents == 0 or (move.waits and before.state is not _S.PROPOSED):
        # Who has a part of a tier cannot wait for another part of it: it is said, and left.
        return replace(before, barred=barred + move.cents, reason=move.waits or Waits.CAP)
    whole = before.cents + move.cents
    if before.state is _S.PROPOSED:
        return replace(before, cents=whole, barred=barred)
    reason = Waits.CAP if move.barred else None
    state = _first_state(before.kind)
    return replace(before, cents=whole, barred=barred, state=state, reason=reason)


def _new(move: Grant) -> Entry:
    if move.cents == 0:
        return Entry(move.tier, move.kind, 0, _S.REFUSED, reason=Waits.CAP, barred=move.barred)
    state = _S.PROPOSED if move.waits else _first_state(move.kind)
    reason = move.waits or (Waits.CAP if move.barred else None)
    return Entry(move.tier, move.kind, move.cents, state, reason=reason, barred=move.barred)


def _first_state(kind: BonusKind) -> CompensationState:
    return _S.APPROVED if kind in CARRIED_OUT_THERE else _S.ISSUED


def _revoked(before: Entry | None, move: Revoke) -> Entry:
    assert before is not None  # only what is granted is revoked
    left = before.cents - move.cents
    state = _S.REVOKED if left == 0 else _used_state(before, left)
    reason = NOT_OWED if left == before.used else before.reason
    return replace(before, cents=left, state=state, reason=reason)


def _used_state(before: Entry, cents: int) -> CompensationState:
    """Of what is left after some was taken back."""
    if cents > before.used or before.state is _S.PROPOSED:
        return before.state
    return _S.ISSUED if before.kind in CARRIED_OUT_THERE else _S.REDEEMED


def _apologies(owed: Owed | None, known: Mapping[int, Entry]) -> Iterator[Entry]:
    """Words cost nothing: they are said where nothing else is, and taken back with the rest."""
    is_owed = owed is not None and owed.kind is BonusKind.APOLOGY
    if is_owed and owed is not None:
        before = known.get(owed.tier)
        if before is None or before.state is _S.REVOKED:
            yield Entry(owed.tier, BonusKind.APOLOGY, 0, _S.ISSUED)
    for each in known.values():
        said = each.kind is BonusKind.APOLOGY and each.state is _S.ISSUED
        if said and owed is None:
            yield replace(each, state=_S.REVOKED, reason=NOT_OWED)


def approve(entry: Entry) -> Entry:
    """Somebody says yes. Raises IllegalMove."""
    if entry.state is not _S.PROPOSED:
        raise IllegalMove(f"it is {entry.state}, and only what is proposed can be approved")
    return _legal(entry, replace(entry, state=_first_state(entry.kind), reason=None))


def refuse(entry: Entry, why: str) -> Entry:
    """Somebody says no; of what was granted, what is not used is taken back. Final.

    Raises IllegalMove.
    """
    if entry.in_hand or entry.state not in _REFUSABLE or entry.used == entry.cents > 0:
        raise IllegalMove(f"it is {entry.state}, and nothing of it can be taken back")
    if entry.used == 0:
        return _legal(entry, replace(entry, state=_S.REFUSED, reason=why))
    barred = entry.barred + entry.cents - entry.used
    state = _used_state(entry, entry.used)
    after = replace(entry, cents=entry.used, barred=barred, state=state, reason=NOT_OWED)
    return _legal(entry, after)


def taken_in_hand(entry: Entry) -> Entry:
    """The shop's endpoint is being asked: whether it was done is not known until it answers."""
    _refuse_unless_approved(entry)
    return replace(entry, used=entry.cents, in_hand=entry.cents - entry.used)


def carried_out(entry: Entry) -> Entry:
    """It was done, by the endpoint or by hand. Raises IllegalMove."""
    _refuse_unless_approved(entry)
    after = replace(entry, state=_S.ISSUED, used=entry.cents, in_hand=0, reason=None)
    return _legal(entry, after)


def failed(entry: Entry, why: str) -> Entry:
    """The shop's endpoint does not do what was in hand. Raises IllegalMove."""
    _refuse_unless_approved(entry)
    used = entry.used - entry.in_hand
    return _legal(entry, replace(entry, state=_S.FAILED, used=used, in_hand=0, reason=why))


def try_again(entry: Entry) -> Entry:
    """Somebody has mended the shop's endpoint. Raises IllegalMove."""
    if entry.state is not _S.FAILED:
        raise IllegalMove(f"it is {entry.state}, and only what has failed is tried again")
    return _legal(entry, replace(entry, state=_S.APPROVED, reason=None))


def _refuse_unless_approved(entry: Entry) -> None:
    if entry.state is not _S.APPROVED:
        raise IllegalMove(f"it is {entry.state}, and nothing was to be carried out")


def left_of(entries: Sequence[Entry]) -> int:
    """What a bonus code is still worth, in cents."""
    return sum(each.cents - each.used for each in entries if _is_code(each))


def is_taken_back(entries: Sequence[Entry]) -> bool:
    """Nothing of a bonus code is left, as it was not owed or somebody said no."""
    return all(each.reason == NOT_OWED or each.state is _S.REFUSED for each in entries)


def used_of(entries: Sequence[Entry]) -> int:
    """What of a bonus code was used, in cents."""
    return sum(each.used for each in entries if each.kind is BonusKind.CODE)


def redeem(entries: Sequence[Entry], cents: int) -> list[Entry]:
    """Those that change when so much is used: earlier tiers first. Raises IllegalMove."""
    if cents > left_of(entries):
        raise IllegalMove("there is not so much left")
    changed = []
    for each in sorted(filter(_is_code, entries), key=lambda one: one.tier):
        part = min(cents, each.cents - each.used)
        if part > 0:
            used = each.used + part
            state = _S.REDEEMED if used == each.cents else _S.ISSUED
            changed.append(_legal(each, replace(each, used=used, state=state)))
            cents -= part
    return changed


def _is_code(entry: Entry) -> bool:
    return entry.kind is BonusKind.CODE and entry.state in {_S.ISSUED, _S.REDEEMED}


def _legal(before: Entry | None, after: Entry) -> Entry:
    came_from = before.state if before else None
    if after.state not in LEGAL[came_from]:
        raise IllegalMove(f"from {came_from} to {after.state}")
    return after
