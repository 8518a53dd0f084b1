"""A cap on the scans of one number: a courier's endless loop must not make every fold dear.

Within the cap nothing depends on the order of arrival. Beyond it the first ones that come stand and
the others are counted in quarantine, so which of them are told depends on who came first. Numbers
that change seldom and by little are not counted, so nearly twice as many may stand.

What ends a story has room of its own, also where only the operator's map says that it does. A code
that nobody has mapped yet has none: a loop may tell it as well as any other.
"""

from collections import ChainMap
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
from tracking.store.surplus import contents_of_scans, count_scans
from tracking.unknown import CodeMap, meanings_for, read_by_map

CAP = 1000  # scans of a number within MEMORY, all its journeys together
MEMORY = timedelta(days=60)  # since their receipt: whoever has the number next year has room again
RESERVE = 100  # more, for what ends a story or takes something back
# Each batch with news is a version, so 44 scans in the first, 43 in the second … 1 in the 44th are
# 990 in all: below this sum of versions and coming scans nobody needs to count.
_SUSPECT = 45

_Identity = tuple[bytes, bytes]  # the key of a scan, and the digest of its content
_Contents = ChainMap[bytes, bytes]  # the digest of what stands under each key


async def set_aside_surplus(
    conn: asyncpg.Connection, numbers: Mapping[UUID, Number], now: datetime
) -> list[Quarantined]:
    """Take out of the locked numbers what there is no room for; call it before scans are kept."""
    suspects = [number for number in numbers.values() if _may_be_full(number)]
    if not suspects:
        return []
    ids = [key for number in suspects for key in number.ids()]
    standing = await count_scans(conn, ids, now - MEMORY)
    new = await _new_scans(conn, suspects, ids)
    code_map = await meanings_for(conn, (one.received.scan for each in new for one in each))
    refused: list[Quarantined] = []
    for number, came in zip(suspects, new, strict=True):
        stand = sum(standing.get(key, 0) for key in number.ids())
        refused += _set_aside(number, surplus(stand, came, code_map))
    return refused


def _may_be_full(number: Number) -> bool:
    versions = sum(row.journey.version for row in number.known.values())
    return versions + len(number.scans) + len(number.rivals) >= _SUSPECT


async def _new_scans(
    conn: asyncpg.Connection, numbers: Sequence[Number], ids: Sequence[UUID]
) -> list[list[Incoming]]:
    """Of each number, what may be kept beside what is."""
    keys = [key for number in numbers for key in number.possible_keys()]
    contents = await contents_of_scans(conn, ids, keys)
    return [_new(each, ChainMap(*(contents[key] for key in each.ids()))) for each in numbers]


def _new(number: Number, kept: _Contents) -> list[Incoming]:
    """Each thing once, as it was received first."""
    came = sorted([*number.scans.values(), *number.rivals], key=lambda one: one.order, reverse=True)
    return list({_identity(each): each for each in came if not _is_kept(each, kept)}.values())


def _is_kept(each: Incoming, kept: _Contents) -> bool:
    """Under its event id, or by what it says where the id stands for something else.

    Of other contents under such an id some are kept and some are not (`keep_scans`); all count, or
    a loop that gives one id to everything would never be at the cap.
    """
    stands = kept.get(each.received.key)
    return stands is not None and (stands == each.digest or each.digest in kept)


def _identity(each: Incoming) -> _Identity:
    return each.received.key, each.digest


def _set_aside(number: Number, refused: Sequence[Incoming]) -> list[Quarantined]:
    _leave_out(number, {_identity(each) for each in refused})
    return [
        Quarantined.too_many_scans(
            number.carrier,
            number.tracking_number,
            each.received.scan.model_dump_json(exclude_defaults=True).encode(),
            CAP,
        )
        for each in refused
    ]


def _leave_out(number: Number, gone: AbstractSet[_Identity]) -> None:
    """What has room under an event id takes the place of what has none."""
    number.scans = {key: each for key, each in number.scans.items() if _identity(each) not in gone}
    rivals, number.rivals = number.rivals, []
    for each in rivals:
        if _identity(each) in gone:
            continue
        if number.scans.setdefault(each.received.key, each) is not each:
            number.rivals.append(each)


def surplus(standing: int, new: Iterable[Incoming], code_map: CodeMap) -> Sequence[Incoming]:
    """Of these new scans those without room, where so many stand; the first received go first."""
    refused: list[Incoming] = []
    for each in sorted(new, key=lambda one: one.order):
        limit = CAP + RESERVE if _matters(read_by_map(each.received.scan, code_map)) else CAP
        if standing < limit:
            standing += 1
        else:
            refused.append(each)
    return refused


def _matters(scan: Scan) -> bool:
    """What a shopper must still learn of a parcel that was told of a thousand times."""
    return scan.status in TERMINAL or scan.retracts is not None
