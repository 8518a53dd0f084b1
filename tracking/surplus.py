"""A cap on the scans of one number: a courier's endless loop must not make every fold dear.

Within the cap nothing depends on the order of arrival. Beyond it the first ones that come stand and
the others are counted in quarantine, so which of them are told depends on who came first. Numbers
that change seldom and by little are not counted, so nearly twice as many may stand.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from schemas.scan import Scan
from schemas.status import TERMINAL
from tracking.incoming import Incoming
from tracking.numbers import Number
from tracking.store.quarantine import Quarantined
from tracking.store.shipments import homes_of_scans
from tracking.store.surplus import count_scans

CAP = 1000  # scans of a number within MEMORY, all its journeys together
MEMORY = timedelta(days=60)  # since their receipt: whoever has the number next year has room again
RESERVE = 100  # more, for what ends a story or takes something back
# Each batch with news is a version, so 44 scans in the first, 43 in the second … 1 in the 44th are
# 990 in all: below this sum of versions and coming scans nobody needs to count.
_SUSPECT = 45


async def set_aside_surplus(
    conn: asyncpg.Connection, numbers: Mapping[UUID, Number], now: datetime
) -> list[Quarantined]:
    """Take out of the locked numbers what there is no room for; call it before scans are kept."""
    suspects = [number for number in numbers.values() if _may_be_full(number)]
    if not suspects:
        return []
    ids = [key for number in suspects for key in number.ids()]
    standing = await count_scans(conn, ids, now - MEMORY)
    homes = await homes_of_scans(conn, ids, [key for each in suspects for key in each.scans])
    refused: list[Quarantined] = []
    for number in suspects:
        known = set().union(*(homes[key] for key in number.ids()))
        stand = sum(standing.get(key, 0) for key in number.ids())
        refused += _set_aside(number, known, stand)
    return refused


def _may_be_full(number: Number) -> bool:
    versions = sum(row.journey.version for row in number.known.values())
    return versions + len(number.scans) + len(number.rivals) >= _SUSPECT


def _set_aside(number: Number, known: AbstractSet[bytes], standing: int) -> list[Quarantined]:
    new = [each for key, each in number.scans.items() if key not in known]
    refused = surplus(standing, [*new, *number.rivals])
    _leave_out(number, refused)
    return [
        Quarantined.too_many_scans(
            number.carrier,
            number.tracking_number,
            each.received.scan.model_dump_json(exclude_defaults=True).encode(),
            CAP,
        )
        for each in refused
    ]


def _leave_out(number: Number, refused: Sequence[Incoming]) -> None:
    """What has room under an event id takes the place of what has none."""
    gone = {id(each) for each in refused}
    number.scans = {key: each for key, each in number.scans.items() if id(each) not in gone}
    rivals, number.rivals = number.rivals, []
    for each in rivals:
        if id(each) not in gone and number.scans.setdefault(each.received.key, each) is not each:
            number.rivals.append(each)


def surplus(standing: int, new: Iterable[Incoming]) -> Sequence[Incoming]:
    """Of these new scans those without room, where so many stand; the first received go first."""
    refused: list[Incoming] = []
    for each in sorted(new, key=lambda one: one.order):
        limit = CAP + RESERVE if _matters(each.received.scan) else CAP
        if standing < limit:
            standing += 1
        else:
            refused.append(each)
    return refused


def _matters(scan: Scan) -> bool:
    """What a shopper must still learn of a parcel that was told of a thousand times."""
    return scan.status in TERMINAL or scan.retracts is not None
