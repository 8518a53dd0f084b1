"""Who of the staff may what beside parcels: one table, for links, pages and docs/security.md."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from schemas.staff import StaffRole
from tracking.store.staff import Staff
from tracking.web.problem import HttpProblem, not_found
from tracking.words.catalog import N_

FOR_LEADS: Final = N_("This is for leads and admins. Ask one of them.")
FOR_ADMINS: Final = N_("This is for admins. Ask one of them.")
FOR_OPERATORS: Final = N_("This is for admins who see all shops. Ask one of them.")


class Part(StrEnum):
    """What there is to be set, in words of the address."""

    SETTINGS = "settings"
    POLICIES = "policies"
    REGISTRATIONS = "registrations"
    WEBHOOKS = "webhooks"
    KEYS = "keys"
    OPERATOR_KEYS = "operator-keys"
    QUARANTINE = "quarantine"


class Right(NamedTuple):
    """`of_all`: only for whose shops are all of them; the part is no shop's own."""

    roles: frozenset[StaffRole]
    of_all: bool = False


_LEADS: Final = frozenset({StaffRole.LEAD, StaffRole.ADMIN})
_ADMINS: Final = frozenset({StaffRole.ADMIN})
RIGHTS: Final[Mapping[Part, Right]] = {
    Part.SETTINGS: Right(_LEADS),
    Part.POLICIES: Right(_LEADS),
    Part.REGISTRATIONS: Right(_LEADS),
    Part.WEBHOOKS: Right(_ADMINS),
    Part.KEYS: Right(_ADMINS),
    Part.OPERATOR_KEYS: Right(_ADMINS, of_all=True),
    Part.QUARANTINE: Right(_ADMINS, of_all=True),
}
"""Of a shop: only for those who see it."""


def may(staff: Staff, part: Part) -> bool:
    """Of their own shops, or of none. Pure."""
    right = RIGHTS[part]
    return staff.role in right.roles and not (right.of_all and staff.shops is not None)


def sees_shop(staff: Staff, merchant_id: UUID) -> bool:
    return staff.shops is None or merchant_id in staff.shops


def refuse(staff: Staff, part: Part, merchant_id: UUID | None = None) -> None:
    """Raises a 404 problem for a shop that they do not see, then a 403 one for their role."""
    if merchant_id is not None and not sees_shop(staff, merchant_id):
        raise not_found()
    if may(staff, part):
        return
    right = RIGHTS[part]
    if right.of_all:
        raise HttpProblem(403, FOR_OPERATORS)
    raise HttpProblem(403, FOR_ADMINS if right.roles == _ADMINS else FOR_LEADS)


WAYS: Final = (
    ("shops", Part.SETTINGS, N_("Shops")),
    ("keys", Part.OPERATOR_KEYS, N_("Keys")),
    ("quarantine", Part.QUARANTINE, N_("Quarantine")),
)
"""Links of every page, below the console: for whom there is that part."""


def parts_of(staff: Staff) -> Iterator[Part]:
    """To which there are links."""
    return (part for part in Part if may(staff, part))
