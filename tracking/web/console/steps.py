"""What to do next for a parcel, the most pressing first: read from its life as it stands. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from schemas.api import NoticeBody
from schemas.case import CaseState
from schemas.compensation import CompensationState
from schemas.notice import MAY_HAVE_ARRIVED, NoticeState, Occasion
from schemas.promise import Slip
from schemas.status import Status
from tracking.web.console.life import Life
from tracking.web.console.trouble import TROUBLE_AT, trouble
from tracking.words.catalog import N_

_TOLD: Final = frozenset(
    {
        Occasion.READY_FOR_PICKUP,
        Occasion.PICKUP_HALF_TIME,
        Occasion.PICKUP_LAST_DAY,
        Occasion.PICKUP_LAST_HOURS,
    }
)
_SOON: Final = timedelta(days=1)
_LONG: Final = timedelta(days=2)
_MOST: Final = 3
NOTHING: Final = N_("Nothing has to be done.")
UNREGISTERED: Final = N_("No shop has registered this parcel: nobody is told and nothing is owed.")
NOBODY: Final = N_("Nobody can be told: the shop gave no phone and no e-mail.")
NOT_TOLD: Final = N_("It waits, and no message about that arrived. Tell the shopper now.")
UNREAD: Final = N_(
    "It has waited for two days, and nothing says that the code arrived. Send it again."
)
LAST_DAY: Final = N_("It waits, and the time to collect it is over within a day.")
OVER: Final = N_("The time to collect it is over. Ask the carrier whether it is still there.")
ASKED: Final = N_("The shopper waits for an answer.")
NOT_REACHED: Final = N_("The answer did not arrive. Send it by another way, or call.")
WAITS_FOR_YES: Final = N_("A bonus waits for a yes.")
FAILED: Final = N_("The shop's system did not carry out a compensation. The shop has to look.")
LATE: Final = N_("It is late, and nothing was paid. The reason stands under Compensation.")
UNKNOWN_CODE: Final = N_("The carrier reported something that nobody mapped. The operator can.")
WHERE: Final[Mapping[str, str]] = {
    **TROUBLE_AT,
    NOT_TOLD: "say",
    UNREAD: "say",
    OVER: "facts",
    ASKED: "cases",
    NOT_REACHED: "cases",
    NOBODY: "people",
    LATE: "money",
    WAITS_FOR_YES: "money",
}
"""In which part of the page a step is done."""


def next_steps(life: Life, now: datetime) -> list[str]:
    """Texts to be translated, at most three; never empty."""
    return list(islice(_all(life, now), _MOST)) or [NOTHING]


def _all(life: Life, now: datetime) -> Iterator[str]:
    if life.registration is None:
        yield UNREGISTERED
        return
    yield from _waiting(life, now)
    if any(each.case.state is CaseState.OPEN for each in life.threads):
        yield ASKED
    elif _was_not_reached(life):
        yield NOT_REACHED
    found = trouble(life, now)
    if found is not None:
        yield found
    states = {each.state for each in life.paid}
    if CompensationState.PROPOSED in states:
        yield WAITS_FOR_YES
    if CompensationState.FAILED in states:
        yield FAILED
    promise = life.promised.promise
    if promise is not None and promise.standing is Slip.BROKEN and life.why:
        yield LATE
    people = (life.contact.recipient, life.contact.buyer)
    if not any(person.phone or person.email for person in people if person):
        yield NOBODY
    if any(not entry.scan.recognised for entry in life.view.history):
        yield UNKNOWN_CODE


def _was_not_reached(life: Life) -> bool:
    """By the last answer that was sent."""
    answers = [each for each in life.notices if each.occasion is Occasion.CASE_REPLY]
    last = max(answers, key=lambda each: each.planned_at, default=None)
    return last is not None and last.state in {NoticeState.FAILED, NoticeState.DROPPED}


def _waiting(life: Life, now: datetime) -> Iterator[str]:
    state = life.row.state
    if state.status is not Status.READY_FOR_PICKUP:
        return
    until = state.pickup_until
    if until is not None and until <= now:
        yield OVER
        return
    told = [each for each in life.notices if each.occasion in _TOLD]
    if not any(each.state in MAY_HAVE_ARRIVED for each in told):
        yield NOT_TOLD
    if until is not None and until - now <= _SOON:
        yield LAST_DAY
    if _is_unread(life, told, now):
        yield UNREAD


def _is_unread(life: Life, told: Sequence[NoticeBody], now: datetime) -> bool:
    """Mails and pushes confirm nothing, and who looked at the page is not kept: so it is said only
    after a time in which most collect theirs.
    """
    since = life.row.state.since
    states = {each.state for each in told}
    is_said = bool(states & MAY_HAVE_ARRIVED) and NoticeState.DELIVERED not in states
    return is_said and life.view.has_pickup_code and since is not None and since + _LONG <= now
