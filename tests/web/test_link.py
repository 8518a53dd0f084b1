"""When a parcel's story has ended, and with it what its link shows. Pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from schemas.status import Status
from tracking.store.links import LinkTarget
from tracking.web.link import FULL_VIEW, SILENCE, ended_at, shows_all

ISSUED = datetime(2026, 6, 1, 8, tzinfo=UTC)
SINCE = datetime(2026, 6, 3, 12, tzinfo=UTC)
HEARD = datetime(2026, 6, 4, 9, tzinfo=UTC)  # a depot scans what was handed over
YEARS_LATER = datetime(2036, 1, 1, tzinfo=UTC)
A_MOMENT = timedelta(microseconds=1)

LOST = LinkTarget(
    shipment_id=UUID(int=1),
    carrier="omniva",
    tracking_number="CE1",
    status=Status.EXCEPTION,
    since=SINCE,
    changed_at=HEARD,
    issued_at=ISSUED,
    sent_to=None,
    language=None,
    service=None,
    country=None,
    contact=None,
    promise_from=None,
    promise_by=None,
    merchant_name=None,
    merchant_id=None,
    merchant_site=None,
    merchant_help=None,
    merchant_language=None,
    wrong=0,
    paused_until=None,
)
WITH_THE_STATUS = (Status.DELIVERED, Status.RETURNED, Status.CANCELLED, Status.EXPIRED)


@pytest.mark.parametrize("status", Status)
def test_every_story_ends_with_its_status_or_after_a_long_silence(status):
    target = replace(LOST, status=status)
    if status in WITH_THE_STATUS:
        assert ended_at(target, HEARD) == SINCE
    else:
        assert ended_at(target, HEARD + SILENCE - A_MOMENT) is None
        assert ended_at(target, HEARD + SILENCE) == HEARD + SILENCE
    assert ended_at(target, YEARS_LATER) is not None


def test_a_status_of_unknown_beginning_ends_with_the_last_news():
    assert ended_at(replace(LOST, status=Status.EXPIRED, since=None), HEARD) == HEARD


@pytest.mark.parametrize("later", ["issued_at", "promise_by"])
def test_silence_is_counted_from_a_new_link_or_a_promise_that_is_later(later):
    target = replace(LOST, **{later: HEARD + timedelta(days=100)})
    assert ended_at(target, HEARD + SILENCE) is None
    assert ended_at(target, YEARS_LATER) == HEARD + timedelta(days=100) + SILENCE


def test_a_promise_before_the_last_news_changes_nothing():
    assert ended_at(replace(LOST, promise_by=ISSUED), HEARD + SILENCE) == HEARD + SILENCE


def test_the_second_factor_opens_nothing_thirty_days_after_the_end():
    cancelled = replace(LOST, status=Status.CANCELLED)
    assert shows_all(cancelled, SINCE + FULL_VIEW)
    assert not shows_all(cancelled, SINCE + FULL_VIEW + A_MOMENT)
    assert shows_all(LOST, HEARD + SILENCE + FULL_VIEW)
    assert not shows_all(LOST, HEARD + SILENCE + FULL_VIEW + A_MOMENT)
