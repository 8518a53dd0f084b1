"""The hand-written envelope is a CloudEvent, and a trusted fact is the validated one."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from lives import START, received, scan

from schemas.facts import FACT, STATUS_FACTS, CloudEvent
from schemas.scan import Window
from schemas.status import Status
from tracking.announce import announced
from tracking.domain.reckon import Journey, follow

NOW = datetime(2026, 11, 20, 9, 30, 0, 125000, tzinfo=UTC)


@pytest.mark.parametrize("status", list(STATUS_FACTS))
def test_every_status_fact_leaves_as_a_cloud_event(status: Status):
    news = received(scan(1, status, estimate=Window(starts=START, ends=None)))
    change = follow(Journey(1, version=4), [news])
    assert change is not None
    told = announced(
        uuid4(), "omniva", "CE1", change, is_new=False, now=NOW, merchant_id=uuid4(), order='"7"'
    )
    assert told.fact is not None
    event = CloudEvent.model_validate_json(told.fact)
    fact = FACT.validate_python(event.data)
    assert (event.type, event.time) == (told.fact_type, NOW)
    assert json.loads(told.fact)["time"] == "2026-11-20T09:30:00.125000Z"
    assert event.id == f"{told.shipment_id}:5:shipment.{status}"
    assert fact.type == f"shipment.{status}"
    assert json.loads(FACT.dump_json(fact, by_alias=True)) == event.data
