"""How long a parcel may be silent before somebody should ask. Pure.

Nothing moves on days on which nobody works, so only the hours of working days count.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from schemas.scan import Confidence, Scan, ScanTime
from schemas.shipment import ShipmentState
from schemas.status import TERMINAL, Reason, Status
from tracking.domain.working_days import WorkingDays

STALLED_AFTER: Final = timedelta(hours=48)
EXPIRED_AFTER: Final = timedelta(days=30)
"""As AfterShip and other trackers do: no news for 30 days."""

_DAY: Final = timedelta(days=1)
_MIDNIGHT: Final = time(0)
_SILENCE: Final = "klat:silent:"

# A carrier has it and it should move; whatever waits for somebody is silent for good reason.
_MOVING: Final = frozenset(
    {
        Status.ACCEPTED,
        Status.IN_TRANSIT,
        Status.OUT_FOR_DELIVERY,
        Status.ATTEMPT_FAILED,
        Status.RETURNING,
    }
)
LOST: Final = frozenset({Reason.CARRIER_LOST, Reason.CARRIER_DESTROYED})
_NEVER_EXPIRES: Final = TERMINAL | {Status.RETURNING, Status.CANCELLED, Status.EXPIRED}


def stalls_at(state: ShipmentState, zone: str, calendar: WorkingDays) -> datetime | None:
    """When it will have been silent for too long; None where nothing is expected."""
    if state.status not in _MOVING or state.last_scan_at is None:
        return None
    return after_working_hours(state.last_scan_at, STALLED_AFTER, zone, calendar)


def expires_at(state: ShipmentState, known_since: datetime) -> datetime | None:
    """When there will have been no news for 30 days; None where it is over. Of what is lost no news
    is to come, and that it is lost must not be forgotten.
    """
    if state.status in _NEVER_EXPIRES or state.reason in LOST:
        return None
    return max(known_since, state.last_scan_at or known_since) + EXPIRED_AFTER


def silence(carrier: str, tracking_number: str, expired_at: datetime) -> Scan:
    """Our own word in the history, that there was no news for so long: one for each such silence.

    A carrier that tells afterwards of what lay within makes it void, as the fold reads it.
    """
    return Scan(
        carrier=carrier,
        tracking_number=tracking_number,
        time=ScanTime(at=expired_at, raw=expired_at.isoformat(), confidence=Confidence.EXACT),
        event_id=f"{_SILENCE}{expired_at:%Y%m%dT%H%M%SZ}",
        status=Status.EXPIRED,
    )


def is_silence(scan: Scan) -> bool:
    return scan.event_id is not None and scan.event_id.startswith(_SILENCE)


def was_silent(at: datetime, last_scan_at: datetime | None) -> bool:
    return last_scan_at is None or at - last_scan_at >= EXPIRED_AFTER


def after_working_hours(
    start: datetime, span: timedelta, zone: str, calendar: WorkingDays
) -> datetime:
    """`start` and so many hours of working days, midnight to midnight in this zone. UTC.

    Raises NoWorkingDayError.
    """
    place, at, left = ZoneInfo(zone), start, span
    day = at.astimezone(place).date()
    while True:
        following = day + _DAY
        midnight = datetime.combine(following, _MIDNIGHT, place).astimezone(UTC)
        if calendar.works(day):
            if at + left <= midnight:
                return (at + left).astimezone(UTC)
            left -= midnight - at
        else:
            following = calendar.on_or_after(following)
            midnight = datetime.combine(following, _MIDNIGHT, place).astimezone(UTC)
        day, at = following, midnight
