"""Who we are, told to a push service (RFC 8292): one token for each service, used until it ends."""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02
from yarl import URL

_VALID: Final = timedelta(hours=12)  # at most 24 h are allowed, and clocks differ
_SPARE: Final = timedelta(hours=1)
_MOST: Final = 100  # services remembered; there are few, but anybody may name one


class VapidTokens:
    """`contact` is a mailto: or https: address for the services' operators."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, contact: str) -> None:
        self._vapid, self._contact = Vapid02(key), contact
        self._kept: OrderedDict[str, tuple[str, datetime]] = OrderedDict()

    def authorization(self, endpoint: str, now: datetime) -> str:
        """The header for this endpoint's service."""
        service = str(URL(endpoint).origin())
        kept = self._kept.get(service)
        if kept is None or not now <= kept[1] - _SPARE <= now + _VALID:
            kept = self._kept[service] = self._signed(service, now + _VALID), now + _VALID
        self._kept.move_to_end(service)
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return kept[0]

    def _signed(self, service: str, until: datetime) -> str:
        claims = {"aud": service, "exp": int(until.timestamp()), "sub": self._contact}
        signed: str = self._vapid.sign(claims)["Authorization"]
        return signed
