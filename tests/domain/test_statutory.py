"""What the law lets a consumer do, by country, and the warnings of it: each once."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.shipment import ShipmentState
from schemas.status import Status
from tracking.domain.standing import DeadlineKind, Published, Watched, standing
from tracking.domain.statutory import SOURCES, stage, statutory

ORDERED = datetime(2026, 11, 1, 10, tzinfo=UTC)
DAY = timedelta(days=1)
AGREED = ORDERED + 5 * DAY
MOVING = ShipmentState(status=Status.IN_TRANSIT)


@pytest.mark.parametrize(
    ("agreed", "extra", "now", "found"),
    [
        (None, None, ORDERED + 29 * DAY, 0),
        (None, None, ORDERED + 30 * DAY, 1),
        (None, None, ORDERED + 300 * DAY, 1),  # nobody said how long an extra term is
        (AGREED, 14 * DAY, AGREED - DAY, 0),
        (AGREED, 14 * DAY, AGREED, 1),
        (AGREED, 14 * DAY, AGREED + 14 * DAY, 2),
    ],
)
def test_by_the_agreed_date_else_within_thirty_days(agreed, extra, now, found):
    law = statutory("LV", agreed, ORDERED, extra)
    assert law is not None
    assert "likumi.lv" in law.source
    assert stage(law, now) == found


def test_where_no_law_is_known_nothing_is_watched():
    assert statutory("US", AGREED, ORDERED, DAY) is None
    assert len(SOURCES) == 27, "the member states of the European Union"


def test_each_is_told_once_and_not_of_what_has_come():
    watched = Watched(MOVING, statutory=statutory("EE", AGREED, ORDERED, 14 * DAY))
    before = standing(watched, Published(), ORDERED)
    assert (before.news, before.deadlines) == ([], {DeadlineKind.STATUTORY: AGREED})
    overdue = standing(watched, before.published, AGREED)
    assert overdue.news == ["statutory.delivery_overdue"]
    assert overdue.deadlines == {DeadlineKind.STATUTORY: AGREED + 14 * DAY}
    assert standing(watched, overdue.published, AGREED + DAY).news == []
    last = standing(watched, overdue.published, AGREED + 14 * DAY)
    assert last.news == ["statutory.withdrawal_possible"]
    assert last.deadlines == {}
    there = ShipmentState(status=Status.DELIVERED, stages={Status.DELIVERED: AGREED})
    assert standing(watched._replace(state=there), Published(), AGREED + 20 * DAY).news == []
