"""Klāt's own format: what a courier without one posts, and every locker. Pure."""

import json
from collections.abc import Mapping
from dataclasses import asdict

from tracking.local.simulate.places import Place
from tracking.local.simulate.story import Happening, Parcel


def event(parcel: Parcel, happening: Happening, said: Mapping[str, str]) -> bytes:
    """The event; `said` is its status, reason, handover, code or retraction."""
    place = happening.place
    body = {
        "event_id": f"{parcel.number}/{happening.moment}/{happening.at:%Y%m%dT%H%M%S}",
        "carrier": parcel.carrier,
        "tracking_number": parcel.number,
        "occurred_at": happening.at.isoformat(),
        **said,
        **happening.details,
        **({"location": _location(place)} if place else {}),
    }
    return json.dumps(body, ensure_ascii=False, default=str).encode()


def _location(place: Place) -> dict[str, object]:
    return {name: value for name, value in asdict(place).items() if value is not None}
