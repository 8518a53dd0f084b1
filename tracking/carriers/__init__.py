"""The registry: every carrier that Klāt reads, by its code. To add one: a file and a line here."""

from collections.abc import Mapping
from types import MappingProxyType

from tracking.carriers import (
    aftership,
    bpost,
    dhl,
    dpd,
    easypost,
    fedex,
    gls,
    inpost,
    klat,
    omniva,
    posti,
    shippo,
    unisend,
    ups,
    upu,
    venipak,
)
from tracking.carriers.base import Carrier

_COURIERS = {
    module.CARRIER.code: module.CARRIER
    for module in (
        *(omniva, venipak, unisend, posti, inpost, upu),
        *(dpd, dhl, gls, ups, fedex, bpost),
        *(easypost, aftership, shippo),  # these speak for other carriers
    )
}

CARRIERS: Mapping[str, Carrier] = MappingProxyType(
    {**_COURIERS, "klat": klat.carrier_of(_COURIERS.get)}
)

READERS = frozenset(_COURIERS)
"""The codes of those with a format of their own; "klat" speaks for any carrier."""


def carrier(code: str) -> Carrier | None:
    return CARRIERS.get(code)
