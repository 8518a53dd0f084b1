"""The registry: every carrier that Klāt reads, by its code. To add one: a file and a line here."""

from collections.abc import Mapping
from types import MappingProxyType

from tracking.carriers import inpost, klat, omniva, posti, unisend, upu, venipak
from tracking.carriers.base import Carrier

_COURIERS = {
    module.CARRIER.code: module.CARRIER for module in (omniva, venipak, unisend, posti, inpost, upu)
}

CARRIERS: Mapping[str, Carrier] = MappingProxyType(
    {**_COURIERS, "klat": klat.carrier_of(_COURIERS.get)}
)


def carrier(code: str) -> Carrier | None:
    return CARRIERS.get(code)
