"""What becomes of a parcel's cases when somebody writes, answers, solves or hands over. Pure.

One matter is one case: who writes again about the same topic is in the same case as long as it is
not solved, and afterwards in one that follows it. Nobody has to say it twice, and who comes back is
counted as such.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from schemas.case import CaseState, Opener, Topic
from schemas.notice import Channel

REPEAT_WITHIN: Final = timedelta(days=14)  # after it was solved, it is the same matter again


@dataclass(frozen=True, slots=True)
class Case:
    """Fields as the columns of `support_case`. Instants are aware.

    `contacts`: how often the shopper wrote or called. `answered_at`: the first answer ever, also
    where the case was opened again. `reply_by` None: the answer is read on the page.
    `waits_since` None: nobody waits. It stays where the shopper writes again: that costs no turn.
    """

    shipment_id: UUID
    case_id: UUID
    merchant_id: UUID
    topic: Topic
    opened_by: Opener
    state: CaseState
    language: str
    reply_by: Channel | None
    contacts: int
    follows: UUID | None
    assigned_to: UUID | None
    opened_at: datetime
    asked_at: datetime
    answered_at: datetime | None
    solved_at: datetime | None
    changed_at: datetime
    waits_since: datetime | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks, without the words. `case_id`: of the case, should it be a new one.

    `proven` False: whoever asks has the link only, which may have been passed on.
    """

    shipment_id: UUID
    case_id: UUID
    merchant_id: UUID
    topic: Topic
    opened_by: Opener
    language: str
    reply_by: Channel | None
    proven: bool = True


def asked(cases: Iterable[Case], by: Asked, now: datetime) -> Case:
    """The case that it belongs to, as it stands then."""
    of_topic = [each for each in cases if each.topic is by.topic]
    going_on = [each for each in of_topic if each.state is not CaseState.SOLVED]
    if going_on:
        return _joined(max(going_on, key=_newest), by, now)
    before = max(of_topic, key=_newest, default=None)
    return _opened(by, before.case_id if before and _is_repeat(before, now) else None, now)


def _newest(case: Case) -> tuple[datetime, UUID]:
    return case.opened_at, case.case_id


def _is_repeat(before: Case, now: datetime) -> bool:
    return before.solved_at is not None and now - before.solved_at <= REPEAT_WITHIN


def _joined(case: Case, by: Asked, now: datetime) -> Case:
    """Open again where it was answered; of those who are proven the latest wish for the answer
    holds.
    """
    return replace(
        case,
        state=CaseState.OPEN,
        language=by.language if by.proven else case.language,
        reply_by=by.reply_by if by.proven else case.reply_by,
        contacts=case.contacts + 1,
        asked_at=max(case.asked_at, now),
        changed_at=max(case.changed_at, now),
        waits_since=case.waits_since or now,
    )


def _opened(by: Asked, follows: UUID | None, now: datetime) -> Case:
    return Case(
        shipment_id=by.shipment_id,
        case_id=by.case_id,
        merchant_id=by.merchant_id,
        topic=by.topic,
        opened_by=by.opened_by,
        state=CaseState.OPEN,
        language=by.language,
        reply_by=by.reply_by,
        contacts=1,
        follows=follows,
        assigned_to=None,
        opened_at=now,
        asked_at=now,
        answered_at=None,
        solved_at=None,
        changed_at=now,
        waits_since=now,
    )


def answered(case: Case, by: UUID, now: datetime) -> Case:
    """Somebody of the staff answers: it waits for the shopper, also where it was solved before.

    Whoever answers what nobody had taken has it from then on.
    """
    return replace(
        case,
        state=CaseState.ANSWERED,
        assigned_to=case.assigned_to or by,
        answered_at=case.answered_at or now,
        solved_at=None,
        changed_at=max(case.changed_at, now),
        waits_since=None,
    )


def solved(case: Case, by: UUID, now: datetime) -> Case:
    """Done. What was told on the telephone was answered then, without a written word."""
    if case.state is CaseState.SOLVED:
        return case
    was_on_the_line = case.opened_by is Opener.STAFF
    return replace(
        case,
        state=CaseState.SOLVED,
        assigned_to=case.assigned_to or by,
        answered_at=case.answered_at or (now if was_on_the_line else None),
        solved_at=now,
        changed_at=max(case.changed_at, now),
        waits_since=None,
    )


def reopened(case: Case, now: datetime) -> Case:
    """It was not done after all. It is no contact: the shopper waits since they last wrote."""
    if case.state is CaseState.OPEN:
        return case
    return replace(
        case,
        state=CaseState.OPEN,
        solved_at=None,
        changed_at=max(case.changed_at, now),
        waits_since=case.asked_at,
    )


def assigned(case: Case, to: UUID | None, now: datetime) -> Case:
    """Handed to a colleague, or to nobody in particular.

    What was answered waits again, from now on: there is something left to do in it, and only what
    waits is found. It is no contact, and the first answer stays the first.
    """
    if case.state is CaseState.ANSWERED:
        case = replace(case, state=CaseState.OPEN, waits_since=now)
    elif case.assigned_to == to:
        return case
    return replace(case, assigned_to=to, changed_at=max(case.changed_at, now))
