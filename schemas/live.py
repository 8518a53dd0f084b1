"""The live update: what the SSE stream of a tracking page says after a change.

What everybody with the link may see: no description, address, name or code.
"""

import json
from collections.abc import Iterable
from datetime import datetime

from schemas.instants import utc_text
from schemas.scan import Confidence, Scan
from schemas.shipment import ShipmentState

_ENCODE = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def frame(
    version: int,
    state: ShipmentState,
    news: Iterable[tuple[datetime, Confidence, Scan]],
) -> str:
    """The JSON of one update: the state it led to, and the scans that came with it."""
    return _ENCODE(
        {
            "version": version,
            "status": state.status,
            "reason": state.reason,
            "handover": state.handover,
            "since": _iso(state.since),
            "estimate": state.estimate
            and {"from": _iso(state.estimate.starts), "to": _iso(state.estimate.ends)},
            "history": [_entry(*each) for each in news],
        }
    )


def _entry(at: datetime, confidence: Confidence, scan: Scan) -> dict[str, object]:
    place = scan.location
    return {
        "at": _iso(at),
        "confidence": confidence,
        "status": scan.status,
        "reason": scan.reason,
        "city": place.city if place else None,
        "country": place.country if place else None,
        "retracts": scan.retracts is not None,
        "recognised": scan.recognised,
    }


def _iso(at: datetime | None) -> str | None:
    return utc_text(at) if at else None
