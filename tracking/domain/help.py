"""Which questions the help of a parcel's page answers, and in which order. Pure.

The one that fits where the parcel stands comes first: who was told "delivered" and has nothing asks
something else than who waits at home.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from schemas.case import Topic
from schemas.status import Status

_BEFORE: Final = (Topic.WHERE_IS_IT, Topic.CHANGE_OF_ADDRESS, Topic.PACKAGING_RETURN)
_STOPPED: Final = (
    Topic.WHERE_IS_IT,
    Topic.CHANGE_OF_ADDRESS,
    Topic.DAMAGED,
    Topic.PACKAGING_RETURN,
)
_GOES_BACK: Final = (Topic.CHANGE_OF_ADDRESS, Topic.WHERE_IS_IT, Topic.PACKAGING_RETURN)
_ORDER: Final[Mapping[Status, Sequence[Topic]]] = {
    Status.PENDING: _BEFORE,
    Status.INFO_RECEIVED: _BEFORE,
    Status.ACCEPTED: _BEFORE,
    Status.IN_TRANSIT: _BEFORE,
    Status.OUT_FOR_DELIVERY: (
        Topic.CHANGE_OF_ADDRESS,
        Topic.WHERE_IS_IT,
        Topic.DAMAGED,
        Topic.PACKAGING_RETURN,
    ),
    Status.READY_FOR_PICKUP: (Topic.PICKUP, Topic.DAMAGED, Topic.PACKAGING_RETURN),
    Status.ATTEMPT_FAILED: (Topic.CHANGE_OF_ADDRESS, Topic.WHERE_IS_IT, Topic.PACKAGING_RETURN),
    Status.HELD: _STOPPED,
    Status.EXCEPTION: _STOPPED,
    Status.DELIVERED: (Topic.NOT_RECEIVED, Topic.DAMAGED, Topic.PACKAGING_RETURN),
    Status.RETURNING: _GOES_BACK,
    Status.RETURNED: _GOES_BACK,
    Status.CANCELLED: (Topic.WHERE_IS_IT, Topic.NOT_RECEIVED, Topic.PACKAGING_RETURN),
    Status.EXPIRED: (Topic.WHERE_IS_IT, Topic.NOT_RECEIVED, Topic.PACKAGING_RETURN),
}
ASKABLE: Final = (
    Topic.WHERE_IS_IT,
    Topic.CHANGE_OF_ADDRESS,
    Topic.NOT_RECEIVED,
    Topic.DAMAGED,
    Topic.PICKUP,
    Topic.PACKAGING_RETURN,
    Topic.BONUS,
    Topic.OTHER,
)
"""What a shopper may choose. Marks come from the survey."""


def questions(status: Status, *, has_bonus: bool = False) -> list[Topic]:
    """Three to five, the likeliest first."""
    return [*_ORDER[status], *([Topic.BONUS] if has_bonus else [])]


def topics_to_ask(status: Status, chosen: Topic | None = None, *, has_bonus: bool) -> list[Topic]:
    """All that may be asked, what was chosen first, then what fits."""
    likely = [*([chosen] if chosen in ASKABLE else []), *questions(status, has_bonus=has_bonus)]
    others = (each for each in ASKABLE if has_bonus or each is not Topic.BONUS)
    return list(dict.fromkeys([*likely, *others]))
