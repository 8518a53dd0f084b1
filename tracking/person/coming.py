"""What carriers tell of parcels that were erased: it is kept without whoever it names."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from schemas.shipment import shipment_id
from tracking.domain.anonymous import (
    Identity,
    anonymous_identity,
    anonymous_scan,
    is_of_erased,
)
from tracking.incoming import Incoming
from tracking.numbers import Number
from tracking.store.raw import RawPayload


def without_erased(
    numbers: Mapping[UUID, Number], raw: Sequence[RawPayload]
) -> Sequence[RawPayload]:
    """Changes the scans of these locked numbers; returns the payloads that speak of others only."""
    gone: set[bytes | None] = set()
    for number in numbers.values():
        erased = [journey for journey, row in number.known.items() if row.is_erased]
        if erased:
            gone |= _anonymise(number, erased)
    return [each for each in raw if each.digest not in gone]


def _anonymise(number: Number, erased: Sequence[int]) -> set[bytes | None]:
    """The digests of the payloads in which its scans came."""
    journeys = {journey: row.journey for journey, row in number.known.items()}
    came = [*number.scans.values(), *number.rivals]
    named = [each for each in came if is_of_erased(each.received.scan, journeys, erased)]
    number.scans, number.rivals = {}, []
    for each in came:
        number.add(anonymous(each) if each in named else each)
    return {each.raw_digest for each in named}


def anonymous(each: Incoming) -> Incoming:
    """Under the key that it has in the store since its parcel was erased."""
    scan = anonymous_scan(each.received.scan)
    key, digest = anonymous_identity(Identity(each.received.key, each.digest), scan)
    return Incoming(each.received._replace(scan=scan, key=key), digest)


def parcels_of(scans: Iterable[Incoming]) -> Mapping[bytes, set[UUID]]:
    """Of which parcels each payload speaks, repeats included: journey 1 stands for the number."""
    found: dict[bytes, set[UUID]] = defaultdict(set)
    for each in scans:
        if each.raw_digest is not None:
            scan = each.received.scan
            found[each.raw_digest].add(shipment_id(scan.carrier, scan.tracking_number))
    return found
