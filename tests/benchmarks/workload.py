"""What couriers send: lives of six events, one parcel after another in time, all interleaved."""

import json
import random
from datetime import UTC, datetime, timedelta

LIFE = (
    ("info_received", None),
    ("accepted", "Rīga"),
    ("in_transit", "Rīga"),
    ("in_transit", "Valmiera"),
    ("out_for_delivery", "Valmiera"),
    ("ready_for_pickup", "Valmiera"),
)
START = datetime(2026, 11, 1, tzinfo=UTC)


def events(count: int, *, repeats: float = 0.0, late: float = 0.0, seed: int = 1) -> list[bytes]:
    """So many events, one JSON body each; a share of them repeated, a share out of order."""
    chance = random.Random(seed)
    parcels = count // len(LIFE)
    told = [_event(parcel, step) for step in range(len(LIFE)) for parcel in range(parcels)]
    told += [_event(parcels + extra, 0) for extra in range(count - len(told))]
    for _ in range(int(count * repeats)):
        told[chance.randrange(count)] = told[chance.randrange(count)]
    for _ in range(int(count * late / 2)):
        one, other = chance.randrange(count), chance.randrange(count)
        told[one], told[other] = told[other], told[one]
    return told


def _event(parcel: int, step: int) -> bytes:
    status, city = LIFE[step]
    at = START + timedelta(hours=step * 7, seconds=parcel % 3600)
    event = {
        "event_id": f"{parcel}-{step}",
        "carrier": "omniva",
        "tracking_number": f"CE{parcel:09d}EE",
        "occurred_at": at.isoformat(),
        "status": status,
        "handover": "locker" if status == "ready_for_pickup" else None,
        "description": "Sūtījums apstrādāts šķirošanas centrā",
        "location": {"name": "Depo", "city": city, "country": "LV"} if city else None,
        "estimate": {"from": "2026-11-03T08:00:00+02:00", "to": "2026-11-03T18:00:00+02:00"},
    }
    return json.dumps(event, ensure_ascii=False).encode()
