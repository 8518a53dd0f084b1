"""The frame of a live update: one form of every instant, whatever zone it came in."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from lives import received, scan

from schemas.instants import utc_text
from schemas.live import frame
from schemas.scan import Confidence, Window
from schemas.shipment import ShipmentState
from schemas.status import Status

RIGA = timezone(timedelta(hours=2))
AT = datetime(2026, 11, 20, 14, 3, tzinfo=RIGA)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (AT, "2026-11-20T12:03:00Z"),
        (AT.astimezone(UTC), "2026-11-20T12:03:00Z"),
        (AT.replace(microsecond=125000), "2026-11-20T12:03:00.125000Z"),
    ],
)
def test_an_instant_is_written_as_in_the_api(at: datetime, text: str):
    assert utc_text(at) == text
    assert f'"since":"{text}"' in ShipmentState(since=at.astimezone(UTC)).model_dump_json()


def test_every_instant_of_a_frame_is_utc_with_z():
    assert '"from":"2026-11-20T12:03:00Z"' in Window(starts=AT, ends=None).model_dump_json(
        by_alias=True
    )
    state = ShipmentState(status=Status.IN_TRANSIT, since=AT, estimate=Window(starts=AT, ends=None))
    each = received(scan(1, Status.IN_TRANSIT))
    told = json.loads(frame(1, state, [(AT, Confidence.EXACT, each.scan)]))
    assert told["since"] == told["history"][0]["at"] == "2026-11-20T12:03:00Z"
    assert told["estimate"] == {"from": "2026-11-20T12:03:00Z", "to": None}
